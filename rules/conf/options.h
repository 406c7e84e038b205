/* options: the one table of everything that can be configured.
 *
 * The parser, its messages, `ticketctl check`, the manual page ticket-milter.conf(5) and the lint of the
 * sample files come from this table. Static data; nothing can fail. */
#ifndef TK_RULES_OPTIONS_H
#define TK_RULES_OPTIONS_H

#include "rules/base/status.h"

/* Which file an option stands in. */
enum tk_option_file { TK_FILE_MAIN, TK_FILE_CHANNEL, TK_FILE_TEMPLATE, TK_FILE_ADMIN };

enum tk_option_shape {
    TK_SHAPE_GROUP,  /* { ... }: its members belong to the same struct as the group itself */
    TK_SHAPE_GROUPS, /* ( { ... }, { ... } ): each element is a struct of its own in a GPtrArray */
    TK_SHAPE_ONE,
    TK_SHAPE_LIST, /* [ ..., ... ]: char ** (GStrv), for TK_TYPE_HEADER a GPtrArray of struct tk_pair */
    TK_SHAPE_MAP   /* { free = "text"; }: a GPtrArray of struct tk_pair */
};

/* What one value is. The C type of the member is given behind it; char * where nothing is said. */
enum tk_option_type {
    TK_TYPE_TEXT,    /* one line of UTF-8 */
    TK_TYPE_NAME,    /* lower case letters, digits, "-", "_", "." */
    TK_TYPE_PREFIX,  /* capitals and digits, as in "INC" */
    TK_TYPE_TOKEN,   /* no blanks */
    TK_TYPE_PATH,    /* from the root of the file system */
    TK_TYPE_LISTEN,  /* "unix:/path", "inet:port@host" */
    TK_TYPE_HOST,    /* host name, folded */
    TK_TYPE_ADDRESS, /* as written */
    TK_TYPE_SENDER,  /* "a@b" or "*@b", folded */
    TK_TYPE_EXEMPT,  /* a sender, folded, or "Header: value" */
    TK_TYPE_DOMAIN,  /* "example.com", "*.example.com" or "*", folded */
    TK_TYPE_HEADER,  /* "Header: value" */
    TK_TYPE_NETWORK, /* "10.0.0.0/8" or an address; as tk_network_read gives it */
    TK_TYPE_GLOB,    /* a file name with "*" and "?" */
    TK_TYPE_FOLDER,  /* "none", "alias" or an address; struct tk_folder */
    TK_TYPE_FROM,    /* where a field's value comes from; struct tk_field_rule as a whole */
    TK_TYPE_WORD,    /* one of WORDS; an enum in the order of the words */
    TK_TYPE_BOOL,    /* gboolean */
    TK_TYPE_INT,     /* int */
    TK_TYPE_MODE,    /* "0660"; int */
    TK_TYPE_SIZE,    /* "25M"; guint64, bytes */
    TK_TYPE_TIME,    /* "30s"; int, milliseconds */
    TK_TYPE_RATE     /* "20/10m" or "none"; struct tk_rate */
};

enum tk_option_flags {
    TK_OPTION_REQUIRED = 1, /* no default: an error where it is missing */
    TK_OPTION_RESTART = 2,  /* a reload does not change it */
    TK_OPTION_UNSHOWN = 4   /* the sample configuration leaves it out */
};

struct tk_option {
    enum tk_option_file file;
    const char *path; /* "channel.senders.allowed_domains"; of a list of groups "channel.fields.from" */
    enum tk_option_shape shape;
    enum tk_option_type type;
    const char *default_text; /* as in the file, without quotes; lists: "" is the empty one; NULL: none */
    gint64 min, max;          /* INT as it is, SIZE bytes, TIME milliseconds; texts: bytes; lists: count */
    const char *const *words; /* NULL-terminated */
    unsigned flags;
    gsize offset; /* of the member */
    gsize size;   /* of an element of TK_SHAPE_GROUPS */
    const char *help;
};

/* The table, in order of file and then as the manual shows it; N_R of them. */
const struct tk_option *tk_options(gsize *n_r);

/* The option PATH of FILE, or NULL. */
const struct tk_option *tk_options_find(enum tk_option_file file, const char *path);

/* The next option behind AFTER (NULL: the first) that stands directly in the group PARENT ("": at the top).
 */
const struct tk_option *tk_options_next(enum tk_option_file file, const char *parent,
                                        const struct tk_option *after);

/* The option that UNKNOWN, which stands in the group PARENT, may be a slip of: one of the same group that is
 * spelled nearly so, else one of the same name elsewhere in the file. NULL: none. */
const struct tk_option *tk_options_near(enum tk_option_file file, const char *parent, const char *unknown);

/* The last part of the option's path. Static. */
const char *tk_option_name(const struct tk_option *option);

/* What a value of this type is, for messages and the manual: "a size such as \"25M\"". Static. */
const char *tk_option_type_text(enum tk_option_type type);

#endif
