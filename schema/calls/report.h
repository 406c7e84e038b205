/* report: rows of the database for people, by column name. */
#ifndef TK_SCHEMA_REPORT_H
#define TK_SCHEMA_REPORT_H

#include "schema/calls/store.h"

/* Needs ticket_agent (fields that are restricted: ticket_restricted), where it says admin: ticket_admin. */
enum tk_report_kind {
    TK_REPORT_CHANNELS, /* by tenant, channel, status */
    TK_REPORT_RULES,    /* admin; published versions, newest first; by tenant, channel */
    TK_REPORT_TICKETS,  /* newest first; by tenant, channel, number, status, since */
    TK_REPORT_TICKET,   /* with its full texts; by number, and tenant, channel where it is not unique */
    TK_REPORT_FIELDS,   /* by tenant_id, ticket_id, as are the next three */
    TK_REPORT_PARTICIPANTS,
    TK_REPORT_NOTES,
    TK_REPORT_ATTACHMENTS,
    TK_REPORT_INTAKE,  /* admin; newest first; by tenant, channel, failed, since, tenant_id, ticket_id */
    TK_REPORT_OUTBOX,  /* admin; by tenant, number, status (state), tenant_id, ticket_id */
    TK_REPORT_READERS, /* admin; by tenant */
    TK_REPORT_TENANTS, /* by tenant */
    TK_REPORT_STATUS   /* admin; one row */
};

/* What to show; what is zero or NULL does not restrict. */
struct tk_report_filter {
    const char *tenant;
    const char *channel;
    const char *number;
    const char *status;
    bool failed;  /* verdict fail or reject */
    gint64 since; /* microseconds since 1970 */
    guint limit;  /* rows; 0: TK_REPORT_ROWS */
    gint64 tenant_id;
    gint64 ticket_id;
    const char *message_id; /* of the intake alone; without <> */
};

#define TK_REPORT_ROWS 1000 /* a report is held in memory */

enum tk_cell { TK_CELL_TEXT, TK_CELL_NUMBER, TK_CELL_BOOLEAN, TK_CELL_JSON };

struct tk_report;

/* Asks for a report. TK_OK with no rows: there are none. The caller frees REPORT_R with tk_report_free. */
TK_MUST_CHECK enum tk_status tk_report_make(struct tk_store *store, enum tk_report_kind kind,
                                            const struct tk_report_filter *filter, gint64 deadline,
                                            struct tk_report **report_r, GString *why);
void tk_report_free(struct tk_report **report);

guint tk_report_rows(const struct tk_report *report);
guint tk_report_columns(const struct tk_report *report);

/* The name and kind of a column. The name belongs to the report. */
const char *tk_report_name(const struct tk_report *report, guint column);
enum tk_cell tk_report_cell(const struct tk_report *report, guint column);

/* A value as text, NULL for SQL NULL; booleans are true and false, times are ISO 8601 in UTC, hashes are hex.
 * It belongs to the report. */
const char *tk_report_value(const struct tk_report *report, guint row, guint column);

/* The same by column name; NULL as well where there is no such column. */
const char *tk_report_get(const struct tk_report *report, guint row, const char *name);

#endif
