/* rtf_words: the control words of RTF that say something about text. */
#ifndef TK_RULES_RTF_WORDS_H
#define TK_RULES_RTF_WORDS_H

#include <glib.h>

enum tk_rtf_action {
    TK_RTF_IGNORE,   /* formatting */
    TK_RTF_CHAR,     /* stands for the character VALUE */
    TK_RTF_SKIP,     /* a destination that holds no text of the body */
    TK_RTF_FONTTBL,  /* the table of fonts */
    TK_RTF_FONT,     /* font N from here on; in the table: what follows is about font N */
    TK_RTF_FCHARSET, /* character set of a font */
    TK_RTF_CPG,      /* code page of a font */
    TK_RTF_DEFAULT,  /* the default font */
    TK_RTF_CODEPAGE, /* code page N of the document, or VALUE where that is not 0 */
    TK_RTF_PLAIN,    /* back to the default formatting */
    TK_RTF_HIDDEN,   /* hidden text on or off */
    TK_RTF_UC,       /* how many characters follow \u as a substitute */
    TK_RTF_UNICODE,  /* \uN */
    TK_RTF_BIN,      /* N raw bytes follow */
    TK_RTF_FROMHTML, /* HTML is encapsulated */
    TK_RTF_HTMLTAG,  /* destination: HTML as it is */
    TK_RTF_HTMLRTF   /* RTF that the HTML does not hold: on or off */
};

struct tk_rtf_word {
    const char *name;
    enum tk_rtf_action action;
    guint value;
};

/* The entry for NAME; one with TK_RTF_IGNORE where there is none. Static, never NULL. */
const struct tk_rtf_word *tk_rtf_words_find(const char *name);

/* The code page of \fcharsetN; 0 where it is the document's. */
guint tk_rtf_words_codepage(gint fcharset);

#endif
