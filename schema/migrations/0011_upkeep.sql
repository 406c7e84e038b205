-- Purging in batches, what is kept of mails that were refused, and how the way out reads.
-- Serves: 11

-- People who take no part in a ticket may leave any number of notes at it that agents alone see, and those who do any number
-- of files. Neither is read by the mail that answers it.
--
-- Nobody stores a note or a file while these are made, as with those of 0009. A small server took 1.2 seconds for half a
-- million rows of each table.
CREATE INDEX note_public ON note (ticket_id, tenant_id, note_id) WHERE visibility = 'public';
CREATE INDEX attachment_note ON attachment (note_id, tenant_id) WHERE note_id IS NOT NULL;

-- outbox_read, as in 0007; the mail that is answered is looked for among the last 50 public notes. Pages cost nothing, as in
-- window_full().
CREATE OR REPLACE FUNCTION outbox_read(p_tenant_id bigint, p_outbox_id bigint) RETURNS SETOF outbox_mail
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET plan_cache_mode = force_generic_plan
    SET enable_seqscan = off SET seq_page_cost = 0 SET random_page_cost = 0 SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    RETURN QUERY
    SELECT o.outbox_id, o.kind::text, o.attempts, o.recipient::text, o.message_id, o.status::text, n.name::text, c.name::text,
           t.ticket_id, t.number::text, t.subject::text, w.author::text, w.body::text,
           (SELECT m.message_id::text FROM message_id m
            WHERE m.tenant_id = o.tenant_id AND m.ticket_id = o.ticket_id AND m.direction = 'in' AND m.note_id IS NULL
            LIMIT 1),
           (SELECT m.message_id::text
            FROM (SELECT p.note_id FROM note p
                  WHERE p.tenant_id = o.tenant_id AND p.ticket_id = o.ticket_id AND p.visibility = 'public'
                    AND p.note_id < coalesce(o.note_id, 9223372036854775807)
                  ORDER BY p.note_id DESC LIMIT 50) p
            CROSS JOIN LATERAL (SELECT m.message_id FROM message_id m
                                WHERE m.tenant_id = o.tenant_id AND m.ticket_id = o.ticket_id AND m.note_id = p.note_id
                                  AND m.direction = 'in' LIMIT 1) m
            ORDER BY p.note_id DESC LIMIT 1),
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

-- outbox_begin, as in 0007.
CREATE OR REPLACE FUNCTION outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text)
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
        LEFT JOIN LATERAL (SELECT * FROM attachment a
                           WHERE a.tenant_id = p_tenant_id AND a.note_id = v_row.note_id OFFSET 0) a ON true
        ORDER BY a.attachment_id;
END
$$;

-- contents_put, as in 0004.
CREATE OR REPLACE FUNCTION contents_put(p_tenant_id bigint, p_contents bytea[]) RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    c_chunk CONSTANT int := 262144;
    v_sha256 bytea;
    v_data bytea;
    v_last int;
BEGIN
    FOR v_sha256, v_data IN
        SELECT DISTINCT ON (sha256(c.data)) sha256(c.data), c.data FROM unnest(p_contents) AS c (data) ORDER BY sha256(c.data)
    LOOP
        v_last := greatest(octet_length(v_data) - 1, 0) / c_chunk;
        FOR i IN 0..v_last LOOP
            PERFORM attachment_put(p_tenant_id, v_sha256, i, substring(v_data FROM i * c_chunk + 1 FOR c_chunk), i = v_last);
        END LOOP;
    END LOOP;
END
$$;
