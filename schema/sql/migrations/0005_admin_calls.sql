-- What ticket_admin may call: publish, disable, purge.
--
-- Own SQLSTATEs: TK010 the template of a published channel cannot change, TK011 the input contradicts what is stored.

-- Makes a tenant, template, channel and silent offer what the files say. Says what changed; NULL means nothing did.
-- p_template: {name, ticket_type, prefix, status, fields}; p_channel: {name, title, address, status, offer_from}.
CREATE FUNCTION publish(p_tenant text, p_template jsonb, p_channel jsonb, p_rules jsonb, p_now timestamptz,
                        OUT tenant_id bigint, OUT channel_id bigint, OUT rules_version bigint, OUT changed text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
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
GRANT EXECUTE ON FUNCTION publish(text, jsonb, jsonb, jsonb, timestamptz) TO ticket_admin;

-- Stops a channel on all gateways at once. False: it was not published. NULL: there is no such channel.
CREATE FUNCTION disable(p_tenant text, p_channel text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
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
GRANT EXECUTE ON FUNCTION disable(text, text) TO ticket_admin;

-- Removes what has had its time, of one tenant: expired keys, raw mails past their date, intake rows without a ticket
-- older than p_before, then contents that nobody refers to.
CREATE FUNCTION purge(p_tenant_id bigint, p_now timestamptz, p_before timestamptz,
                      OUT keys bigint, OUT raws bigint, OUT intakes bigint, OUT blobs bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
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
GRANT EXECUTE ON FUNCTION purge(bigint, timestamptz, timestamptz) TO ticket_admin;

CREATE FUNCTION blob_used(p_tenant_id bigint, p_sha256 bytea) RETURNS boolean
    LANGUAGE sql SET search_path = ticketing, pg_temp
    AS $$
    SELECT EXISTS (SELECT FROM attachment WHERE tenant_id = p_tenant_id AND sha256 = p_sha256)
        OR EXISTS (SELECT FROM intake WHERE tenant_id = p_tenant_id AND raw_sha256 = p_sha256)
$$;

-- Holds a role to a tenant, or no longer. False: nothing changed.
CREATE FUNCTION reader_set(p_role text, p_tenant text, p_reads boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = ticketing, pg_temp
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
GRANT EXECUTE ON FUNCTION reader_set(text, text, boolean) TO ticket_admin;
