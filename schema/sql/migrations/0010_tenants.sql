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

-- The domains in which the addresses of a tenant's channels lie: "example.com", or "*.example.com" for its sub-domains. In
-- lower case and A-labels.
CREATE TABLE tenant_domain (
    tenant_id bigint NOT NULL REFERENCES tenant (tenant_id),
    domain text NOT NULL CHECK (domain NOT IN ('', '*') AND domain = lower(domain COLLATE "C") AND strpos(domain, '@') = 0),
    PRIMARY KEY (tenant_id, domain)
);
CREATE INDEX tenant_domain_name ON tenant_domain (domain);

-- The addresses of each channel, folded (rules/address.h). An address or alias belongs to one channel of the installation;
-- channels may share a folder. publish() keeps that under its lock, since no key goes across tenants.
ALTER INDEX channel_address RENAME TO channel_by_address;
CREATE TABLE channel_address (
    tenant_id bigint NOT NULL,
    channel_id bigint NOT NULL,
    address text NOT NULL CHECK (address ~ '.@.'),
    kind text NOT NULL CHECK (kind IN ('address', 'alias', 'folder')),
    PRIMARY KEY (tenant_id, channel_id, address),
    FOREIGN KEY (tenant_id, channel_id) REFERENCES channel (tenant_id, channel_id)
);
CREATE INDEX channel_address_all ON channel_address (address);

DO $$
DECLARE
    v_table text;
BEGIN
    FOREACH v_table IN ARRAY ARRAY['tenant_domain', 'channel_address'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', v_table);
        EXECUTE format('CREATE POLICY %I ON %I FOR SELECT TO ticket_agent USING (tenant_id = ANY ((SELECT my_tenants())::bigint[]))',
                       v_table || '_room', v_table);
        EXECUTE format('GRANT SELECT ON %I TO ticket_agent', v_table);
    END LOOP;
END
$$;

CREATE FUNCTION address_domain(p_address text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$ SELECT substring(p_address FROM '@([^@]*)$') $$;

-- The address without its "+detail".
CREATE FUNCTION address_base(p_address text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$
    SELECT CASE WHEN p_address ~ '^[^"@+]+[+]' THEN split_part(p_address, '+', 1) || '@' || address_domain(p_address)
                ELSE p_address END
$$;

-- Whether p_name is the domain p_pattern, or one of its sub-domains where that begins with "*.".
CREATE FUNCTION domain_in(p_name text, p_pattern text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$
    SELECT CASE WHEN left(p_pattern, 2) = '*.' THEN strpos(reverse(p_name), reverse(substr(p_pattern, 2))) = 1
                                                    AND char_length(p_name) > char_length(p_pattern) - 1
                ELSE p_name = p_pattern END
$$;

-- Whether an address can lie in both domains.
CREATE FUNCTION domains_meet(p_one text, p_other text) RETURNS boolean
    LANGUAGE sql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$
    SELECT p_one = p_other
        OR (left(p_one, 2) = '*.' AND domain_in(ltrim(p_other, '*.'), p_one))
        OR (left(p_other, 2) = '*.' AND domain_in(ltrim(p_one, '*.'), p_other))
$$;

-- What was published by earlier versions belongs to whom it was published for. What two have is told, and refused where it
-- is published again.
INSERT INTO channel_address (tenant_id, channel_id, address, kind)
    SELECT DISTINCT ON (tenant_id, channel_id, address) * FROM (
        SELECT c.tenant_id, c.channel_id, lower(coalesce(r.rules ->> 'address', c.address) COLLATE "C") AS address, 'address' AS kind
            FROM channel c LEFT JOIN channel_rules r USING (tenant_id, channel_id, rules_version)
        UNION ALL
        SELECT tenant_id, channel_id, lower(a.address COLLATE "C"), 'alias'
            FROM channel c JOIN channel_rules r USING (tenant_id, channel_id, rules_version)
            CROSS JOIN jsonb_array_elements_text(CASE jsonb_typeof(r.rules -> 'aliases') WHEN 'array' THEN r.rules -> 'aliases' END)
                AS a (address)
        UNION ALL
        SELECT tenant_id, channel_id, lower(f.address COLLATE "C"), 'folder'
            FROM channel c JOIN channel_rules r USING (tenant_id, channel_id, rules_version)
            CROSS JOIN unnest(ARRAY[r.rules ->> 'success', r.rules ->> 'fail', r.rules ->> 'exclude']) AS f (address)
        ) a
    WHERE address ~ '.@.'
    ORDER BY tenant_id, channel_id, address, kind;
INSERT INTO tenant_domain (tenant_id, domain) SELECT DISTINCT tenant_id, address_domain(address) FROM channel_address;
DO $$
DECLARE
    v_shared record;
BEGIN
    FOR v_shared IN
        SELECT a.address, string_agg(n.name || '/' || c.name, ', ' ORDER BY n.name, c.name) AS channels
        FROM channel_address a JOIN channel c USING (tenant_id, channel_id) JOIN tenant n USING (tenant_id)
        GROUP BY a.address HAVING count(*) > 1 AND NOT bool_and(a.kind = 'folder') ORDER BY a.address
    LOOP
        RAISE NOTICE 'The address % is published for more than one channel (%); these can be published again when one of them has it',
            v_shared.address, v_shared.channels USING ERRCODE = 'TK020';
    END LOOP;
    FOR v_shared IN
        SELECT d.domain, string_agg(n.name, ', ' ORDER BY n.name) AS tenants FROM tenant_domain d JOIN tenant n USING (tenant_id)
        GROUP BY d.domain HAVING count(*) > 1 ORDER BY d.domain
    LOOP
        RAISE NOTICE 'The domain % belongs to more than one tenant, since each has addresses in it: %. Each may publish any address there that no other has',
            v_shared.domain, v_shared.tenants USING ERRCODE = 'TK020';
    END LOOP;
END
$$;

-- Gives domains to a tenant that is there. One that another tenant has too only where p_shared says that this is meant.
CREATE FUNCTION tenant_domains_add(p_tenant_id bigint, p_domains text[], p_shared boolean) RETURNS boolean
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_other record;
BEGIN
    SELECT p.domain AS wanted, d.domain, n.name INTO v_other
        FROM unnest(p_domains) AS p (domain) JOIN tenant_domain d ON domains_meet(d.domain, p.domain) JOIN tenant n USING (tenant_id)
        WHERE d.tenant_id <> p_tenant_id
          AND NOT EXISTS (SELECT FROM tenant_domain m WHERE m.tenant_id = p_tenant_id AND m.domain = p.domain)
        ORDER BY 1, 2, 3 LIMIT 1;
    IF FOUND AND NOT p_shared THEN
        RAISE EXCEPTION 'domain %: the tenant % has % already; --shared says that both may have addresses there',
            v_other.wanted, v_other.name, v_other.domain USING ERRCODE = 'TK011';
    END IF;
    INSERT INTO tenant_domain (tenant_id, domain) SELECT DISTINCT p_tenant_id, d FROM unnest(p_domains) AS d ON CONFLICT DO NOTHING;
    RETURN FOUND;
END
$$;

-- Makes a tenant with its domains, or gives domains to one that is there. For those who read all tenants.
CREATE FUNCTION tenant_add(p_tenant text, p_domains text[], p_shared boolean, p_now timestamptz, OUT made boolean, OUT changed boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_tenant_id bigint;
BEGIN
    PERFORM tenants_of_caller('{*}');
    LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE;
    SELECT t.tenant_id INTO v_tenant_id FROM tenant t WHERE t.name = p_tenant;
    made := NOT FOUND;
    IF made THEN
        INSERT INTO tenant AS t (name, created_at) VALUES (p_tenant, p_now) RETURNING t.tenant_id INTO v_tenant_id;
    END IF;
    changed := tenant_domains_add(v_tenant_id, p_domains, p_shared) OR made;
END
$$;
GRANT EXECUTE ON FUNCTION tenant_add(text, text[], boolean, timestamptz) TO ticket_admin;

-- Gives domains to a tenant or takes them away; one in which a channel of it has an address stays. For those who read all
-- tenants. False: nothing changed.
CREATE FUNCTION tenant_domain_set(p_tenant text, p_domains text[], p_has boolean, p_shared boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_tenant_id bigint;
    v_used record;
    v_changed boolean;
BEGIN
    PERFORM tenants_of_caller('{*}');
    LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE;
    v_tenant_id := (tenants_of_caller(ARRAY[p_tenant]))[1];
    IF p_has THEN
        RETURN tenant_domains_add(v_tenant_id, p_domains, p_shared);
    END IF;
    DELETE FROM tenant_domain d WHERE d.tenant_id = v_tenant_id AND d.domain = ANY (p_domains);
    v_changed := FOUND;
    SELECT a.address, c.name INTO v_used FROM channel_address a JOIN channel c USING (tenant_id, channel_id)
        WHERE a.tenant_id = v_tenant_id
          AND EXISTS (SELECT FROM unnest(p_domains) AS p (domain) WHERE domain_in(address_domain(a.address), p.domain))
          AND NOT EXISTS (SELECT FROM tenant_domain d
                          WHERE d.tenant_id = v_tenant_id AND domain_in(address_domain(a.address), d.domain))
        ORDER BY a.address LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the channel %/% has the address % there; publish it with another one first', p_tenant, v_used.name,
            v_used.address USING ERRCODE = 'TK011';
    END IF;
    RETURN v_changed;
END
$$;
GRANT EXECUTE ON FUNCTION tenant_domain_set(text, text[], boolean, boolean) TO ticket_admin;

-- Takes the addresses of a channel into channel_address: [{kind, address}], folded. Each lies in a domain of the tenant, and
-- an address or alias is neither one of another channel nor a folder of one. The caller holds the lock of publish().
CREATE FUNCTION publish_addresses(p_tenant_id bigint, p_channel_id bigint, p_addresses jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_option CONSTANT jsonb := '{"address": "channel.address", "alias": "channel.aliases", "folder": "channel.folders"}';
    v_tenant text := (SELECT t.name FROM tenant t WHERE t.tenant_id = p_tenant_id);
    v_bad record;
BEGIN
    SELECT n.kind, n.address INTO v_bad FROM jsonb_to_recordset(p_addresses) AS n (kind text, address text)
        WHERE NOT EXISTS (SELECT FROM tenant_domain d
                          WHERE d.tenant_id = p_tenant_id AND domain_in(address_domain(n.address), d.domain))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% = "%": lies in no domain of the tenant %; ticketctl tenant domain add % %', v_option ->> v_bad.kind,
            v_bad.address, v_tenant, v_tenant, address_domain(v_bad.address) USING ERRCODE = 'TK011';
    END IF;
    SELECT n.kind, n.address, a.tenant_id = ANY (my_tenants()) AS seen, a.kind = 'folder' AS folder,
           format('%s/%s', t.name, c.name) AS channel INTO v_bad
        FROM jsonb_to_recordset(p_addresses) AS n (kind text, address text)
        JOIN channel_address a ON NOT (n.kind = 'folder' AND a.kind = 'folder')
            AND (a.tenant_id, a.channel_id) <> (p_tenant_id, p_channel_id)
            AND (a.address = n.address
                 OR ((a.tenant_id <> p_tenant_id OR 'folder' IN (a.kind, n.kind))
                     AND (a.address = address_base(n.address) OR address_base(a.address) = n.address)))
        JOIN channel c ON c.tenant_id = a.tenant_id AND c.channel_id = a.channel_id
        JOIN tenant t ON t.tenant_id = a.tenant_id
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% = "%": is % of %; an address belongs to one channel of the installation', v_option ->> v_bad.kind,
            v_bad.address, CASE WHEN v_bad.folder THEN 'a folder' ELSE 'an address' END,
            CASE WHEN v_bad.seen THEN v_bad.channel ELSE 'another tenant' END USING ERRCODE = 'TK011';
    END IF;
    DELETE FROM channel_address a WHERE a.tenant_id = p_tenant_id AND a.channel_id = p_channel_id;
    INSERT INTO channel_address (tenant_id, channel_id, address, kind)
        SELECT DISTINCT ON (n.address) p_tenant_id, p_channel_id, n.address, n.kind
        FROM jsonb_to_recordset(p_addresses) AS n (kind text, address text)
        ORDER BY n.address, n.kind;
END
$$;

-- Makes a template what the file says, and says what changed.
CREATE FUNCTION publish_template(p_tenant_id bigint, p_template jsonb, OUT template_id bigint, OUT changed text)
    LANGUAGE plpgsql SET search_path = ticketing, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    v_template template;
BEGIN
    SELECT * INTO v_template FROM template t WHERE t.tenant_id = p_tenant_id AND t.name = p_template ->> 'name';
    IF NOT FOUND THEN
        INSERT INTO template AS t (tenant_id, name, ticket_type, prefix, status, fields)
            VALUES (p_tenant_id, p_template ->> 'name', p_template ->> 'ticket_type', p_template ->> 'prefix',
                    p_template ->> 'status', coalesce(p_template -> 'fields', '[]'))
            RETURNING t.template_id INTO publish_template.template_id;
        changed := 'template made';
    ELSE
        publish_template.template_id := v_template.template_id;
        IF (v_template.ticket_type, v_template.prefix) <> (p_template ->> 'ticket_type', p_template ->> 'prefix')
           AND EXISTS (SELECT FROM offer o WHERE o.tenant_id = p_tenant_id AND o.template_id = v_template.template_id) THEN
            RAISE EXCEPTION 'template % is published with ticket type % and prefix %, which cannot change',
                v_template.name, v_template.ticket_type, v_template.prefix USING ERRCODE = 'TK010';
        END IF;
        UPDATE template t SET ticket_type = p_template ->> 'ticket_type', prefix = p_template ->> 'prefix',
                              status = p_template ->> 'status', fields = coalesce(p_template -> 'fields', '[]')
            WHERE t.tenant_id = p_tenant_id AND t.template_id = v_template.template_id
              AND (t.ticket_type, t.prefix, t.status, t.fields) IS DISTINCT FROM
                  (p_template ->> 'ticket_type', p_template ->> 'prefix', p_template ->> 'status',
                   coalesce(p_template -> 'fields', '[]'));
        IF FOUND THEN
            changed := 'template changed';
        END IF;
    END IF;
    EXECUTE format('CREATE SEQUENCE IF NOT EXISTS %s AS bigint', number_sequence(p_tenant_id, p_template ->> 'prefix'));
END
$$;

-- An offer fills what the template requires and no field rule of the channel fills, with values that the template has.
CREATE FUNCTION publish_offer_check(p_template jsonb, p_rules jsonb, p_offer text, p_defaults jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE SET search_path = ticketing, pg_temp
    AS $$
DECLARE
    v_bad record;
BEGIN
    SELECT f ->> 'name' AS name INTO v_bad FROM jsonb_array_elements(p_template -> 'fields') AS f
        WHERE (f ->> 'required')::boolean AND coalesce(p_defaults ->> (f ->> 'name'), '') = ''
          AND NOT EXISTS (SELECT FROM jsonb_array_elements(p_rules -> 'fields') AS r
                          WHERE r ->> 'field' = f ->> 'name' AND (r ->> 'from' <> '' OR r ->> 'default' <> ''))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'channel.fields: nothing fills %, which the template % requires, nor does the offer %; add { field = "%"; default = "..."; }',
            v_bad.name, p_template ->> 'name', p_offer, v_bad.name USING ERRCODE = 'TK011';
    END IF;
    SELECT d.key, d.value, (SELECT string_agg(v, ', ') FROM jsonb_array_elements_text(f -> 'values') AS v) AS allowed INTO v_bad
        FROM jsonb_each_text(p_defaults) d
        JOIN jsonb_array_elements(p_template -> 'fields') AS f ON f ->> 'name' = d.key
        WHERE jsonb_array_length(f -> 'values') > 0 AND NOT f -> 'values' ? d.value
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'channel.offer_from = "%": its default % = "%": none of %', p_offer, v_bad.key, v_bad.value, v_bad.allowed
            USING ERRCODE = 'TK011';
    END IF;
    IF char_length(p_defaults ->> 'priority') > 64 THEN
        RAISE EXCEPTION 'channel.offer_from = "%": its default priority has more than 64 letters', p_offer USING ERRCODE = 'TK011';
    END IF;
END
$$;

-- Makes a template, channel and silent offer of a tenant what the files say. Says what changed; NULL means nothing did.
-- p_template: {name, ticket_type, prefix, status, fields}; p_channel: {name, title, address, status, offer_from, addresses},
-- where addresses is for publish_addresses(), the channel's own first; without it there is but that one.
CREATE OR REPLACE FUNCTION publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamptz,
                        OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    v_channel channel;
    v_changes text[] := '{}';
    v_change text;
    v_template_id bigint;
    v_defaults jsonb := '{}';
    v_status text := p_channel ->> 'status';
    v_addresses jsonb := coalesce(nullif(p_channel -> 'addresses', 'null'), jsonb_build_array(jsonb_build_object(
        'kind', 'address', 'address', lower(p_channel ->> 'address' COLLATE "C"))));
BEGIN
    -- Publishing is rare: one at a time, since names of tenants and addresses are unique across tenants and no key
    -- can say so.
    LOCK TABLE tenant IN SHARE ROW EXCLUSIVE MODE;
    SELECT t.tenant_id INTO publish.tenant_id FROM tenant t WHERE t.name = p_tenant AND t.tenant_id = ANY (my_tenants());
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no tenant %; to make it: ticketctl tenant add % --domain %', p_tenant, p_tenant,
            address_domain(v_addresses -> 0 ->> 'address') USING ERRCODE = 'TK011';
    END IF;
    SELECT t.template_id, t.changed INTO v_template_id, v_change FROM publish_template(publish.tenant_id, p_template) t;
    v_changes := v_changes || v_change;

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
    PERFORM publish_addresses(publish.tenant_id, publish.channel_id, v_addresses);

    IF v_status = 'published' THEN
        IF p_channel ->> 'offer_from' IS NOT NULL THEN
            SELECT o.defaults INTO v_defaults FROM offer o
                WHERE o.tenant_id = publish.tenant_id AND o.name = p_channel ->> 'offer_from';
            IF NOT FOUND THEN
                RAISE EXCEPTION 'there is no offer %', p_channel ->> 'offer_from' USING ERRCODE = 'TK011';
            END IF;
            PERFORM publish_offer_check(p_template, p_rules, p_channel ->> 'offer_from', v_defaults);
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

-- What an offer filled before this version is restricted now where the field is.
DO $$
DECLARE
    v_field record;
    v_count bigint;
BEGIN
    FOR v_field IN SELECT o.tenant_id, o.channel_id, d.key, d.value FROM offer o CROSS JOIN jsonb_each_text(o.defaults) d
                   WHERE o.channel_id IS NOT NULL AND field_restricted(o.tenant_id, o.channel_id, d.key) LOOP
        UPDATE ticket_field f SET restricted = true FROM ticket t
            WHERE f.tenant_id = v_field.tenant_id AND f.name = v_field.key AND NOT f.restricted AND f.value = v_field.value
              AND t.tenant_id = f.tenant_id AND t.ticket_id = f.ticket_id AND t.channel_id = v_field.channel_id;
        GET DIAGNOSTICS v_count = ROW_COUNT;
        IF v_count > 0 THEN
            RAISE NOTICE 'The field % of % tickets was filled by an offer and readable by all agents; it is restricted now',
                v_field.key, v_count USING ERRCODE = 'TK020';
        END IF;
    END LOOP;
END
$$;
