-- Which programs a version of the schema serves.
-- Serves: 8
--
-- Gateways are upgraded one by one, so a program has to run on a schema that is newer than itself. A program is known by
-- its newest migration. From here on each migration states, in a line `-- Serves: N` as above, the oldest program that
-- still runs when it is applied:
--   one that only adds (tables, columns with a default, functions) serves what the one before it serves;
--   one that changes or drops what an older program calls serves itself alone. It also drops or renames a call that the
--   older program makes for every mail, so that a program that is connected already stops at once, with 451.
-- schema/embed.awk and `migrate' write the number down; programs of before this migration refuse any newer schema.
ALTER TABLE ticketing_meta.migration ADD COLUMN serves bigint;
UPDATE ticketing_meta.migration SET serves = version;
ALTER TABLE ticketing_meta.migration ALTER COLUMN serves SET NOT NULL;
ALTER TABLE ticketing_meta.migration ADD CONSTRAINT migration_serves CHECK (serves BETWEEN 1 AND version);

-- The oldest program that the schema serves. A program asks where the schema is newer than itself.
CREATE FUNCTION schema_serves() RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET lock_timeout = '20s' SET search_path = ticketing, pg_temp
    AS $$ SELECT max(serves) FROM ticketing_meta.migration $$;
GRANT EXECUTE ON FUNCTION schema_serves() TO ticket_milter, ticket_notify, ticket_agent, ticket_admin;
