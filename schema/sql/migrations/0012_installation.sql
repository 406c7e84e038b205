-- The name that all hosts on one database share. It scopes tokens, Message-IDs and X-Ticket-Loop (rules/token.h). It
-- stands in the schema that knows no tenants.
-- Serves: 12

-- The names that the installation had before (former) still count where a mail of ours comes back.
CREATE TABLE ticketing_meta.installation (
    name text PRIMARY KEY CHECK (name ~ '^[a-z0-9._-]{1,255}$'),
    former boolean NOT NULL,
    named_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX installation_name ON ticketing_meta.installation (former) WHERE NOT former;
GRANT SELECT ON ticketing_meta.installation TO ticket_admin;

-- The name, then the former ones from the newest to the oldest. No row: it was never named.
CREATE FUNCTION installation() RETURNS TABLE (name text, former boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$
    SELECT i.name, i.former FROM ticketing_meta.installation i ORDER BY i.former, i.named_at DESC, i.name
$$;
GRANT EXECUTE ON FUNCTION installation() TO ticket_milter, ticket_notify, ticket_agent, ticket_admin;

-- Gives the installation the name p_name, or leaves its name where p_name is NULL or p_once and it has one; a name that it
-- had becomes a former one. Adds p_former to the former names and takes p_forgotten from them. For the owner alone.
-- A mail with a forged token is compared with each name, so there are at most 16.
CREATE FUNCTION installation_set(p_name text, p_once boolean, p_former text[], p_forgotten text[], p_now timestamptz)
    RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    c_names CONSTANT int := 16;
    v_name text := lower(p_name COLLATE "C");
    v_other text;
BEGIN
    LOCK TABLE ticketing_meta.installation IN SHARE ROW EXCLUSIVE MODE;
    IF v_name IS NOT NULL AND NOT EXISTS (SELECT FROM ticketing_meta.installation i
                                          WHERE NOT i.former AND (p_once OR i.name = v_name)) THEN
        UPDATE ticketing_meta.installation SET former = true WHERE NOT former;
        INSERT INTO ticketing_meta.installation (name, former, named_at) VALUES (v_name, false, p_now)
            ON CONFLICT (name) DO UPDATE SET former = false, named_at = p_now;
    END IF;
    FOREACH v_other IN ARRAY p_former LOOP
        INSERT INTO ticketing_meta.installation (name, former, named_at) VALUES (lower(v_other COLLATE "C"), true, p_now)
            ON CONFLICT DO NOTHING;
    END LOOP;
    FOREACH v_other IN ARRAY p_forgotten LOOP
        DELETE FROM ticketing_meta.installation i WHERE i.name = lower(v_other COLLATE "C") AND i.former;
        IF NOT FOUND THEN
            RAISE EXCEPTION '% is no former name of the installation', v_other USING ERRCODE = 'TK011';
        END IF;
    END LOOP;
    IF (SELECT count(*) FROM ticketing_meta.installation) > c_names THEN
        RAISE EXCEPTION 'an installation has at most % names: forget a former one', c_names USING ERRCODE = 'TK011';
    END IF;
END
$$;
