-- The calls that store a mail, as they are from this version on.
-- Serves: 9

-- What the rate windows read: at most as many rows as a window holds, whatever else was stored. A mail that is excluded or
-- refused costs its sender nothing, so these rows are in neither index, and nobody makes a window slower with them.
-- Partial, because no foreign key's own query can take such an index for the primary key (0001).
--
-- Nobody stores a mail while they are made: gateways say 451 to what their deadline is too short for, and the mail comes
-- again. A small server took 1.3 seconds for a million rows of intake.
CREATE INDEX intake_counted ON intake (tenant_id, received_at) WHERE verdict IN ('ticket', 'note');
CREATE INDEX intake_notes ON intake (ticket_id, tenant_id, received_at) WHERE verdict = 'note';

-- For whom a form wrote the mail: the rate windows of the channel count him as well as the form. NULL: no form wrote it.
ALTER TABLE intake ADD COLUMN requester text;
CREATE INDEX intake_requester ON intake (requester, tenant_id, channel_id, received_at)
    WHERE verdict = 'ticket' AND requester IS NOT NULL;

-- window_full, as in 0003; kind requester: of the mails that forms wrote for p_sender. Pages cost nothing here, so that the planner takes the index by which the fewest rows are read: it
-- may believe that the rows of a sender lie scattered and those of a tenant side by side, and read all of the tenant's for
-- one who has sent nothing.
CREATE OR REPLACE FUNCTION window_full(p_kind text, p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint,
                            p_now timestamptz, p_count bigint, p_seconds bigint)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SET plan_cache_mode = force_generic_plan SET seq_page_cost = 0 SET random_page_cost = 0
    SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_oldest timestamptz;
BEGIN
    CASE p_kind
    WHEN 'tickets' THEN
        SELECT i.received_at INTO v_oldest FROM intake i
            WHERE i.tenant_id = p_tenant_id AND i.channel_id = p_channel_id AND i.sender = p_sender
              AND i.verdict = 'ticket'
            ORDER BY i.received_at DESC OFFSET p_count - 1 LIMIT 1;
    WHEN 'requester' THEN
        SELECT i.received_at INTO v_oldest FROM intake i
            WHERE i.tenant_id = p_tenant_id AND i.channel_id = p_channel_id AND i.requester = p_sender
              AND i.verdict = 'ticket'
            ORDER BY i.received_at DESC OFFSET p_count - 1 LIMIT 1;
    WHEN 'notes' THEN
        SELECT i.received_at INTO v_oldest FROM intake i
            WHERE i.tenant_id = p_tenant_id AND i.ticket_id = p_ticket_id AND i.verdict = 'note'
            ORDER BY i.received_at DESC OFFSET p_count - 1 LIMIT 1;
    WHEN 'tenant' THEN
        SELECT i.received_at INTO v_oldest FROM intake i
            WHERE i.tenant_id = p_tenant_id AND i.verdict IN ('ticket', 'note')
            ORDER BY i.received_at DESC OFFSET p_count - 1 LIMIT 1;
    END CASE;
    RETURN coalesce(v_oldest > p_now - make_interval(secs => p_seconds), false);
END
$$;

-- Whether the mail is one too many, to be refused. Where it is to come again later the call raises TK002 instead.
-- p_rates has a row for tickets of a sender in a channel, one for notes of a ticket, one for tickets and notes of the
-- tenant: {count, seconds} of the window that puts off and of the one that refuses, where a count of 0 means none.
-- p_requester: for whom a form wrote; he is counted by the first row as the sender is.
DROP FUNCTION rate_exceeded(bigint, bigint, text, bigint, text, timestamptz, bigint[]);
CREATE FUNCTION rate_exceeded(p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint,
                              p_verdict text, p_now timestamptz, p_rates bigint[],
                              p_requester text)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_kinds text[] := CASE WHEN p_verdict <> 'ticket' THEN ARRAY['notes', 'tenant']
                           WHEN p_requester IS NULL THEN ARRAY['tickets', 'tenant']
                           ELSE ARRAY['tickets', 'requester', 'tenant'] END;
    v_column int;
    v_row int;
    v_kind text;
    v_who text;
BEGIN
    FOREACH v_column IN ARRAY ARRAY[3, 1] LOOP
        FOREACH v_kind IN ARRAY v_kinds LOOP
            v_row := CASE v_kind WHEN 'notes' THEN 2 WHEN 'tenant' THEN 3 ELSE 1 END;
            v_who := CASE v_kind WHEN 'requester' THEN p_requester ELSE p_sender END;
            IF p_rates[v_row][v_column] > 0
               AND window_full(v_kind, p_tenant_id, p_channel_id, v_who, p_ticket_id, p_now,
                               p_rates[v_row][v_column], p_rates[v_row][v_column + 1]) THEN
                IF v_column = 3 THEN
                    RETURN true;
                END IF;
                RAISE EXCEPTION '% % in % seconds: %', p_rates[v_row][v_column],
                    CASE v_row WHEN 1 THEN 'tickets' WHEN 2 THEN 'notes' ELSE 'tickets and notes' END, p_rates[v_row][v_column + 1],
                    CASE v_row
                    WHEN 1 THEN format('of %s in channel %s', v_who, p_channel_id)
                    WHEN 2 THEN format('of ticket %s', p_ticket_id)
                    ELSE format('of tenant %s', p_tenant_id)
                    END USING ERRCODE = 'TK002';
            END IF;
        END LOOP;
    END LOOP;
    RETURN false;
END
$$;

-- The rules of a reply once more, by what holds now and under the ticket's lock (rules/decide.c). linked: the new ticket
-- that it becomes instead names this one. A note from an address of ours (p_proof own, own_confirmed) moves nothing on.
CREATE OR REPLACE FUNCTION reply_check(p_tenant_id bigint, p_ticket_id bigint, p_sender text, p_reply_types text[], p_now timestamptz,
                            p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint,
                            p_machine boolean)
    RETURNS reply_result
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    r reply_result;
    v_ticket ticket;
    v_may_write boolean;
BEGIN
    r := ('note', NULL, false, false, false);
    SELECT * INTO v_ticket FROM ticket t WHERE t.tenant_id = p_tenant_id AND t.ticket_id = p_ticket_id
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        r := ('ticket', 'unknown_ticket', false, false, false);
        RETURN r;
    END IF;
    v_may_write := coalesce(p_proof = 'recipient', false)
        OR EXISTS (SELECT FROM participant p WHERE p.tenant_id = p_tenant_id AND p.ticket_id = p_ticket_id
                                               AND p.address = p_sender);
    IF p_proof IN ('own', 'own_confirmed') THEN
        IF v_ticket.ticket_type <> ALL (p_reply_types) THEN
            r := ('fail', 'type_not_whitelisted', false, false, false);
        ELSIF p_proof = 'own' THEN
            r := ('note', 'unverified', false, true, false);
        ELSIF v_ticket.status = 'closed' THEN
            r.reason := 'closed_ticket';
        END IF;
    ELSIF NOT v_may_write AND (p_proof IS NULL OR p_stranger = 'new_linked') THEN
        r := ('ticket', 'not_participant', p_proof IS NOT NULL, false, false);
    ELSIF v_ticket.ticket_type <> ALL (p_reply_types) THEN
        r := ('fail', 'type_not_whitelisted', false, false, false);
    ELSIF NOT v_may_write THEN
        r := ('note', 'unverified', false, true, false);
    ELSIF v_ticket.status <> 'closed' THEN
        NULL;
    ELSIF p_closed = 'note' OR p_machine THEN
        r.reason := 'closed_ticket';
    ELSIF p_closed = 'reopen' AND v_ticket.reopened < p_reopen_max
          AND p_now - ticket_closed_at(v_ticket) < p_reopen_for THEN
        r := ('note', 'reopened', false, false, true);
    ELSE
        r := ('ticket', 'closed_ticket', true, false, false);
    END IF;
    RETURN r;
END
$$;

-- facts, as in 0002; of the tickets of one Message-ID the oldest 32 are looked at. Anybody may send one id in any number of
-- mails, each of which is a ticket; the oldest are those of the mail that had it first, one for each channel that took it.
CREATE OR REPLACE FUNCTION facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text,
                      p_key bytea, p_now timestamptz, p_ticket_ids bigint[])
    RETURNS TABLE (kind text, place bigint, ticket_id bigint, number text, ticket_type text, status text,
                   participant boolean, subject text, closed_for bigint, reopened bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET search_path = ticketing, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH hit AS (
        SELECT 1 AS rank, 'intake' AS kind, 0::bigint AS place, i.ticket_id
        FROM (SELECT k.intake_id FROM intake_key k
              WHERE k.tenant_id = p_tenant_id AND k.channel_id = p_channel_id AND k.key = p_key
                AND k.expires_at > p_now OFFSET 0) k
        CROSS JOIN LATERAL (SELECT i.ticket_id, i.verdict FROM intake i
                            WHERE i.tenant_id = p_tenant_id AND i.intake_id = k.intake_id OFFSET 0) i
        WHERE i.verdict IN ('ticket', 'note')
        UNION ALL
        SELECT 2, 'token', a.place, a.id FROM unnest(p_ticket_ids) WITH ORDINALITY AS a (id, place)
        UNION ALL
        SELECT 3, 'message_id', a.place, m.ticket_id
        FROM unnest(p_message_ids) WITH ORDINALITY AS a (id, place)
        CROSS JOIN LATERAL (SELECT m.ticket_id FROM message_id m
                            WHERE m.tenant_id = p_tenant_id AND m.message_id = a.id ORDER BY m.ticket_id LIMIT 32) m
        UNION ALL
        SELECT 4, 'number', a.place, t.ticket_id
        FROM (SELECT number_folded(u.number) AS number, u.place
              FROM unnest(p_numbers) WITH ORDINALITY AS u (number, place) OFFSET 0) a
        CROSS JOIN LATERAL (SELECT t.ticket_id FROM ticket t
                            WHERE t.tenant_id = p_tenant_id AND t.number = a.number OFFSET 0) t
    ), answer AS (
        SELECT 0 AS rank, 'channel' AS kind, 0::bigint AS place, c.rules_version AS ticket_id, NULL AS number,
               NULL AS ticket_type, c.status, NULL::boolean AS participant, NULL AS subject, NULL::bigint AS closed_for,
               NULL::bigint AS reopened, NULL::bigint AS channel_id
        FROM channel c
        WHERE c.tenant_id = p_tenant_id AND c.channel_id = p_channel_id
        UNION ALL
        SELECT h.rank, h.kind, h.place, t.ticket_id, t.number, t.ticket_type, t.status,
               (SELECT true FROM participant p WHERE p.tenant_id = p_tenant_id AND p.ticket_id = t.ticket_id
                                                 AND p.address = p_sender) IS NOT NULL,
               t.subject, extract(epoch FROM p_now - ticket_closed_at(t))::bigint, t.reopened, t.channel_id
        FROM hit h
        CROSS JOIN LATERAL (SELECT * FROM ticket t
                            WHERE t.tenant_id = p_tenant_id AND t.ticket_id = h.ticket_id OFFSET 0) t
    )
    SELECT a.kind, a.place, a.ticket_id, a.number, a.ticket_type, a.status, a.participant, a.subject, a.closed_for,
           a.reopened
    FROM answer a
    ORDER BY a.rank, a.place, a.channel_id IS DISTINCT FROM p_channel_id, a.ticket_id;
END
$$;

-- Rows that are locks, up to 1024 a tenant, each made when it is first needed: nobody but the owner can take them, so nobody
-- else can hold up a mail. A recipient has one of them by his hash. Two recipients who share one wait for each other's
-- commit: of eight mails at once that is one in forty.
CREATE TABLE confirmation_lock (
    tenant_id bigint NOT NULL REFERENCES tenant (tenant_id),
    slot bigint NOT NULL,
    PRIMARY KEY (tenant_id, slot)
);
ALTER TABLE confirmation_lock ENABLE ROW LEVEL SECURITY;
CREATE POLICY confirmation_lock_room ON confirmation_lock FOR SELECT TO ticket_agent USING (tenant_id = ANY (my_tenants()));

-- Waits for those who store a mail of this recipient, and holds off others until the end of the transaction.
CREATE FUNCTION confirmation_wait(p_tenant_id bigint, p_recipient text) RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_slot bigint := hashtextextended(p_recipient, 0) & 1023;
BEGIN
    LOOP
        PERFORM FROM confirmation_lock l WHERE l.tenant_id = p_tenant_id AND l.slot = v_slot FOR NO KEY UPDATE;
        EXIT WHEN FOUND;
        INSERT INTO confirmation_lock (tenant_id, slot) VALUES (p_tenant_id, v_slot) ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND; -- else another made it just now
    END LOOP;
END
$$;

-- Whether no confirmation may go to this recipient now: he got one within p_pause (an hour at most), or the channel or
-- the tenant has sent its share of the hour. Mails of one sender wait for each other here, so that many at once are one
-- confirmation; those of two senders do not, and may pass the other two caps by as many as are stored at the same time.
-- Reads the newest confirmations of the tenant, and of them no more than its cap (limits.confirmations): 1,000 take 0.2
-- ms.
CREATE OR REPLACE FUNCTION confirmation_capped(p_tenant_id bigint, p_channel_id bigint, p_recipient text, p_now timestamptz,
                                    p_pause interval, p_channel_hour bigint, p_tenant_hour bigint)
    RETURNS boolean
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_capped boolean;
BEGIN
    FOR i IN 1..2 LOOP
        SELECT count(*) >= p_tenant_hour OR count(*) FILTER (WHERE o.channel_id = p_channel_id) >= p_channel_hour
               OR count(*) FILTER (WHERE o.recipient = p_recipient AND o.created_at > p_now - p_pause) > 0
            INTO v_capped
            FROM (SELECT c.channel_id, c.recipient, c.created_at FROM outbox c
                  WHERE c.tenant_id = p_tenant_id AND c.kind = 'confirmation' AND c.created_at > p_now - interval '1 hour'
                  ORDER BY c.created_at DESC LIMIT p_tenant_hour) o;
        EXIT WHEN v_capped;
        PERFORM confirmation_wait(p_tenant_id, p_recipient);
    END LOOP;
    RETURN v_capped;
END
$$;

-- Whether the content is what its sha256 says; of chunk 0, which stands for the whole. False: not all of it has come yet, so
-- it is not there for anybody. NULL: another chunk, or a content of a version before, which believed its callers.
ALTER TABLE blob ADD COLUMN checked boolean;

CREATE OR REPLACE FUNCTION attachment_present(p_tenant_id bigint, p_hashes bytea[]) RETURNS SETOF bytea
    LANGUAGE sql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
    SELECT sha256 FROM blob
    WHERE tenant_id = p_tenant_id AND sha256 = ANY (p_hashes) AND chunk_no = 0 AND checked IS NOT FALSE
    ORDER BY sha256
    FOR KEY SHARE
$$;

-- Stores one chunk; a content that is there already is left as it is. Contents must come in the order of their sha256 and all
-- chunks of one in one transaction, from 0. Behind the last one the server hashes the content itself: else whoever may call
-- this, which is the milter's role alone, could give a mail that comes later other files than it had, since a content is
-- stored once a tenant. What is not what it says raises TK005.
--
-- The server has no hash that takes its bytes in pieces, so a content that has several chunks is put together in memory, for a
-- moment, in three times its size. To store 25 MB took 1.0 s instead of 0.7 s.
DROP FUNCTION attachment_put(bigint, bytea, bigint, bytea);
CREATE FUNCTION attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea, p_last boolean)
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_whole boolean := p_chunk_no = 0 AND p_last;
    v_checked boolean;
BEGIN
    IF v_whole AND sha256(p_data) <> p_sha256 THEN
        RAISE EXCEPTION 'a content is not what its sha256 says' USING ERRCODE = 'TK005';
    END IF;
    IF p_chunk_no = 0 THEN
        LOOP
            INSERT INTO blob (tenant_id, sha256, chunk_no, data, checked) VALUES (p_tenant_id, p_sha256, 0, p_data, v_whole)
                ON CONFLICT DO NOTHING;
            EXIT WHEN FOUND;
            SELECT b.checked INTO v_checked FROM blob b
                WHERE b.tenant_id = p_tenant_id AND b.sha256 = p_sha256 AND b.chunk_no = 0 FOR KEY SHARE;
            EXIT WHEN FOUND AND v_checked IS NOT FALSE;
            -- Somebody has left a part of it; or it was purged between the two statements.
            DELETE FROM blob b WHERE b.tenant_id = p_tenant_id AND b.sha256 = p_sha256 AND v_checked IS FALSE;
        END LOOP;
        RETURN;
    END IF;
    PERFORM FROM blob b
        WHERE b.tenant_id = p_tenant_id AND b.sha256 = p_sha256 AND b.chunk_no = 0 AND b.checked IS FALSE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO blob (tenant_id, sha256, chunk_no, data) VALUES (p_tenant_id, p_sha256, p_chunk_no, p_data);
    IF NOT p_last THEN
        RETURN;
    END IF;
    IF sha256((SELECT string_agg(c.data, '') FROM (SELECT b.data FROM blob b
                                                   WHERE b.tenant_id = p_tenant_id AND b.sha256 = p_sha256
                                                   ORDER BY b.chunk_no OFFSET 0) c)) <> p_sha256 THEN
        RAISE EXCEPTION 'a content is not what its sha256 says' USING ERRCODE = 'TK005';
    END IF;
    UPDATE blob b SET checked = true WHERE b.tenant_id = p_tenant_id AND b.sha256 = p_sha256 AND b.chunk_no = 0;
END
$$;
GRANT EXECUTE ON FUNCTION attachment_put(bigint, bytea, bigint, bytea, boolean) TO ticket_milter;

-- attachments_add, as in 0003, where the contents must be whole.
CREATE OR REPLACE FUNCTION attachments_add(p_tenant_id bigint, p_ticket_id bigint, p_note_id bigint, p_names text[],
                                p_types text[], p_sizes bigint[], p_hashes bytea[], p_dispositions text[],
                                p_content_ids text[])
    RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(p_hashes) h
               WHERE NOT EXISTS (SELECT FROM blob b
                                 WHERE b.tenant_id = p_tenant_id AND b.sha256 = h AND b.chunk_no = 0
                                   AND b.checked IS NOT FALSE)) THEN
        RAISE EXCEPTION 'the content of an attachment is not stored' USING ERRCODE = 'TK004';
    END IF;
    INSERT INTO attachment (tenant_id, ticket_id, note_id, filename, content_type, size, sha256, disposition, content_id)
        SELECT p_tenant_id, p_ticket_id, p_note_id, a.name, a.type, a.size, a.hash, a.disposition, a.content_id
        FROM unnest(p_names, p_types, p_sizes, p_hashes, p_dispositions, p_content_ids)
             WITH ORDINALITY AS a (name, type, size, hash, disposition, content_id, place)
        ORDER BY a.place;
END
$$;

-- Whether only role ticket_restricted reads a field of a channel's tickets: its template says so, or its rules do.
CREATE FUNCTION field_restricted(p_tenant_id bigint, p_channel_id bigint, p_name text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = ticketing, pg_temp
    AS $$
    SELECT coalesce(bool_or(
               t.fields @> jsonb_build_array(jsonb_build_object('name', p_name, 'restricted', true))
               OR coalesce(u.rules -> 'fields' @> jsonb_build_array(jsonb_build_object('field', p_name, 'restricted', true)),
                           false)), false)
    FROM channel c
    JOIN template t USING (tenant_id, template_id)
    LEFT JOIN channel_rules u USING (tenant_id, channel_id, rules_version)
    WHERE c.tenant_id = p_tenant_id AND c.channel_id = p_channel_id
$$;

-- ingest, as in 0003. p_form: the sender wrote for the requester. He takes part in nothing himself, and both are counted.
DROP FUNCTION ingest(bigint, bigint, bytea, interval, timestamptz, timestamptz, text, text, text, text, text, text,
    text, text, bigint, bigint, bytea, timestamptz, text, text, text, text, text, text, text, text[], text[], text[],
    text[], boolean[], text[], text[], bigint[], bytea[], text[], text[], bigint, text, text, text, text[], bigint[],
    bigint[], text, text, bigint, text, text, text, interval, bigint, boolean, text, text, text[]);
CREATE FUNCTION ingest(
    p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_key_life interval, p_now timestamptz, p_deadline timestamptz,
    p_verdict text, p_reason text, p_class text, p_level text,
    p_message_id text, p_mail_from text, p_rcpt text, p_sender text, p_size bigint, p_millis bigint,
    p_raw_sha256 bytea, p_raw_until timestamptz,
    p_subject text, p_body text, p_body_full text, p_body_html text, p_requester text, p_requester_name text,
    p_priority text, p_notices text[], p_participants text[],
    p_field_names text[], p_field_values text[], p_field_restricted boolean[],
    p_file_names text[], p_file_types text[], p_file_sizes bigint[], p_file_hashes bytea[],
    p_file_dispositions text[], p_file_content_ids text[],
    p_ticket_id bigint, p_author text, p_visibility text, p_source text, p_reply_types text[], p_confirm bigint[],
    p_rates bigint[], p_evidence text, p_detail text,
    p_linked_ticket_id bigint, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint,
    p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[],
    p_form boolean)
    RETURNS ingest_result
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    r ingest_result;
    v_old intake;
    v_channel record;
    v_reply reply_result;
    v_linked bigint := nullif(p_linked_ticket_id, 0);
    v_form_for text := CASE WHEN p_form THEN p_requester END;
BEGIN
    -- Behind a pooler the session is not the program's own.
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'the transaction runs at %, and read committed is needed: ticketctl init sets it for the role',
            current_setting('transaction_isolation') USING ERRCODE = 'TK006';
    END IF;
    PERFORM deadline_arm(p_deadline);
    r.verdict := p_verdict;
    r.reason := p_reason;
    r.intake_id := nextval('intake_intake_id_seq');
    SELECT c.status, t.ticket_type, t.prefix, o.offer_id, o.defaults INTO v_channel
        FROM channel c
        JOIN template t USING (tenant_id, template_id)
        LEFT JOIN offer o ON o.tenant_id = c.tenant_id AND o.channel_id = c.channel_id AND o.hidden
        WHERE c.tenant_id = p_tenant_id AND c.channel_id = p_channel_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'channel % of tenant % does not exist', p_channel_id, p_tenant_id USING ERRCODE = 'TK003';
    END IF;

    -- The usual mail is new: intake_claim() is called for the others alone.
    INSERT INTO intake_key (tenant_id, channel_id, key, intake_id, expires_at)
        VALUES (p_tenant_id, p_channel_id, p_key, r.intake_id, p_now + p_key_life)
        ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        v_old := intake_claim(p_tenant_id, p_channel_id, p_key, r.intake_id, p_now, p_now + p_key_life);
    END IF;
    r.seen := coalesce(v_old.seen, 0) + 1;
    IF v_old.ticket_id IS NOT NULL THEN
        -- Stored before. Written and committed again before anybody says yes: the commit that we see here may be
        -- one that still waits for its standby, and ours waits behind it.
        UPDATE intake SET seen = seen + 1, seen_at = p_now
            WHERE tenant_id = p_tenant_id AND intake_id = v_old.intake_id;
        SELECT t.number INTO r.number FROM ticket t WHERE t.tenant_id = p_tenant_id AND t.ticket_id = v_old.ticket_id;
        r.verdict := CASE WHEN v_old.verdict IN ('ticket', 'note') THEN 'duplicate' ELSE v_old.verdict END;
        r.reason := v_old.reason;
        r.ticket_id := v_old.ticket_id;
        r.note_id := v_old.note_id;
        r.intake_id := v_old.intake_id;
        IF clock_timestamp() > p_deadline THEN
            PERFORM deadline_check(p_deadline);
        END IF;
        r.clock := clock_timestamp();
        RETURN r;
    END IF;

    -- What may have changed since the mail was decided.
    IF v_channel.status <> 'published' THEN
        r.verdict := 'fail';
        r.reason := 'channel_disabled';
    ELSIF r.verdict = 'note' THEN
        v_reply := reply_check(p_tenant_id, p_ticket_id, CASE WHEN NOT p_form THEN p_sender END, p_reply_types, p_now, p_proof, p_stranger, p_closed,
                               p_reopen_for, p_reopen_max, p_machine);
        r.verdict := v_reply.verdict;
        -- That it could not be read says more than what it did.
        r.reason := CASE WHEN r.verdict = 'note' AND p_reason IN ('unparsable', 'poison') THEN p_reason
                         ELSE v_reply.reason END;
        IF v_reply.linked THEN
            v_linked := p_ticket_id;
        END IF;
    END IF;
    IF p_rates IS NOT NULL AND r.verdict IN ('ticket', 'note')
       AND rate_exceeded(p_tenant_id, p_channel_id, p_sender, p_ticket_id, r.verdict, p_now, p_rates,
                         v_form_for) THEN
        r.verdict := 'fail';
        r.reason := 'rate_limit';
    END IF;

    IF r.verdict = 'ticket' THEN
        IF r.reason IS NULL AND EXISTS ( -- of the tickets of this id the oldest, as in facts()
            SELECT FROM (SELECT m.ticket_id, m.direction FROM message_id m
                         WHERE m.tenant_id = p_tenant_id AND m.message_id = p_message_id
                         ORDER BY m.ticket_id LIMIT 32) m
            CROSS JOIN LATERAL (SELECT t.channel_id FROM ticket t
                                WHERE t.tenant_id = p_tenant_id AND t.ticket_id = m.ticket_id OFFSET 0) t
            WHERE m.direction = 'in' AND t.channel_id = p_channel_id) THEN
            r.reason := 'mid_reuse'; -- an id that another mail bore already: no reason to lose this one
        END IF;
        r.number := v_channel.prefix || '-' || nextval(number_sequence(p_tenant_id, v_channel.prefix)::regclass);
        INSERT INTO ticket (tenant_id, number, ticket_type, channel_id, offer_id, subject, description,
                            description_full, description_html, requester, requester_name, priority, notices,
                            created_at, updated_at, linked_ticket_id)
            VALUES (p_tenant_id, r.number, v_channel.ticket_type, p_channel_id, v_channel.offer_id, p_subject, p_body,
                    p_body_full, p_body_html, p_requester, p_requester_name, coalesce(nullif(p_priority, ''), v_channel.defaults ->> 'priority', p_priority), p_notices, p_now, p_now,
                    (SELECT t.ticket_id FROM ticket t WHERE t.tenant_id = p_tenant_id AND t.ticket_id = v_linked))
            RETURNING ticket.ticket_id INTO r.ticket_id;
        INSERT INTO ticket_field (tenant_id, ticket_id, name, value, restricted)
            SELECT p_tenant_id, r.ticket_id, f.name, f.value, f.restricted
            FROM unnest(p_field_names, p_field_values, p_field_restricted) AS f (name, value, restricted);
        IF v_channel.defaults <> '{}' THEN
            -- What the mail leaves empty. The ticket's columns are no fields.
            INSERT INTO ticket_field AS f (tenant_id, ticket_id, name, value, restricted)
                SELECT p_tenant_id, r.ticket_id, d.key, d.value, field_restricted(p_tenant_id, p_channel_id, d.key)
                FROM jsonb_each_text(v_channel.defaults) d
                WHERE d.value <> '' AND d.key NOT IN ('subject', 'description', 'requester', 'requester_name', 'priority')
                ON CONFLICT (tenant_id, ticket_id, name) DO UPDATE
                    SET value = EXCLUDED.value, restricted = f.restricted OR EXCLUDED.restricted WHERE f.value = '';
        END IF;
        INSERT INTO participant (tenant_id, ticket_id, address)
            SELECT DISTINCT p_tenant_id, r.ticket_id, a FROM unnest(p_participants) a WHERE a <> '';
        -- [delay, pause] in seconds, then how many an hour of the channel and of the tenant.
        IF p_confirm IS NOT NULL THEN
            IF confirmation_capped(p_tenant_id, p_channel_id, p_requester, p_now, make_interval(secs => p_confirm[2]),
                                   p_confirm[3], p_confirm[4]) THEN
                UPDATE ticket t SET notices = t.notices || 'No confirmation was sent: there were too many.'::text
                    WHERE t.tenant_id = p_tenant_id AND t.ticket_id = r.ticket_id;
            ELSE
                INSERT INTO outbox (tenant_id, kind, ticket_id, channel_id, recipient, next_at, created_at)
                    VALUES (p_tenant_id, 'confirmation', r.ticket_id, p_channel_id, p_requester,
                            p_now + make_interval(secs => p_confirm[1]), p_now);
            END IF;
        END IF;
    ELSIF r.verdict = 'note' OR (r.verdict = 'exclude' AND p_source = 'delivery') THEN
        -- A delivery report is excluded, and leaves its trace at the ticket whose mail it speaks of. A stranger
        -- leaves a note, and the ticket as it was.
        UPDATE ticket t SET updated_at = CASE WHEN v_reply.unverified THEN t.updated_at ELSE p_now END,
                            status = CASE WHEN v_reply.reopens THEN 'open' ELSE t.status END,
                            closed_at = CASE WHEN v_reply.reopens THEN NULL ELSE t.closed_at END,
                            reopened = t.reopened + coalesce(v_reply.reopens, false)::int
            WHERE t.tenant_id = p_tenant_id AND t.ticket_id = p_ticket_id
            RETURNING t.number, t.ticket_id INTO r.number, r.ticket_id;
        IF FOUND THEN
            INSERT INTO note (tenant_id, ticket_id, visibility, author, body, body_full, body_html, source, notices,
                              unverified, created_at)
                VALUES (p_tenant_id, p_ticket_id, CASE WHEN v_reply.unverified THEN 'internal' ELSE p_visibility END,
                        p_author, p_body, p_body_full, p_body_html, p_source,
                        CASE WHEN v_reply.unverified AND p_proof = 'own'
                             THEN array_append(p_notices, 'unverified: the sender is an address of this help desk, and '
                                                          'nobody confirms it')
                             WHEN v_reply.unverified
                             THEN array_append(p_notices, 'unverified: the token was made for somebody else, and the '
                                                          'sender takes no part in the ticket')
                             ELSE p_notices END,
                        coalesce(v_reply.unverified, false), p_now)
                RETURNING note.note_id INTO r.note_id;
            IF v_reply.reopens THEN
                INSERT INTO note (tenant_id, ticket_id, visibility, author, body, source, created_at)
                    VALUES (p_tenant_id, p_ticket_id, 'internal', p_author, 'status: closed -> open', p_source, p_now);
            END IF;
        END IF;
    END IF;
    IF r.ticket_id IS NOT NULL THEN
        IF cardinality(p_file_hashes) > 0 THEN
            PERFORM attachments_add(p_tenant_id, r.ticket_id, r.note_id, p_file_names, p_file_types, p_file_sizes,
                                    p_file_hashes, p_file_dispositions, p_file_content_ids);
        END IF;
        IF p_message_id <> '' THEN
            INSERT INTO message_id (tenant_id, message_id, ticket_id, note_id, direction)
                VALUES (p_tenant_id, p_message_id, r.ticket_id, r.note_id, 'in') ON CONFLICT DO NOTHING;
        END IF;
    END IF;

    IF v_old.verdict = r.verdict AND v_old.reason IS NOT DISTINCT FROM r.reason AND r.ticket_id IS NULL THEN
        -- Refused again for the same reason: the same intake, seen once more.
        UPDATE intake SET seen = seen + 1, seen_at = p_now, raw_sha256 = coalesce(p_raw_sha256, raw_sha256),
                          raw_until = coalesce(p_raw_until, raw_until)
            WHERE tenant_id = p_tenant_id AND intake_id = v_old.intake_id;
        UPDATE intake_key SET intake_id = v_old.intake_id
            WHERE tenant_id = p_tenant_id AND channel_id = p_channel_id AND key = p_key;
        r.intake_id := v_old.intake_id;
    ELSE
        INSERT INTO intake (tenant_id, intake_id, channel_id, verdict, reason, ticket_id, note_id, message_id, mail_from,
                            rcpt, sender, requester, authentication, authenticated_by, flags, class, evidence, detail, level, size, raw_sha256, raw_until, received_at, millis, seen_at)
            VALUES (p_tenant_id, r.intake_id, p_channel_id, r.verdict, r.reason, r.ticket_id, r.note_id, p_message_id,
                    p_mail_from, p_rcpt, p_sender, v_form_for, p_authentication, p_authenticated_by, p_flags, p_class, p_evidence,
                    CASE WHEN (r.verdict, r.reason) IS NOT DISTINCT FROM (p_verdict, p_reason) THEN p_detail END,
                    p_level, p_size, p_raw_sha256, p_raw_until, p_now, p_millis, p_now);
    END IF;
    IF clock_timestamp() > p_deadline THEN
        PERFORM deadline_check(p_deadline);
    END IF;
    r.clock := clock_timestamp();
    RETURN r;
END
$$;
GRANT EXECUTE ON FUNCTION ingest(bigint, bigint, bytea, interval, timestamptz, timestamptz, text, text, text, text,
    text, text, text, text, bigint, bigint, bytea, timestamptz, text, text, text, text, text, text, text, text[], text[],
    text[], text[], boolean[], text[], text[], bigint[], bytea[], text[], text[], bigint, text, text, text, text[],
    bigint[], bigint[], text, text, bigint, text, text, text, interval, bigint, boolean, text, text, text[], boolean)
    TO ticket_milter;
