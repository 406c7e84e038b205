-- roles: what `init` makes before the first migration. It can be run again at any time.
-- Roles belong to the whole server, so they are no migration. None has a password: the way in is the unix socket with
-- an ident map, or whatever pg_hba.conf says. ticket_owner owns every object and cannot log in.
DO $$
DECLARE
    v_role text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['ticket_owner', 'ticket_milter', 'ticket_notify', 'ticket_agent', 'ticket_restricted', 'ticket_admin'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I %s NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS',
                               v_role, CASE v_role WHEN 'ticket_owner' THEN 'NOLOGIN' ELSE 'LOGIN' END);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another init was faster
            END;
        END IF;
    END LOOP;
    -- The one who runs init and migrate acts as the owner; a superuser may do so anyway.
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        EXECUTE format('GRANT ticket_owner TO %I', current_user);
    END IF;
END
$$;
-- Two at once are one after the other: the second waits here for the first one's schema, or else for the lock below, which
-- nobody but the owner can take.
DO $$
BEGIN
    CREATE SCHEMA IF NOT EXISTS ticketing AUTHORIZATION ticket_owner;
    CREATE SCHEMA IF NOT EXISTS ticketing_meta AUTHORIZATION ticket_owner;
EXCEPTION WHEN duplicate_schema OR unique_violation THEN
    NULL; -- another init was faster, and made both
END
$$;
-- Which migrations were applied. In a schema of its own: it knows no tenants.
CREATE TABLE IF NOT EXISTS ticketing_meta.migration (
    version bigint PRIMARY KEY,
    name text NOT NULL,
    program text NOT NULL,
    applied_at timestamptz NOT NULL
);
LOCK TABLE ticketing_meta.migration IN SHARE ROW EXCLUSIVE MODE;
ALTER TABLE ticketing_meta.migration OWNER TO ticket_owner;
-- What every role of the server may do in this database, and so those of the program, is more than they need. It is taken
-- away where the database holds nothing of others, who may need it; either is told (SQLSTATE TK020).
DO $$
DECLARE
    v_shared boolean := EXISTS (
        SELECT FROM pg_namespace n
        WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'ticketing', 'ticketing_meta')
          AND (n.nspname <> 'public'
               OR EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid
                          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                                          AND d.deptype = 'e'))
               OR EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid
                          AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid
                                          AND d.deptype = 'e'))));
    v_right record;
BEGIN
    FOR v_right IN
        SELECT r.name, r.means FROM (VALUES
            (format('TEMPORARY ON DATABASE %I', current_database()), 'temporary tables',
             has_database_privilege('public', current_database(), 'TEMPORARY')),
            ('CREATE ON SCHEMA public', 'tables and functions in the schema public',
             coalesce(has_schema_privilege('public', to_regnamespace('public')::oid, 'CREATE'), false)),
            ('EXECUTE ON FUNCTION lo_creat(int), lo_create(oid), lo_from_bytea(oid, bytea)', 'large objects',
             (SELECT rolsuper FROM pg_roles WHERE rolname = current_user)
             AND has_function_privilege('public', 'lo_creat(int)', 'EXECUTE')))
            AS r (name, means, held)
        WHERE r.held
    LOOP
        IF v_shared THEN
            RAISE NOTICE 'All roles may make % here, also those of this program, which need none. Others use this database, so that was left as it is. To end it: REVOKE % FROM PUBLIC',
                v_right.means, v_right.name USING ERRCODE = 'TK020';
        ELSE
            EXECUTE format('REVOKE %s FROM PUBLIC', v_right.name);
            RAISE NOTICE 'All roles could make % here; this right was taken from them, for this database alone. To give it to one: GRANT % TO ROLE',
                v_right.means, v_right.name USING ERRCODE = 'TK020';
        END IF;
    END LOOP;
END
$$;
-- ticket_restricted and ticket_admin read what an agent reads; only ticket_restricted sees restricted fields.
GRANT ticket_agent TO ticket_restricted, ticket_admin;
-- What the calls assume, whatever the database has for a default. The programs set it at each connection too
-- (schema/sql/queries.sql), but behind a pooler that gives every transaction another one only this counts.
DO $$
DECLARE
    v_role text;
    v_setting text[];
BEGIN
    FOREACH v_role IN ARRAY ARRAY['ticket_milter', 'ticket_notify', 'ticket_agent', 'ticket_restricted', 'ticket_admin'] LOOP
        EXECUTE format('ALTER ROLE %I IN DATABASE %I SET default_transaction_isolation = %L', v_role, current_database(),
                       'read committed');
    END LOOP;
    FOREACH v_role IN ARRAY ARRAY['ticket_milter', 'ticket_notify', 'ticket_admin'] LOOP
        FOREACH v_setting SLICE 1 IN ARRAY ARRAY[['statement_timeout', '0'], ['idle_session_timeout', '0'], ['row_security', 'on'],
                ['client_min_messages', 'notice'], ['standard_conforming_strings', 'on'], ['array_nulls', 'on']] LOOP
            EXECUTE format('ALTER ROLE %I IN DATABASE %I SET %I = %L', v_role, current_database(), v_setting[1], v_setting[2]);
        END LOOP;
    END LOOP;
END
$$;
-- A client that vanished in the middle of a transaction must not hold an intake key for long, and a statement whose
-- client has gone need not be finished.
ALTER ROLE ticket_milter SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE ticket_milter SET client_connection_check_interval = '2s';
ALTER ROLE ticket_notify SET idle_in_transaction_session_timeout = '60s';
ALTER ROLE ticket_notify SET client_connection_check_interval = '2s';
-- Without IN SCHEMA: a default for one schema cannot take back what the default for all gives.
ALTER DEFAULT PRIVILEGES FOR ROLE ticket_owner REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE ticket_owner REVOKE USAGE ON TYPES FROM PUBLIC;
GRANT USAGE ON SCHEMA ticketing_meta TO ticket_admin;
GRANT SELECT ON ticketing_meta.migration TO ticket_admin;
