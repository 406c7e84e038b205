/* rtf_words: the table of control words (Rich Text Format 1.9.1, [MS-OXRTFEX] 2.1.3). */
#include "rules/tnef/rtf_words.h"

#include <stdlib.h>
#include <string.h>

/* In order of strcmp(): it is searched by halves. */
static const struct tk_rtf_word words[] = {
    {"ansi", TK_RTF_CODEPAGE, 1252},
    {"ansicpg", TK_RTF_CODEPAGE, 0},
    {"author", TK_RTF_SKIP, 0},
    {"bin", TK_RTF_BIN, 0},
    {"bullet", TK_RTF_CHAR, 0x2022},
    {"cell", TK_RTF_CHAR, '\t'},
    {"colortbl", TK_RTF_SKIP, 0},
    {"comment", TK_RTF_SKIP, 0},
    {"cpg", TK_RTF_CPG, 0},
    {"deff", TK_RTF_DEFAULT, 0},
    {"emdash", TK_RTF_CHAR, 0x2014},
    {"emspace", TK_RTF_CHAR, 0x2003},
    {"endash", TK_RTF_CHAR, 0x2013},
    {"enspace", TK_RTF_CHAR, 0x2002},
    {"f", TK_RTF_FONT, 0},
    {"falt", TK_RTF_SKIP, 0},
    {"fcharset", TK_RTF_FCHARSET, 0},
    {"fldinst", TK_RTF_SKIP, 0},
    {"fonttbl", TK_RTF_FONTTBL, 0},
    {"footer", TK_RTF_SKIP, 0},
    {"footerf", TK_RTF_SKIP, 0},
    {"footerl", TK_RTF_SKIP, 0},
    {"footerr", TK_RTF_SKIP, 0},
    {"fromhtml", TK_RTF_FROMHTML, 0},
    {"header", TK_RTF_SKIP, 0},
    {"headerf", TK_RTF_SKIP, 0},
    {"headerl", TK_RTF_SKIP, 0},
    {"headerr", TK_RTF_SKIP, 0},
    {"htmlrtf", TK_RTF_HTMLRTF, 0},
    {"htmltag", TK_RTF_HTMLTAG, 0},
    {"info", TK_RTF_SKIP, 0},
    {"ldblquote", TK_RTF_CHAR, 0x201C},
    {"line", TK_RTF_CHAR, '\n'},
    {"lquote", TK_RTF_CHAR, 0x2018},
    {"mac", TK_RTF_CODEPAGE, 10000},
    {"mhtmltag", TK_RTF_SKIP, 0},
    {"nestcell", TK_RTF_CHAR, '\t'},
    {"nestrow", TK_RTF_CHAR, '\n'},
    {"nonesttables", TK_RTF_SKIP, 0},
    {"nonshppict", TK_RTF_SKIP, 0},
    {"objdata", TK_RTF_SKIP, 0},
    {"page", TK_RTF_CHAR, '\n'},
    {"par", TK_RTF_CHAR, '\n'},
    {"pc", TK_RTF_CODEPAGE, 437},
    {"pca", TK_RTF_CODEPAGE, 850},
    {"pict", TK_RTF_SKIP, 0},
    {"plain", TK_RTF_PLAIN, 0},
    {"qmspace", TK_RTF_CHAR, 0x2005},
    {"rdblquote", TK_RTF_CHAR, 0x201D},
    {"row", TK_RTF_CHAR, '\n'},
    {"rquote", TK_RTF_CHAR, 0x2019},
    {"rxe", TK_RTF_SKIP, 0},
    {"sect", TK_RTF_CHAR, '\n'},
    {"sn", TK_RTF_SKIP, 0},
    {"stylesheet", TK_RTF_SKIP, 0},
    {"sv", TK_RTF_SKIP, 0},
    {"tab", TK_RTF_CHAR, '\t'},
    {"tc", TK_RTF_SKIP, 0},
    {"title", TK_RTF_SKIP, 0},
    {"txe", TK_RTF_SKIP, 0},
    {"u", TK_RTF_UNICODE, 0},
    {"uc", TK_RTF_UC, 0},
    {"v", TK_RTF_HIDDEN, 0},
    {"xe", TK_RTF_SKIP, 0},
};

static int compare(const void *name, const void *word)
{
    return strcmp(name, ((const struct tk_rtf_word *)word)->name);
}

const struct tk_rtf_word *tk_rtf_words_find(const char *name)
{
    static const struct tk_rtf_word none = {"", TK_RTF_IGNORE, 0};
    const struct tk_rtf_word *word = bsearch(name, words, G_N_ELEMENTS(words), sizeof words[0], compare);
    return word != NULL ? word : &none;
}

guint tk_rtf_words_codepage(gint fcharset)
{
    static const struct {
        gint fcharset;
        guint codepage;
    } sets[] = {
        {0, 1252},   {2, 1252},   {77, 10000}, {78, 932},   {80, 936},   {81, 950},
        {128, 932},  {129, 949},  {130, 1361}, {134, 936},  {136, 950},  {161, 1253},
        {162, 1254}, {163, 1258}, {177, 1255}, {178, 1256}, {186, 1257}, {204, 1251},
        {222, 874},  {238, 1250}, {254, 437},  {255, 850},
    };
    for (gsize i = 0; i < G_N_ELEMENTS(sets); i++)
        if (sets[i].fcharset == fcharset)
            return sets[i].codepage;
    return 0;
}
