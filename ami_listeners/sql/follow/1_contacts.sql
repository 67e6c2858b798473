-- Contacts, and what callers left.

CREATE OR REPLACE FUNCTION recount_contacts(names text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO contacts AS c (contact, channel, caller_number, caller_name, called_number, direction,
                               started_at, ended_at, ended_by, cause, duration_s, heard)
    SELECT coalesce(s.contact, e.contact), s.body->>'channel', s.body->>'caller_number',
        s.body->>'caller_name', s.body->>'called_number', s.body->>'direction', s.at,
        e.at, e.body->>'ended_by', (e.body->>'cause')::int, (e.body->>'duration_s')::float8,
        coalesce(s.heard, true) AND coalesce(e.heard, true)
    FROM (SELECT DISTINCT ON (contact) * FROM facts
          WHERE contact = ANY (names) AND kind = 'contact_started'
          ORDER BY contact, heard DESC, at DESC, id DESC) s
    FULL JOIN (SELECT DISTINCT ON (contact) * FROM facts
          WHERE contact = ANY (names) AND kind = 'contact_ended'
          ORDER BY contact, heard DESC, at DESC, id DESC) e USING (contact)
    ON CONFLICT (contact) DO UPDATE SET
        channel = excluded.channel, caller_number = excluded.caller_number,
        caller_name = excluded.caller_name, called_number = excluded.called_number,
        direction = excluded.direction, started_at = excluded.started_at, ended_at = excluded.ended_at,
        ended_by = excluded.ended_by, cause = excluded.cause, duration_s = excluded.duration_s,
        heard = excluded.heard;
    DELETE FROM contacts c USING contacts f -- what was taken for a contact of its own
    WHERE f.contact = ANY (names) AND c.contact = f.channel AND c.contact <> f.contact
$$;
COMMENT ON FUNCTION recount_contacts IS 'Makes the rows of these contacts from all that was told of them';

CREATE OR REPLACE FUNCTION follow_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doubtful text[];
BEGIN
    IF NOT EXISTS (SELECT FROM arrived WHERE kind IN ('contact_started', 'contact_ended', 'voicemail_left')) THEN
        RETURN NULL;
    END IF;
    WITH told AS MATERIALIZED (
        SELECT contact, max(body->>'channel') AS channel, max(body->>'caller_number') AS caller_number,
            max(body->>'caller_name') AS caller_name, max(body->>'called_number') AS called_number,
            max(body->>'direction') AS direction, max(at) FILTER (WHERE kind = 'contact_started') AS started_at,
            max(at) FILTER (WHERE kind = 'contact_ended') AS ended_at, max(body->>'ended_by') AS ended_by,
            max((body->>'cause')::int) AS cause, max((body->>'duration_s')::float8) AS duration_s,
            bool_and(heard) AND count(*) = count(DISTINCT kind) AS clear
        FROM arrived WHERE kind IN ('contact_started', 'contact_ended') GROUP BY contact
    ), merged AS (
        INSERT INTO contacts AS c (contact, channel, caller_number, caller_name, called_number, direction,
                                   started_at, ended_at, ended_by, cause, duration_s)
        SELECT contact, channel, caller_number, caller_name, called_number, direction, started_at, ended_at,
            ended_by, cause, duration_s
        FROM told WHERE clear
        ON CONFLICT (contact) DO UPDATE SET
            channel = coalesce(excluded.channel, c.channel),
            caller_number = coalesce(excluded.caller_number, c.caller_number),
            caller_name = coalesce(excluded.caller_name, c.caller_name),
            called_number = coalesce(excluded.called_number, c.called_number),
            direction = coalesce(excluded.direction, c.direction),
            started_at = coalesce(excluded.started_at, c.started_at),
            ended_at = coalesce(excluded.ended_at, c.ended_at),
            ended_by = coalesce(excluded.ended_by, c.ended_by), cause = coalesce(excluded.cause, c.cause),
            duration_s = coalesce(excluded.duration_s, c.duration_s)
        WHERE num_nulls(c.started_at, excluded.started_at) > 0
            AND num_nulls(c.ended_at, excluded.ended_at) > 0
        RETURNING contact
    )
    SELECT array_agg(contact) INTO doubtful FROM told WHERE contact NOT IN (SELECT contact FROM merged);
    IF doubtful IS NOT NULL THEN
        PERFORM recount_contacts(doubtful);
    END IF;
    DELETE FROM contacts c USING arrived a -- what was taken for a contact of its own
    WHERE a.kind = 'contact_started' AND c.contact = a.body->>'channel' AND c.contact <> a.contact;

    INSERT INTO voicemails (fact, contact, box, recording, duration_s, left_at)
    SELECT id, contact, body->>'box', body->>'recording', (body->>'duration_s')::float8, at
    FROM arrived WHERE kind = 'voicemail_left'
    ON CONFLICT (fact) DO NOTHING;
    INSERT INTO voicemail_notices (voicemail, way, due_at)
    SELECT id, jsonb_array_elements_text(body->'notices'), at
    FROM arrived WHERE kind = 'voicemail_left'
    ON CONFLICT (voicemail, way) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_1_contacts AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_contacts();
