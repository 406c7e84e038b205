-- The queries of the program. Each begins with a line "-- name: NAME" and becomes tk_query_NAME in schema/queries.h.
-- Parameters are bound by schema/args.c in the order in which the caller adds them.

-- name: session
SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock;

-- name: schema_version
SELECT ticketing.schema_version() AS version;

-- name: check
SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock;

-- name: channel_find
SELECT tenant_id, channel_id, status, rules_version, ticket_type, prefix FROM ticketing.channel_find($1, $2);

-- name: facts
SELECT kind, place, ticket_id, number, ticket_type, status, participant
FROM ticketing.facts($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000000.0));

-- name: deadline_arm
SELECT ticketing.deadline_arm(to_timestamp($1 / 1000000.0));

-- name: attachment_present
SELECT ticketing.attachment_present($1, $2) AS sha256;

-- name: attachment_put
SELECT ticketing.attachment_put($1, $2, $3, $4);

-- name: ingest
SELECT verdict, reason, number, ticket_id, note_id, intake_id, (extract(epoch FROM clock) * 1000000)::bigint AS clock
FROM ticketing.ingest(
    p_tenant_id => $1, p_channel_id => $2, p_key => $3, p_key_life => make_interval(secs => $4::bigint),
    p_now => to_timestamp($5 / 1000000.0), p_deadline => to_timestamp($6 / 1000000.0),
    p_verdict => $7, p_reason => $8, p_class => $9, p_level => $10,
    p_message_id => $11, p_mail_from => $12, p_rcpt => $13, p_sender => $14, p_size => $15, p_millis => $16,
    p_raw_sha256 => $17, p_raw_until => to_timestamp($5 / 1000000.0) + make_interval(secs => nullif($18::bigint, 0)),
    p_subject => $19, p_body => $20, p_body_full => $21, p_body_html => $22,
    p_requester => $23, p_requester_name => $24, p_priority => $25, p_notices => $26, p_participants => $27,
    p_field_names => $28, p_field_values => $29, p_field_restricted => $30::text[]::boolean[],
    p_file_names => $31, p_file_types => $32, p_file_sizes => $33::text[]::bigint[], p_file_hashes => $34,
    p_file_dispositions => $35, p_file_content_ids => $36,
    p_ticket_id => $37, p_author => $38, p_visibility => $39, p_source => $40, p_reply_types => $41,
    p_confirm => $42::boolean,
    p_short_count => $43, p_short => make_interval(secs => $44::bigint),
    p_long_count => $45, p_long => make_interval(secs => $46::bigint));
