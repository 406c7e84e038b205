-- ingest: one mail of one channel becomes a ticket, a note or an intake row, in one call.

CREATE TYPE ingest_result AS (
    verdict text, reason text, number text, ticket_id bigint, note_id bigint, intake_id bigint, clock timestamptz,
    seen bigint -- how often the mail was here, with this time; 1: never before
);
GRANT USAGE ON TYPE ingest_result TO ticket_milter;

-- Takes the intake key as a lock. A twin in flight is waited for: its commit is our answer. Returns what the key
-- stands for, or a row of NULLs where it is new, has expired, or stands for nothing any more.
CREATE FUNCTION intake_claim(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_intake_id bigint,
                             p_now timestamptz, p_expires_at timestamptz)
    RETURNS intake
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_intake_id bigint;
    v_expires_at timestamptz;
    v_old intake;
BEGIN
    LOOP
        INSERT INTO intake_key (tenant_id, channel_id, key, intake_id, expires_at)
            VALUES (p_tenant_id, p_channel_id, p_key, p_intake_id, p_expires_at)
            ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN NULL;
        END IF;
        SELECT k.intake_id, k.expires_at INTO v_intake_id, v_expires_at
            FROM intake_key k
            WHERE k.tenant_id = p_tenant_id AND k.channel_id = p_channel_id AND k.key = p_key
            FOR UPDATE;
        EXIT WHEN FOUND; -- else it was purged between the two statements
    END LOOP;
    IF v_expires_at > p_now THEN
        SELECT * INTO v_old FROM intake i WHERE i.tenant_id = p_tenant_id AND i.intake_id = v_intake_id;
    END IF;
    IF v_old.ticket_id IS NULL THEN
        UPDATE intake_key k SET intake_id = p_intake_id, expires_at = p_expires_at
            WHERE k.tenant_id = p_tenant_id AND k.channel_id = p_channel_id AND k.key = p_key;
    END IF;
    RETURN v_old;
END
$$;

-- Whether a sliding window is full: whether the p_count-th newest row of its kind is younger than p_seconds. Rows of
-- intake are its only memory, so nobody waits for anybody: as many as are stored at the same moment may pass the count.
-- Reads at most p_count entries of one index.
CREATE FUNCTION window_full(p_kind text, p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint,
                            p_now timestamptz, p_count bigint, p_seconds bigint)
    RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = ticketing, pg_temp
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
CREATE FUNCTION rate_exceeded(p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint,
                              p_verdict text, p_now timestamptz, p_rates bigint[])
    RETURNS boolean
    LANGUAGE plpgsql STABLE SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_own int := CASE p_verdict WHEN 'ticket' THEN 1 ELSE 2 END;
    v_column int;
    v_row int;
    v_kind text;
BEGIN
    FOREACH v_column IN ARRAY ARRAY[3, 1] LOOP
        FOREACH v_row IN ARRAY ARRAY[v_own, 3] LOOP
            v_kind := (ARRAY['tickets', 'notes', 'tenant'])[v_row];
            IF p_rates[v_row][v_column] > 0
               AND window_full(v_kind, p_tenant_id, p_channel_id, p_sender, p_ticket_id, p_now,
                               p_rates[v_row][v_column], p_rates[v_row][v_column + 1]) THEN
                IF v_column = 3 THEN
                    RETURN true;
                END IF;
                RAISE EXCEPTION '% % in % seconds: %', p_rates[v_row][v_column],
                    CASE v_row WHEN 3 THEN 'tickets and notes' ELSE v_kind END, p_rates[v_row][v_column + 1],
                    CASE v_row
                    WHEN 1 THEN format('of %s in channel %s', p_sender, p_channel_id)
                    WHEN 2 THEN format('of ticket %s', p_ticket_id)
                    ELSE format('of tenant %s', p_tenant_id)
                    END USING ERRCODE = 'TK002';
            END IF;
        END LOOP;
    END LOOP;
    RETURN false;
END
$$;

-- The attachments of a new ticket or note. Their contents must be stored by now, in this transaction or before.
CREATE FUNCTION attachments_add(p_tenant_id bigint, p_ticket_id bigint, p_note_id bigint, p_names text[],
                                p_types text[], p_sizes bigint[], p_hashes bytea[], p_dispositions text[],
                                p_content_ids text[])
    RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(p_hashes) h
               WHERE NOT EXISTS (SELECT FROM blob b
                                 WHERE b.tenant_id = p_tenant_id AND b.sha256 = h AND b.chunk_no = 0)) THEN
        RAISE EXCEPTION 'the content of an attachment is not stored' USING ERRCODE = 'TK004';
    END IF;
    INSERT INTO attachment (tenant_id, ticket_id, note_id, filename, content_type, size, sha256, disposition, content_id)
        SELECT p_tenant_id, p_ticket_id, p_note_id, a.name, a.type, a.size, a.hash, a.disposition, a.content_id
        FROM unnest(p_names, p_types, p_sizes, p_hashes, p_dispositions, p_content_ids)
             WITH ORDINALITY AS a (name, type, size, hash, disposition, content_id, place)
        ORDER BY a.place;
END
$$;

-- What a note by mail may do to its ticket, which it locks: the verdict and reason of the decision again, by what holds
-- now (rules/decide.c). linked: the new ticket that it becomes instead names this one.
CREATE TYPE reply_result AS (verdict text, reason text, linked boolean, unverified boolean, reopens boolean);

CREATE FUNCTION reply_check(p_tenant_id bigint, p_ticket_id bigint, p_sender text, p_reply_types text[], p_now timestamptz,
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
    IF NOT v_may_write AND (p_proof IS NULL OR p_stranger = 'new_linked') THEN
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

-- Whether no confirmation may go to this recipient now: he got one within p_pause (an hour at most), or the channel or
-- the tenant has sent its share of the hour. Mails of one sender wait for each other here, so that many at once are one
-- confirmation; those of two senders do not, and may pass the other two caps by as many as are stored at the same time.
CREATE FUNCTION confirmation_capped(p_tenant_id bigint, p_channel_id bigint, p_recipient text, p_now timestamptz,
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
            FROM outbox o
            WHERE o.tenant_id = p_tenant_id AND o.kind = 'confirmation' AND o.created_at > p_now - interval '1 hour';
        EXIT WHEN v_capped;
        PERFORM pg_advisory_xact_lock(hashtextextended(format('confirmation %s %s', p_tenant_id, p_recipient), 0));
    END LOOP;
    RETURN v_capped;
END
$$;

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
    p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[])
    RETURNS ingest_result
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    r ingest_result;
    v_old intake;
    v_channel record;
    v_reply reply_result;
    v_linked bigint := nullif(p_linked_ticket_id, 0);
BEGIN
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
        v_reply := reply_check(p_tenant_id, p_ticket_id, p_sender, p_reply_types, p_now, p_proof, p_stranger, p_closed,
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
       AND rate_exceeded(p_tenant_id, p_channel_id, p_sender, p_ticket_id, r.verdict, p_now, p_rates) THEN
        r.verdict := 'fail';
        r.reason := 'rate_limit';
    END IF;

    IF r.verdict = 'ticket' THEN
        IF r.reason IS NULL AND EXISTS (
            SELECT FROM message_id m JOIN ticket t USING (tenant_id, ticket_id)
            WHERE m.tenant_id = p_tenant_id AND m.message_id = p_message_id AND m.direction = 'in'
              AND t.channel_id = p_channel_id) THEN
            r.reason := 'mid_reuse'; -- an id that another mail bore already: no reason to lose this one
        END IF;
        r.number := v_channel.prefix || '-' || nextval(number_sequence(p_tenant_id, v_channel.prefix)::regclass);
        INSERT INTO ticket (tenant_id, number, ticket_type, channel_id, offer_id, subject, description,
                            description_full, description_html, requester, requester_name, priority, notices,
                            created_at, updated_at, linked_ticket_id)
            VALUES (p_tenant_id, r.number, v_channel.ticket_type, p_channel_id, v_channel.offer_id, p_subject, p_body,
                    p_body_full, p_body_html, p_requester, p_requester_name, p_priority, p_notices, p_now, p_now,
                    (SELECT t.ticket_id FROM ticket t WHERE t.tenant_id = p_tenant_id AND t.ticket_id = v_linked))
            RETURNING ticket.ticket_id INTO r.ticket_id;
        INSERT INTO ticket_field (tenant_id, ticket_id, name, value, restricted)
            SELECT p_tenant_id, r.ticket_id, f.name, f.value, f.restricted
            FROM unnest(p_field_names, p_field_values, p_field_restricted) AS f (name, value, restricted);
        IF v_channel.defaults <> '{}' THEN
            INSERT INTO ticket_field (tenant_id, ticket_id, name, value)
                SELECT p_tenant_id, r.ticket_id, d.key, d.value FROM jsonb_each_text(v_channel.defaults) d
                ON CONFLICT DO NOTHING;
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
                        CASE WHEN v_reply.unverified
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
                            rcpt, sender, authentication, authenticated_by, flags, class, evidence, detail, level, size, raw_sha256, raw_until, received_at, millis, seen_at)
            VALUES (p_tenant_id, r.intake_id, p_channel_id, r.verdict, r.reason, r.ticket_id, r.note_id, p_message_id,
                    p_mail_from, p_rcpt, p_sender, p_authentication, p_authenticated_by, p_flags, p_class, p_evidence,
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
    bigint[], bigint[], text, text, bigint, text, text, text, interval, bigint, boolean, text, text, text[])
    TO ticket_milter;
