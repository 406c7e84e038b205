/* report: rows of the database for people, by column name.
 *
 * Every report is one named query; all of them take the same parameters and use what they need. */
#include "schema/calls/report.h"

#include <string.h>

#include "schema/sql/queries.h"
#include "schema/wire/pool.h"

/* Types of pg_type that are no text to JSON. */
#define OID_BOOL  16
#define OID_INT8  20
#define OID_INT4  23
#define OID_JSON  114
#define OID_JSONB 3802

struct tk_report {
    PGresult *result;
};

static const char *query_of(enum tk_report_kind kind)
{
    switch (kind) {
    case TK_REPORT_CHANNELS: return tk_query_report_channels;
    case TK_REPORT_RULES: return tk_query_report_rules;
    case TK_REPORT_TICKETS: return tk_query_report_tickets;
    case TK_REPORT_TICKET: return tk_query_report_ticket;
    case TK_REPORT_FIELDS: return tk_query_report_fields;
    case TK_REPORT_PARTICIPANTS: return tk_query_report_participants;
    case TK_REPORT_NOTES: return tk_query_report_notes;
    case TK_REPORT_ATTACHMENTS: return tk_query_report_attachments;
    case TK_REPORT_INTAKE: return tk_query_report_intake;
    case TK_REPORT_OUTBOX: return tk_query_report_outbox;
    case TK_REPORT_READERS: return tk_query_report_readers;
    case TK_REPORT_TENANTS: return tk_query_report_tenants;
    case TK_REPORT_STATUS: return tk_query_report_status;
    }
    return NULL;
}

enum tk_status tk_report_make(struct tk_store *store, enum tk_report_kind kind,
                              const struct tk_report_filter *filter, gint64 deadline,
                              struct tk_report **report_r, GString *why)
{
    TK_ARGS_AUTO struct tk_args args;
    tk_args_init(&args);
    tk_args_text(&args, filter->tenant);
    tk_args_text(&args, filter->channel);
    tk_args_text(&args, filter->number);
    tk_args_text(&args, filter->status);
    tk_args_text(&args, filter->failed ? "true" : NULL);
    tk_args_number(&args, filter->since);
    tk_args_number(&args, filter->limit > 0 ? filter->limit : TK_REPORT_ROWS);
    tk_args_number(&args, filter->tenant_id);
    tk_args_number(&args, filter->ticket_id);
    tk_args_text(&args, filter->message_id);
    PGresult *result = NULL;
    enum tk_status status = tk_pool_query(store, query_of(kind), &args, false, deadline, &result, why);
    if (status != TK_OK)
        return status;
    *report_r = g_new0(struct tk_report, 1);
    (*report_r)->result = result;
    return TK_OK;
}

void tk_report_free(struct tk_report **report)
{
    struct tk_report *r = *report;
    if (r == NULL)
        return;
    *report = NULL;
    PQclear(r->result);
    g_free(r);
}

guint tk_report_rows(const struct tk_report *report)
{
    return (guint)PQntuples(report->result);
}

guint tk_report_columns(const struct tk_report *report)
{
    return (guint)PQnfields(report->result);
}

const char *tk_report_name(const struct tk_report *report, guint column)
{
    return PQfname(report->result, (int)column);
}

enum tk_cell tk_report_cell(const struct tk_report *report, guint column)
{
    switch (PQftype(report->result, (int)column)) {
    case OID_BOOL: return TK_CELL_BOOLEAN;
    case OID_INT8:
    case OID_INT4: return TK_CELL_NUMBER;
    case OID_JSON:
    case OID_JSONB: return TK_CELL_JSON;
    default: return TK_CELL_TEXT;
    }
}

const char *tk_report_value(const struct tk_report *report, guint row, guint column)
{
    if (PQgetisnull(report->result, (int)row, (int)column))
        return NULL;
    const char *value = PQgetvalue(report->result, (int)row, (int)column);
    if (tk_report_cell(report, column) == TK_CELL_BOOLEAN)
        return strcmp(value, "t") == 0 ? "true" : "false";
    return value;
}

const char *tk_report_get(const struct tk_report *report, guint row, const char *name)
{
    const int column = PQfnumber(report->result, name);
    return column < 0 ? NULL : tk_report_value(report, row, (guint)column);
}
