-- The queries of the program. Each begins with a line "-- name: NAME" and becomes tk_query_NAME in schema/sql/queries.h.
-- Parameters are bound by schema/wire/args.c in the order in which the caller adds them.

-- What the server does with a commit, and the moment. And what the calls assume, whatever the database, the role or conninfo
-- has for a default:
--   isolation      they take a lock and read what was committed up to then, which a snapshot of before would hide
--   timeouts       each call has its own; a cancelled wait for a standby is a commit that may get lost
--   warnings       tell of such a commit, so they must be sent
--   search_path    operators and functions without a schema are the server's own
--   row_security   off would turn the walls between tenants into errors
--   the rest       how values are written and read
-- name: session
SELECT current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,
       current_setting('synchronous_commit') AS synchronous_commit,
       current_setting('session_replication_role') AS session_replication_role,
       (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS clock,
       set_config('default_transaction_isolation', 'read committed', false),
       set_config('default_transaction_deferrable', 'off', false),
       set_config('statement_timeout', '0', false),
       CASE WHEN current_setting('transaction_timeout', true) IS NOT NULL -- PostgreSQL 17
            THEN set_config('transaction_timeout', '0', false) END,
       set_config('lock_timeout', '20s', false),
       set_config('idle_in_transaction_session_timeout', '60s', false),
       set_config('idle_session_timeout', '0', false),
       set_config('client_min_messages', 'notice', false),
       set_config('search_path', 'pg_catalog, pg_temp', false),
       set_config('row_security', 'on', false),
       set_config('standard_conforming_strings', 'on', false),
       set_config('array_nulls', 'on', false),
       set_config('bytea_output', 'hex', false),
       set_config('DateStyle', 'ISO', false),
       set_config('IntervalStyle', 'postgres', false),
       set_config('TimeZone', 'UTC', false),
       set_config('extra_float_digits', '1', false),
       set_config('jit', 'off', false);

-- name: schema_version
SELECT ticketing.schema_version() AS version;

-- name: schema_serves
SELECT ticketing.schema_serves() AS serves;

-- name: installation
SELECT name, former FROM ticketing.installation();

-- name: installation_set
SELECT ticketing.installation_set($1, $2::boolean, $3, $4, to_timestamp($5 / 1000000.0));

-- name: check
SELECT true AS answers;

-- name: discard_plans
DISCARD PLANS;

-- name: channel_find
SELECT tenant_id, channel_id, status, rules_version, ticket_type, prefix FROM ticketing.channel_find($1, $2);

-- name: facts
SELECT kind, place, ticket_id, number, ticket_type, status, participant, subject, closed_for, reopened
FROM ticketing.facts($1, $2, $3, $4, $5, $6, to_timestamp($7 / 1000000.0), $8::text[]::bigint[]);

-- name: deadline_arm
SELECT ticketing.deadline_arm(to_timestamp($1 / 1000000.0));

-- name: attachment_present
SELECT ticketing.attachment_present($1, $2) AS sha256;

-- name: attachment_put
SELECT ticketing.attachment_put($1, $2, $3, $4, $5::boolean);

-- name: ingest
SELECT verdict, reason, number, ticket_id, note_id, intake_id, seen,
       (extract(epoch FROM clock) * 1000000)::bigint AS clock
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
    p_confirm => nullif($42::text[], '{}')::bigint[],
    p_rates => $43::text::bigint[], p_evidence => $44, p_detail => $45,
    p_linked_ticket_id => $46, p_proof => $47, p_stranger => $48, p_closed => $49,
    p_reopen_for => make_interval(secs => $50::bigint), p_reopen_max => $51, p_machine => $52::boolean,
    p_authentication => $53, p_authenticated_by => $54, p_flags => $55,
    p_form => $56::boolean);

-- name: begin
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;

-- name: constraints_now
SET CONSTRAINTS ALL IMMEDIATE;

-- name: rollback
ROLLBACK;

-- name: raw_account
SELECT kept::int AS kept, alarm, used, (extract(epoch FROM clock) * 1000000)::bigint AS clock
FROM ticketing.raw_account($1, $2, $3, $4, $5, to_timestamp($8 / 1000000.0) + make_interval(secs => $6::bigint), $7,
                           to_timestamp($8 / 1000000.0), to_timestamp($9 / 1000000.0));

-- name: publish
SELECT tenant_id, channel_id, rules_version, changed
FROM ticketing.publish(
    $1, jsonb_build_object('name', $2, 'ticket_type', $3, 'prefix', $4, 'status', $5, 'fields', $6::jsonb),
    jsonb_build_object('name', $7, 'title', $8, 'address', $9, 'status', $10, 'offer_from', $11,
                       'addresses', $12::jsonb),
    $13::jsonb, to_timestamp($14 / 1000000.0));

-- name: disable
SELECT ticketing.disable($1, $2) AS disabled;

-- name: reader_set
SELECT changed, agent, words, to_jsonb(tenants) AS tenants FROM ticketing.reader_set($1, $2, $3::boolean);

-- name: reader_renew
SELECT changed, agent, words, to_jsonb(tenants) AS tenants FROM ticketing.reader_renew($1);

-- name: tenant_add
SELECT made, changed FROM ticketing.tenant_add($1, $2, $3::boolean, to_timestamp($4 / 1000000.0));

-- name: tenant_domain_set
SELECT ticketing.tenant_domain_set($1, $2, $3::boolean, $4::boolean) AS changed;

-- name: purge_tenants
SELECT purge_tenants AS tenant_id FROM ticketing.purge_tenants();

-- name: purge_keys
SELECT removed, after
FROM ticketing.purge_keys($1, to_timestamp($2 / 1000000.0), $3, make_interval(secs => $4 / 1000.0));

-- name: purge_raws
SELECT removed, after
FROM ticketing.purge_raws($1, to_timestamp($2 / 1000000.0), $3, make_interval(secs => $4 / 1000.0));

-- name: purge_kept
SELECT removed, after
FROM ticketing.purge_kept($1, to_timestamp($2 / 1000000.0), $3, make_interval(secs => $4 / 1000.0));

-- name: purge_intakes
SELECT removed, after
FROM ticketing.purge_intakes($1, to_timestamp($2 / 1000000.0), $3, $4, make_interval(secs => $5 / 1000.0));

-- name: purge_blobs
SELECT removed, after
FROM ticketing.purge_blobs($1, $2, $3, make_interval(secs => $4 / 1000.0));

-- name: raw_data
SELECT ticketing.raw_data($1);

-- name: add_note
SELECT ticketing.add_note($1, $2, $3, $4, $5, $6, $7, $8) AS note_id;

-- name: set_status
SELECT ticketing.set_status($1, $2, $3, $4);

-- name: attachment_data
SELECT ticketing.attachment_data($1, $2);

-- name: outbox_tenants
SELECT outbox_tenants AS tenant_id FROM ticketing.outbox_tenants(to_timestamp($1 / 1000000.0));

-- name: outbox_take
SELECT outbox_id, kind, attempts, recipient, message_id, status, tenant, channel, ticket_id, number, subject, author, body,
       request_id, reply_id, before_author, before_body, extract(epoch FROM before_at)::bigint AS before_at
FROM ticketing.outbox_take($1, $2, to_timestamp($3 / 1000000.0), make_interval(secs => $4 / 1000.0), 1);

-- name: outbox_read
SELECT outbox_id, kind, attempts, recipient, message_id, status, tenant, channel, ticket_id, number, subject, author, body,
       request_id, reply_id, before_author, before_body, extract(epoch FROM before_at)::bigint AS before_at
FROM ticketing.outbox_read($1, $2);

-- name: outbox_begin
SELECT message_id, attachment_id, filename, content_type, size FROM ticketing.outbox_begin($1, $2, $3, $4);

-- name: outbox_file
SELECT ticketing.outbox_file($1, $2, $3);

-- name: outbox_sent
SELECT ticketing.outbox_sent($1, $2);

-- name: outbox_failed
SELECT ticketing.outbox_failed($1, $2, to_timestamp($3 / 1000000.0), $4);

-- name: outbox_retry
SELECT ticketing.outbox_retry($1, $2, $3, to_timestamp($4 / 1000000.0), to_timestamp($5 / 1000000.0),
                              make_interval(secs => $6 / 1000.0), $7) AS state;

-- name: migrate_begin
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = '5s';
SET LOCAL client_min_messages = notice;

-- name: migrate_lock
SET LOCAL ROLE ticket_owner;
SET LOCAL search_path = ticketing, pg_temp;
LOCK TABLE ticketing_meta.migration IN SHARE ROW EXCLUSIVE MODE;

-- name: migrate_version
SELECT coalesce(max(version), 0) AS version FROM ticketing_meta.migration;

-- name: migrate_serves
SELECT max(serves) AS serves FROM ticketing_meta.migration;

-- The table has the column from migration 8 on.
-- name: migrate_done_early
INSERT INTO ticketing_meta.migration (version, name, program, applied_at) VALUES ($1, $2, $3, now()) RETURNING version;

-- name: migrate_done
INSERT INTO ticketing_meta.migration (version, name, program, serves, applied_at) VALUES ($1, $2, $3, $4, now())
RETURNING version;

-- name: commit
COMMIT;

-- name: database
SELECT current_database() AS name;

-- The reports all take the same parameters (schema/calls/report.c):
-- $1 tenant, $2 channel, $3 number, $4 status: names, NULL for any; $5 'true': only what failed; $6 not before, in
-- microseconds since 1970; $7 at most so many rows; $8 tenant_id, $9 ticket_id: 0 for any; $10 Message-ID.

-- name: report_channels
SELECT tenant_id, tenant, channel_id, name, title, address, status, template_id, template, ticket_type, rules_version,
       ticketing.moment(published_at) AS published_at
FROM ticketing.channel_report
WHERE ($1 IS NULL OR tenant = $1) AND ($2 IS NULL OR name = $2) AND ($4 IS NULL OR status = $4)
ORDER BY tenant, name
LIMIT $7;

-- name: report_rules
SELECT c.tenant, c.name, r.rules_version, r.rules, ticketing.moment(r.published_at) AS published_at, r.published_by
FROM ticketing.channel_report c
JOIN ticketing.channel_rules r USING (tenant_id, channel_id)
WHERE ($1 IS NULL OR c.tenant = $1) AND ($2 IS NULL OR c.name = $2)
ORDER BY c.tenant, c.name, r.rules_version DESC
LIMIT $7;

-- name: report_tickets
SELECT tenant_id, tenant, ticket_id, number, ticket_type, channel_id, channel, offer_id, subject, description, requester,
       requester_name, priority, status, ticketing.moment(created_at) AS created_at,
       ticketing.moment(updated_at) AS updated_at, ticketing.moment(closed_at) AS closed_at, reopened, linked_ticket_id,
       linked
FROM ticketing.ticket_report
WHERE ($1 IS NULL OR tenant = $1) AND ($2 IS NULL OR channel = $2) AND ($3 IS NULL OR number = ticketing.number_folded($3))
  AND ($4 IS NULL OR status = $4) AND ($6 = 0 OR created_at >= to_timestamp($6 / 1000000.0))
ORDER BY ticket_report.created_at DESC, ticket_id DESC
LIMIT $7;

-- name: report_ticket
SELECT tenant_id, tenant, ticket_id, number, ticket_type, channel_id, channel, offer_id, subject, description,
       description_full, description_html, requester, requester_name, priority, status, to_json(notices) AS notices,
       ticketing.moment(created_at) AS created_at, ticketing.moment(updated_at) AS updated_at,
       ticketing.moment(closed_at) AS closed_at, reopened, linked_ticket_id, linked,
       to_json(ARRAY(SELECT f.number FROM ticketing.ticket f
                     WHERE f.tenant_id = ticket_report.tenant_id AND f.linked_ticket_id = ticket_report.ticket_id
                     ORDER BY f.ticket_id)) AS linked_from
FROM ticketing.ticket_report
WHERE ($1 IS NULL OR tenant = $1) AND ($2 IS NULL OR channel = $2) AND number = ticketing.number_folded($3)
ORDER BY tenant
LIMIT $7;

-- name: report_fields
SELECT name, value, restricted FROM ticketing.ticket_field WHERE tenant_id = $8 AND ticket_id = $9 ORDER BY name LIMIT $7;

-- name: report_participants
SELECT address FROM ticketing.participant WHERE tenant_id = $8 AND ticket_id = $9 ORDER BY address LIMIT $7;

-- name: report_notes
SELECT tenant_id, note_id, ticket_id, visibility, author, body, body_full, body_html, source, unverified,
       to_json(notices) AS notices, ticketing.moment(created_at) AS created_at
FROM ticketing.note
WHERE tenant_id = $8 AND ticket_id = $9
ORDER BY note.created_at, note_id
LIMIT $7;

-- name: report_attachments
SELECT tenant_id, attachment_id, ticket_id, note_id, filename, content_type, size, encode(sha256, 'hex') AS sha256,
       disposition, content_id
FROM ticketing.attachment
WHERE tenant_id = $8 AND ticket_id = $9
ORDER BY attachment_id
LIMIT $7;

-- name: report_intake
SELECT tenant_id, tenant, intake_id, channel_id, channel, verdict, reason, ticket_id, number, note_id, message_id,
       mail_from, rcpt, sender, authentication, authenticated_by, to_json(flags) AS flags, class, evidence, detail, level, size, encode(raw_sha256, 'hex') AS raw_sha256,
       ticketing.moment(raw_until) AS raw_until, ticketing.moment(received_at) AS received_at, millis, seen,
       ticketing.moment(seen_at) AS seen_at,
       CASE WHEN raw_sha256 IS NULL THEN NULL WHEN raw_until IS NULL THEN 'always' ELSE left(ticketing.moment(raw_until), 10)
       END AS kept
FROM ticketing.intake_report
WHERE ($1 IS NULL OR tenant = $1) AND ($2 IS NULL OR channel = $2)
  AND ($5 IS DISTINCT FROM 'true' OR verdict IN ('fail', 'reject'))
  AND ($6 = 0 OR received_at >= to_timestamp($6 / 1000000.0))
  AND ($8 = 0 OR tenant_id = $8) AND ($9 = 0 OR ticket_id = $9) AND ($10 IS NULL OR message_id = $10)
ORDER BY intake_report.received_at DESC, intake_id DESC
LIMIT $7;

-- name: report_outbox
SELECT o.tenant_id, n.name AS tenant, o.outbox_id, o.kind, o.ticket_id, t.number, o.note_id, o.recipient, o.state, o.attempts,
       ticketing.moment(o.next_at) AS next_at, o.last_error
FROM ticketing.outbox o
JOIN ticketing.tenant n USING (tenant_id)
JOIN ticketing.ticket t USING (tenant_id, ticket_id)
WHERE ($1 IS NULL OR n.name = $1) AND ($3 IS NULL OR t.number = ticketing.number_folded($3)) AND ($4 IS NULL OR o.state = $4) AND ($8 = 0 OR o.tenant_id = $8)
  AND ($9 = 0 OR o.ticket_id = $9)
ORDER BY o.next_at, o.outbox_id
LIMIT $7;

-- name: report_readers
SELECT r.role, r.tenant_id, r.tenant, coalesce(g.oid = r.role_oid AND pg_has_role(g.oid, 'ticket_agent', 'MEMBER'), false) AS reads,
       CASE WHEN g.oid = r.role_oid AND pg_has_role(g.oid, 'ticket_agent', 'MEMBER') THEN NULL
            WHEN g.oid = r.role_oid THEN 'it is no member of ticket_agent'
            WHEN g.oid IS NOT NULL THEN 'the name is another role''s now: ticketctl reader renew ' || r.role || ' if that is right'
            WHEN o.oid IS NOT NULL THEN 'it may be called ' || o.rolname || ' now: give it to that name'
            ELSE 'there is no such role any more' END AS why
FROM (SELECT r.role, r.role_oid, n.tenant_id, n.name AS tenant FROM ticketing.reader r JOIN ticketing.tenant n USING (tenant_id)
      UNION ALL SELECT a.role, a.role_oid, NULL, '*' FROM ticketing_meta.reader_of_all a) r
LEFT JOIN pg_roles g ON g.rolname = r.role
LEFT JOIN pg_roles o ON o.oid = r.role_oid
WHERE ($1 IS NULL OR r.tenant IN ($1, '*'))
ORDER BY r.role, r.tenant
LIMIT $7;

-- name: report_tenants
SELECT n.tenant_id, n.name AS tenant, (SELECT coalesce(jsonb_agg(d.domain ORDER BY d.domain), '[]') FROM ticketing.tenant_domain d
                                       WHERE d.tenant_id = n.tenant_id) AS domains,
       (SELECT count(*) FROM ticketing.channel c WHERE c.tenant_id = n.tenant_id) AS channels,
       ticketing.moment(n.created_at) AS created_at
FROM ticketing.tenant n
WHERE ($1 IS NULL OR n.name = $1)
ORDER BY n.name
LIMIT $7;

-- name: report_status
SELECT (SELECT coalesce(max(version), 0) FROM ticketing_meta.migration) AS schema_version,
       (SELECT max(serves) FROM ticketing_meta.migration) AS schema_serves,
       (SELECT ticketing.moment(max(applied_at)) FROM ticketing_meta.migration) AS migrated_at,
       (SELECT name FROM ticketing_meta.installation WHERE NOT former) AS installation,
       current_setting('server_version') AS server_version, current_database()::text AS database,
       session_user::text AS role,
       (SELECT count(*) FROM ticketing.channel WHERE status = 'published') AS channels_published,
       (SELECT count(*) FROM ticketing.ticket WHERE status <> 'closed') AS tickets_open,
       (SELECT count(*) FROM ticketing.outbox WHERE state = 'pending') AS outbox_pending,
       (SELECT count(*) FROM ticketing.outbox WHERE state = 'failed') AS outbox_failed,
       (SELECT count(*) FROM ticketing.intake WHERE received_at > now() - interval '1 hour') AS intake_hour,
       (SELECT count(*) FROM ticketing.intake
        WHERE received_at > now() - interval '1 hour' AND verdict IN ('fail', 'reject')) AS failed_hour,
       (SELECT ticketing.moment(max(received_at)) FROM ticketing.intake) AS last_intake_at,
       (SELECT coalesce(sum(bytes), 0)::bigint FROM ticketing.raw_usage) AS raw_bytes,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('tenant', n.name, 'budget', u.budget, 'dropped', u.dropped,
                                                     'since', ticketing.moment(u.over_since)) ORDER BY n.name), '[]')
        FROM ticketing.raw_usage u
        JOIN ticketing.tenant n USING (tenant_id)
        WHERE u.over_since IS NOT NULL) AS raw_alarms;
