/* sqlstate: what an error of the server means for a mail.
 *
 * One table; a whole code stands before its class. Infrastructure is "later". A schema, right, constraint or
 * value that does not fit is "config": a wrong database must delay mail, and never refuse it. Whether a
 * mail's own values are the cause has to be proven (schema/calls/ingest.c). */
#include "schema/wire/sqlstate.h"

#include <string.h>

static const struct {
    const char *code; /* five letters, or the two of a class */
    struct tk_sqlstate meaning;
} meanings[] = {
    {"08007", {TK_UNCERTAIN, true, false}}, /* transaction resolution unknown */
    {"08", {TK_LATER, true, false}},        /* connection */
    {"0A", {TK_CONFIG, false, false}},      /* not supported by this server */
    {"22", {TK_CONFIG, false, false}},  /* a value that cannot be; or a trigger or domain that is broken */
    {"23", {TK_CONFIG, false, false}},  /* a constraint: a sequence that lags, a CHECK that was added */
    {"25", {TK_LATER, true, false}},    /* 25006: read only, an old primary; 25P03: idle for too long */
    {"26000", {TK_LATER, true, true}},  /* no such prepared statement, see tk_connection_send */
    {"28", {TK_CONFIG, true, false}},   /* login refused */
    {"3D", {TK_CONFIG, true, false}},   /* no such database */
    {"3F", {TK_CONFIG, false, false}},  /* no such schema */
    {"40001", {TK_LATER, false, true}}, /* serialization */
    {"40P01", {TK_LATER, false, true}}, /* deadlock */
    {"40003", {TK_UNCERTAIN, true, false}}, /* statement completion unknown */
    {"42P05", {TK_LATER, true, true}},      /* a prepared statement of that name is there already */
    {"42", {TK_CONFIG, false, false}},      /* a function, column or right is not there */
    {"53100", {TK_STORAGE, false, false}},  /* disk full */
    {"53", {TK_LATER, false, false}},       /* out of memory, too many connections */
    {"54", {TK_CONFIG, false, false}},      /* beyond a limit of the server */
    {"55", {TK_LATER, false, false}},       /* 55P03: the lock was not free in time */
    {"57014", {TK_LATER, false, false}},    /* cancelled */
    {"57", {TK_LATER, true, false}},        /* shutdown, crash, starting up, database dropped */
    {"58", {TK_LATER, true, false}},        /* input and output of the server */
    {"P0002", {TK_NO_MATCH, false, false}}, /* no data found: raised by our functions */
    {"TK001", {TK_LATER, false, false}},    /* deadline (migrations/0002) */
    {"TK002", {TK_LIMITED, false, false}},  /* rate window */
    {"TK003", {TK_CONFIG, false, false}},   /* no such channel */
    {"TK004", {TK_BUG, false, false}},      /* content not stored */
    {"TK005", {TK_BUG, false, false}},      /* content that is not what its sha256 says (migrations/0009) */
    {"TK006", {TK_CONFIG, false, false}},   /* not read committed (migrations/0009) */
    {"TK010", {TK_REFUSED, false, false}},  /* the template is locked (migrations/0005) */
    {"TK011", {TK_REFUSED, false, false}},  /* the input contradicts what is stored */
    {"XX", {TK_LATER, true, false}},        /* internal error, corruption */
};

struct tk_sqlstate tk_sqlstate_meaning(const char *sqlstate)
{
    const struct tk_sqlstate later = {TK_LATER, false, false};
    if (sqlstate == NULL)
        return later;
    for (gsize i = 0; i < G_N_ELEMENTS(meanings); i++)
        if (strncmp(sqlstate, meanings[i].code, strlen(meanings[i].code)) == 0)
            return meanings[i].meaning;
    return later;
}

static bool is_of_class(const char *sqlstate, const char *const *classes)
{
    for (gsize i = 0; sqlstate != NULL && classes[i] != NULL; i++)
        if (strncmp(sqlstate, classes[i], 2) == 0)
            return true;
    return false;
}

bool tk_sqlstate_may_be_values(const char *sqlstate)
{
    static const char *const classes[] = {"22", "54", NULL};
    return is_of_class(sqlstate, classes);
}

bool tk_sqlstate_may_be_input(const char *sqlstate)
{
    static const char *const classes[] = {"22", "23", "54", NULL};
    return is_of_class(sqlstate, classes);
}
