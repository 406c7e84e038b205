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

-- ---- mails that are kept as they came, within a budget ----

-- A mail that is kept as it came until some day: each content once a tenant, and what it counts in the budget. Without the
-- bytes, which are in blob, and the mails, which are in intake (raw_sha256, raw_until).
CREATE TABLE raw_mail (
    tenant_id bigint NOT NULL REFERENCES tenant (tenant_id),
    sha256 sha256_hash NOT NULL,
    size byte_count NOT NULL,
    worth bigint NOT NULL CHECK (worth BETWEEN 0 AND 2), -- 0 excluded, 1 ticket or note, 2 refused: the least goes first
    kept_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    counted boolean NOT NULL, -- whether it is in raw_usage.bytes
    PRIMARY KEY (tenant_id, sha256)
);
CREATE INDEX raw_mail_worth ON raw_mail (tenant_id, worth, kept_at);
CREATE INDEX raw_mail_until ON raw_mail (tenant_id, until);
CREATE INDEX raw_mail_uncounted ON raw_mail (tenant_id) WHERE NOT counted;

-- What the counted ones of a tenant are together. Whoever changes it, or takes a mail away, holds the row until his commit; a
-- mail that comes meanwhile does not wait for it, and leaves the counting to the next one.
CREATE TABLE raw_usage (
    tenant_id bigint PRIMARY KEY REFERENCES tenant (tenant_id),
    bytes bigint NOT NULL DEFAULT 0,
    budget bigint NOT NULL DEFAULT 0,  -- of the last mail
    dropped bigint NOT NULL DEFAULT 0, -- mails that went before their time since over_since
    over_since timestamptz             -- NULL: none had to
);
GRANT SELECT ON raw_mail, raw_usage TO ticket_admin;

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['raw_mail', 'raw_usage'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO ticket_agent USING (tenant_id = ANY ((SELECT my_tenants())::bigint[]))',
                       v_table || '_room', v_table);
    END LOOP;
END
$$;

-- What a mail counts: a small one too takes rows and pages.
CREATE FUNCTION raw_size(p_size bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$ SELECT greatest(p_size, 4096) $$;

CREATE FUNCTION raw_worth(p_verdict text) RETURNS bigint
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$ SELECT CASE p_verdict WHEN 'exclude' THEN 0 WHEN 'fail' THEN 2 ELSE 1 END $$;

-- Those that are kept already.
INSERT INTO raw_mail (tenant_id, sha256, size, worth, kept_at, until, counted)
    SELECT i.tenant_id, i.raw_sha256, raw_size(max(i.size)), max(raw_worth(i.verdict)), min(i.received_at), max(i.raw_until), false
    FROM intake i
    WHERE i.raw_sha256 IS NOT NULL AND i.raw_until IS NOT NULL
    GROUP BY i.tenant_id, i.raw_sha256;

-- Takes up to p_limit mails into the count that are not in it. The caller holds the row of raw_usage.
CREATE FUNCTION raw_count(p_tenant_id bigint, p_limit bigint) RETURNS bigint
    LANGUAGE sql SET search_path = ticketing, pg_temp
    AS $$
    WITH found AS (
        SELECT m.sha256 FROM raw_mail m WHERE m.tenant_id = p_tenant_id AND NOT m.counted LIMIT p_limit
        FOR UPDATE SKIP LOCKED
    ), counted AS (
        UPDATE raw_mail m SET counted = true FROM found f
        WHERE m.tenant_id = p_tenant_id AND m.sha256 = f.sha256
        RETURNING m.size
    )
    SELECT coalesce(sum(size), 0)::bigint FROM counted
$$;

-- Takes these mails away: from their rows of the intake, and the contents where nothing else refers to them. Waits for nobody:
-- what somebody stores or changes at this moment is passed over, and so are the rows beyond 1,000 of one content. The caller
-- holds the row of raw_usage.
CREATE FUNCTION raw_drop(p_tenant_id bigint, p_hashes bytea[], OUT mails bigint, OUT bytes bigint, OUT blobs bigint)
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_held bytea[];
    v_gone bytea[];
BEGIN
    SELECT array_agg(m.sha256) INTO v_held
        FROM (SELECT m.sha256 FROM raw_mail m WHERE m.tenant_id = p_tenant_id AND m.sha256 = ANY (p_hashes)
              FOR UPDATE SKIP LOCKED) m
        LEFT JOIN LATERAL (SELECT b.sha256 FROM blob b
                           WHERE b.tenant_id = p_tenant_id AND b.sha256 = m.sha256 AND b.chunk_no = 0
                           FOR UPDATE SKIP LOCKED) b ON true
        WHERE b.sha256 IS NOT NULL
           OR NOT EXISTS (SELECT FROM blob c WHERE c.tenant_id = p_tenant_id AND c.sha256 = m.sha256 AND c.chunk_no = 0);
    UPDATE intake i SET raw_sha256 = NULL, raw_until = NULL
        FROM (SELECT o.intake_id FROM intake o
              WHERE o.raw_sha256 = ANY (v_held) AND o.tenant_id = p_tenant_id AND o.raw_until IS NOT NULL
              LIMIT 1000 FOR UPDATE SKIP LOCKED) o
        WHERE i.tenant_id = p_tenant_id AND i.intake_id = o.intake_id;
    WITH gone AS (
        DELETE FROM raw_mail m
        WHERE m.tenant_id = p_tenant_id AND m.sha256 = ANY (v_held)
          AND NOT EXISTS (SELECT FROM intake i WHERE i.raw_sha256 = m.sha256 AND i.tenant_id = m.tenant_id
                                                 AND i.raw_until IS NOT NULL)
        RETURNING m.sha256, CASE WHEN m.counted THEN m.size ELSE 0 END AS size
    )
    SELECT array_agg(g.sha256), count(*), coalesce(sum(g.size), 0) INTO v_gone, mails, bytes FROM gone g;
    WITH gone AS (
        DELETE FROM blob b
        WHERE b.tenant_id = p_tenant_id AND b.sha256 = ANY (v_gone) AND NOT blob_used(p_tenant_id, b.sha256)
        RETURNING b.chunk_no
    )
    SELECT count(*) FILTER (WHERE g.chunk_no = 0) INTO blobs FROM gone g;
END
$$;

-- Which mails go so that p_bytes become free, the least worth and oldest first; at most 256.
CREATE FUNCTION raw_victims(p_tenant_id bigint, p_bytes bigint) RETURNS bytea[]
    LANGUAGE sql STABLE SET search_path = ticketing, pg_temp
    AS $$
    SELECT array_agg(v.sha256)
    FROM (SELECT o.sha256, sum(o.size) OVER (ORDER BY o.worth, o.kept_at, o.sha256) - o.size AS before
          FROM (SELECT m.sha256, m.size, m.worth, m.kept_at FROM raw_mail m WHERE m.tenant_id = p_tenant_id
                ORDER BY m.worth, m.kept_at LIMIT least(256, p_bytes / raw_size(0) + 1)) o) v
    WHERE v.before < p_bytes
$$;

-- Ends the transaction of a mail that is kept as it came until p_until: counts it, and makes room where the tenant's mails are
-- more than p_budget. P_INTAKE_ID: the row that the mail belongs to, where it was stored without it; else 0, and its
-- rows have it already.
--
-- kept: it is there. Not so where it was the least worth of all, or the mails are twice the budget already: then more came at
-- once than could be taken away. alarm: 'begin', once, where mails begin to go before their time; 'end', once, where they
-- no longer do.
CREATE FUNCTION raw_account(p_tenant_id bigint, p_intake_id bigint, p_sha256 bytea, p_size bigint, p_verdict text,
                            p_until timestamptz, p_budget bigint, p_now timestamptz, p_deadline timestamptz,
                            OUT kept boolean, OUT alarm text, OUT used bigint, OUT clock timestamptz)
    LANGUAGE plpgsql SECURITY DEFINER SET enable_seqscan = off SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_usage raw_usage;
    v_holds boolean;
    v_gone record;
    v_dropped bigint := 0;
BEGIN
    UPDATE intake i SET raw_sha256 = p_sha256, raw_until = p_until
        WHERE i.tenant_id = p_tenant_id AND i.intake_id = p_intake_id AND i.raw_sha256 IS NULL;
    -- A mail that was stored before is a duplicate, which keeps nothing.
    IF EXISTS (SELECT FROM intake i WHERE i.raw_sha256 = p_sha256 AND i.tenant_id = p_tenant_id AND i.raw_until IS NOT NULL) THEN
        INSERT INTO raw_mail AS m (tenant_id, sha256, size, worth, kept_at, until, counted)
            VALUES (p_tenant_id, p_sha256, raw_size(p_size), raw_worth(p_verdict), p_now, p_until, false)
            ON CONFLICT (tenant_id, sha256) DO UPDATE
                SET until = greatest(m.until, excluded.until), worth = greatest(m.worth, excluded.worth)
                WHERE m.until < excluded.until OR m.worth < excluded.worth;
    END IF;
    SELECT * INTO v_usage FROM raw_usage u WHERE u.tenant_id = p_tenant_id FOR UPDATE SKIP LOCKED;
    v_holds := FOUND;
    IF NOT v_holds AND NOT EXISTS (SELECT FROM raw_usage u WHERE u.tenant_id = p_tenant_id) THEN
        INSERT INTO raw_usage (tenant_id) VALUES (p_tenant_id) ON CONFLICT DO NOTHING;
        SELECT * INTO v_usage FROM raw_usage u WHERE u.tenant_id = p_tenant_id FOR UPDATE SKIP LOCKED;
        v_holds := FOUND;
    END IF;
    IF v_holds THEN
        v_usage.bytes := v_usage.bytes + raw_count(p_tenant_id, 1000);
        -- So many rounds bound the time, some 50 milliseconds, and make more room than one mail takes.
        FOR i IN 1..4 LOOP
            EXIT WHEN v_usage.bytes <= p_budget;
            SELECT * INTO v_gone FROM raw_drop(p_tenant_id, raw_victims(p_tenant_id, v_usage.bytes - p_budget));
            EXIT WHEN v_gone.mails = 0;
            v_usage.bytes := v_usage.bytes - v_gone.bytes;
            v_dropped := v_dropped + v_gone.mails;
        END LOOP;
    ELSE
        SELECT * INTO v_usage FROM raw_usage u WHERE u.tenant_id = p_tenant_id;
    END IF;
    IF v_usage.bytes > 2 * p_budget THEN
        SELECT * INTO v_gone FROM raw_drop(p_tenant_id, ARRAY[p_sha256]);
        v_dropped := v_dropped + v_gone.mails;
        v_usage.bytes := v_usage.bytes - v_gone.bytes;
    END IF;
    IF v_holds THEN
        IF v_dropped > 0 AND v_usage.over_since IS NULL THEN
            alarm := 'begin';
            v_usage.over_since := p_now;
        END IF;
        v_usage.dropped := v_usage.dropped + v_dropped;
        IF v_dropped = 0 AND raw_is_calm(v_usage, p_budget) THEN
            alarm := 'end';
            v_usage.over_since := NULL;
            v_usage.dropped := 0;
        END IF;
        UPDATE raw_usage u SET bytes = v_usage.bytes, budget = p_budget, dropped = v_usage.dropped,
                               over_since = v_usage.over_since
            WHERE u.tenant_id = p_tenant_id;
    END IF;
    kept := EXISTS (SELECT FROM raw_mail m WHERE m.tenant_id = p_tenant_id AND m.sha256 = p_sha256);
    used := v_usage.bytes;
    IF clock_timestamp() > p_deadline THEN
        PERFORM deadline_check(p_deadline);
    END IF;
    clock := clock_timestamp();
END
$$;
GRANT EXECUTE ON FUNCTION raw_account(bigint, bigint, bytea, bigint, text, timestamptz, bigint, timestamptz, timestamptz)
    TO ticket_milter;

-- Whether an alarm is over: a tenth of the budget is free, so that it does not come and go with each mail.
CREATE FUNCTION raw_is_calm(p_usage raw_usage, p_budget bigint) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$ SELECT p_usage.over_since IS NOT NULL AND p_usage.bytes <= p_budget - p_budget / 10 $$;

-- Kept mails whose time is over, with their contents; purge_raws has taken them from the intake rows. The alarm, if any, may
-- end by it. A batch of purging, as above; removed are contents.
CREATE FUNCTION purge_kept(p_tenant_id bigint, p_now timestamptz, p_rows bigint, p_time interval,
                           OUT removed bigint, OUT after text)
    LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '20s' SET enable_seqscan = off SET jit = off
    SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_end timestamptz := clock_timestamp() + p_time;
    v_usage raw_usage;
    v_gone record;
    v_mails bigint := 0;
BEGIN
    removed := 0;
    IF p_tenant_id <> ALL (my_tenants()) THEN
        RETURN;
    END IF;
    SELECT * INTO v_usage FROM raw_usage u WHERE u.tenant_id = p_tenant_id FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO raw_usage (tenant_id) VALUES (p_tenant_id) ON CONFLICT DO NOTHING;
        SELECT * INTO v_usage FROM raw_usage u WHERE u.tenant_id = p_tenant_id FOR UPDATE;
    END IF;
    v_usage.bytes := v_usage.bytes + raw_count(p_tenant_id, p_rows);
    LOOP
        SELECT * INTO v_gone FROM raw_drop(p_tenant_id, ARRAY(
            SELECT m.sha256 FROM raw_mail m WHERE m.tenant_id = p_tenant_id AND m.until <= p_now
            ORDER BY m.until LIMIT least(100, p_rows - v_mails)));
        v_usage.bytes := v_usage.bytes - v_gone.bytes;
        v_mails := v_mails + v_gone.mails;
        removed := removed + v_gone.blobs;
        EXIT WHEN v_gone.mails = 0;
        IF v_mails >= p_rows OR clock_timestamp() >= v_end THEN
            after := 'more';
            EXIT;
        END IF;
    END LOOP;
    IF raw_is_calm(v_usage, v_usage.budget) THEN
        v_usage.over_since := NULL;
        v_usage.dropped := 0;
    END IF;
    UPDATE raw_usage u SET bytes = v_usage.bytes, over_since = v_usage.over_since, dropped = v_usage.dropped
        WHERE u.tenant_id = p_tenant_id;
END
$$;
GRANT EXECUTE ON FUNCTION purge_kept(bigint, timestamptz, bigint, interval) TO ticket_admin;

-- The bytes of a mail that is kept as it came, chunk by chunk, of a tenant that the caller reads.
CREATE FUNCTION raw_data(p_intake_id bigint) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
    SELECT b.data
    FROM (SELECT i.tenant_id, i.raw_sha256 FROM intake i
          WHERE i.tenant_id = ANY (my_tenants()) AND i.intake_id = p_intake_id ORDER BY i.tenant_id LIMIT 1) i
    JOIN blob b ON b.tenant_id = i.tenant_id AND b.sha256 = i.raw_sha256
    ORDER BY b.chunk_no
$$;
GRANT EXECUTE ON FUNCTION raw_data(bigint) TO ticket_admin;
