-- The way out: what ticket_notify may call. A row is leased, sent, and its end is written; whoever dies in between leaves
-- a lease that expires, and the mail goes out again under the same Message-ID.
--
-- Every call speaks of one tenant, and no lock is held while a mail is sent.

-- One mail with all that it says, but for the files.
CREATE TYPE outbox_mail AS (
    outbox_id bigint, kind text, attempts bigint, recipient text, message_id text, status text,
    tenant text, channel text, ticket_id bigint, number text, subject text,
    author text, body text,                          -- of the note
    request_id text, reply_id text,                  -- Message-IDs: of the request, of the last reply to it
    before_author text, before_body text, before_at timestamptz -- what stood there before the note
);
GRANT USAGE ON TYPE outbox_mail TO ticket_notify, ticket_admin;

-- The mail of a row, whatever its state. Role ticket_admin looks at it with `ticketctl preview'. Planned once a
-- connection, and kept to look-ups, as facts() is.
CREATE FUNCTION outbox_read(p_tenant_id bigint, p_outbox_id bigint) RETURNS SETOF outbox_mail
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    RETURN QUERY
    SELECT o.outbox_id, o.kind::text, o.attempts, o.recipient::text, o.message_id, o.status::text, n.name::text, c.name::text,
           t.ticket_id, t.number::text, t.subject::text, w.author::text, w.body::text,
           (SELECT m.message_id::text FROM message_id m
            WHERE m.tenant_id = o.tenant_id AND m.ticket_id = o.ticket_id AND m.direction = 'in' AND m.note_id IS NULL
            LIMIT 1),
           (SELECT m.message_id::text FROM message_id m
            CROSS JOIN LATERAL (SELECT r.visibility FROM note r
                                WHERE r.tenant_id = m.tenant_id AND r.note_id = m.note_id OFFSET 0) r
            WHERE m.tenant_id = o.tenant_id AND m.ticket_id = o.ticket_id AND m.direction = 'in'
              AND m.note_id < coalesce(o.note_id, 9223372036854775807) AND r.visibility = 'public'
            ORDER BY m.note_id DESC LIMIT 1),
           CASE WHEN b.note_id IS NULL THEN coalesce(nullif(t.requester_name, ''), t.requester)::text ELSE b.author::text END,
           left(coalesce(b.body, t.description), 4000)::text, coalesce(b.created_at, t.created_at)
    FROM outbox o
    JOIN tenant n USING (tenant_id)
    JOIN ticket t USING (tenant_id, ticket_id)
    LEFT JOIN channel c ON c.tenant_id = t.tenant_id AND c.channel_id = t.channel_id
    LEFT JOIN LATERAL (SELECT w.author, w.body FROM note w
                       WHERE w.tenant_id = o.tenant_id AND w.note_id = o.note_id OFFSET 0) w ON true
    LEFT JOIN LATERAL (
        SELECT p.note_id, p.author, p.body, p.created_at FROM note p
        WHERE p.tenant_id = o.tenant_id AND p.ticket_id = o.ticket_id AND p.visibility = 'public'
          AND p.note_id < o.note_id
        ORDER BY p.note_id DESC LIMIT 1) b ON true
    WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id;
END
$$;
GRANT EXECUTE ON FUNCTION outbox_read(bigint, bigint) TO ticket_admin;

-- The tenants that have a mail to send now.
CREATE FUNCTION outbox_tenants(p_now timestamptz) RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
    SELECT n.tenant_id FROM tenant n
    CROSS JOIN LATERAL (SELECT FROM outbox o
                        WHERE o.tenant_id = n.tenant_id AND o.state = 'pending' AND o.next_at <= p_now
                          AND (o.leased_until IS NULL OR o.leased_until <= p_now)
                        ORDER BY o.next_at LIMIT 1) one -- an EXISTS might read all that are due
    ORDER BY n.tenant_id
$$;
GRANT EXECUTE ON FUNCTION outbox_tenants(timestamptz) TO ticket_notify;

-- Leases up to p_count mails of a tenant that are due, the oldest first, to p_worker. What others are taking is passed over.
-- The commit is not waited for: no mail goes out before outbox_begin() has committed, and that makes all earlier commits
-- as durable as its own. A lease that a crash takes before is one of a mail that nobody has sent.
CREATE FUNCTION outbox_take(p_tenant_id bigint, p_worker text, p_now timestamptz, p_lease interval, p_count bigint)
    RETURNS SETOF outbox_mail
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_outbox_id bigint;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    FOR v_outbox_id IN
        SELECT o.outbox_id FROM outbox o
        WHERE o.tenant_id = p_tenant_id AND o.state = 'pending' AND o.next_at <= p_now
          AND (o.leased_until IS NULL OR o.leased_until <= p_now)
        ORDER BY o.next_at, o.outbox_id
        LIMIT p_count
        FOR UPDATE SKIP LOCKED
    LOOP
        UPDATE outbox o SET leased_by = p_worker, leased_until = p_now + p_lease, attempts = o.attempts + 1
            WHERE o.tenant_id = p_tenant_id AND o.outbox_id = v_outbox_id;
        RETURN QUERY SELECT * FROM outbox_read(p_tenant_id, v_outbox_id);
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION outbox_take(bigint, text, timestamptz, interval, bigint) TO ticket_notify;

-- Before a leased mail is sent: its Message-ID is stored, so that an answer finds the ticket however fast it comes.
-- Returns the one that it was given at its first attempt, and its files, a row each (one without file where there are
-- none). No row: the lease is another's by now.
CREATE FUNCTION outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text)
    RETURNS TABLE (message_id text, attachment_id bigint, filename text, content_type text, size bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    v_row outbox;
BEGIN
    UPDATE outbox o SET message_id = coalesce(o.message_id, p_message_id)
        WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id AND o.state = 'pending' AND o.leased_by = p_worker
        RETURNING * INTO v_row;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    INSERT INTO message_id (tenant_id, message_id, ticket_id, note_id, direction)
        VALUES (p_tenant_id, v_row.message_id, v_row.ticket_id, v_row.note_id, 'out')
        ON CONFLICT DO NOTHING;
    RETURN QUERY
        SELECT v_row.message_id, a.attachment_id, a.filename::text, a.content_type::text, a.size::bigint
        FROM (SELECT) AS one
        LEFT JOIN attachment a ON a.tenant_id = p_tenant_id AND a.ticket_id = v_row.ticket_id
                              AND a.note_id = v_row.note_id
        ORDER BY a.attachment_id;
END
$$;
GRANT EXECUTE ON FUNCTION outbox_begin(bigint, bigint, text, text) TO ticket_notify;

-- The content of a file of a mail that is being sent, chunk by chunk.
CREATE FUNCTION outbox_file(p_tenant_id bigint, p_outbox_id bigint, p_attachment_id bigint) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
    SELECT b.data
    FROM outbox o
    JOIN attachment a USING (tenant_id, ticket_id, note_id)
    JOIN blob b USING (tenant_id, sha256)
    WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id AND o.state = 'pending'
      AND a.attachment_id = p_attachment_id
    ORDER BY b.chunk_no
$$;
GRANT EXECUTE ON FUNCTION outbox_file(bigint, bigint, bigint) TO ticket_notify;

-- The mail was taken by the mail server, whoever holds the lease by now.
CREATE FUNCTION outbox_sent(p_tenant_id bigint, p_outbox_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
    UPDATE outbox SET state = 'sent', leased_by = NULL, leased_until = NULL, last_error = NULL
        WHERE tenant_id = p_tenant_id AND outbox_id = p_outbox_id AND state = 'pending'
$$;
GRANT EXECUTE ON FUNCTION outbox_sent(bigint, bigint) TO ticket_notify;

-- The mail will never be taken. The ticket gets an internal note of it and is not touched otherwise.
CREATE FUNCTION outbox_failed(p_tenant_id bigint, p_outbox_id bigint, p_now timestamptz, p_error text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_row outbox;
BEGIN
    UPDATE outbox o SET state = 'failed', leased_by = NULL, leased_until = NULL, last_error = p_error
        WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id AND o.state = 'pending'
        RETURNING * INTO v_row;
    IF FOUND THEN
        INSERT INTO note (tenant_id, ticket_id, visibility, author, body, source, created_at)
            VALUES (p_tenant_id, v_row.ticket_id, 'internal', 'ticket-notify',
                    format('A mail (%s) to %s could not be delivered: %s', v_row.kind, v_row.recipient, p_error),
                    'delivery', p_now);
    END IF;
END
$$;
GRANT EXECUTE ON FUNCTION outbox_failed(bigint, bigint, timestamptz, text) TO ticket_notify;

-- The mail was not taken now: again at p_next_at, unless that is p_give_up after it was made. A lease that is another's
-- by now is left alone. Returns the state that the mail has.
CREATE FUNCTION outbox_retry(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_now timestamptz,
                             p_next_at timestamptz, p_give_up interval, p_error text)
    RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_created_at timestamptz;
BEGIN
    UPDATE outbox o SET next_at = p_next_at, leased_by = NULL, leased_until = NULL, last_error = p_error
        WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id AND o.state = 'pending' AND o.leased_by = p_worker
        RETURNING o.created_at INTO v_created_at;
    IF v_created_at + p_give_up <= p_next_at THEN
        PERFORM outbox_failed(p_tenant_id, p_outbox_id, p_now, p_error);
    END IF;
    RETURN (SELECT o.state FROM outbox o WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id);
END
$$;
GRANT EXECUTE ON FUNCTION outbox_retry(bigint, bigint, text, timestamptz, timestamptz, interval, text) TO ticket_notify;
