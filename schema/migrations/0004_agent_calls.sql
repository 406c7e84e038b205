-- What agents may call: answer a ticket, move it on, fetch an attachment.

CREATE FUNCTION ticket_known(p_tenant_id bigint, p_number text) RETURNS bigint
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_ticket_id bigint;
BEGIN
    SELECT t.ticket_id INTO v_ticket_id FROM ticket t
        WHERE t.tenant_id = p_tenant_id AND t.number = upper(p_number) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no ticket %', p_number USING ERRCODE = 'no_data_found';
    END IF;
    RETURN v_ticket_id;
END
$$;

-- Adds an agent's note and returns its id. A public note goes out to every participant but its author.
CREATE FUNCTION add_note(tenant_id bigint, number text, author text, visibility text, body text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    v_ticket_id bigint := ticket_known(add_note.tenant_id, add_note.number);
    v_note_id bigint;
BEGIN
    UPDATE ticket t SET updated_at = now() WHERE t.tenant_id = add_note.tenant_id AND t.ticket_id = v_ticket_id;
    INSERT INTO note AS n (tenant_id, ticket_id, visibility, author, body, source, created_at)
        VALUES (add_note.tenant_id, v_ticket_id, add_note.visibility, add_note.author, add_note.body, 'agent', now())
        RETURNING n.note_id INTO v_note_id;
    IF add_note.visibility = 'public' THEN
        INSERT INTO outbox (tenant_id, kind, ticket_id, note_id, recipient, next_at, created_at)
            SELECT p.tenant_id, 'note', p.ticket_id, v_note_id, p.address, now(), now()
            FROM participant p
            WHERE p.tenant_id = add_note.tenant_id AND p.ticket_id = v_ticket_id
              AND p.address <> lower(add_note.author)
            ORDER BY p.address;
    END IF;
    RETURN v_note_id;
END
$$;
GRANT EXECUTE ON FUNCTION add_note(bigint, text, text, text, text) TO ticket_agent;

-- Sets a ticket's status; an internal note says who did it. The status it has already changes nothing.
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
    ORDER BY b.chunk_no
$$;
GRANT EXECUTE ON FUNCTION attachment_data(bigint, bigint) TO ticket_agent;
