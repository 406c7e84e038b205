-- What strangers make in a night, $rows of each: mails of every verdict, many of them under one Message-ID; replies of people
-- who take no part, delivery reports and files at one ticket; confirmations; mails that were sent, that failed, that wait.
-- All of it is newer than what the tests have stored, and belongs to both tenants.
-- tests/store/test_growth puts a number in the place of $rows.
CREATE TEMPORARY TABLE here AS
    SELECT c.tenant_id, min(c.channel_id) AS one, max(c.channel_id) AS other,
           (SELECT min(t.ticket_id) FROM ticketing.ticket t
            WHERE t.tenant_id = c.tenant_id AND t.subject = 'quiet') AS quiet
    FROM ticketing.channel c GROUP BY c.tenant_id;

INSERT INTO ticketing.ticket (tenant_id, number, ticket_type, channel_id, subject, description, requester, created_at, updated_at)
    SELECT h.tenant_id, 'FLOOD-' || nextval('ticketing.ticket_ticket_id_seq'), 'incident', h.other, 'flood', repeat('x', 1500),
           'flood@acme.example', now(), now()
    FROM here h, generate_series(1, $rows) n;
INSERT INTO ticketing.participant (tenant_id, ticket_id, address)
    SELECT t.tenant_id, t.ticket_id, 'flood@acme.example' FROM ticketing.ticket t WHERE t.subject = 'flood' ON CONFLICT DO NOTHING;
INSERT INTO ticketing.message_id (tenant_id, message_id, ticket_id, direction)
    SELECT t.tenant_id, 'shared@acme.example', t.ticket_id, 'in' FROM ticketing.ticket t WHERE t.subject = 'flood'
    ON CONFLICT DO NOTHING;

-- At the quiet ticket: every second note came by mail, of somebody who takes no part; the others are delivery reports.
WITH made AS (
    INSERT INTO ticketing.note (tenant_id, ticket_id, visibility, author, body, source, unverified, created_at)
        SELECT h.tenant_id, h.quiet, 'internal', 'flood@acme.example', repeat('x', 1500),
               CASE n % 2 WHEN 0 THEN 'mail' ELSE 'delivery' END, n % 2 = 0, now()
        FROM here h, generate_series(1, 2 * $rows) n
        WHERE h.quiet IS NOT NULL
        RETURNING tenant_id, ticket_id, note_id, source
), named AS (
    INSERT INTO ticketing.message_id (tenant_id, message_id, ticket_id, note_id, direction)
        SELECT m.tenant_id, 'note.' || m.note_id || '@acme.example', m.ticket_id, m.note_id, 'in' FROM made m
), filed AS (
    INSERT INTO ticketing.attachment (tenant_id, ticket_id, note_id, filename, content_type, size, sha256, disposition)
        SELECT m.tenant_id, m.ticket_id, m.note_id, 'flood', 'text/plain', 1, sha256('x'), 'attachment' FROM made m
)
INSERT INTO ticketing.intake (tenant_id, channel_id, verdict, reason, ticket_id, note_id, sender, authentication, class, level,
                              size, received_at, millis, seen_at)
    SELECT m.tenant_id, h.one, CASE m.source WHEN 'delivery' THEN 'exclude' ELSE 'note' END, 'bounce',
           m.ticket_id, m.note_id, 'flood@acme.example', 'none', 'bounce', 'full', 1, now(), 1, now()
    FROM made m JOIN here h USING (tenant_id);

-- The newest are those that count for no window.
INSERT INTO ticketing.intake (tenant_id, channel_id, verdict, reason, message_id, sender, authentication, class, level, size,
                              received_at, millis, seen_at, ticket_id)
    SELECT h.tenant_id, CASE n % 2 WHEN 0 THEN h.one ELSE h.other END, v.verdict, 'flood', 'shared@acme.example',
           'ann@acme.example', 'none', 'human', 'full', 1, now() + v.place * interval '1 millisecond', 1, now(),
           CASE v.verdict WHEN 'ticket' THEN (SELECT max(t.ticket_id) FROM ticketing.ticket t
                                              WHERE t.tenant_id = h.tenant_id AND t.subject = 'flood') END
    FROM here h, unnest(ARRAY['ticket', 'fail', 'reject', 'exclude']) WITH ORDINALITY AS v (verdict, place),
         generate_series(1, $rows) n;
INSERT INTO ticketing.intake_key (tenant_id, channel_id, key, intake_id, expires_at)
    SELECT i.tenant_id, i.channel_id, sha256(convert_to('flood ' || i.intake_id, 'UTF8')), i.intake_id, now() + interval '1 day'
    FROM ticketing.intake i WHERE i.reason = 'flood' ON CONFLICT DO NOTHING;

INSERT INTO ticketing.outbox (tenant_id, kind, ticket_id, channel_id, recipient, state, next_at, created_at)
    SELECT t.tenant_id, 'confirmation', t.ticket_id, t.channel_id, 'ann@acme.example', 'sent', now(), now()
    FROM ticketing.ticket t WHERE t.subject = 'flood' ON CONFLICT DO NOTHING;
INSERT INTO ticketing.outbox (tenant_id, kind, ticket_id, channel_id, recipient, status, state, next_at, created_at)
    SELECT h.tenant_id, 'status', t.ticket_id, h.one, 'ann@acme.example', 'closed', s.state,
           now() + CASE s.state WHEN 'pending' THEN interval '1 hour' ELSE interval '0' END, now()
    FROM here h, unnest(ARRAY['sent', 'failed', 'pending']) AS s (state), generate_series(1, $rows) n,
         LATERAL (SELECT min(ticket_id) AS ticket_id FROM ticketing.ticket t WHERE t.tenant_id = h.tenant_id) t
    WHERE t.ticket_id IS NOT NULL;
