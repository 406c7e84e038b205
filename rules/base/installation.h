/* installation: all hosts on one database, and the name by which they know their own mails. */
#ifndef TK_RULES_INSTALLATION_H
#define TK_RULES_INSTALLATION_H

#include <glib.h>

/* What the installation sends bears its name; what comes back may bear a name that it had before. Case does
 * not matter. */
struct tk_installation {
    const char *name;
    const char *const *former; /* NULL-terminated; NULL: none */
};

/* A copy that may be shared: each reference is dropped with tk_installation_unref, the last one frees. */
struct tk_installation *tk_installation_new(const char *name, const char *const *former);
struct tk_installation *tk_installation_ref(struct tk_installation *installation);
/* Accepts NULL; sets *INSTALLATION to NULL. */
void tk_installation_unref(struct tk_installation **installation);

/* The name of INSTALLATION, present or former, that TEXT is; NULL where it is none. */
const char *tk_installation_find(const struct tk_installation *installation, const char *text);

#endif
