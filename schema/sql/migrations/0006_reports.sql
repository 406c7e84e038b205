-- Tables with the names that people use. The views see what their reader may see.

CREATE VIEW channel_report WITH (security_invoker = true) AS
    SELECT c.tenant_id, n.name AS tenant, c.channel_id, c.name, c.title, c.address, c.status, c.template_id,
           t.name AS template, t.ticket_type, c.rules_version, c.published_at
    FROM channel c
    JOIN tenant n USING (tenant_id)
    JOIN template t USING (tenant_id, template_id);

CREATE VIEW ticket_report WITH (security_invoker = true) AS
    SELECT t.tenant_id, n.name AS tenant, t.ticket_id, t.number, t.ticket_type, t.channel_id, c.name AS channel,
           t.offer_id, t.subject, t.description, t.description_full, t.description_html, t.requester, t.requester_name,
           t.priority, t.status, t.notices, t.created_at, t.updated_at, t.closed_at, t.reopened, t.linked_ticket_id,
           l.number AS linked
    FROM ticket t
    JOIN tenant n USING (tenant_id)
    LEFT JOIN channel c USING (tenant_id, channel_id)
    LEFT JOIN ticket l ON l.tenant_id = t.tenant_id AND l.ticket_id = t.linked_ticket_id;

CREATE VIEW intake_report WITH (security_invoker = true) AS
    SELECT i.tenant_id, n.name AS tenant, i.intake_id, i.channel_id, c.name AS channel, i.verdict, i.reason, i.ticket_id,
           t.number, i.note_id, i.message_id, i.mail_from, i.rcpt, i.sender, i.authentication, i.authenticated_by, i.flags, i.class, i.evidence, i.detail, i.level,
           i.size, i.raw_sha256, i.raw_until, i.received_at, i.millis, i.seen, i.seen_at
    FROM intake i
    JOIN tenant n USING (tenant_id)
    JOIN channel c USING (tenant_id, channel_id)
    LEFT JOIN ticket t USING (tenant_id, ticket_id);

GRANT SELECT ON channel_report, ticket_report TO ticket_agent;
GRANT SELECT ON intake_report TO ticket_admin;

-- A moment as people and JSON read it. Stable only because to_char() says so.
CREATE FUNCTION moment(p_time timestamptz) RETURNS text
    LANGUAGE sql STABLE SET search_path = ticketing, pg_temp
    AS $$ SELECT to_char(p_time AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') $$;
GRANT EXECUTE ON FUNCTION moment(timestamptz) TO ticket_agent;
