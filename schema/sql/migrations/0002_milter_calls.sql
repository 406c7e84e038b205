-- What the milter's role may call, and nothing else. Every function runs as ticket_owner.
--
-- Own SQLSTATEs, of class TK (schema/sqlstate.c knows them):
--   TK001 the caller's deadline has passed: nothing was written
--   TK002 a rate window is full: try again later
--   TK003 the channel is not in the database
--   TK004 the call refers to a content that is not stored
--
-- No call waits for a lock for ever: a caller that gives up leaves its backend behind, waiting, and while somebody
-- holds a table those would add up to all connections that the server has. Writing calls are bounded by deadline_arm,
-- reading ones by a lock_timeout of their own.

CREATE FUNCTION schema_version() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$ SELECT coalesce(max(version), 0) FROM ticketing_meta.migration $$;
GRANT EXECUTE ON FUNCTION schema_version() TO ticket_milter, ticket_notify, ticket_agent, ticket_admin;

CREATE FUNCTION channel_find(p_tenant text, p_channel text)
    RETURNS TABLE (tenant_id bigint, channel_id bigint, status text, rules_version bigint, ticket_type text, prefix text)
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
    SELECT c.tenant_id, c.channel_id, c.status, c.rules_version, t.ticket_type, t.prefix
    FROM tenant n
    JOIN channel c USING (tenant_id)
    JOIN template t USING (tenant_id, template_id)
    WHERE n.name = p_tenant AND c.name = p_channel
$$;
GRANT EXECUTE ON FUNCTION channel_find(text, text) TO ticket_milter, ticket_admin;

-- When the ticket was closed; NULL where it is not.
CREATE FUNCTION ticket_closed_at(t ticket) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$ SELECT CASE WHEN t.status = 'closed' THEN coalesce(t.closed_at, t.updated_at) END $$;

-- What the database knows about the keys of one mail, one row each:
--   channel     status of the channel (always there unless the channel is not; rules_version in ticket_id)
--   intake      the stored ticket of this intake key
--   token       position in p_ticket_ids, which tokens of ours prove, and that ticket
--   message_id  position in p_message_ids and the ticket that it belongs to
--   number      position in p_numbers and that ticket
-- Rows of one kind come in the order of their positions; where one Message-ID belongs to several tickets, those of the
-- same channel come first. participant says whether p_sender is one of that ticket's; closed_for are the
-- seconds since it was closed.
--
-- The plan costs more than all of its look-ups, so it is made once a connection: by plpgsql, since a function in SQL is
-- planned in every call, and for no parameters in particular. It must not depend on how small the tables were at that
-- moment, so it reads by index, and OFFSET 0 keeps each look-up a look-up: a planner that knows nothing of the tables
-- might join them from the other end.
CREATE FUNCTION facts(p_tenant_id bigint, p_channel_id bigint, p_message_ids text[], p_numbers text[], p_sender text,
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
GRANT EXECUTE ON FUNCTION facts(bigint, bigint, text[], text[], text, bytea, timestamptz, bigint[])
    TO ticket_milter, ticket_admin;

-- The deadline of the caller, as a moment of this server's clock. The client keeps an estimate of that clock which
-- can only be behind it, so this moment is never later than the one at which the client gives up and tells the
-- sender 451. Called as the last act before the commit: a backend that was stopped, or waited, until after that
-- moment commits nothing, although nobody is there any more to tell it.
CREATE FUNCTION deadline_check(p_deadline timestamptz) RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    IF clock_timestamp() > p_deadline THEN
        RAISE EXCEPTION 'the deadline has passed' USING ERRCODE = 'TK001';
    END IF;
END
$$;

-- Begins a transaction of the milter: no wait for a lock reaches beyond the deadline.
CREATE FUNCTION deadline_arm(p_deadline timestamptz) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    PERFORM deadline_check(p_deadline);
    PERFORM set_config('lock_timeout',
        greatest(1, (extract(epoch FROM p_deadline - clock_timestamp()) * 1000)::bigint)::text || 'ms', true);
END
$$;
GRANT EXECUTE ON FUNCTION deadline_arm(timestamptz) TO ticket_milter;

-- The sequence that counts the tickets of one tenant and prefix; publish() makes it. A sequence of PostgreSQL and no
-- counter row: two mails never wait for each other, and the price is a gap where a transaction fails.
CREATE FUNCTION number_sequence(p_tenant_id bigint, p_prefix text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$
BEGIN
    RETURN format('ticketing.number_%s_%s', p_tenant_id, lower(p_prefix COLLATE "C")); -- plpgsql keeps what SQL plans in every call
END
$$;

-- Which of these contents are stored already; those stay until the end of the transaction.
CREATE FUNCTION attachment_present(p_tenant_id bigint, p_hashes bytea[]) RETURNS SETOF bytea
    LANGUAGE sql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
    SELECT sha256 FROM blob
    WHERE tenant_id = p_tenant_id AND sha256 = ANY (p_hashes) AND chunk_no = 0
    ORDER BY sha256
    FOR KEY SHARE
$$;
GRANT EXECUTE ON FUNCTION attachment_present(bigint, bytea[]) TO ticket_milter;

-- Stores one chunk; a content that is there already is left as it is. Contents must come in the order of their
-- sha256 and all chunks of one in one transaction, from 0.
CREATE FUNCTION attachment_put(p_tenant_id bigint, p_sha256 bytea, p_chunk_no bigint, p_data bytea) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
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
GRANT EXECUTE ON FUNCTION attachment_put(bigint, bytea, bigint, bytea) TO ticket_milter;
