-- Who reads which tenant, and which addresses belong to it.
-- Serves: 10
--
-- The walls between tenants are closed: a member of ticket_agent may read, and reads the tenants that it was given. Notices
-- with SQLSTATE TK020 are shown by `ticketctl migrate'.

-- Who reads a tenant: a role of a person, or of a group for all of its members. It is known by its name and by its number
-- at this server. So neither a role that was renamed nor another one that takes the name later reads what was given to this
-- one, and in a database that was restored at another server a number means nothing: `ticketctl reader renew'.
ALTER TABLE reader ADD COLUMN role_oid oid NOT NULL DEFAULT 0;
UPDATE reader r SET role_oid = g.oid FROM pg_roles g WHERE g.rolname = r.role;
ALTER TABLE reader ALTER COLUMN role_oid DROP DEFAULT;

-- Who reads all tenants, also those that are made later. In the schema without tenants.
CREATE TABLE ticketing_meta.reader_of_all (
    role text PRIMARY KEY CHECK (role <> ''),
    role_oid oid NOT NULL
);
GRANT SELECT ON ticketing_meta.reader_of_all TO ticket_admin;

-- What a role was given: by which role, and the tenant; NULL: all tenants. p_how is a privilege of pg_has_role(): USAGE for
-- what holds without SET ROLE, MEMBER for what it may take by it.
--
-- Superusers and members of ticket_owner read the tables whatever stands here. ticket_admin reads all tenants; that is
-- known by what it may call, which a role that is given its name does not have. The roles of the program give no tenant
-- to their members, who would all have the same.
CREATE FUNCTION role_given(p_role name, p_how text) RETURNS TABLE (via name, tenant_id bigint)
    LANGUAGE sql STABLE SET search_path = ticketing, pg_temp
    AS $$
    WITH me AS (SELECT g.oid, g.rolname FROM pg_roles g WHERE g.rolname = p_role),
    held AS (
        SELECT g.oid, g.rolname FROM me JOIN pg_roles g ON g.oid = me.oid
            OR (left(g.rolname, 7) <> 'ticket_' AND pg_has_role(me.oid, g.oid, p_how)))
    SELECT me.rolname, NULL::bigint FROM me
        WHERE pg_has_role(me.oid, 'ticket_owner', p_how)
           OR (me.rolname = 'ticket_admin'
               AND has_function_privilege(me.oid, 'ticketing.disable(text, text)', 'EXECUTE'))
    UNION ALL
    SELECT h.rolname, NULL FROM held h JOIN ticketing_meta.reader_of_all a ON a.role = h.rolname AND a.role_oid = h.oid
    UNION ALL
    SELECT h.rolname, r.tenant_id FROM held h JOIN reader r ON r.role = h.rolname AND r.role_oid = h.oid
$$;

-- Whether the caller reads all tenants, and otherwise those that it reads: what was given to the role that it acts as, and
-- that has logged in. So SET ROLE narrows and never widens. Both names are kept by the server: within a definer's function
-- they are still the caller's, and nobody sets them to a role that he does not belong to.
CREATE FUNCTION caller_reads(OUT everything boolean, OUT tenants bigint[])
    LANGUAGE plpgsql STABLE SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_role name := coalesce(nullif(current_setting('role'), 'none'), session_user);
    v_login_all boolean;
    v_role_all boolean;
    v_login bigint[];
    v_taken bigint[];
BEGIN
    SELECT bool_or(g.tenant_id IS NULL), array_agg(g.tenant_id) INTO v_login_all, v_login
        FROM role_given(session_user, 'MEMBER') g;
    SELECT bool_or(g.tenant_id IS NULL), array_agg(g.tenant_id) INTO v_role_all, v_taken
        FROM role_given(v_role, 'USAGE') g;
    everything := coalesce(v_login_all AND v_role_all, false);
    tenants := ARRAY(SELECT t.tenant_id FROM tenant t
                     WHERE (v_login_all OR t.tenant_id = ANY (v_login)) AND (v_role_all OR t.tenant_id = ANY (v_taken)));
END
$$;

-- The tenants that the caller reads. Asked once a statement: the policies ask within a sub-select.
CREATE OR REPLACE FUNCTION my_tenants() RETURNS bigint[]
    LANGUAGE sql STABLE SECURITY DEFINER COST 10000 SET search_path = ticketing, pg_temp
    AS $$ SELECT tenants FROM caller_reads() $$;
DROP FUNCTION role_tenants(name);

DO $$
DECLARE
    v_policy record;
BEGIN
    FOR v_policy IN SELECT p.policyname, p.tablename, p.qual FROM pg_policies p
                    WHERE p.schemaname = 'ticketing' AND p.qual LIKE '%my_tenants()%' LOOP
        EXECUTE format('ALTER POLICY %I ON %I USING (%s)', v_policy.policyname, v_policy.tablename,
                       replace(v_policy.qual, 'my_tenants()', '(SELECT my_tenants())::bigint[]'));
    END LOOP;
END
$$;

-- Roles that read all tenants until now, because they were held to none, keep that where they are somebody's: they can log
-- in, and nobody reads more by being a member of them. An installation without tenants has nobody to keep it for.
DO $$
DECLARE
    v_role record;
    v_told boolean := false;
BEGIN
    FOR v_role IN
        SELECT g.oid, g.rolname, g.rolcanlogin,
               (SELECT string_agg(m.rolname, ', ' ORDER BY m.rolname) FROM pg_roles m
                WHERE left(g.rolname, 7) <> 'ticket_' AND m.oid <> g.oid AND NOT m.rolsuper AND pg_has_role(m.oid, g.oid, 'MEMBER')
                  AND EXISTS (SELECT FROM reader r JOIN pg_roles h ON h.rolname = r.role
                              WHERE pg_has_role(m.oid, h.oid, 'MEMBER'))) AS held
        FROM pg_roles g
        WHERE NOT g.rolsuper AND pg_has_role(g.oid, 'ticket_agent', 'MEMBER')
          AND g.rolname <> 'ticket_admin' AND NOT pg_has_role(g.oid, 'ticket_owner', 'MEMBER')
          AND NOT EXISTS (SELECT FROM reader r JOIN pg_roles h ON h.rolname = r.role WHERE pg_has_role(g.oid, h.oid, 'MEMBER'))
          AND EXISTS (SELECT FROM tenant)
        ORDER BY g.rolname
    LOOP
        IF NOT v_told THEN
            RAISE NOTICE 'A role reads only the tenants that it was given from now on; ticketctl reader lists who reads what.'
                USING ERRCODE = 'TK020';
            v_told := true;
        END IF;
        IF v_role.rolcanlogin AND v_role.held IS NULL THEN
            INSERT INTO ticketing_meta.reader_of_all (role, role_oid) VALUES (v_role.rolname, v_role.oid);
            RAISE NOTICE '% reads ALL tenants, as before. To take that back: ticketctl reader remove % ''*''',
                v_role.rolname, v_role.rolname USING ERRCODE = 'TK020';
        ELSE
            RAISE NOTICE '% read all tenants and reads NO tenant from now on: %. To give it some: ticketctl reader add % TENANT...',
                v_role.rolname,
                CASE WHEN v_role.held IS NULL THEN 'it cannot log in, so nobody may be using it'
                     ELSE format('its members would read all with it (%s)', v_role.held) END,
                v_role.rolname USING ERRCODE = 'TK020';
        END IF;
    END LOOP;
END
$$;

-- Fails unless the caller reads what the names in p_tenants say; '*' stands for all. Returns the tenants' ids without it.
CREATE FUNCTION tenants_of_caller(p_tenants text[]) RETURNS bigint[]
    LANGUAGE plpgsql STABLE SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_reads record;
    v_missing text;
BEGIN
    SELECT * INTO v_reads FROM caller_reads();
    IF '*' = ANY (p_tenants) AND NOT v_reads.everything THEN
        RAISE EXCEPTION 'only who reads all tenants may do this for all; % does not', session_user USING ERRCODE = 'TK011';
    END IF;
    SELECT min(n.name) INTO v_missing FROM unnest(p_tenants) AS n (name)
        WHERE n.name <> '*' AND NOT EXISTS (SELECT FROM tenant t WHERE t.name = n.name AND t.tenant_id = ANY (v_reads.tenants));
    IF v_missing IS NOT NULL THEN
        RAISE EXCEPTION 'there is no tenant %: ticketctl tenant list shows those that there are', v_missing
            USING ERRCODE = 'TK011';
    END IF;
    RETURN ARRAY(SELECT t.tenant_id FROM tenant t WHERE t.name = ANY (p_tenants));
END
$$;

-- What a role reads now, in words and as a list ('*': all), and whether it may read at all.
CREATE FUNCTION role_reads(p_role text, OUT tenants text[], OUT words text, OUT agent boolean)
    LANGUAGE plpgsql STABLE SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_named text[];
BEGIN
    SELECT array_agg(n.name ORDER BY n.name),
           array_agg(n.name || CASE WHEN n.own THEN '' ELSE format(' (as a member of %s)', n.via) END ORDER BY n.name)
        INTO tenants, v_named
        FROM (SELECT coalesce(t.name, '*') AS name, bool_or(g.via = p_role) AS own, min(g.via::text) AS via
              FROM role_given(p_role, 'USAGE') g LEFT JOIN tenant t USING (tenant_id) GROUP BY 1) n;
    tenants := coalesce(tenants, '{}');
    IF '*' = ANY (tenants) THEN
        v_named := ARRAY[replace(v_named[array_position(tenants, '*')], '*', 'ALL tenants')];
        tenants := '{*}';
    END IF;
    words := format('%s reads %s', p_role,
        CASE cardinality(tenants) WHEN 0 THEN 'no tenant' WHEN 1 THEN v_named[1]
            ELSE array_to_string(v_named[:cardinality(v_named) - 1], ', ') || ' and ' || v_named[cardinality(v_named)] END);
    SELECT pg_has_role(g.oid, 'ticket_agent', 'MEMBER') INTO agent FROM pg_roles g WHERE g.rolname = p_role;
    agent := coalesce(agent, false);
END
$$;

-- Gives tenants to a role, or takes them back. The answer says what it reads afterwards.
DROP FUNCTION reader_set(text, text, boolean);
CREATE FUNCTION reader_set(p_role text, p_tenants text[], p_reads boolean,
                           OUT changed boolean, OUT tenants text[], OUT words text, OUT agent boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_tenants bigint[] := tenants_of_caller(p_tenants);
    v_all boolean := '*' = ANY (p_tenants);
    v_oid oid;
    v_some boolean;
BEGIN
    IF p_reads THEN
        SELECT g.oid INTO v_oid FROM pg_roles g
            WHERE g.rolname = p_role AND NOT g.rolsuper
              AND (left(g.rolname, 7) <> 'ticket_' OR g.rolname IN ('ticket_agent', 'ticket_restricted'));
        IF NOT FOUND THEN
            RAISE EXCEPTION '% is no role that tenants can be given to: one of a person or of a group of persons is right', p_role
                USING ERRCODE = 'TK011';
        END IF;
        INSERT INTO reader AS r (tenant_id, role, role_oid) SELECT t, p_role, v_oid FROM unnest(v_tenants) AS t
            ON CONFLICT (tenant_id, role) DO UPDATE SET role_oid = EXCLUDED.role_oid WHERE r.role_oid <> EXCLUDED.role_oid;
        changed := FOUND;
        INSERT INTO ticketing_meta.reader_of_all AS a (role, role_oid) SELECT p_role, v_oid WHERE v_all
            ON CONFLICT (role) DO UPDATE SET role_oid = EXCLUDED.role_oid WHERE a.role_oid <> EXCLUDED.role_oid;
        v_some := FOUND;
    ELSE
        DELETE FROM reader r WHERE r.role = p_role AND r.tenant_id = ANY (v_tenants);
        changed := FOUND;
        DELETE FROM ticketing_meta.reader_of_all a WHERE a.role = p_role AND v_all;
        v_some := FOUND;
    END IF;
    changed := changed OR v_some;
    SELECT * INTO tenants, words, agent FROM role_reads(p_role);
END
$$;
GRANT EXECUTE ON FUNCTION reader_set(text, text[], boolean) TO ticket_admin;

-- What was given to the name p_role is given to the role that has it now: after a restore at another server, or where a
-- role was made anew for the same person.
CREATE FUNCTION reader_renew(p_role text, OUT changed boolean, OUT tenants text[], OUT words text, OUT agent boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_given text[];
BEGIN
    v_given := ARRAY(SELECT t.name FROM reader r JOIN tenant t USING (tenant_id) WHERE r.role = p_role
                     UNION ALL SELECT '*' FROM ticketing_meta.reader_of_all a WHERE a.role = p_role);
    IF v_given = '{}' THEN
        RAISE EXCEPTION 'nothing was ever given to %: ticketctl reader add % TENANT', p_role, p_role USING ERRCODE = 'TK011';
    END IF;
    SELECT * INTO changed, tenants, words, agent FROM reader_set(p_role, v_given, true);
END
$$;
GRANT EXECUTE ON FUNCTION reader_renew(text) TO ticket_admin;

-- Stops a channel of a tenant that the caller reads. NULL: there is none; false: it was not published.
CREATE OR REPLACE FUNCTION disable(p_tenant text, p_channel text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_tenant_id bigint;
    v_channel_id bigint;
    v_status text;
BEGIN
    SELECT c.tenant_id, c.channel_id, c.status INTO v_tenant_id, v_channel_id, v_status
        FROM tenant n JOIN channel c USING (tenant_id)
        WHERE n.name = p_tenant AND c.name = p_channel AND n.tenant_id = ANY (my_tenants()) FOR UPDATE OF c;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE channel c SET status = 'disabled'
        WHERE c.tenant_id = v_tenant_id AND c.channel_id = v_channel_id AND c.status = 'published';
    RETURN FOUND;
END
$$;
