/* Unit tests of raw: which mails are kept as they came. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "rules/conf/raw.h"

enum { NONE = TK_FOLDER_NONE, ALIAS = TK_FOLDER_ALIAS };
#define FAIL    TK_VERDICT_FAIL
#define EXCLUDE TK_VERDICT_EXCLUDE
#define TICKET  TK_VERDICT_TICKET
#define DAYS    (24 * 3600)
#define MIB     (1024 * 1024)

static const struct row {
    enum tk_keep_raw keep_raw;
    enum tk_verdict verdict;
    enum tk_reason reason;
    int folder;
    enum tk_level level;
    guint64 size;
    gint64 channel_days;
    gboolean no_budget;
    struct tk_raw expected; /* kept, seconds, nowhere */
} rows[] = {
    /* needed: what no folder holds, and of what was excluded only what could not be read */
    {TK_RAW_NEEDED, FAIL, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_NEEDED, FAIL, TK_REASON_DOMAIN_DENIED, ALIAS, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 0}},
    {TK_RAW_NEEDED, EXCLUDE, TK_REASON_AUTO_GENERATED, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 1}},
    {TK_RAW_NEEDED, EXCLUDE, TK_REASON_AUTO_GENERATED, NONE, TK_LEVEL_HEADERS, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_NEEDED, TICKET, TK_REASON_NONE, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 0}},
    {TK_RAW_NEEDED, TICKET, TK_REASON_NONE, NONE, TK_LEVEL_HEADERS, 9 * MIB, 0, 0, {1, 0, 0}},
    {TK_RAW_NEEDED, TICKET, TK_REASON_POISON, NONE, TK_LEVEL_FULL, 9 * MIB, 0, 1, {1, 0, 0}},
    /* refused: all that was refused or excluded, but what mail systems tell each other */
    {TK_RAW_REFUSED, FAIL, TK_REASON_DOMAIN_DENIED, ALIAS, TK_LEVEL_FULL, MIB, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, FAIL, TK_REASON_RATE_LIMIT, NONE, TK_LEVEL_FULL, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_OUT_OF_OFFICE, NONE, TK_LEVEL_FULL, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_OUT_OF_OFFICE, ALIAS, TK_LEVEL_FULL, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_FEEDBACK, NONE, TK_LEVEL_FULL, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_LOOP, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 1}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_BOUNCE, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 1}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_DELIVERY_DELAYED, ALIAS, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_DELIVERY_SUCCESS, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 1}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_MDN, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 1}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_LOOP, NONE, TK_LEVEL_RAW, 1, 0, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_OUT_OF_OFFICE, NONE, TK_LEVEL_FULL, MIB + 1, 0, 0, {0, 0, 1}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_OUT_OF_OFFICE, ALIAS, TK_LEVEL_FULL, MIB + 1, 0, 0, {0, 0, 0}},
    {TK_RAW_REFUSED, TICKET, TK_REASON_NONE, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 0}},
    {TK_RAW_REFUSED, TK_VERDICT_REJECT, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 0, 0, {0, 0, 0}},
    /* without a budget nothing is kept for days */
    {TK_RAW_REFUSED, FAIL, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 7, 1, {0, 0, 1}},
    {TK_RAW_NEEDED, FAIL, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 0, 1, {0, 0, 1}},
    {TK_RAW_REFUSED, TICKET, TK_REASON_NONE, NONE, TK_LEVEL_HEADERS, 1, 0, 1, {1, 0, 0}},
    /* a channel that keeps all its mails */
    {TK_RAW_NEEDED, TICKET, TK_REASON_NONE, NONE, TK_LEVEL_FULL, 9 * MIB, 7, 0, {1, 7 * DAYS, 0}},
    {TK_RAW_REFUSED, EXCLUDE, TK_REASON_LOOP, NONE, TK_LEVEL_FULL, 9 * MIB, 7, 0, {1, 7 * DAYS, 0}},
    {TK_RAW_REFUSED, FAIL, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 7, 0, {1, 14 * DAYS, 0}},
    {TK_RAW_REFUSED, FAIL, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 20, 0, {1, 20 * DAYS, 0}},
    {TK_RAW_REFUSED, TK_VERDICT_REJECT, TK_REASON_DOMAIN_DENIED, NONE, TK_LEVEL_FULL, 1, 7, 0, {0, 0, 0}},
    /* all: for good, whatever it is */
    {TK_RAW_ALL, TICKET, TK_REASON_NONE, NONE, TK_LEVEL_FULL, 9 * MIB, 0, 1, {1, 0, 0}},
    {TK_RAW_ALL, EXCLUDE, TK_REASON_LOOP, NONE, TK_LEVEL_FULL, 9 * MIB, 7, 0, {1, 0, 0}},
};

static struct tk_raw decide(const struct row *row, gboolean cut)
{
    const struct tk_conf conf = {.keep_raw = row->keep_raw,
                                 .keep_raw_budget = row->no_budget ? 0 : 2048 * (guint64)MIB};
    const struct tk_folder folder = {.kind = (enum tk_folder_kind)row->folder};
    const struct tk_channel channel = {
        .fail = folder, .exclude = folder, .keep_msecs = (int)(row->channel_days * DAYS * 1000)};
    const struct tk_raw_input input = {&conf,      &channel,  row->verdict, row->reason,
                                       row->level, row->size, cut};
    struct tk_raw raw;
    tk_raw_decide(&input, &raw);
    return raw;
}

static void what_is_kept_follows_from_verdict_folder_and_settings(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct tk_raw raw = decide(&rows[i], FALSE);
        const struct tk_raw *expected = &rows[i].expected;
        if (raw.kept != expected->kept || raw.seconds != expected->seconds ||
            raw.nowhere != expected->nowhere)
            fail_msg("row %u: %d %d %d", (unsigned)i, raw.kept, (int)raw.seconds, raw.nowhere);
    }
}

static void of_a_mail_that_was_cut_nothing_is_kept(void **state)
{
    (void)state;
    for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
        const struct tk_raw raw = decide(&rows[i], TRUE);
        const gboolean refused = rows[i].verdict == FAIL || rows[i].verdict == EXCLUDE;
        if (raw.kept || raw.nowhere != (refused && rows[i].folder == NONE))
            fail_msg("row %u", (unsigned)i);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_follows_from_verdict_folder_and_settings),
        cmocka_unit_test(of_a_mail_that_was_cut_nothing_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
