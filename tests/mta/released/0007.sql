--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: ticketing; Type: SCHEMA; Schema: -; Owner: ticket_owner
--

CREATE SCHEMA ticketing;


ALTER SCHEMA ticketing OWNER TO ticket_owner;

--
-- Name: ticketing_meta; Type: SCHEMA; Schema: -; Owner: ticket_owner
--

CREATE SCHEMA ticketing_meta;


ALTER SCHEMA ticketing_meta OWNER TO ticket_owner;

--
-- Name: address_text; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.address_text AS text
	CONSTRAINT address_text_check CHECK ((char_length(VALUE) <= 320));


ALTER DOMAIN ticketing.address_text OWNER TO ticket_owner;

--
-- Name: attachment_disposition; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.attachment_disposition AS text
	CONSTRAINT attachment_disposition_check CHECK ((VALUE = ANY (ARRAY['attachment'::text, 'inline'::text])));


ALTER DOMAIN ticketing.attachment_disposition OWNER TO ticket_owner;

--
-- Name: byte_count; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.byte_count AS bigint
	CONSTRAINT byte_count_check CHECK ((VALUE >= 0));


ALTER DOMAIN ticketing.byte_count OWNER TO ticket_owner;

--
-- Name: ingest_result; Type: TYPE; Schema: ticketing; Owner: ticket_owner
--

CREATE TYPE ticketing.ingest_result AS (
	verdict text,
	reason text,
	number text,
	ticket_id bigint,
	note_id bigint,
	intake_id bigint,
	clock timestamp with time zone,
	seen bigint
);


ALTER TYPE ticketing.ingest_result OWNER TO ticket_owner;

--
-- Name: intake_level; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.intake_level AS text
	CONSTRAINT intake_level_check CHECK ((VALUE = ANY (ARRAY['full'::text, 'headers'::text, 'raw'::text])));


ALTER DOMAIN ticketing.intake_level OWNER TO ticket_owner;

--
-- Name: intake_verdict; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.intake_verdict AS text
	CONSTRAINT intake_verdict_check CHECK ((VALUE = ANY (ARRAY['ticket'::text, 'note'::text, 'fail'::text, 'exclude'::text, 'reject'::text])));


ALTER DOMAIN ticketing.intake_verdict OWNER TO ticket_owner;

--
-- Name: long_text; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.long_text AS text
	CONSTRAINT long_text_check CHECK ((char_length(VALUE) <= 65536));


ALTER DOMAIN ticketing.long_text OWNER TO ticket_owner;

--
-- Name: message_direction; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.message_direction AS text
	CONSTRAINT message_direction_check CHECK ((VALUE = ANY (ARRAY['in'::text, 'out'::text])));


ALTER DOMAIN ticketing.message_direction OWNER TO ticket_owner;

--
-- Name: note_source; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.note_source AS text
	CONSTRAINT note_source_check CHECK ((VALUE = ANY (ARRAY['mail'::text, 'agent'::text, 'delivery'::text])));


ALTER DOMAIN ticketing.note_source OWNER TO ticket_owner;

--
-- Name: note_visibility; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.note_visibility AS text
	CONSTRAINT note_visibility_check CHECK ((VALUE = ANY (ARRAY['public'::text, 'internal'::text])));


ALTER DOMAIN ticketing.note_visibility OWNER TO ticket_owner;

--
-- Name: outbox_kind; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.outbox_kind AS text
	CONSTRAINT outbox_kind_check CHECK ((VALUE = ANY (ARRAY['confirmation'::text, 'note'::text, 'status'::text])));


ALTER DOMAIN ticketing.outbox_kind OWNER TO ticket_owner;

--
-- Name: outbox_mail; Type: TYPE; Schema: ticketing; Owner: ticket_owner
--

CREATE TYPE ticketing.outbox_mail AS (
	outbox_id bigint,
	kind text,
	attempts bigint,
	recipient text,
	message_id text,
	status text,
	tenant text,
	channel text,
	ticket_id bigint,
	number text,
	subject text,
	author text,
	body text,
	request_id text,
	reply_id text,
	before_author text,
	before_body text,
	before_at timestamp with time zone
);


ALTER TYPE ticketing.outbox_mail OWNER TO ticket_owner;

--
-- Name: outbox_state; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.outbox_state AS text
	CONSTRAINT outbox_state_check CHECK ((VALUE = ANY (ARRAY['pending'::text, 'sent'::text, 'failed'::text])));


ALTER DOMAIN ticketing.outbox_state OWNER TO ticket_owner;

--
-- Name: reply_result; Type: TYPE; Schema: ticketing; Owner: ticket_owner
--

CREATE TYPE ticketing.reply_result AS (
	verdict text,
	reason text,
	linked boolean,
	unverified boolean,
	reopens boolean
);


ALTER TYPE ticketing.reply_result OWNER TO ticket_owner;

--
-- Name: sha256_hash; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.sha256_hash AS bytea
	CONSTRAINT sha256_hash_check CHECK ((octet_length(VALUE) = 32));


ALTER DOMAIN ticketing.sha256_hash OWNER TO ticket_owner;

--
-- Name: short_text; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.short_text AS text
	CONSTRAINT short_text_check CHECK ((char_length(VALUE) <= 64));


ALTER DOMAIN ticketing.short_text OWNER TO ticket_owner;

--
-- Name: some_text; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.some_text AS text
	CONSTRAINT some_text_check CHECK ((VALUE <> ''::text));


ALTER DOMAIN ticketing.some_text OWNER TO ticket_owner;

--
-- Name: subject_text; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.subject_text AS text
	CONSTRAINT subject_text_check CHECK ((char_length(VALUE) <= 998));


ALTER DOMAIN ticketing.subject_text OWNER TO ticket_owner;

--
-- Name: ticket_status; Type: DOMAIN; Schema: ticketing; Owner: ticket_owner
--

CREATE DOMAIN ticketing.ticket_status AS text
	CONSTRAINT ticket_status_check CHECK ((VALUE = ANY (ARRAY['open'::text, 'pending'::text, 'closed'::text])));


ALTER DOMAIN ticketing.ticket_status OWNER TO ticket_owner;

--
-- Name: add_note(bigint, text, text, text, text, text[], text[], bytea[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.add_note(tenant_id bigint, number text, author text, visibility text, body text, filenames text[] DEFAULT '{}'::text[], content_types text[] DEFAULT '{}'::text[], contents bytea[] DEFAULT '{}'::bytea[]) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $_$
#variable_conflict use_column
DECLARE
    v_files bigint := cardinality(add_note.contents);
    v_ticket_id bigint;
    v_note_id bigint;
BEGIN
    IF EXISTS (SELECT FROM unnest(add_note.filenames, add_note.content_types, add_note.contents) AS f (name, type, data)
               WHERE f.name IS NULL OR f.type IS NULL OR f.data IS NULL
                  OR f.name !~ '^[^[:cntrl:]/]{1,255}$' OR strpos(f.name, chr(92)) > 0 -- a backslash
                  OR f.type !~ '^[a-z0-9.+_-]+/[a-z0-9.+_-]+$') THEN
        RAISE EXCEPTION 'a file of a note needs a name without path, a type such as text/plain, and a content'
            USING ERRCODE = 'TK011';
    END IF;
    IF add_note.tenant_id = ANY (my_tenants()) THEN
        PERFORM contents_put(add_note.tenant_id, add_note.contents);
    END IF;
    v_ticket_id := ticket_known(add_note.tenant_id, add_note.number);
    UPDATE ticket t SET updated_at = now() WHERE t.tenant_id = add_note.tenant_id AND t.ticket_id = v_ticket_id;
    INSERT INTO note AS n (tenant_id, ticket_id, visibility, author, body, source, created_at)
        VALUES (add_note.tenant_id, v_ticket_id, add_note.visibility, add_note.author, add_note.body, 'agent', now())
        RETURNING n.note_id INTO v_note_id;
    IF v_files > 0 THEN
        PERFORM attachments_add(add_note.tenant_id, v_ticket_id, v_note_id, add_note.filenames, add_note.content_types,
            ARRAY(SELECT octet_length(c.data)::bigint FROM unnest(add_note.contents) WITH ORDINALITY AS c (data, place)
                  ORDER BY c.place),
            ARRAY(SELECT sha256(c.data) FROM unnest(add_note.contents) WITH ORDINALITY AS c (data, place) ORDER BY c.place),
            array_fill('attachment'::text, ARRAY[v_files::int]), array_fill(NULL::text, ARRAY[v_files::int]));
    END IF;
    IF add_note.visibility = 'public' THEN
        PERFORM tell_participants(add_note.tenant_id, v_ticket_id, 'note', v_note_id, NULL, add_note.author);
    END IF;
    RETURN v_note_id;
END
$_$;


ALTER FUNCTION ticketing.add_note(tenant_id bigint, number text, author text, visibility text, body text, filenames text[], content_types text[], contents bytea[]) OWNER TO ticket_owner;

--
-- Name: attachment_data(bigint, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.attachment_data(tenant_id bigint, attachment_id bigint) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT b.data
    FROM attachment a
    JOIN blob b ON b.tenant_id = a.tenant_id AND b.sha256 = a.sha256
    WHERE a.tenant_id = attachment_data.tenant_id AND a.attachment_id = attachment_data.attachment_id
      AND attachment_data.tenant_id = ANY (my_tenants())
    ORDER BY b.chunk_no
$$;


ALTER FUNCTION ticketing.attachment_data(tenant_id bigint, attachment_id bigint) OWNER TO ticket_owner;

--
-- Name: attachment_present(bigint, bytea[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.attachment_present(p_tenant_id bigint, p_hashes bytea[]) RETURNS SETOF bytea
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT sha256 FROM blob
    WHERE tenant_id = p_tenant_id AND sha256 = ANY (p_hashes) AND chunk_no = 0
    ORDER BY sha256
    FOR KEY SHARE
$$;


ALTER FUNCTION ticketing.attachment_present(p_tenant_id bigint, p_hashes bytea[]) OWNER TO ticket_owner;

--
-- Name: attachment_put(bigint, bytea, bigint, bytea); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
BEGIN
    LOOP
        INSERT INTO blob (tenant_id, sha256, chunk_no, data) VALUES (p_tenant_id, p_sha256, p_chunk_no, p_data)
            ON CONFLICT DO NOTHING;
        EXIT WHEN FOUND OR p_chunk_no > 0;
        PERFORM FROM blob WHERE tenant_id = p_tenant_id AND sha256 = p_sha256 AND chunk_no = 0 FOR KEY SHARE;
        EXIT WHEN FOUND; -- else it was purged between the two statements
    END LOOP;
END
$$;


ALTER FUNCTION ticketing.attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea) OWNER TO ticket_owner;

--
-- Name: attachments_add(bigint, bigint, bigint, text[], text[], bigint[], bytea[], text[], text[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.attachments_add(p_tenant_id bigint, p_ticket_id bigint, p_note_id bigint, p_names text[], p_types text[], p_sizes bigint[], p_hashes bytea[], p_dispositions text[], p_content_ids text[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.attachments_add(p_tenant_id bigint, p_ticket_id bigint, p_note_id bigint, p_names text[], p_types text[], p_sizes bigint[], p_hashes bytea[], p_dispositions text[], p_content_ids text[]) OWNER TO ticket_owner;

--
-- Name: blob_used(bigint, bytea); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.blob_used(p_tenant_id bigint, p_sha256 bytea) RETURNS boolean
    LANGUAGE sql
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT EXISTS (SELECT FROM attachment WHERE tenant_id = p_tenant_id AND sha256 = p_sha256)
        OR EXISTS (SELECT FROM intake WHERE tenant_id = p_tenant_id AND raw_sha256 = p_sha256)
$$;


ALTER FUNCTION ticketing.blob_used(p_tenant_id bigint, p_sha256 bytea) OWNER TO ticket_owner;

--
-- Name: channel_find(text, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.channel_find(p_tenant text, p_channel text) RETURNS TABLE(tenant_id bigint, channel_id bigint, status text, rules_version bigint, ticket_type text, prefix text)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT c.tenant_id, c.channel_id, c.status, c.rules_version, t.ticket_type, t.prefix
    FROM tenant n
    JOIN channel c USING (tenant_id)
    JOIN template t USING (tenant_id, template_id)
    WHERE n.name = p_tenant AND c.name = p_channel
$$;


ALTER FUNCTION ticketing.channel_find(p_tenant text, p_channel text) OWNER TO ticket_owner;

--
-- Name: confirmation_capped(bigint, bigint, text, timestamp with time zone, interval, bigint, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.confirmation_capped(p_tenant_id bigint, p_channel_id bigint, p_recipient text, p_now timestamp with time zone, p_pause interval, p_channel_hour bigint, p_tenant_hour bigint) RETURNS boolean
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.confirmation_capped(p_tenant_id bigint, p_channel_id bigint, p_recipient text, p_now timestamp with time zone, p_pause interval, p_channel_hour bigint, p_tenant_hour bigint) OWNER TO ticket_owner;

--
-- Name: contents_put(bigint, bytea[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.contents_put(p_tenant_id bigint, p_contents bytea[]) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
DECLARE
    c_chunk CONSTANT int := 262144;
    v_sha256 bytea;
    v_data bytea;
BEGIN
    FOR v_sha256, v_data IN
        SELECT DISTINCT ON (sha256(c.data)) sha256(c.data), c.data FROM unnest(p_contents) AS c (data) ORDER BY sha256(c.data)
    LOOP
        FOR i IN 0..greatest(octet_length(v_data) - 1, 0) / c_chunk LOOP
            PERFORM attachment_put(p_tenant_id, v_sha256, i, substring(v_data FROM i * c_chunk + 1 FOR c_chunk));
        END LOOP;
    END LOOP;
END
$$;


ALTER FUNCTION ticketing.contents_put(p_tenant_id bigint, p_contents bytea[]) OWNER TO ticket_owner;

--
-- Name: deadline_arm(timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.deadline_arm(p_deadline timestamp with time zone) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
BEGIN
    PERFORM deadline_check(p_deadline);
    PERFORM set_config('lock_timeout',
        greatest(1, (extract(epoch FROM p_deadline - clock_timestamp()) * 1000)::bigint)::text || 'ms', true);
END
$$;


ALTER FUNCTION ticketing.deadline_arm(p_deadline timestamp with time zone) OWNER TO ticket_owner;

--
-- Name: deadline_check(timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.deadline_check(p_deadline timestamp with time zone) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
BEGIN
    IF clock_timestamp() > p_deadline THEN
        RAISE EXCEPTION 'the deadline has passed' USING ERRCODE = 'TK001';
    END IF;
END
$$;


ALTER FUNCTION ticketing.deadline_check(p_deadline timestamp with time zone) OWNER TO ticket_owner;

--
-- Name: disable(text, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.disable(p_tenant text, p_channel text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
DECLARE
    v_status text;
BEGIN
    SELECT c.status INTO v_status FROM tenant n JOIN channel c USING (tenant_id)
        WHERE n.name = p_tenant AND c.name = p_channel FOR UPDATE OF c;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE channel c SET status = 'disabled'
        FROM tenant n
        WHERE n.tenant_id = c.tenant_id AND n.name = p_tenant AND c.name = p_channel AND c.status = 'published';
    RETURN FOUND;
END
$$;


ALTER FUNCTION ticketing.disable(p_tenant text, p_channel text) OWNER TO ticket_owner;

--
-- Name: facts(bigint, bigint, text[], text[], text, bytea, timestamp with time zone, bigint[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text, p_key bytea, p_now timestamp with time zone, p_ticket_ids bigint[]) RETURNS TABLE(kind text, place bigint, ticket_id bigint, number text, ticket_type text, status text, participant boolean, subject text, closed_for bigint, reopened bigint)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET search_path TO 'ticketing', 'pg_temp'
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
                            WHERE m.tenant_id = p_tenant_id AND m.message_id = a.id OFFSET 0) m
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


ALTER FUNCTION ticketing.facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text, p_key bytea, p_now timestamp with time zone, p_ticket_ids bigint[]) OWNER TO ticket_owner;

--
-- Name: ingest(bigint, bigint, bytea, interval, timestamp with time zone, timestamp with time zone, text, text, text, text, text, text, text, text, bigint, bigint, bytea, timestamp with time zone, text, text, text, text, text, text, text, text[], text[], text[], text[], boolean[], text[], text[], bigint[], bytea[], text[], text[], bigint, text, text, text, text[], bigint[], bigint[], text, text, bigint, text, text, text, interval, bigint, boolean, text, text, text[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.ingest(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_key_life interval, p_now timestamp with time zone, p_deadline timestamp with time zone, p_verdict text, p_reason text, p_class text, p_level text, p_message_id text, p_mail_from text, p_rcpt text, p_sender text, p_size bigint, p_millis bigint, p_raw_sha256 bytea, p_raw_until timestamp with time zone, p_subject text, p_body text, p_body_full text, p_body_html text, p_requester text, p_requester_name text, p_priority text, p_notices text[], p_participants text[], p_field_names text[], p_field_values text[], p_field_restricted boolean[], p_file_names text[], p_file_types text[], p_file_sizes bigint[], p_file_hashes bytea[], p_file_dispositions text[], p_file_content_ids text[], p_ticket_id bigint, p_author text, p_visibility text, p_source text, p_reply_types text[], p_confirm bigint[], p_rates bigint[], p_evidence text, p_detail text, p_linked_ticket_id bigint, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[]) RETURNS ticketing.ingest_result
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.ingest(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_key_life interval, p_now timestamp with time zone, p_deadline timestamp with time zone, p_verdict text, p_reason text, p_class text, p_level text, p_message_id text, p_mail_from text, p_rcpt text, p_sender text, p_size bigint, p_millis bigint, p_raw_sha256 bytea, p_raw_until timestamp with time zone, p_subject text, p_body text, p_body_full text, p_body_html text, p_requester text, p_requester_name text, p_priority text, p_notices text[], p_participants text[], p_field_names text[], p_field_values text[], p_field_restricted boolean[], p_file_names text[], p_file_types text[], p_file_sizes bigint[], p_file_hashes bytea[], p_file_dispositions text[], p_file_content_ids text[], p_ticket_id bigint, p_author text, p_visibility text, p_source text, p_reply_types text[], p_confirm bigint[], p_rates bigint[], p_evidence text, p_detail text, p_linked_ticket_id bigint, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[]) OWNER TO ticket_owner;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: intake; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.intake (
    tenant_id bigint NOT NULL,
    intake_id bigint NOT NULL,
    channel_id bigint NOT NULL,
    verdict ticketing.intake_verdict NOT NULL,
    reason text,
    ticket_id bigint,
    note_id bigint,
    message_id text,
    mail_from text,
    rcpt text,
    sender text,
    authentication text NOT NULL,
    authenticated_by text,
    flags text[] DEFAULT '{}'::text[] NOT NULL,
    class text NOT NULL,
    evidence text,
    detail text,
    level ticketing.intake_level NOT NULL,
    size ticketing.byte_count NOT NULL,
    raw_sha256 ticketing.sha256_hash,
    raw_until timestamp with time zone,
    received_at timestamp with time zone NOT NULL,
    millis bigint NOT NULL,
    seen bigint DEFAULT 1 NOT NULL,
    seen_at timestamp with time zone NOT NULL,
    CONSTRAINT intake_authentication_check CHECK ((authentication = ANY (ARRAY['pass'::text, 'fail'::text, 'none'::text])))
);


ALTER TABLE ticketing.intake OWNER TO ticket_owner;

--
-- Name: intake_claim(bigint, bigint, bytea, bigint, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.intake_claim(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_intake_id bigint, p_now timestamp with time zone, p_expires_at timestamp with time zone) RETURNS ticketing.intake
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.intake_claim(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_intake_id bigint, p_now timestamp with time zone, p_expires_at timestamp with time zone) OWNER TO ticket_owner;

--
-- Name: moment(timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.moment(p_time timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$ SELECT to_char(p_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;


ALTER FUNCTION ticketing.moment(p_time timestamp with time zone) OWNER TO ticket_owner;

--
-- Name: my_tenants(); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.my_tenants() RETURNS bigint[]
    LANGUAGE plpgsql STABLE SECURITY DEFINER COST 10000
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
DECLARE
    v_login bigint[] := role_tenants(session_user);
    v_taken bigint[] := role_tenants(nullif(current_setting('role'), 'none')::name);
BEGIN
    RETURN ARRAY(SELECT t.tenant_id FROM tenant t
                 WHERE (v_login IS NULL OR t.tenant_id = ANY (v_login)) AND (v_taken IS NULL OR t.tenant_id = ANY (v_taken)));
END
$$;


ALTER FUNCTION ticketing.my_tenants() OWNER TO ticket_owner;

--
-- Name: number_folded(text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.number_folded(p_number text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$ SELECT upper(p_number COLLATE "C") $$;


ALTER FUNCTION ticketing.number_folded(p_number text) OWNER TO ticket_owner;

--
-- Name: number_sequence(bigint, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.number_sequence(p_tenant_id bigint, p_prefix text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
BEGIN
    RETURN format('ticketing.number_%s_%s', p_tenant_id, lower(p_prefix COLLATE "C")); -- plpgsql keeps what SQL plans in every call
END
$$;


ALTER FUNCTION ticketing.number_sequence(p_tenant_id bigint, p_prefix text) OWNER TO ticket_owner;

--
-- Name: outbox_begin(bigint, bigint, text, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text) RETURNS TABLE(message_id text, attachment_id bigint, filename text, content_type text, size bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text) OWNER TO ticket_owner;

--
-- Name: outbox_failed(bigint, bigint, timestamp with time zone, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_failed(p_tenant_id bigint, p_outbox_id bigint, p_now timestamp with time zone, p_error text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.outbox_failed(p_tenant_id bigint, p_outbox_id bigint, p_now timestamp with time zone, p_error text) OWNER TO ticket_owner;

--
-- Name: outbox_file(bigint, bigint, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_file(p_tenant_id bigint, p_outbox_id bigint, p_attachment_id bigint) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT b.data
    FROM outbox o
    JOIN attachment a USING (tenant_id, ticket_id, note_id)
    JOIN blob b USING (tenant_id, sha256)
    WHERE o.tenant_id = p_tenant_id AND o.outbox_id = p_outbox_id AND o.state = 'pending'
      AND a.attachment_id = p_attachment_id
    ORDER BY b.chunk_no
$$;


ALTER FUNCTION ticketing.outbox_file(p_tenant_id bigint, p_outbox_id bigint, p_attachment_id bigint) OWNER TO ticket_owner;

--
-- Name: outbox_read(bigint, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_read(p_tenant_id bigint, p_outbox_id bigint) RETURNS SETOF ticketing.outbox_mail
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET plan_cache_mode TO 'force_generic_plan'
    SET enable_seqscan TO 'off'
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.outbox_read(p_tenant_id bigint, p_outbox_id bigint) OWNER TO ticket_owner;

--
-- Name: outbox_retry(bigint, bigint, text, timestamp with time zone, timestamp with time zone, interval, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_retry(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_now timestamp with time zone, p_next_at timestamp with time zone, p_give_up interval, p_error text) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.outbox_retry(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_now timestamp with time zone, p_next_at timestamp with time zone, p_give_up interval, p_error text) OWNER TO ticket_owner;

--
-- Name: outbox_sent(bigint, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_sent(p_tenant_id bigint, p_outbox_id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    UPDATE outbox SET state = 'sent', leased_by = NULL, leased_until = NULL, last_error = NULL
        WHERE tenant_id = p_tenant_id AND outbox_id = p_outbox_id AND state = 'pending'
$$;


ALTER FUNCTION ticketing.outbox_sent(p_tenant_id bigint, p_outbox_id bigint) OWNER TO ticket_owner;

--
-- Name: outbox_take(bigint, text, timestamp with time zone, interval, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_take(p_tenant_id bigint, p_worker text, p_now timestamp with time zone, p_lease interval, p_count bigint) RETURNS SETOF ticketing.outbox_mail
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.outbox_take(p_tenant_id bigint, p_worker text, p_now timestamp with time zone, p_lease interval, p_count bigint) OWNER TO ticket_owner;

--
-- Name: outbox_tenants(timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.outbox_tenants(p_now timestamp with time zone) RETURNS SETOF bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT n.tenant_id FROM tenant n
    CROSS JOIN LATERAL (SELECT FROM outbox o
                        WHERE o.tenant_id = n.tenant_id AND o.state = 'pending' AND o.next_at <= p_now
                          AND (o.leased_until IS NULL OR o.leased_until <= p_now)
                        ORDER BY o.next_at LIMIT 1) one -- an EXISTS might read all that are due
    ORDER BY n.tenant_id
$$;


ALTER FUNCTION ticketing.outbox_tenants(p_now timestamp with time zone) OWNER TO ticket_owner;

--
-- Name: publish(text, jsonb, jsonb, jsonb, timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamp with time zone, OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    v_template template;
    v_channel channel;
    v_changes text[] := '{}';
    v_template_id bigint;
    v_defaults jsonb := '{}';
    v_status text := p_channel ->> 'status';
BEGIN
    -- Publishing is rare: one at a time, since names of tenants and addresses are unique across tenants and no key
    -- can say so.
    LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE;
    SELECT t.tenant_id INTO publish.tenant_id FROM tenant t WHERE t.name = p_tenant;
    IF NOT FOUND THEN
        INSERT INTO tenant AS t (name, created_at) VALUES (p_tenant, p_now) RETURNING t.tenant_id INTO publish.tenant_id;
        v_changes := v_changes || 'tenant made'::text;
    END IF;
    IF EXISTS (SELECT FROM channel c WHERE lower(c.address COLLATE "C") = lower(p_channel ->> 'address' COLLATE "C")
               AND (c.tenant_id, c.name) <> (publish.tenant_id, p_channel ->> 'name')) THEN
        RAISE EXCEPTION 'address % belongs to another channel', p_channel ->> 'address' USING ERRCODE = 'TK011';
    END IF;
    SELECT * INTO v_template FROM template t WHERE t.tenant_id = publish.tenant_id AND t.name = p_template ->> 'name';
    IF NOT FOUND THEN
        INSERT INTO template AS t (tenant_id, name, ticket_type, prefix, status, fields)
            VALUES (publish.tenant_id, p_template ->> 'name', p_template ->> 'ticket_type', p_template ->> 'prefix',
                    p_template ->> 'status', coalesce(p_template -> 'fields', '[]'))
            RETURNING t.template_id INTO v_template_id;
        v_changes := v_changes || 'template made'::text;
    ELSE
        v_template_id := v_template.template_id;
        IF (v_template.ticket_type, v_template.prefix) <> (p_template ->> 'ticket_type', p_template ->> 'prefix')
           AND EXISTS (SELECT FROM offer o WHERE o.tenant_id = publish.tenant_id AND o.template_id = v_template_id) THEN
            RAISE EXCEPTION 'template % is published with ticket type % and prefix %, which cannot change',
                v_template.name, v_template.ticket_type, v_template.prefix USING ERRCODE = 'TK010';
        END IF;
        UPDATE template t SET ticket_type = p_template ->> 'ticket_type', prefix = p_template ->> 'prefix',
                              status = p_template ->> 'status', fields = coalesce(p_template -> 'fields', '[]')
            WHERE t.tenant_id = publish.tenant_id AND t.template_id = v_template_id
              AND (t.ticket_type, t.prefix, t.status, t.fields) IS DISTINCT FROM
                  (p_template ->> 'ticket_type', p_template ->> 'prefix', p_template ->> 'status',
                   coalesce(p_template -> 'fields', '[]'));
        IF FOUND THEN
            v_changes := v_changes || 'template changed'::text;
        END IF;
    END IF;
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %s AS bigint',
                   number_sequence(publish.tenant_id, p_template ->> 'prefix'));
    SELECT * INTO v_channel FROM channel c WHERE c.tenant_id = publish.tenant_id AND c.name = p_channel ->> 'name'
        FOR UPDATE;
    IF NOT FOUND THEN
        INSERT INTO channel AS c (tenant_id, name, title, address, status, template_id)
            VALUES (publish.tenant_id, p_channel ->> 'name', coalesce(p_channel ->> 'title', ''),
                    p_channel ->> 'address', v_status, v_template_id)
            RETURNING * INTO v_channel;
        v_changes := v_changes || 'channel made'::text;
    ELSE
        IF v_channel.template_id <> v_template_id AND v_channel.published_at IS NOT NULL THEN
            RAISE EXCEPTION 'channel % was published with template %, which cannot change', v_channel.name,
                (SELECT t.name FROM template t
                 WHERE t.tenant_id = publish.tenant_id AND t.template_id = v_channel.template_id)
                USING ERRCODE = 'TK010';
        END IF;
        UPDATE channel c SET title = coalesce(p_channel ->> 'title', ''), address = p_channel ->> 'address',
                             status = v_status, template_id = v_template_id
            WHERE c.tenant_id = publish.tenant_id AND c.channel_id = v_channel.channel_id
              AND (c.title, c.address, c.status, c.template_id) IS DISTINCT FROM
                  (coalesce(p_channel ->> 'title', ''), p_channel ->> 'address', v_status, v_template_id);
        IF FOUND THEN
            v_changes := v_changes || 'channel changed'::text;
        END IF;
    END IF;
    publish.channel_id := v_channel.channel_id;
    IF v_status = 'published' THEN
        IF p_channel ->> 'offer_from' IS NOT NULL THEN
            SELECT o.defaults INTO v_defaults FROM offer o
                WHERE o.tenant_id = publish.tenant_id AND o.name = p_channel ->> 'offer_from';
            IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no offer %', p_channel ->> 'offer_from' USING ERRCODE = 'TK011';
            END IF;
        END IF;
        INSERT INTO offer AS o (tenant_id, name, channel_id, template_id, hidden, defaults)
            VALUES (publish.tenant_id, 'mail:' || v_channel.name, v_channel.channel_id, v_template_id, true, v_defaults)
            ON CONFLICT (tenant_id, name) DO UPDATE SET defaults = EXCLUDED.defaults
                WHERE o.defaults IS DISTINCT FROM EXCLUDED.defaults;
        IF FOUND THEN
            v_changes := v_changes || 'offer changed'::text;
        END IF;
        UPDATE channel c SET published_at = p_now
            WHERE c.tenant_id = publish.tenant_id AND c.channel_id = publish.channel_id AND c.published_at IS NULL;
    END IF;
    publish.rules_version := v_channel.rules_version;
    IF NOT EXISTS (SELECT FROM channel_rules r
                   WHERE r.tenant_id = publish.tenant_id AND r.channel_id = publish.channel_id
                     AND r.rules_version = publish.rules_version AND r.rules = p_rules) THEN
        publish.rules_version := publish.rules_version + 1;
        INSERT INTO channel_rules (tenant_id, channel_id, rules_version, rules, published_at, published_by)
            VALUES (publish.tenant_id, publish.channel_id, publish.rules_version, p_rules, p_now, session_user);
        UPDATE channel c SET rules_version = publish.rules_version
            WHERE c.tenant_id = publish.tenant_id AND c.channel_id = publish.channel_id;
        v_changes := v_changes || 'rules changed'::text;
    END IF;
    changed := nullif(array_to_string(v_changes, ', '), '');
END
$$;


ALTER FUNCTION ticketing.publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamp with time zone, OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text) OWNER TO ticket_owner;

--
-- Name: purge(bigint, timestamp with time zone, timestamp with time zone); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.purge(p_tenant_id bigint, p_now timestamp with time zone, p_before timestamp with time zone, OUT keys bigint, OUT raws bigint, OUT intakes bigint, OUT blobs bigint) RETURNS record
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    v_sha256 bytea;
BEGIN
    DELETE FROM intake_key k WHERE k.tenant_id = p_tenant_id AND k.expires_at <= p_now;
    GET DIAGNOSTICS keys = ROW_COUNT;
    UPDATE intake i SET raw_sha256 = NULL, raw_until = NULL
        WHERE i.tenant_id = p_tenant_id AND i.raw_until <= p_now AND i.raw_sha256 IS NOT NULL;
    GET DIAGNOSTICS raws = ROW_COUNT;
    DELETE FROM intake i
        WHERE i.tenant_id = p_tenant_id AND i.received_at < p_before AND i.ticket_id IS NULL
          AND NOT EXISTS (SELECT FROM intake_key k WHERE k.tenant_id = i.tenant_id AND k.intake_id = i.intake_id);
    GET DIAGNOSTICS intakes = ROW_COUNT;
    -- A mail that is being stored holds its contents' first chunk. Those are passed over; and since the reference
    -- is looked for again after the lock was got, one that has just been committed is seen.
    blobs := 0;
    FOR v_sha256 IN
        SELECT b.sha256 FROM blob b
        WHERE b.tenant_id = p_tenant_id AND b.chunk_no = 0 AND NOT blob_used(p_tenant_id, b.sha256)
        ORDER BY b.sha256
    LOOP
        PERFORM FROM blob b WHERE b.tenant_id = p_tenant_id AND b.sha256 = v_sha256 AND b.chunk_no = 0
            FOR UPDATE SKIP LOCKED;
        IF FOUND AND NOT blob_used(p_tenant_id, v_sha256) THEN
            DELETE FROM blob b WHERE b.tenant_id = p_tenant_id AND b.sha256 = v_sha256;
            blobs := blobs + 1;
        END IF;
    END LOOP;
END
$$;


ALTER FUNCTION ticketing.purge(p_tenant_id bigint, p_now timestamp with time zone, p_before timestamp with time zone, OUT keys bigint, OUT raws bigint, OUT intakes bigint, OUT blobs bigint) OWNER TO ticket_owner;

--
-- Name: rate_exceeded(bigint, bigint, text, bigint, text, timestamp with time zone, bigint[]); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.rate_exceeded(p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_verdict text, p_now timestamp with time zone, p_rates bigint[]) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.rate_exceeded(p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_verdict text, p_now timestamp with time zone, p_rates bigint[]) OWNER TO ticket_owner;

--
-- Name: reader_set(text, text, boolean); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.reader_set(p_role text, p_tenant text, p_reads boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
DECLARE
    v_tenant_id bigint;
BEGIN
    SELECT t.tenant_id INTO v_tenant_id FROM tenant t WHERE t.name = p_tenant;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant %', p_tenant USING ERRCODE = 'TK011';
    END IF;
    IF NOT p_reads THEN
        DELETE FROM reader r WHERE r.tenant_id = v_tenant_id AND r.role = p_role;
        RETURN FOUND;
    END IF;
    IF left(p_role, 7) = 'ticket_' OR NOT EXISTS (SELECT FROM pg_roles g WHERE g.rolname = p_role AND NOT g.rolsuper) THEN
        RAISE EXCEPTION '% is no role that can be held to a tenant: one of a person or of a group of persons is right', p_role
            USING ERRCODE = 'TK011';
    END IF;
    INSERT INTO reader (tenant_id, role) VALUES (v_tenant_id, p_role) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;


ALTER FUNCTION ticketing.reader_set(p_role text, p_tenant text, p_reads boolean) OWNER TO ticket_owner;

--
-- Name: reply_check(bigint, bigint, text, text[], timestamp with time zone, text, text, text, interval, bigint, boolean); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.reply_check(p_tenant_id bigint, p_ticket_id bigint, p_sender text, p_reply_types text[], p_now timestamp with time zone, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean) RETURNS ticketing.reply_result
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.reply_check(p_tenant_id bigint, p_ticket_id bigint, p_sender text, p_reply_types text[], p_now timestamp with time zone, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean) OWNER TO ticket_owner;

--
-- Name: role_tenants(name); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.role_tenants(p_role name) RETURNS bigint[]
    LANGUAGE sql STABLE
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT array_agg(DISTINCT r.tenant_id)
    FROM reader r
    JOIN pg_roles g ON g.rolname = r.role
    WHERE pg_has_role(p_role, g.oid, 'MEMBER')
      AND NOT EXISTS (SELECT FROM pg_roles s WHERE s.rolname = p_role AND s.rolsuper)
$$;


ALTER FUNCTION ticketing.role_tenants(p_role name) OWNER TO ticket_owner;

--
-- Name: schema_version(); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.schema_version() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER
    SET lock_timeout TO '20s'
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$ SELECT coalesce(max(version), 0) FROM ticketing_meta.migration $$;


ALTER FUNCTION ticketing.schema_version() OWNER TO ticket_owner;

--
-- Name: set_status(bigint, text, text, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.set_status(tenant_id bigint, number text, status text, author text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
#variable_conflict use_column
DECLARE
    v_ticket_id bigint := ticket_known(set_status.tenant_id, set_status.number);
    v_before text;
BEGIN
    SELECT t.status INTO v_before FROM ticket t
        WHERE t.tenant_id = set_status.tenant_id AND t.ticket_id = v_ticket_id;
    IF v_before = set_status.status THEN
        RETURN;
    END IF;
    UPDATE ticket t SET status = set_status.status, updated_at = now(),
                        closed_at = CASE WHEN set_status.status = 'closed' THEN now() END
        WHERE t.tenant_id = set_status.tenant_id AND t.ticket_id = v_ticket_id;
    INSERT INTO note (tenant_id, ticket_id, visibility, author, body, source, created_at)
        VALUES (set_status.tenant_id, v_ticket_id, 'internal', set_status.author,
                format('status: %s -> %s', v_before, set_status.status), 'agent', now());
    IF status_is_told(set_status.tenant_id, v_ticket_id, set_status.status) THEN
        PERFORM tell_participants(set_status.tenant_id, v_ticket_id, 'status', NULL, set_status.status,
                                  set_status.author);
    END IF;
END
$$;


ALTER FUNCTION ticketing.set_status(tenant_id bigint, number text, status text, author text) OWNER TO ticket_owner;

--
-- Name: status_is_told(bigint, bigint, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.status_is_told(p_tenant_id bigint, p_ticket_id bigint, p_status text) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    SELECT EXISTS (
        SELECT FROM ticket t
        JOIN channel c USING (tenant_id, channel_id)
        JOIN channel_rules r USING (tenant_id, channel_id, rules_version)
        WHERE t.tenant_id = p_tenant_id AND t.ticket_id = p_ticket_id AND r.rules -> 'tell_status' ? p_status)
$$;


ALTER FUNCTION ticketing.status_is_told(p_tenant_id bigint, p_ticket_id bigint, p_status text) OWNER TO ticket_owner;

--
-- Name: tell_participants(bigint, bigint, text, bigint, text, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.tell_participants(p_tenant_id bigint, p_ticket_id bigint, p_kind text, p_note_id bigint, p_status text, p_author text) RETURNS void
    LANGUAGE sql
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
    INSERT INTO outbox (tenant_id, kind, ticket_id, note_id, channel_id, recipient, status, next_at, created_at)
        SELECT p_tenant_id, p_kind, p_ticket_id, p_note_id, t.channel_id, p.address, p_status, now(), now()
        FROM ticket t
        JOIN participant p USING (tenant_id, ticket_id)
        WHERE t.tenant_id = p_tenant_id AND t.ticket_id = p_ticket_id AND p.address <> lower(p_author COLLATE "C") COLLATE "default"
        ORDER BY p.address
$$;


ALTER FUNCTION ticketing.tell_participants(p_tenant_id bigint, p_ticket_id bigint, p_kind text, p_note_id bigint, p_status text, p_author text) OWNER TO ticket_owner;

--
-- Name: ticket; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.ticket (
    tenant_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    number text NOT NULL,
    ticket_type text NOT NULL,
    channel_id bigint,
    offer_id bigint,
    subject ticketing.subject_text NOT NULL,
    description ticketing.long_text NOT NULL,
    description_full text,
    description_html text,
    requester ticketing.address_text NOT NULL,
    requester_name ticketing.address_text,
    priority ticketing.short_text,
    status ticketing.ticket_status DEFAULT 'open'::text NOT NULL,
    notices text[] DEFAULT '{}'::text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    reopened bigint DEFAULT 0 NOT NULL,
    linked_ticket_id bigint
);
ALTER TABLE ONLY ticketing.ticket ALTER COLUMN description SET COMPRESSION lz4;
ALTER TABLE ONLY ticketing.ticket ALTER COLUMN description_full SET COMPRESSION lz4;
ALTER TABLE ONLY ticketing.ticket ALTER COLUMN description_html SET COMPRESSION lz4;


ALTER TABLE ticketing.ticket OWNER TO ticket_owner;

--
-- Name: ticket_closed_at(ticketing.ticket); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.ticket_closed_at(t ticketing.ticket) RETURNS timestamp with time zone
    LANGUAGE sql IMMUTABLE
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$ SELECT CASE WHEN t.status = 'closed' THEN coalesce(t.closed_at, t.updated_at) END $$;


ALTER FUNCTION ticketing.ticket_closed_at(t ticketing.ticket) OWNER TO ticket_owner;

--
-- Name: ticket_known(bigint, text); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.ticket_known(p_tenant_id bigint, p_number text) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path TO 'ticketing', 'pg_temp'
    AS $$
DECLARE
    v_number text := number_folded(p_number);
    v_ticket_id bigint;
BEGIN
    SELECT t.ticket_id INTO v_ticket_id FROM ticket t
        WHERE t.tenant_id = p_tenant_id AND t.number = v_number AND p_tenant_id = ANY (my_tenants())
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no ticket %', p_number USING ERRCODE = 'no_data_found';
    END IF;
    RETURN v_ticket_id;
END
$$;


ALTER FUNCTION ticketing.ticket_known(p_tenant_id bigint, p_number text) OWNER TO ticket_owner;

--
-- Name: window_full(text, bigint, bigint, text, bigint, timestamp with time zone, bigint, bigint); Type: FUNCTION; Schema: ticketing; Owner: ticket_owner
--

CREATE FUNCTION ticketing.window_full(p_kind text, p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_now timestamp with time zone, p_count bigint, p_seconds bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path TO 'ticketing', 'pg_temp'
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


ALTER FUNCTION ticketing.window_full(p_kind text, p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_now timestamp with time zone, p_count bigint, p_seconds bigint) OWNER TO ticket_owner;

--
-- Name: attachment; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.attachment (
    tenant_id bigint NOT NULL,
    attachment_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    note_id bigint,
    filename text NOT NULL,
    content_type text NOT NULL,
    size ticketing.byte_count NOT NULL,
    sha256 ticketing.sha256_hash NOT NULL,
    disposition ticketing.attachment_disposition NOT NULL,
    content_id text
);


ALTER TABLE ticketing.attachment OWNER TO ticket_owner;

--
-- Name: attachment_attachment_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.attachment ALTER COLUMN attachment_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.attachment_attachment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: blob; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.blob (
    tenant_id bigint NOT NULL,
    sha256 ticketing.sha256_hash NOT NULL,
    chunk_no bigint NOT NULL,
    data bytea NOT NULL,
    CONSTRAINT blob_chunk_no_check CHECK ((chunk_no >= 0)),
    CONSTRAINT blob_data_check CHECK ((octet_length(data) <= 262144))
);
ALTER TABLE ONLY ticketing.blob ALTER COLUMN data SET STORAGE EXTERNAL;


ALTER TABLE ticketing.blob OWNER TO ticket_owner;

--
-- Name: channel; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.channel (
    tenant_id bigint NOT NULL,
    channel_id bigint NOT NULL,
    name text NOT NULL,
    title text DEFAULT ''::text NOT NULL,
    address text NOT NULL,
    status text NOT NULL,
    template_id bigint NOT NULL,
    rules_version bigint DEFAULT 0 NOT NULL,
    published_at timestamp with time zone,
    CONSTRAINT channel_address_check CHECK ((address <> ''::text)),
    CONSTRAINT channel_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 200) AND (strpos(name, '/'::text) = 0))),
    CONSTRAINT channel_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'disabled'::text])))
);


ALTER TABLE ticketing.channel OWNER TO ticket_owner;

--
-- Name: channel_channel_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.channel ALTER COLUMN channel_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.channel_channel_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: template; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.template (
    tenant_id bigint NOT NULL,
    template_id bigint NOT NULL,
    name text NOT NULL,
    ticket_type text NOT NULL,
    prefix text NOT NULL,
    status text NOT NULL,
    fields jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT template_fields_check CHECK ((jsonb_typeof(fields) = 'array'::text)),
    CONSTRAINT template_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 200))),
    CONSTRAINT template_prefix_check CHECK ((prefix ~ '^[A-Z][A-Z0-9]{0,9}$'::text)),
    CONSTRAINT template_status_check CHECK ((status = ANY (ARRAY['draft'::text, 'published'::text, 'disabled'::text]))),
    CONSTRAINT template_ticket_type_check CHECK (((ticket_type <> ''::text) AND (char_length(ticket_type) <= 200)))
);


ALTER TABLE ticketing.template OWNER TO ticket_owner;

--
-- Name: tenant; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.tenant (
    tenant_id bigint NOT NULL,
    name text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT tenant_name_check CHECK (((name <> ''::text) AND (char_length(name) <= 200) AND (strpos(name, '/'::text) = 0)))
);


ALTER TABLE ticketing.tenant OWNER TO ticket_owner;

--
-- Name: channel_report; Type: VIEW; Schema: ticketing; Owner: ticket_owner
--

CREATE VIEW ticketing.channel_report WITH (security_invoker='true') AS
 SELECT c.tenant_id,
    n.name AS tenant,
    c.channel_id,
    c.name,
    c.title,
    c.address,
    c.status,
    c.template_id,
    t.name AS template,
    t.ticket_type,
    c.rules_version,
    c.published_at
   FROM ((ticketing.channel c
     JOIN ticketing.tenant n USING (tenant_id))
     JOIN ticketing.template t USING (tenant_id, template_id));


ALTER TABLE ticketing.channel_report OWNER TO ticket_owner;

--
-- Name: channel_rules; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.channel_rules (
    tenant_id bigint NOT NULL,
    channel_id bigint NOT NULL,
    rules_version bigint NOT NULL,
    rules jsonb NOT NULL,
    published_at timestamp with time zone NOT NULL,
    published_by text NOT NULL
);


ALTER TABLE ticketing.channel_rules OWNER TO ticket_owner;

--
-- Name: intake_intake_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.intake ALTER COLUMN intake_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.intake_intake_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: intake_key; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.intake_key (
    tenant_id bigint NOT NULL,
    channel_id bigint NOT NULL,
    key ticketing.sha256_hash NOT NULL,
    intake_id bigint NOT NULL,
    expires_at timestamp with time zone NOT NULL
);


ALTER TABLE ticketing.intake_key OWNER TO ticket_owner;

--
-- Name: intake_report; Type: VIEW; Schema: ticketing; Owner: ticket_owner
--

CREATE VIEW ticketing.intake_report WITH (security_invoker='true') AS
 SELECT i.tenant_id,
    n.name AS tenant,
    i.intake_id,
    i.channel_id,
    c.name AS channel,
    i.verdict,
    i.reason,
    i.ticket_id,
    t.number,
    i.note_id,
    i.message_id,
    i.mail_from,
    i.rcpt,
    i.sender,
    i.authentication,
    i.authenticated_by,
    i.flags,
    i.class,
    i.evidence,
    i.detail,
    i.level,
    i.size,
    i.raw_sha256,
    i.raw_until,
    i.received_at,
    i.millis,
    i.seen,
    i.seen_at
   FROM (((ticketing.intake i
     JOIN ticketing.tenant n USING (tenant_id))
     JOIN ticketing.channel c USING (tenant_id, channel_id))
     LEFT JOIN ticketing.ticket t USING (tenant_id, ticket_id));


ALTER TABLE ticketing.intake_report OWNER TO ticket_owner;

--
-- Name: message_id; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.message_id (
    tenant_id bigint NOT NULL,
    message_id ticketing.some_text NOT NULL,
    ticket_id bigint NOT NULL,
    note_id bigint,
    direction ticketing.message_direction NOT NULL
);


ALTER TABLE ticketing.message_id OWNER TO ticket_owner;

--
-- Name: note; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.note (
    tenant_id bigint NOT NULL,
    note_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    visibility ticketing.note_visibility NOT NULL,
    author text NOT NULL,
    body text NOT NULL,
    body_full text,
    body_html text,
    source ticketing.note_source NOT NULL,
    notices text[] DEFAULT '{}'::text[] NOT NULL,
    unverified boolean DEFAULT false NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT note_check CHECK ((NOT (unverified AND ((visibility)::text = 'public'::text))))
);
ALTER TABLE ONLY ticketing.note ALTER COLUMN body SET COMPRESSION lz4;
ALTER TABLE ONLY ticketing.note ALTER COLUMN body_full SET COMPRESSION lz4;
ALTER TABLE ONLY ticketing.note ALTER COLUMN body_html SET COMPRESSION lz4;


ALTER TABLE ticketing.note OWNER TO ticket_owner;

--
-- Name: note_note_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.note ALTER COLUMN note_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.note_note_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: number_1_inc; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

CREATE SEQUENCE ticketing.number_1_inc
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE ticketing.number_1_inc OWNER TO ticket_owner;

--
-- Name: number_2_inc; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

CREATE SEQUENCE ticketing.number_2_inc
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


ALTER TABLE ticketing.number_2_inc OWNER TO ticket_owner;

--
-- Name: offer; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.offer (
    tenant_id bigint NOT NULL,
    offer_id bigint NOT NULL,
    name text NOT NULL,
    channel_id bigint,
    template_id bigint NOT NULL,
    hidden boolean DEFAULT false NOT NULL,
    defaults jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT offer_defaults_check CHECK ((jsonb_typeof(defaults) = 'object'::text)),
    CONSTRAINT offer_name_check CHECK ((name <> ''::text))
);


ALTER TABLE ticketing.offer OWNER TO ticket_owner;

--
-- Name: offer_offer_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.offer ALTER COLUMN offer_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.offer_offer_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: outbox; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.outbox (
    tenant_id bigint NOT NULL,
    outbox_id bigint NOT NULL,
    kind ticketing.outbox_kind NOT NULL,
    ticket_id bigint NOT NULL,
    note_id bigint,
    channel_id bigint,
    recipient ticketing.some_text NOT NULL,
    status ticketing.ticket_status,
    message_id text,
    state ticketing.outbox_state DEFAULT 'pending'::text NOT NULL,
    attempts bigint DEFAULT 0 NOT NULL,
    next_at timestamp with time zone NOT NULL,
    leased_by text,
    leased_until timestamp with time zone,
    last_error text,
    created_at timestamp with time zone NOT NULL
);


ALTER TABLE ticketing.outbox OWNER TO ticket_owner;

--
-- Name: outbox_outbox_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.outbox ALTER COLUMN outbox_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.outbox_outbox_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: participant; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.participant (
    tenant_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    address ticketing.some_text NOT NULL
);


ALTER TABLE ticketing.participant OWNER TO ticket_owner;

--
-- Name: reader; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.reader (
    tenant_id bigint NOT NULL,
    role text NOT NULL,
    CONSTRAINT reader_role_check CHECK ((role <> ''::text))
);


ALTER TABLE ticketing.reader OWNER TO ticket_owner;

--
-- Name: template_template_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.template ALTER COLUMN template_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.template_template_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: tenant_tenant_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.tenant ALTER COLUMN tenant_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.tenant_tenant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: ticket_field; Type: TABLE; Schema: ticketing; Owner: ticket_owner
--

CREATE TABLE ticketing.ticket_field (
    tenant_id bigint NOT NULL,
    ticket_id bigint NOT NULL,
    name ticketing.some_text NOT NULL,
    value ticketing.long_text NOT NULL,
    restricted boolean DEFAULT false NOT NULL
);


ALTER TABLE ticketing.ticket_field OWNER TO ticket_owner;

--
-- Name: ticket_report; Type: VIEW; Schema: ticketing; Owner: ticket_owner
--

CREATE VIEW ticketing.ticket_report WITH (security_invoker='true') AS
 SELECT t.tenant_id,
    n.name AS tenant,
    t.ticket_id,
    t.number,
    t.ticket_type,
    t.channel_id,
    c.name AS channel,
    t.offer_id,
    t.subject,
    t.description,
    t.description_full,
    t.description_html,
    t.requester,
    t.requester_name,
    t.priority,
    t.status,
    t.notices,
    t.created_at,
    t.updated_at,
    t.closed_at,
    t.reopened,
    t.linked_ticket_id,
    l.number AS linked
   FROM (((ticketing.ticket t
     JOIN ticketing.tenant n USING (tenant_id))
     LEFT JOIN ticketing.channel c USING (tenant_id, channel_id))
     LEFT JOIN ticketing.ticket l ON (((l.tenant_id = t.tenant_id) AND (l.ticket_id = t.linked_ticket_id))));


ALTER TABLE ticketing.ticket_report OWNER TO ticket_owner;

--
-- Name: ticket_ticket_id_seq; Type: SEQUENCE; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.ticket ALTER COLUMN ticket_id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME ticketing.ticket_ticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: migration; Type: TABLE; Schema: ticketing_meta; Owner: ticket_owner
--

CREATE TABLE ticketing_meta.migration (
    version bigint NOT NULL,
    name text NOT NULL,
    program text NOT NULL,
    applied_at timestamp with time zone NOT NULL
);


ALTER TABLE ticketing_meta.migration OWNER TO ticket_owner;

--
-- Data for Name: attachment; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.attachment (tenant_id, attachment_id, ticket_id, note_id, filename, content_type, size, sha256, disposition, content_id) FROM stdin;
1	1	1	\N	fire.png	image/png	28	\\xa010b05bd441d6c7d4c3ce317e81256e100141aaeef4b648f47b4986a51594af	attachment	\N
1	2	1	2	plan.txt	text/plain	28	\\x8ad4bbf04e51425bc58eaadc8d65bccb94fd2ad67d71fb8e188bbd9afc9b69d1	attachment	\N
\.


--
-- Data for Name: blob; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.blob (tenant_id, sha256, chunk_no, data) FROM stdin;
1	\\xa010b05bd441d6c7d4c3ce317e81256e100141aaeef4b648f47b4986a51594af	0	\\x89504e470d0a1a0a6e6f74207265616c6c7920612070696374757265
1	\\x8ad4bbf04e51425bc58eaadc8d65bccb94fd2ad67d71fb8e188bbd9afc9b69d1	0	\\x5468652073746169727320617265206f6e20746865206c6566742e0a
\.


--
-- Data for Name: channel; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.channel (tenant_id, channel_id, name, title, address, status, template_id, rules_version, published_at) FROM stdin;
1	1	support	Support Mailbox	support.392@acme.tickets.example.net	published	1	1	2026-11-28 18:31:32.24127+00
2	2	desk	Support Mailbox	desk.7@acme.tickets.example.net	published	2	1	2026-11-28 18:31:32.403325+00
\.


--
-- Data for Name: channel_rules; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.channel_rules (tenant_id, channel_id, rules_version, rules, published_at, published_by) FROM stdin;
1	1	1	{"fail": "alias", "name": "support", "title": "Support Mailbox", "closed": "note", "fields": [{"map": [], "from": "", "field": "category", "header": null, "default": "mail", "restricted": false}, {"map": [], "from": "body", "field": "description", "header": null, "default": null, "restricted": false}, {"map": ["high=P2", "low=P4", "normal=P3"], "from": "importance", "field": "priority", "header": null, "default": "P3", "restricted": false}, {"map": [], "from": "sender", "field": "requester", "header": null, "default": null, "restricted": false}, {"map": [], "from": "sender_name", "field": "requester_name", "header": null, "default": null, "restricted": false}, {"map": [], "from": "subject", "field": "subject", "header": null, "default": null, "restricted": false}], "tenant": "acme", "address": "support.392@acme.tickets.example.net", "aliases": ["helpdesk@acme.example", "support@acme.example"], "exclude": "none", "success": "none", "reply_to": null, "template": {"name": "incident", "fields": [{"name": "subject", "values": [], "required": true, "restricted": false}, {"name": "description", "values": [], "required": true, "restricted": false}, {"name": "requester", "values": [], "required": true, "restricted": false}, {"name": "priority", "values": ["P1", "P2", "P3", "P4"], "required": true, "restricted": false}, {"name": "category", "values": [], "required": true, "restricted": false}], "prefix": "INC", "ticket_type": "incident"}, "notes_fail": "none", "offer_from": null, "reopen_max": 5, "attach_mail": false, "notes_later": "none", "own_domains": ["acme.example", "acme.tickets.example.net"], "reopen_days": 30, "reply_types": ["incident"], "tell_status": ["closed"], "confirmation": true, "participants": "cc_allowed", "tickets_fail": "none", "impersonation": "flag", "tickets_later": "none", "authentication": "flag", "denied_domains": [], "stranger_reply": "unverified", "subject_change": "append", "allowed_domains": ["*.partner.example", "acme.example"], "autoreply_allow": [], "exclude_headers": [], "keep_attachments": "all", "autoreply_keywords": [], "attachment_max_size": 26214400, "autoreply_addresses": [], "exclude_autoreplies": true, "attachment_deny_names": []}	2026-11-28 18:31:32.24127+00	postgres
2	2	1	{"fail": "alias", "name": "desk", "title": "Support Mailbox", "closed": "note", "fields": [{"map": [], "from": "", "field": "category", "header": null, "default": "mail", "restricted": false}, {"map": [], "from": "body", "field": "description", "header": null, "default": null, "restricted": false}, {"map": ["high=P2", "low=P4", "normal=P3"], "from": "importance", "field": "priority", "header": null, "default": "P3", "restricted": false}, {"map": [], "from": "sender", "field": "requester", "header": null, "default": null, "restricted": false}, {"map": [], "from": "sender_name", "field": "requester_name", "header": null, "default": null, "restricted": false}, {"map": [], "from": "subject", "field": "subject", "header": null, "default": null, "restricted": false}], "tenant": "zeta", "address": "desk.7@acme.tickets.example.net", "aliases": ["desk@acme.example"], "exclude": "none", "success": "none", "reply_to": null, "template": {"name": "incident", "fields": [{"name": "subject", "values": [], "required": true, "restricted": false}, {"name": "description", "values": [], "required": true, "restricted": false}, {"name": "requester", "values": [], "required": true, "restricted": false}, {"name": "priority", "values": ["P1", "P2", "P3", "P4"], "required": true, "restricted": false}, {"name": "category", "values": [], "required": true, "restricted": false}], "prefix": "INC", "ticket_type": "incident"}, "notes_fail": "none", "offer_from": null, "reopen_max": 5, "attach_mail": false, "notes_later": "none", "own_domains": ["acme.example", "acme.tickets.example.net"], "reopen_days": 30, "reply_types": ["incident"], "tell_status": [], "confirmation": false, "participants": "cc_allowed", "tickets_fail": "none", "impersonation": "flag", "tickets_later": "none", "authentication": "flag", "denied_domains": [], "stranger_reply": "unverified", "subject_change": "append", "allowed_domains": ["*.partner.example", "acme.example"], "autoreply_allow": [], "exclude_headers": [], "keep_attachments": "all", "autoreply_keywords": [], "attachment_max_size": 26214400, "autoreply_addresses": [], "exclude_autoreplies": true, "attachment_deny_names": []}	2026-11-28 18:31:32.403325+00	postgres
\.


--
-- Data for Name: intake; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.intake (tenant_id, intake_id, channel_id, verdict, reason, ticket_id, note_id, message_id, mail_from, rcpt, sender, authentication, authenticated_by, flags, class, evidence, detail, level, size, raw_sha256, raw_until, received_at, millis, seen, seen_at) FROM stdin;
1	1	1	ticket	\N	1	\N	one@client.example	ann@acme.example	support@acme.example	ann@acme.example	none	\N	{}	human	\N	\N	full	543	\N	\N	2026-11-28 18:31:32.592997+00	14	1	2026-11-28 18:31:32.592997+00
1	2	1	note	\N	1	1	two@client.example	ann@acme.example	support.392+t-a-aealvnflzgo6t5awoda6kzfkbl3a@acme.tickets.example.net	ann@acme.example	none	\N	{}	human	\N	INC-1	full	232	\N	\N	2026-11-28 18:31:33.033594+00	2	1	2026-11-28 18:31:33.033594+00
1	3	1	ticket	\N	2	\N	three@client.example	bob@acme.example	support@acme.example	bob@acme.example	none	\N	{}	human	\N	\N	full	181	\N	\N	2026-11-28 18:31:33.302237+00	0	1	2026-11-28 18:31:33.302237+00
2	4	2	ticket	\N	3	\N	four@client.example	ann@acme.example	desk@acme.example	ann@acme.example	none	\N	{}	human	\N	\N	full	195	\N	\N	2026-11-28 18:31:33.654979+00	0	1	2026-11-28 18:31:33.654979+00
1	5	1	fail	domain_not_allowed	\N	\N	five@client.example	x@far.example	support@acme.example	x@far.example	none	\N	{}	human	\N	far.example	full	184	\N	\N	2026-11-28 18:31:33.677511+00	0	1	2026-11-28 18:31:33.677511+00
1	6	1	exclude	auto_generated	\N	\N	six@client.example	ann@acme.example	support@acme.example	ann@acme.example	none	\N	{}	autoreply	Auto-Submitted: auto-replied	Auto-Submitted: auto-replied	full	211	\N	\N	2026-11-28 18:31:33.683783+00	0	1	2026-11-28 18:31:33.683783+00
\.


--
-- Data for Name: intake_key; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.intake_key (tenant_id, channel_id, key, intake_id, expires_at) FROM stdin;
1	1	\\xfbed250adf4f0acb1484acd24c07d53a3293da0f681ee9dc5101361289c9b8fc	1	2026-12-06 18:31:32.592997+00
1	1	\\xcdc13c086c85863aba927eb30fd0895d5ff1342d9ad3a5479ce4b3abda817332	2	2026-12-06 18:31:33.033594+00
1	1	\\x34cafa18ffe724ab089e1fd9bc02e7a64907a28fe786641ef11608c61ad043ea	3	2026-12-06 18:31:33.302237+00
2	2	\\xe27ffbf916629ef092af32dbca9702d153f14c1d90d39bac87c31b419d6b3f18	4	2026-12-06 18:31:33.654979+00
1	1	\\xdc2649256312c8971e14747e45df063d83e251eef74668c833c98bb5c31011cd	5	2026-12-06 18:31:33.677511+00
1	1	\\x661e6f6c6e5a18557bf8a21beb46fb965733d1ead6bec47f57a0401c910db784	6	2026-12-06 18:31:33.683783+00
\.


--
-- Data for Name: message_id; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.message_id (tenant_id, message_id, ticket_id, note_id, direction) FROM stdin;
1	one@client.example	1	\N	in
1	t-a-aea3vnflzgo5d6u5jktqleupyniq@mx.example.net	1	\N	out
1	two@client.example	1	1	in
1	t-a-aeblvnflzgoxoav3c2qap7qlflfa@mx.example.net	1	2	out
1	three@client.example	2	\N	in
1	t-a-aibvokx5r4scuvjfyi5piynsge6q@mx.example.net	2	\N	out
1	t-a-aicfokx5r4sj5vmgtrz4mqv7eh6q@mx.example.net	2	\N	out
2	four@client.example	3	\N	in
\.


--
-- Data for Name: note; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.note (tenant_id, note_id, ticket_id, visibility, author, body, body_full, body_html, source, notices, unverified, created_at) FROM stdin;
1	1	1	public	ann@acme.example	Es brennt noch.	Es brennt noch.\n	\N	mail	{}	f	2026-11-28 18:31:33.033594+00
1	2	1	public	Bo	Please take the stairs.	\N	\N	agent	{}	f	2026-11-28 18:31:33.093008+00
1	3	2	internal	Bo	status: open -> closed	\N	\N	agent	{}	f	2026-11-28 18:31:33.507148+00
1	4	1	public	Bo	This waits for the upgrade.	\N	\N	agent	{}	f	2026-11-28 18:31:33.777164+00
\.


--
-- Data for Name: offer; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.offer (tenant_id, offer_id, name, channel_id, template_id, hidden, defaults) FROM stdin;
1	1	mail:support	1	1	t	{}
2	2	mail:desk	2	2	t	{}
\.


--
-- Data for Name: outbox; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.outbox (tenant_id, outbox_id, kind, ticket_id, note_id, channel_id, recipient, status, message_id, state, attempts, next_at, leased_by, leased_until, last_error, created_at) FROM stdin;
1	1	confirmation	1	\N	1	ann@acme.example	\N	t-a-aea3vnflzgo5d6u5jktqleupyniq@mx.example.net	sent	1	2026-11-28 18:31:32.592997+00	\N	\N	\N	2026-11-28 18:31:32.592997+00
1	2	note	1	2	1	ann@acme.example	\N	t-a-aeblvnflzgoxoav3c2qap7qlflfa@mx.example.net	sent	1	2026-11-28 18:31:33.093008+00	\N	\N	\N	2026-11-28 18:31:33.093008+00
1	3	confirmation	2	\N	1	bob@acme.example	\N	t-a-aibvokx5r4scuvjfyi5piynsge6q@mx.example.net	sent	1	2026-11-28 18:31:33.302237+00	\N	\N	\N	2026-11-28 18:31:33.302237+00
1	4	status	2	\N	1	bob@acme.example	closed	t-a-aicfokx5r4sj5vmgtrz4mqv7eh6q@mx.example.net	sent	1	2026-11-28 18:31:33.507148+00	\N	\N	\N	2026-11-28 18:31:33.507148+00
1	5	note	1	4	1	ann@acme.example	\N	\N	pending	0	2026-11-28 18:31:33.777164+00	\N	\N	\N	2026-11-28 18:31:33.777164+00
\.


--
-- Data for Name: participant; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.participant (tenant_id, ticket_id, address) FROM stdin;
1	1	ann@acme.example
1	2	bob@acme.example
2	3	ann@acme.example
\.


--
-- Data for Name: reader; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.reader (tenant_id, role) FROM stdin;
\.


--
-- Data for Name: template; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.template (tenant_id, template_id, name, ticket_type, prefix, status, fields) FROM stdin;
1	1	incident	incident	INC	published	[{"name": "subject", "values": [], "required": true, "restricted": false}, {"name": "description", "values": [], "required": true, "restricted": false}, {"name": "requester", "values": [], "required": true, "restricted": false}, {"name": "priority", "values": ["P1", "P2", "P3", "P4"], "required": true, "restricted": false}, {"name": "category", "values": [], "required": true, "restricted": false}]
2	2	incident	incident	INC	published	[{"name": "subject", "values": [], "required": true, "restricted": false}, {"name": "description", "values": [], "required": true, "restricted": false}, {"name": "requester", "values": [], "required": true, "restricted": false}, {"name": "priority", "values": ["P1", "P2", "P3", "P4"], "required": true, "restricted": false}, {"name": "category", "values": [], "required": true, "restricted": false}]
\.


--
-- Data for Name: tenant; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.tenant (tenant_id, name, created_at) FROM stdin;
1	acme	2026-11-28 18:31:32.24127+00
2	zeta	2026-11-28 18:31:32.403325+00
\.


--
-- Data for Name: ticket; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.ticket (tenant_id, ticket_id, number, ticket_type, channel_id, offer_id, subject, description, description_full, description_html, requester, requester_name, priority, status, notices, created_at, updated_at, closed_at, reopened, linked_ticket_id) FROM stdin;
1	2	INC-2	incident	1	1	Second	The printer on floor 3 is broken.	The printer on floor 3 is broken.\n	\N	bob@acme.example		P3	closed	{}	2026-11-28 18:31:33.302237+00	2026-11-28 18:31:33.507148+00	2026-11-28 18:31:33.507148+00	0	\N
2	3	INC-1	incident	2	2	At the other desk	The printer on floor 3 is broken.	The printer on floor 3 is broken.\n	\N	ann@acme.example	Ann	P3	open	{}	2026-11-28 18:31:33.654979+00	2026-11-28 18:31:33.654979+00	\N	0	\N
1	1	INC-1	incident	1	1	Drucker fängt Feuer	Der Drucker brennt, siehe Bild.	Der Drucker brennt, siehe Bild.	\N	ann@acme.example	Ann	P3	open	{}	2026-11-28 18:31:32.592997+00	2026-11-28 18:31:33.777164+00	\N	0	\N
\.


--
-- Data for Name: ticket_field; Type: TABLE DATA; Schema: ticketing; Owner: ticket_owner
--

COPY ticketing.ticket_field (tenant_id, ticket_id, name, value, restricted) FROM stdin;
1	1	category	mail	f
1	2	category	mail	f
2	3	category	mail	f
\.


--
-- Data for Name: migration; Type: TABLE DATA; Schema: ticketing_meta; Owner: ticket_owner
--

COPY ticketing_meta.migration (version, name, program, applied_at) FROM stdin;
1	0001_tables	ticket-milter 0.1.0	2026-11-28 18:31:31.396642+00
2	0002_milter_calls	ticket-milter 0.1.0	2026-11-28 18:31:32.029994+00
3	0003_ingest	ticket-milter 0.1.0	2026-11-28 18:31:32.043969+00
4	0004_agent_calls	ticket-milter 0.1.0	2026-11-28 18:31:32.065207+00
5	0005_admin_calls	ticket-milter 0.1.0	2026-11-28 18:31:32.068611+00
6	0006_reports	ticket-milter 0.1.0	2026-11-28 18:31:32.082173+00
7	0007_outbox	ticket-milter 0.1.0	2026-11-28 18:31:32.109707+00
\.


--
-- Name: attachment_attachment_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.attachment_attachment_id_seq', 2, true);


--
-- Name: channel_channel_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.channel_channel_id_seq', 2, true);


--
-- Name: intake_intake_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.intake_intake_id_seq', 6, true);


--
-- Name: note_note_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.note_note_id_seq', 4, true);


--
-- Name: number_1_inc; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.number_1_inc', 2, true);


--
-- Name: number_2_inc; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.number_2_inc', 1, true);


--
-- Name: offer_offer_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.offer_offer_id_seq', 2, true);


--
-- Name: outbox_outbox_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.outbox_outbox_id_seq', 5, true);


--
-- Name: template_template_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.template_template_id_seq', 2, true);


--
-- Name: tenant_tenant_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.tenant_tenant_id_seq', 2, true);


--
-- Name: ticket_ticket_id_seq; Type: SEQUENCE SET; Schema: ticketing; Owner: ticket_owner
--

SELECT pg_catalog.setval('ticketing.ticket_ticket_id_seq', 3, true);


--
-- Name: attachment attachment_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.attachment
    ADD CONSTRAINT attachment_pkey PRIMARY KEY (tenant_id, attachment_id);


--
-- Name: blob blob_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.blob
    ADD CONSTRAINT blob_pkey PRIMARY KEY (tenant_id, sha256, chunk_no);


--
-- Name: channel channel_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel
    ADD CONSTRAINT channel_pkey PRIMARY KEY (tenant_id, channel_id);


--
-- Name: channel_rules channel_rules_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel_rules
    ADD CONSTRAINT channel_rules_pkey PRIMARY KEY (tenant_id, channel_id, rules_version);


--
-- Name: channel channel_tenant_id_address_key; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel
    ADD CONSTRAINT channel_tenant_id_address_key UNIQUE (tenant_id, address);


--
-- Name: channel channel_tenant_id_channel_id_template_id_key; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel
    ADD CONSTRAINT channel_tenant_id_channel_id_template_id_key UNIQUE (tenant_id, channel_id, template_id);


--
-- Name: channel channel_tenant_id_name_key; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel
    ADD CONSTRAINT channel_tenant_id_name_key UNIQUE (tenant_id, name);


--
-- Name: intake_key intake_key_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake_key
    ADD CONSTRAINT intake_key_pkey PRIMARY KEY (tenant_id, channel_id, key);


--
-- Name: intake intake_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake
    ADD CONSTRAINT intake_pkey PRIMARY KEY (tenant_id, intake_id);


--
-- Name: message_id message_id_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.message_id
    ADD CONSTRAINT message_id_pkey PRIMARY KEY (tenant_id, message_id, ticket_id);


--
-- Name: note note_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.note
    ADD CONSTRAINT note_pkey PRIMARY KEY (tenant_id, note_id);


--
-- Name: offer offer_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.offer
    ADD CONSTRAINT offer_pkey PRIMARY KEY (tenant_id, offer_id);


--
-- Name: offer offer_tenant_id_name_key; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.offer
    ADD CONSTRAINT offer_tenant_id_name_key UNIQUE (tenant_id, name);


--
-- Name: outbox outbox_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.outbox
    ADD CONSTRAINT outbox_pkey PRIMARY KEY (tenant_id, outbox_id);


--
-- Name: participant participant_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.participant
    ADD CONSTRAINT participant_pkey PRIMARY KEY (tenant_id, ticket_id, address);


--
-- Name: reader reader_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.reader
    ADD CONSTRAINT reader_pkey PRIMARY KEY (tenant_id, role);


--
-- Name: template template_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.template
    ADD CONSTRAINT template_pkey PRIMARY KEY (tenant_id, template_id);


--
-- Name: template template_tenant_id_name_key; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.template
    ADD CONSTRAINT template_tenant_id_name_key UNIQUE (tenant_id, name);


--
-- Name: tenant tenant_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.tenant
    ADD CONSTRAINT tenant_pkey PRIMARY KEY (tenant_id);


--
-- Name: ticket_field ticket_field_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket_field
    ADD CONSTRAINT ticket_field_pkey PRIMARY KEY (tenant_id, ticket_id, name);


--
-- Name: ticket ticket_pkey; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket
    ADD CONSTRAINT ticket_pkey PRIMARY KEY (tenant_id, ticket_id);


--
-- Name: ticket ticket_tenant_id_number_key; Type: CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket
    ADD CONSTRAINT ticket_tenant_id_number_key UNIQUE (tenant_id, number);


--
-- Name: migration migration_pkey; Type: CONSTRAINT; Schema: ticketing_meta; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing_meta.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);


--
-- Name: attachment_content; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX attachment_content ON ticketing.attachment USING btree (sha256, tenant_id);


--
-- Name: attachment_ticket; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX attachment_ticket ON ticketing.attachment USING btree (ticket_id, tenant_id);


--
-- Name: channel_address; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX channel_address ON ticketing.channel USING btree (address);


--
-- Name: intake_key_expires; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX intake_key_expires ON ticketing.intake_key USING btree (tenant_id, expires_at);


--
-- Name: intake_key_intake; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX intake_key_intake ON ticketing.intake_key USING btree (intake_id, tenant_id);


--
-- Name: intake_raw; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX intake_raw ON ticketing.intake USING btree (raw_sha256, tenant_id) WHERE (raw_sha256 IS NOT NULL);


--
-- Name: intake_received; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX intake_received ON ticketing.intake USING btree (tenant_id, received_at);


--
-- Name: intake_sender; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX intake_sender ON ticketing.intake USING btree (sender, tenant_id, channel_id, received_at) WHERE ((verdict)::text = 'ticket'::text);


--
-- Name: intake_ticket; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX intake_ticket ON ticketing.intake USING btree (ticket_id, tenant_id, received_at) WHERE (ticket_id IS NOT NULL);


--
-- Name: message_id_ticket; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX message_id_ticket ON ticketing.message_id USING btree (ticket_id, tenant_id, note_id) WHERE ((direction)::text = 'in'::text);


--
-- Name: note_ticket; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX note_ticket ON ticketing.note USING btree (ticket_id, tenant_id, note_id);


--
-- Name: offer_channel; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX offer_channel ON ticketing.offer USING btree (tenant_id, channel_id);


--
-- Name: outbox_confirmation; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE UNIQUE INDEX outbox_confirmation ON ticketing.outbox USING btree (tenant_id, ticket_id) WHERE ((kind)::text = 'confirmation'::text);


--
-- Name: outbox_confirmed; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX outbox_confirmed ON ticketing.outbox USING btree (tenant_id, created_at) WHERE ((kind)::text = 'confirmation'::text);


--
-- Name: outbox_due; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX outbox_due ON ticketing.outbox USING btree (tenant_id, next_at, outbox_id) WHERE ((state)::text = 'pending'::text);


--
-- Name: tenant_name; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX tenant_name ON ticketing.tenant USING btree (name);


--
-- Name: ticket_created; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX ticket_created ON ticketing.ticket USING btree (tenant_id, created_at);


--
-- Name: ticket_linked; Type: INDEX; Schema: ticketing; Owner: ticket_owner
--

CREATE INDEX ticket_linked ON ticketing.ticket USING btree (linked_ticket_id, tenant_id) WHERE (linked_ticket_id IS NOT NULL);


--
-- Name: attachment attachment_tenant_id_note_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.attachment
    ADD CONSTRAINT attachment_tenant_id_note_id_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES ticketing.note(tenant_id, note_id);


--
-- Name: attachment attachment_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.attachment
    ADD CONSTRAINT attachment_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: blob blob_tenant_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.blob
    ADD CONSTRAINT blob_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES ticketing.tenant(tenant_id);


--
-- Name: channel_rules channel_rules_tenant_id_channel_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel_rules
    ADD CONSTRAINT channel_rules_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES ticketing.channel(tenant_id, channel_id);


--
-- Name: channel channel_tenant_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel
    ADD CONSTRAINT channel_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES ticketing.tenant(tenant_id);


--
-- Name: channel channel_tenant_id_template_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.channel
    ADD CONSTRAINT channel_tenant_id_template_id_fkey FOREIGN KEY (tenant_id, template_id) REFERENCES ticketing.template(tenant_id, template_id);


--
-- Name: intake_key intake_key_tenant_id_channel_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake_key
    ADD CONSTRAINT intake_key_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES ticketing.channel(tenant_id, channel_id);


--
-- Name: intake_key intake_key_tenant_id_intake_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake_key
    ADD CONSTRAINT intake_key_tenant_id_intake_id_fkey FOREIGN KEY (tenant_id, intake_id) REFERENCES ticketing.intake(tenant_id, intake_id) DEFERRABLE INITIALLY DEFERRED;


--
-- Name: intake intake_tenant_id_channel_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake
    ADD CONSTRAINT intake_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES ticketing.channel(tenant_id, channel_id);


--
-- Name: intake intake_tenant_id_note_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake
    ADD CONSTRAINT intake_tenant_id_note_id_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES ticketing.note(tenant_id, note_id);


--
-- Name: intake intake_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.intake
    ADD CONSTRAINT intake_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: message_id message_id_tenant_id_note_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.message_id
    ADD CONSTRAINT message_id_tenant_id_note_id_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES ticketing.note(tenant_id, note_id);


--
-- Name: message_id message_id_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.message_id
    ADD CONSTRAINT message_id_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: note note_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.note
    ADD CONSTRAINT note_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: offer offer_locks_template; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.offer
    ADD CONSTRAINT offer_locks_template FOREIGN KEY (tenant_id, channel_id, template_id) REFERENCES ticketing.channel(tenant_id, channel_id, template_id) ON UPDATE RESTRICT ON DELETE RESTRICT;


--
-- Name: offer offer_tenant_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.offer
    ADD CONSTRAINT offer_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES ticketing.tenant(tenant_id);


--
-- Name: offer offer_tenant_id_template_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.offer
    ADD CONSTRAINT offer_tenant_id_template_id_fkey FOREIGN KEY (tenant_id, template_id) REFERENCES ticketing.template(tenant_id, template_id);


--
-- Name: outbox outbox_tenant_id_note_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.outbox
    ADD CONSTRAINT outbox_tenant_id_note_id_fkey FOREIGN KEY (tenant_id, note_id) REFERENCES ticketing.note(tenant_id, note_id);


--
-- Name: outbox outbox_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.outbox
    ADD CONSTRAINT outbox_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: participant participant_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.participant
    ADD CONSTRAINT participant_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: reader reader_tenant_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.reader
    ADD CONSTRAINT reader_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES ticketing.tenant(tenant_id);


--
-- Name: template template_tenant_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.template
    ADD CONSTRAINT template_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES ticketing.tenant(tenant_id);


--
-- Name: ticket_field ticket_field_tenant_id_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket_field
    ADD CONSTRAINT ticket_field_tenant_id_ticket_id_fkey FOREIGN KEY (tenant_id, ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: ticket ticket_tenant_id_channel_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket
    ADD CONSTRAINT ticket_tenant_id_channel_id_fkey FOREIGN KEY (tenant_id, channel_id) REFERENCES ticketing.channel(tenant_id, channel_id);


--
-- Name: ticket ticket_tenant_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket
    ADD CONSTRAINT ticket_tenant_id_fkey FOREIGN KEY (tenant_id) REFERENCES ticketing.tenant(tenant_id);


--
-- Name: ticket ticket_tenant_id_linked_ticket_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket
    ADD CONSTRAINT ticket_tenant_id_linked_ticket_id_fkey FOREIGN KEY (tenant_id, linked_ticket_id) REFERENCES ticketing.ticket(tenant_id, ticket_id);


--
-- Name: ticket ticket_tenant_id_offer_id_fkey; Type: FK CONSTRAINT; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ONLY ticketing.ticket
    ADD CONSTRAINT ticket_tenant_id_offer_id_fkey FOREIGN KEY (tenant_id, offer_id) REFERENCES ticketing.offer(tenant_id, offer_id);


--
-- Name: attachment; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.attachment ENABLE ROW LEVEL SECURITY;

--
-- Name: attachment attachment_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY attachment_room ON ticketing.attachment FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: blob; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.blob ENABLE ROW LEVEL SECURITY;

--
-- Name: blob blob_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY blob_room ON ticketing.blob FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: channel; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.channel ENABLE ROW LEVEL SECURITY;

--
-- Name: channel channel_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY channel_room ON ticketing.channel FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: channel_rules; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.channel_rules ENABLE ROW LEVEL SECURITY;

--
-- Name: channel_rules channel_rules_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY channel_rules_room ON ticketing.channel_rules FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: intake; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.intake ENABLE ROW LEVEL SECURITY;

--
-- Name: intake_key; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.intake_key ENABLE ROW LEVEL SECURITY;

--
-- Name: intake_key intake_key_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY intake_key_room ON ticketing.intake_key FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: intake intake_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY intake_room ON ticketing.intake FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: message_id; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.message_id ENABLE ROW LEVEL SECURITY;

--
-- Name: message_id message_id_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY message_id_room ON ticketing.message_id FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: note; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.note ENABLE ROW LEVEL SECURITY;

--
-- Name: note note_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY note_room ON ticketing.note FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: offer; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.offer ENABLE ROW LEVEL SECURITY;

--
-- Name: offer offer_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY offer_room ON ticketing.offer FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: outbox; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.outbox ENABLE ROW LEVEL SECURITY;

--
-- Name: outbox outbox_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY outbox_room ON ticketing.outbox FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: participant; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.participant ENABLE ROW LEVEL SECURITY;

--
-- Name: participant participant_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY participant_room ON ticketing.participant FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: reader; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.reader ENABLE ROW LEVEL SECURITY;

--
-- Name: reader reader_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY reader_room ON ticketing.reader FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: template; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.template ENABLE ROW LEVEL SECURITY;

--
-- Name: template template_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY template_room ON ticketing.template FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: tenant; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.tenant ENABLE ROW LEVEL SECURITY;

--
-- Name: tenant tenant_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY tenant_room ON ticketing.tenant FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: ticket; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.ticket ENABLE ROW LEVEL SECURITY;

--
-- Name: ticket_field; Type: ROW SECURITY; Schema: ticketing; Owner: ticket_owner
--

ALTER TABLE ticketing.ticket_field ENABLE ROW LEVEL SECURITY;

--
-- Name: ticket_field ticket_field_all; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY ticket_field_all ON ticketing.ticket_field FOR SELECT TO ticket_restricted USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: ticket_field ticket_field_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY ticket_field_room ON ticketing.ticket_field FOR SELECT TO ticket_agent USING (((NOT restricted) AND (tenant_id = ANY (ticketing.my_tenants()))));


--
-- Name: ticket ticket_room; Type: POLICY; Schema: ticketing; Owner: ticket_owner
--

CREATE POLICY ticket_room ON ticketing.ticket FOR SELECT TO ticket_agent USING ((tenant_id = ANY (ticketing.my_tenants())));


--
-- Name: SCHEMA ticketing; Type: ACL; Schema: -; Owner: ticket_owner
--

GRANT USAGE ON SCHEMA ticketing TO ticket_milter;
GRANT USAGE ON SCHEMA ticketing TO ticket_notify;
GRANT USAGE ON SCHEMA ticketing TO ticket_agent;
GRANT USAGE ON SCHEMA ticketing TO ticket_admin;


--
-- Name: SCHEMA ticketing_meta; Type: ACL; Schema: -; Owner: ticket_owner
--

GRANT USAGE ON SCHEMA ticketing_meta TO ticket_admin;


--
-- Name: TYPE address_text; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.address_text FROM PUBLIC;


--
-- Name: TYPE attachment_disposition; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.attachment_disposition FROM PUBLIC;


--
-- Name: TYPE byte_count; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.byte_count FROM PUBLIC;


--
-- Name: TYPE ingest_result; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.ingest_result FROM PUBLIC;
GRANT ALL ON TYPE ticketing.ingest_result TO ticket_milter;


--
-- Name: TYPE intake_level; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.intake_level FROM PUBLIC;


--
-- Name: TYPE intake_verdict; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.intake_verdict FROM PUBLIC;


--
-- Name: TYPE long_text; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.long_text FROM PUBLIC;


--
-- Name: TYPE message_direction; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.message_direction FROM PUBLIC;


--
-- Name: TYPE note_source; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.note_source FROM PUBLIC;


--
-- Name: TYPE note_visibility; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.note_visibility FROM PUBLIC;


--
-- Name: TYPE outbox_kind; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.outbox_kind FROM PUBLIC;


--
-- Name: TYPE outbox_mail; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.outbox_mail FROM PUBLIC;
GRANT ALL ON TYPE ticketing.outbox_mail TO ticket_notify;
GRANT ALL ON TYPE ticketing.outbox_mail TO ticket_admin;


--
-- Name: TYPE outbox_state; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.outbox_state FROM PUBLIC;


--
-- Name: TYPE reply_result; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.reply_result FROM PUBLIC;


--
-- Name: TYPE sha256_hash; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.sha256_hash FROM PUBLIC;


--
-- Name: TYPE short_text; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.short_text FROM PUBLIC;


--
-- Name: TYPE some_text; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.some_text FROM PUBLIC;


--
-- Name: TYPE subject_text; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.subject_text FROM PUBLIC;


--
-- Name: TYPE ticket_status; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON TYPE ticketing.ticket_status FROM PUBLIC;


--
-- Name: FUNCTION lo_creat(integer); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.lo_creat(integer) FROM PUBLIC;


--
-- Name: FUNCTION lo_create(oid); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.lo_create(oid) FROM PUBLIC;


--
-- Name: FUNCTION lo_from_bytea(oid, bytea); Type: ACL; Schema: pg_catalog; Owner: postgres
--

REVOKE ALL ON FUNCTION pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;


--
-- Name: FUNCTION add_note(tenant_id bigint, number text, author text, visibility text, body text, filenames text[], content_types text[], contents bytea[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.add_note(tenant_id bigint, number text, author text, visibility text, body text, filenames text[], content_types text[], contents bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.add_note(tenant_id bigint, number text, author text, visibility text, body text, filenames text[], content_types text[], contents bytea[]) TO ticket_agent;


--
-- Name: FUNCTION attachment_data(tenant_id bigint, attachment_id bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.attachment_data(tenant_id bigint, attachment_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.attachment_data(tenant_id bigint, attachment_id bigint) TO ticket_agent;


--
-- Name: FUNCTION attachment_present(p_tenant_id bigint, p_hashes bytea[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.attachment_present(p_tenant_id bigint, p_hashes bytea[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.attachment_present(p_tenant_id bigint, p_hashes bytea[]) TO ticket_milter;


--
-- Name: FUNCTION attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea) TO ticket_milter;


--
-- Name: FUNCTION attachments_add(p_tenant_id bigint, p_ticket_id bigint, p_note_id bigint, p_names text[], p_types text[], p_sizes bigint[], p_hashes bytea[], p_dispositions text[], p_content_ids text[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.attachments_add(p_tenant_id bigint, p_ticket_id bigint, p_note_id bigint, p_names text[], p_types text[], p_sizes bigint[], p_hashes bytea[], p_dispositions text[], p_content_ids text[]) FROM PUBLIC;


--
-- Name: FUNCTION blob_used(p_tenant_id bigint, p_sha256 bytea); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.blob_used(p_tenant_id bigint, p_sha256 bytea) FROM PUBLIC;


--
-- Name: FUNCTION channel_find(p_tenant text, p_channel text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.channel_find(p_tenant text, p_channel text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.channel_find(p_tenant text, p_channel text) TO ticket_milter;
GRANT ALL ON FUNCTION ticketing.channel_find(p_tenant text, p_channel text) TO ticket_admin;


--
-- Name: FUNCTION confirmation_capped(p_tenant_id bigint, p_channel_id bigint, p_recipient text, p_now timestamp with time zone, p_pause interval, p_channel_hour bigint, p_tenant_hour bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.confirmation_capped(p_tenant_id bigint, p_channel_id bigint, p_recipient text, p_now timestamp with time zone, p_pause interval, p_channel_hour bigint, p_tenant_hour bigint) FROM PUBLIC;


--
-- Name: FUNCTION contents_put(p_tenant_id bigint, p_contents bytea[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.contents_put(p_tenant_id bigint, p_contents bytea[]) FROM PUBLIC;


--
-- Name: FUNCTION deadline_arm(p_deadline timestamp with time zone); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.deadline_arm(p_deadline timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.deadline_arm(p_deadline timestamp with time zone) TO ticket_milter;


--
-- Name: FUNCTION deadline_check(p_deadline timestamp with time zone); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.deadline_check(p_deadline timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION disable(p_tenant text, p_channel text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.disable(p_tenant text, p_channel text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.disable(p_tenant text, p_channel text) TO ticket_admin;


--
-- Name: FUNCTION facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text, p_key bytea, p_now timestamp with time zone, p_ticket_ids bigint[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text, p_key bytea, p_now timestamp with time zone, p_ticket_ids bigint[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text, p_key bytea, p_now timestamp with time zone, p_ticket_ids bigint[]) TO ticket_milter;
GRANT ALL ON FUNCTION ticketing.facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text, p_key bytea, p_now timestamp with time zone, p_ticket_ids bigint[]) TO ticket_admin;


--
-- Name: FUNCTION ingest(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_key_life interval, p_now timestamp with time zone, p_deadline timestamp with time zone, p_verdict text, p_reason text, p_class text, p_level text, p_message_id text, p_mail_from text, p_rcpt text, p_sender text, p_size bigint, p_millis bigint, p_raw_sha256 bytea, p_raw_until timestamp with time zone, p_subject text, p_body text, p_body_full text, p_body_html text, p_requester text, p_requester_name text, p_priority text, p_notices text[], p_participants text[], p_field_names text[], p_field_values text[], p_field_restricted boolean[], p_file_names text[], p_file_types text[], p_file_sizes bigint[], p_file_hashes bytea[], p_file_dispositions text[], p_file_content_ids text[], p_ticket_id bigint, p_author text, p_visibility text, p_source text, p_reply_types text[], p_confirm bigint[], p_rates bigint[], p_evidence text, p_detail text, p_linked_ticket_id bigint, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.ingest(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_key_life interval, p_now timestamp with time zone, p_deadline timestamp with time zone, p_verdict text, p_reason text, p_class text, p_level text, p_message_id text, p_mail_from text, p_rcpt text, p_sender text, p_size bigint, p_millis bigint, p_raw_sha256 bytea, p_raw_until timestamp with time zone, p_subject text, p_body text, p_body_full text, p_body_html text, p_requester text, p_requester_name text, p_priority text, p_notices text[], p_participants text[], p_field_names text[], p_field_values text[], p_field_restricted boolean[], p_file_names text[], p_file_types text[], p_file_sizes bigint[], p_file_hashes bytea[], p_file_dispositions text[], p_file_content_ids text[], p_ticket_id bigint, p_author text, p_visibility text, p_source text, p_reply_types text[], p_confirm bigint[], p_rates bigint[], p_evidence text, p_detail text, p_linked_ticket_id bigint, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[]) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.ingest(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_key_life interval, p_now timestamp with time zone, p_deadline timestamp with time zone, p_verdict text, p_reason text, p_class text, p_level text, p_message_id text, p_mail_from text, p_rcpt text, p_sender text, p_size bigint, p_millis bigint, p_raw_sha256 bytea, p_raw_until timestamp with time zone, p_subject text, p_body text, p_body_full text, p_body_html text, p_requester text, p_requester_name text, p_priority text, p_notices text[], p_participants text[], p_field_names text[], p_field_values text[], p_field_restricted boolean[], p_file_names text[], p_file_types text[], p_file_sizes bigint[], p_file_hashes bytea[], p_file_dispositions text[], p_file_content_ids text[], p_ticket_id bigint, p_author text, p_visibility text, p_source text, p_reply_types text[], p_confirm bigint[], p_rates bigint[], p_evidence text, p_detail text, p_linked_ticket_id bigint, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean, p_authentication text, p_authenticated_by text, p_flags text[]) TO ticket_milter;


--
-- Name: TABLE intake; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.intake TO ticket_admin;


--
-- Name: FUNCTION intake_claim(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_intake_id bigint, p_now timestamp with time zone, p_expires_at timestamp with time zone); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.intake_claim(p_tenant_id bigint, p_channel_id bigint, p_key bytea, p_intake_id bigint, p_now timestamp with time zone, p_expires_at timestamp with time zone) FROM PUBLIC;


--
-- Name: FUNCTION moment(p_time timestamp with time zone); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.moment(p_time timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.moment(p_time timestamp with time zone) TO ticket_agent;


--
-- Name: FUNCTION my_tenants(); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.my_tenants() FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.my_tenants() TO ticket_agent;


--
-- Name: FUNCTION number_folded(p_number text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.number_folded(p_number text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.number_folded(p_number text) TO ticket_agent;
GRANT ALL ON FUNCTION ticketing.number_folded(p_number text) TO ticket_admin;


--
-- Name: FUNCTION number_sequence(p_tenant_id bigint, p_prefix text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.number_sequence(p_tenant_id bigint, p_prefix text) FROM PUBLIC;


--
-- Name: FUNCTION outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_begin(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_message_id text) TO ticket_notify;


--
-- Name: FUNCTION outbox_failed(p_tenant_id bigint, p_outbox_id bigint, p_now timestamp with time zone, p_error text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_failed(p_tenant_id bigint, p_outbox_id bigint, p_now timestamp with time zone, p_error text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_failed(p_tenant_id bigint, p_outbox_id bigint, p_now timestamp with time zone, p_error text) TO ticket_notify;


--
-- Name: FUNCTION outbox_file(p_tenant_id bigint, p_outbox_id bigint, p_attachment_id bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_file(p_tenant_id bigint, p_outbox_id bigint, p_attachment_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_file(p_tenant_id bigint, p_outbox_id bigint, p_attachment_id bigint) TO ticket_notify;


--
-- Name: FUNCTION outbox_read(p_tenant_id bigint, p_outbox_id bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_read(p_tenant_id bigint, p_outbox_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_read(p_tenant_id bigint, p_outbox_id bigint) TO ticket_admin;


--
-- Name: FUNCTION outbox_retry(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_now timestamp with time zone, p_next_at timestamp with time zone, p_give_up interval, p_error text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_retry(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_now timestamp with time zone, p_next_at timestamp with time zone, p_give_up interval, p_error text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_retry(p_tenant_id bigint, p_outbox_id bigint, p_worker text, p_now timestamp with time zone, p_next_at timestamp with time zone, p_give_up interval, p_error text) TO ticket_notify;


--
-- Name: FUNCTION outbox_sent(p_tenant_id bigint, p_outbox_id bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_sent(p_tenant_id bigint, p_outbox_id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_sent(p_tenant_id bigint, p_outbox_id bigint) TO ticket_notify;


--
-- Name: FUNCTION outbox_take(p_tenant_id bigint, p_worker text, p_now timestamp with time zone, p_lease interval, p_count bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_take(p_tenant_id bigint, p_worker text, p_now timestamp with time zone, p_lease interval, p_count bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_take(p_tenant_id bigint, p_worker text, p_now timestamp with time zone, p_lease interval, p_count bigint) TO ticket_notify;


--
-- Name: FUNCTION outbox_tenants(p_now timestamp with time zone); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.outbox_tenants(p_now timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.outbox_tenants(p_now timestamp with time zone) TO ticket_notify;


--
-- Name: FUNCTION publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamp with time zone, OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamp with time zone, OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamp with time zone, OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text) TO ticket_admin;


--
-- Name: FUNCTION purge(p_tenant_id bigint, p_now timestamp with time zone, p_before timestamp with time zone, OUT keys bigint, OUT raws bigint, OUT intakes bigint, OUT blobs bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.purge(p_tenant_id bigint, p_now timestamp with time zone, p_before timestamp with time zone, OUT keys bigint, OUT raws bigint, OUT intakes bigint, OUT blobs bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.purge(p_tenant_id bigint, p_now timestamp with time zone, p_before timestamp with time zone, OUT keys bigint, OUT raws bigint, OUT intakes bigint, OUT blobs bigint) TO ticket_admin;


--
-- Name: FUNCTION rate_exceeded(p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_verdict text, p_now timestamp with time zone, p_rates bigint[]); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.rate_exceeded(p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_verdict text, p_now timestamp with time zone, p_rates bigint[]) FROM PUBLIC;


--
-- Name: FUNCTION reader_set(p_role text, p_tenant text, p_reads boolean); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.reader_set(p_role text, p_tenant text, p_reads boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.reader_set(p_role text, p_tenant text, p_reads boolean) TO ticket_admin;


--
-- Name: FUNCTION reply_check(p_tenant_id bigint, p_ticket_id bigint, p_sender text, p_reply_types text[], p_now timestamp with time zone, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.reply_check(p_tenant_id bigint, p_ticket_id bigint, p_sender text, p_reply_types text[], p_now timestamp with time zone, p_proof text, p_stranger text, p_closed text, p_reopen_for interval, p_reopen_max bigint, p_machine boolean) FROM PUBLIC;


--
-- Name: FUNCTION role_tenants(p_role name); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.role_tenants(p_role name) FROM PUBLIC;


--
-- Name: FUNCTION schema_version(); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.schema_version() FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.schema_version() TO ticket_milter;
GRANT ALL ON FUNCTION ticketing.schema_version() TO ticket_notify;
GRANT ALL ON FUNCTION ticketing.schema_version() TO ticket_agent;
GRANT ALL ON FUNCTION ticketing.schema_version() TO ticket_admin;


--
-- Name: FUNCTION set_status(tenant_id bigint, number text, status text, author text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.set_status(tenant_id bigint, number text, status text, author text) FROM PUBLIC;
GRANT ALL ON FUNCTION ticketing.set_status(tenant_id bigint, number text, status text, author text) TO ticket_agent;


--
-- Name: FUNCTION status_is_told(p_tenant_id bigint, p_ticket_id bigint, p_status text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.status_is_told(p_tenant_id bigint, p_ticket_id bigint, p_status text) FROM PUBLIC;


--
-- Name: FUNCTION tell_participants(p_tenant_id bigint, p_ticket_id bigint, p_kind text, p_note_id bigint, p_status text, p_author text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.tell_participants(p_tenant_id bigint, p_ticket_id bigint, p_kind text, p_note_id bigint, p_status text, p_author text) FROM PUBLIC;


--
-- Name: TABLE ticket; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.ticket TO ticket_agent;


--
-- Name: FUNCTION ticket_closed_at(t ticketing.ticket); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.ticket_closed_at(t ticketing.ticket) FROM PUBLIC;


--
-- Name: FUNCTION ticket_known(p_tenant_id bigint, p_number text); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.ticket_known(p_tenant_id bigint, p_number text) FROM PUBLIC;


--
-- Name: FUNCTION window_full(p_kind text, p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_now timestamp with time zone, p_count bigint, p_seconds bigint); Type: ACL; Schema: ticketing; Owner: ticket_owner
--

REVOKE ALL ON FUNCTION ticketing.window_full(p_kind text, p_tenant_id bigint, p_channel_id bigint, p_sender text, p_ticket_id bigint, p_now timestamp with time zone, p_count bigint, p_seconds bigint) FROM PUBLIC;


--
-- Name: TABLE attachment; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.attachment TO ticket_agent;


--
-- Name: TABLE channel; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.channel TO ticket_agent;


--
-- Name: TABLE template; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.template TO ticket_agent;


--
-- Name: TABLE tenant; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.tenant TO ticket_agent;


--
-- Name: TABLE channel_report; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.channel_report TO ticket_agent;


--
-- Name: TABLE channel_rules; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.channel_rules TO ticket_admin;


--
-- Name: TABLE intake_key; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.intake_key TO ticket_admin;


--
-- Name: TABLE intake_report; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.intake_report TO ticket_admin;


--
-- Name: TABLE message_id; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.message_id TO ticket_agent;


--
-- Name: TABLE note; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.note TO ticket_agent;


--
-- Name: TABLE offer; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.offer TO ticket_agent;


--
-- Name: TABLE outbox; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.outbox TO ticket_admin;


--
-- Name: TABLE participant; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.participant TO ticket_agent;


--
-- Name: TABLE reader; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.reader TO ticket_admin;


--
-- Name: TABLE ticket_field; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.ticket_field TO ticket_agent;


--
-- Name: TABLE ticket_report; Type: ACL; Schema: ticketing; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing.ticket_report TO ticket_agent;


--
-- Name: TABLE migration; Type: ACL; Schema: ticketing_meta; Owner: ticket_owner
--

GRANT SELECT ON TABLE ticketing_meta.migration TO ticket_admin;


--
-- Name: DEFAULT PRIVILEGES FOR TYPES; Type: DEFAULT ACL; Schema: -; Owner: ticket_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE ticket_owner REVOKE ALL ON TYPES  FROM PUBLIC;


--
-- Name: DEFAULT PRIVILEGES FOR FUNCTIONS; Type: DEFAULT ACL; Schema: -; Owner: ticket_owner
--

ALTER DEFAULT PRIVILEGES FOR ROLE ticket_owner REVOKE ALL ON FUNCTIONS  FROM PUBLIC;


--
-- PostgreSQL database dump complete
--


