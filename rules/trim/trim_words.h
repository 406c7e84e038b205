/* trim_words: the words by which mail programs mark quotes and signatures, in many languages.
 *
 * Owns only constant tables. Every entry is already folded as tk_trim_fold() folds a line: lower case,
 * single blanks, ASCII apostrophe and colon. Each table ends with NULL. */
#ifndef TK_RULES_TRIM_WORDS_H
#define TK_RULES_TRIM_WORDS_H

/* What a line "Label: value" of a copied mail header says. */
enum tk_trim_label {
    TK_TRIM_LABEL_NONE = 0,
    TK_TRIM_LABEL_FROM,
    TK_TRIM_LABEL_DATE,
    TK_TRIM_LABEL_TO,
    TK_TRIM_LABEL_CC,
    TK_TRIM_LABEL_SUBJECT
};

/* First words of "On DATE NAME wrote:". */
extern const char *const tk_trim_words_openers[];
/* First words of "Quoting NAME <ADDRESS>:", which has no verb. */
extern const char *const tk_trim_words_cites[];
/* "wrote" and its kin; those of languages without blanks are in tk_trim_words_cjk. */
extern const char *const tk_trim_words_verbs[];
extern const char *const tk_trim_words_cjk[];
/* Verbs that count only below "On DATE": a bounce says "host said:" too. */
extern const char *const tk_trim_words_weak_verbs[];
/* Names of the days, at least their first letters, as they begin a line of quote header. */
extern const char *const tk_trim_words_days[];
/* Between dashes: the mail that is answered follows. */
extern const char *const tk_trim_words_separators[];
/* Between dashes: a forwarded mail follows. */
extern const char *const tk_trim_words_forwarded[];
/* The same without dashes, at the beginning of a line that ends with a colon. */
extern const char *const tk_trim_words_forwards[];
/* "reply above this line". */
extern const char *const tk_trim_words_above[];
/* The same in words that a person writes too, so that they count between signs only. */
extern const char *const tk_trim_words_framed[];
/* Beginnings of the line that a telephone or a mail program adds, and its endings in other languages. */
extern const char *const tk_trim_words_mobile[];
extern const char *const tk_trim_words_mobile_end[];
/* What such a line names: a device or a mail program. */
extern const char *const tk_trim_words_devices[];
/* What it may ask pardon for in a second sentence. */
extern const char *const tk_trim_words_excuses[];
/* Sign-offs, such as "best regards". */
extern const char *const tk_trim_words_signoffs[];
/* What only a legal or virus-scan footer says. */
extern const char *const tk_trim_words_legal[];
/* Labels of a copied mail header: the words of each enum tk_trim_label but NONE. */
extern const char *const tk_trim_words_label_from[];
extern const char *const tk_trim_words_label_date[];
extern const char *const tk_trim_words_label_to[];
extern const char *const tk_trim_words_label_cc[];
extern const char *const tk_trim_words_label_subject[];

#endif
