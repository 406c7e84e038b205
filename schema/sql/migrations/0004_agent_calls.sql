-- What agents may call: answer a ticket, move it on, fetch an attachment.

-- The ticket, locked; one of a tenant that the caller does not read is not there.
CREATE FUNCTION ticket_known(p_tenant_id bigint, p_number text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
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

-- Puts a mail to each participant of a ticket but p_author into the outbox.
CREATE FUNCTION tell_participants(p_tenant_id bigint, p_ticket_id bigint, p_kind text, p_note_id bigint, p_status text,
                                  p_author text) RETURNS void
    LANGUAGE sql SET search_path = ticketing, pg_temp
    AS $$
    INSERT INTO outbox (tenant_id, kind, ticket_id, note_id, channel_id, recipient, status, next_at, created_at)
        SELECT p_tenant_id, p_kind, p_ticket_id, p_note_id, t.channel_id, p.address, p_status, now(), now()
        FROM ticket t
        JOIN participant p USING (tenant_id, ticket_id)
        WHERE t.tenant_id = p_tenant_id AND t.ticket_id = p_ticket_id AND p.address <> lower(p_author COLLATE "C") COLLATE "default"
        ORDER BY p.address
$$;

-- Stores contents by their sha256, in its order, as the milter does. A hash that the caller gives would have to be believed.
CREATE FUNCTION contents_put(p_tenant_id bigint, p_contents bytea[]) RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
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

-- Adds an agent's note and returns its id. A public note goes out to every participant but its author, with its files.
--
-- The files come in the same call, and not one by one to a note that is there: a mail that is stored holds its contents and
-- waits for the ticket, so who holds the ticket must not wait for contents. Only one call can keep that order for its callers,
-- and the mail cannot go out before its files are there.
CREATE FUNCTION add_note(tenant_id bigint, number text, author text, visibility text, body text,
                         filenames text[] DEFAULT '{}', content_types text[] DEFAULT '{}', contents bytea[] DEFAULT '{}')
    RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
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
$$;
GRANT EXECUTE ON FUNCTION add_note(bigint, text, text, text, text, text[], text[], bytea[]) TO ticket_agent;

-- Whether the participants of a ticket are told of this status, by the rules of its channel that were published last.
CREATE FUNCTION status_is_told(p_tenant_id bigint, p_ticket_id bigint, p_status text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = ticketing, pg_temp
    AS $$
    SELECT EXISTS (
        SELECT FROM ticket t
        JOIN channel c USING (tenant_id, channel_id)
        JOIN channel_rules r USING (tenant_id, channel_id, rules_version)
        WHERE t.tenant_id = p_tenant_id AND t.ticket_id = p_ticket_id AND r.rules -> 'tell_status' ? p_status)
$$;

-- Sets a ticket's status; an internal note says who did it, and a mail tells the participants where the channel lists
-- the status. The one it has already changes nothing.
CREATE FUNCTION set_status(tenant_id bigint, number text, status text, author text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
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
GRANT EXECUTE ON FUNCTION set_status(bigint, text, text, text) TO ticket_agent;

-- The content of an attachment, chunk by chunk.
CREATE FUNCTION attachment_data(tenant_id bigint, attachment_id bigint) RETURNS SETOF bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
    SELECT b.data
    FROM attachment a
    JOIN blob b ON b.tenant_id = a.tenant_id AND b.sha256 = a.sha256
    WHERE a.tenant_id = attachment_data.tenant_id AND a.attachment_id = attachment_data.attachment_id
      AND attachment_data.tenant_id = ANY (my_tenants())
    ORDER BY b.chunk_no
$$;
GRANT EXECUTE ON FUNCTION attachment_data(bigint, bigint) TO ticket_agent;
