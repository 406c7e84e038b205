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

-- What purging looks for. As above: nobody stores a mail while these are made, a second for a million mails.
CREATE INDEX intake_raw_until ON intake (tenant_id, raw_until) WHERE raw_until IS NOT NULL;
CREATE INDEX intake_ticketless ON intake (tenant_id, received_at, intake_id) WHERE ticket_id IS NULL;

-- Purging goes in batches, each a transaction of its own, so that it ends however much there is, and what is removed stays
-- removed where it is stopped. A batch ends after p_rows rows, or when p_time has passed; then it says where the next one
-- goes on (p_after, '' at the beginning) or NULL at the end. Mails wait for none of it longer than for one batch: a row that
-- a mail holds is passed over, and no batch waits for a second row.
--
-- The functions read by index even where the server knows nothing of the tables. Where my_tenants() cannot, the server must not
-- take that for a query so dear that it is worth a compiler.
DROP FUNCTION purge(bigint, timestamptz, timestamptz);

-- The tenants that the caller may purge: those that it reads.
CREATE FUNCTION purge_tenants() RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$ SELECT t FROM unnest(my_tenants()) AS t ORDER BY t $$;

-- Intake keys that have expired.
CREATE FUNCTION purge_keys(p_tenant_id bigint, p_now timestamptz, p_rows bigint, p_time interval,
                           OUT removed bigint, OUT after text)
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET enable_seqscan = off SET jit = off
    SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_end timestamptz := clock_timestamp() + p_time;
    v_count bigint;
BEGIN
    removed := 0;
    IF p_tenant_id <> ALL (my_tenants()) THEN
        RETURN;
    END IF;
    LOOP
        DELETE FROM intake_key k WHERE k.ctid = ANY (ARRAY(
            SELECT e.ctid FROM intake_key e WHERE e.tenant_id = p_tenant_id AND e.expires_at <= p_now
            ORDER BY e.expires_at LIMIT least(100, p_rows - removed) FOR UPDATE SKIP LOCKED));
        GET DIAGNOSTICS v_count = ROW_COUNT;
        removed := removed + v_count;
        EXIT WHEN v_count = 0;
        IF removed >= p_rows OR clock_timestamp() >= v_end THEN
            after := 'more';
            EXIT;
        END IF;
    END LOOP;
END
$$;

-- Raw mails past their date; of the intake rows, not yet the contents.
CREATE FUNCTION purge_raws(p_tenant_id bigint, p_now timestamptz, p_rows bigint, p_time interval,
                           OUT removed bigint, OUT after text)
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET enable_seqscan = off SET jit = off
    SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_end timestamptz := clock_timestamp() + p_time;
    v_count bigint;
BEGIN
    removed := 0;
    IF p_tenant_id <> ALL (my_tenants()) THEN
        RETURN;
    END IF;
    LOOP
        UPDATE intake i SET raw_sha256 = NULL, raw_until = NULL WHERE i.ctid = ANY (ARRAY(
            SELECT e.ctid FROM intake e WHERE e.tenant_id = p_tenant_id AND e.raw_until <= p_now
            ORDER BY e.raw_until LIMIT least(100, p_rows - removed) FOR NO KEY UPDATE SKIP LOCKED));
        GET DIAGNOSTICS v_count = ROW_COUNT;
        removed := removed + v_count;
        EXIT WHEN v_count = 0;
        IF removed >= p_rows OR clock_timestamp() >= v_end THEN
            after := 'more';
            EXIT;
        END IF;
    END LOOP;
END
$$;

-- Intake rows without a ticket older than p_before, but those that a key still stands for.
CREATE FUNCTION purge_intakes(p_tenant_id bigint, p_before timestamptz, p_after text, p_rows bigint, p_time interval,
                              OUT removed bigint, OUT after text)
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET enable_seqscan = off SET jit = off
    SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_end timestamptz := clock_timestamp() + p_time;
    v_id bigint := coalesce(nullif(split_part(p_after, '/', 1), '')::bigint, 0);
    v_at timestamptz := coalesce(nullif(split_part(p_after, '/', 2), '')::timestamptz, '-infinity');
    v_ids bigint[];
    v_seen bigint := 0;
    v_count bigint;
BEGIN
    removed := 0;
    IF p_tenant_id <> ALL (my_tenants()) THEN
        RETURN;
    END IF;
    LOOP
        v_ids := ARRAY(SELECT i.intake_id FROM intake i
                       WHERE i.tenant_id = p_tenant_id AND i.ticket_id IS NULL AND i.received_at < p_before
                         AND (i.received_at, i.intake_id) > (v_at, v_id)
                       ORDER BY i.received_at, i.intake_id LIMIT least(100, p_rows - v_seen));
        EXIT WHEN v_ids = '{}';
        v_seen := v_seen + cardinality(v_ids);
        v_id := v_ids[cardinality(v_ids)];
        SELECT i.received_at INTO v_at FROM intake i WHERE i.tenant_id = p_tenant_id AND i.intake_id = v_id;
        DELETE FROM intake d WHERE d.ctid = ANY (ARRAY(
            SELECT i.ctid FROM intake i
            WHERE i.tenant_id = p_tenant_id AND i.intake_id = ANY (v_ids) AND i.ticket_id IS NULL
              AND NOT EXISTS (SELECT FROM intake_key k WHERE k.tenant_id = p_tenant_id AND k.intake_id = i.intake_id)
            FOR UPDATE SKIP LOCKED));
        GET DIAGNOSTICS v_count = ROW_COUNT;
        removed := removed + v_count;
        IF v_seen >= p_rows OR clock_timestamp() >= v_end THEN
            after := v_id || '/' || v_at;
            EXIT;
        END IF;
    END LOOP;
END
$$;

-- Contents that nobody refers to, of p_rows contents in the order of their sha256. A mail that is being stored holds its
-- contents' first chunk. Those are passed over; and since the reference is looked for again after the lock was got, one that
-- has just been committed is seen.
CREATE FUNCTION purge_blobs(p_tenant_id bigint, p_after text, p_rows bigint, p_time interval,
                            OUT removed bigint, OUT after text)
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET enable_seqscan = off SET jit = off
    SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_end timestamptz := clock_timestamp() + p_time;
    v_sha256 bytea;
    v_used boolean;
    v_seen bigint := 0;
BEGIN
    removed := 0;
    IF p_tenant_id <> ALL (my_tenants()) THEN
        RETURN;
    END IF;
    FOR v_sha256, v_used IN
        SELECT b.sha256, EXISTS (SELECT FROM attachment a WHERE a.tenant_id = p_tenant_id AND a.sha256 = b.sha256)
                      OR EXISTS (SELECT FROM intake i WHERE i.tenant_id = p_tenant_id AND i.raw_sha256 = b.sha256)
        FROM (SELECT c.sha256 FROM blob c
              WHERE c.tenant_id = p_tenant_id AND c.chunk_no = 0 AND c.sha256 > decode(p_after, 'hex')
              ORDER BY c.sha256 LIMIT p_rows) b
    LOOP
        v_seen := v_seen + 1;
        IF NOT v_used THEN
            PERFORM FROM blob b WHERE b.tenant_id = p_tenant_id AND b.sha256 = v_sha256 AND b.chunk_no = 0
                FOR UPDATE SKIP LOCKED;
            IF FOUND AND NOT blob_used(p_tenant_id, v_sha256) THEN
                DELETE FROM blob b WHERE b.tenant_id = p_tenant_id AND b.sha256 = v_sha256;
                removed := removed + 1;
            END IF;
        END IF;
        IF v_seen >= p_rows OR clock_timestamp() >= v_end THEN
            after := encode(v_sha256, 'hex');
            EXIT;
        END IF;
    END LOOP;
END
$$;
GRANT EXECUTE ON FUNCTION purge_tenants(), purge_keys(bigint, timestamptz, bigint, interval),
    purge_raws(bigint, timestamptz, bigint, interval),
    purge_intakes(bigint, timestamptz, text, bigint, interval),
    purge_blobs(bigint, text, bigint, interval) TO ticket_admin;
