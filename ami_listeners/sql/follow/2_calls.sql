-- Calls of Asterisk; the facts of a call have its name in the column `contact`. One that came in or went out
-- is a contact too, unless the floor tells of a contact that came on its channel: every number is in one place.

CREATE OR REPLACE FUNCTION contacts_of_calls(names text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO contacts AS c (contact, channel, caller_number, caller_name, called_number, direction,
                               started_at, ended_at, cause, duration_s, heard)
    SELECT call, call, caller_number, caller_name, called_number, direction, started_at, ended_at, cause,
        duration_s, heard
    FROM calls
    WHERE call = ANY (names) AND direction IN ('inbound', 'outbound')
        AND call ~ '^(.+[-/])?[0-9]{9,11}\.[0-9]+$' -- not the legs that a program makes and names
        AND NOT EXISTS (SELECT FROM contacts f WHERE f.channel = call AND f.channel <> f.contact)
    ON CONFLICT (contact) DO UPDATE SET
        caller_number = excluded.caller_number, caller_name = excluded.caller_name,
        called_number = excluded.called_number, direction = excluded.direction,
        started_at = excluded.started_at, ended_at = excluded.ended_at, cause = excluded.cause,
        duration_s = excluded.duration_s, heard = excluded.heard
    WHERE c.channel = c.contact
$$;
COMMENT ON FUNCTION contacts_of_calls IS 'Makes the contacts that these calls are';

CREATE OR REPLACE FUNCTION recount_calls(names text[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO calls AS c (call, system, channel_name, caller_number, caller_name, called_number, context,
                            started_at, ended_at, cause, answered, duration_s, heard, direction, merged_into)
    SELECT contact, coalesce(s.system, e.system), s.body->>'channel_name', s.body->>'caller_number',
        s.body->>'caller_name', s.body->>'called_number', s.body->>'context', s.at,
        e.at, (e.body->>'cause')::int, (e.body->>'answered')::bool, (e.body->>'duration_s')::float8,
        coalesce(s.heard, true) AND coalesce(e.heard, true),
        coalesce(nullif(e.body->>'direction', ''), nullif(s.body->>'direction', '')),
        nullif(e.body->>'into', '')
    FROM (SELECT DISTINCT ON (contact) * FROM facts
          WHERE contact = ANY (names) AND kind = 'call_started'
          ORDER BY contact, heard DESC, at, id) s
    FULL JOIN (SELECT DISTINCT ON (contact) * FROM facts
          WHERE contact = ANY (names) AND kind = 'call_ended'
          ORDER BY contact, heard DESC, at DESC, id DESC) e USING (contact)
    ON CONFLICT (call) DO UPDATE SET -- facts of before have no name in their column
        system = excluded.system, channel_name = coalesce(excluded.channel_name, c.channel_name),
        caller_number = coalesce(excluded.caller_number, c.caller_number),
        caller_name = coalesce(excluded.caller_name, c.caller_name),
        called_number = coalesce(excluded.called_number, c.called_number),
        context = coalesce(excluded.context, c.context),
        started_at = coalesce(excluded.started_at, c.started_at),
        ended_at = coalesce(excluded.ended_at, c.ended_at), cause = coalesce(excluded.cause, c.cause),
        answered = coalesce(excluded.answered, c.answered),
        duration_s = coalesce(excluded.duration_s, c.duration_s), heard = excluded.heard,
        direction = coalesce(excluded.direction, c.direction),
        merged_into = coalesce(excluded.merged_into, c.merged_into);
    SELECT contacts_of_calls(names)
$$;
COMMENT ON FUNCTION recount_calls IS 'Makes the rows of these calls from all that was told of them';

CREATE OR REPLACE FUNCTION follow_calls() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doubtful text[]; wide text[];
BEGIN
    WITH told AS MATERIALIZED (
        SELECT body->>'call' AS call, max(system) AS system, max(body->>'channel_name') AS channel_name,
            max(body->>'caller_number') AS caller_number, max(body->>'caller_name') AS caller_name,
            max(body->>'called_number') AS called_number, max(body->>'context') AS context,
            max(at) FILTER (WHERE kind = 'call_started') AS started_at,
            max(at) FILTER (WHERE kind = 'call_ended') AS ended_at, max((body->>'cause')::int) AS cause,
            bool_or((body->>'answered')::bool) AS answered, max((body->>'duration_s')::float8) AS duration_s,
            coalesce(max(nullif(body->>'direction', '')) FILTER (WHERE kind = 'call_ended'),
                max(nullif(body->>'direction', ''))) AS direction, max(nullif(body->>'into', '')) AS merged_into,
            bool_and(heard) AND count(*) FILTER (WHERE kind = 'call_started') < 2
                AND count(*) FILTER (WHERE kind = 'call_ended') < 2 AS clear
        FROM arrived WHERE kind IN ('call_started', 'call_ended') GROUP BY body->>'call'
    ), merged AS (
        INSERT INTO calls AS c (call, system, channel_name, caller_number, caller_name, called_number,
                                context, started_at, ended_at, cause, answered, duration_s, direction,
                                merged_into)
        SELECT call, system, channel_name, caller_number, caller_name, called_number, context, started_at,
            ended_at, cause, answered, duration_s, direction, merged_into
        FROM told WHERE clear
        ON CONFLICT (call) DO UPDATE SET
            channel_name = coalesce(excluded.channel_name, c.channel_name),
            caller_number = coalesce(excluded.caller_number, c.caller_number),
            caller_name = coalesce(excluded.caller_name, c.caller_name),
            called_number = coalesce(excluded.called_number, c.called_number),
            context = coalesce(excluded.context, c.context),
            started_at = coalesce(excluded.started_at, c.started_at),
            ended_at = coalesce(excluded.ended_at, c.ended_at), cause = coalesce(excluded.cause, c.cause),
            answered = coalesce(excluded.answered, c.answered),
            duration_s = coalesce(excluded.duration_s, c.duration_s),
            direction = CASE WHEN excluded.ended_at IS NULL THEN coalesce(c.direction, excluded.direction)
                ELSE coalesce(excluded.direction, c.direction) END, -- at its end it is known best
            merged_into = coalesce(excluded.merged_into, c.merged_into)
        WHERE num_nulls(c.started_at, excluded.started_at) > 0
            AND num_nulls(c.ended_at, excluded.ended_at) > 0
        RETURNING call, direction
    )
    SELECT array_agg(call) FILTER (WHERE m.call IS NULL), array_agg(call) FILTER (WHERE m.direction <> 'internal')
    INTO doubtful, wide
    FROM told LEFT JOIN merged m USING (call);
    IF doubtful IS NOT NULL THEN
        PERFORM recount_calls(doubtful);
    END IF;
    IF wide IS NOT NULL THEN
        PERFORM contacts_of_calls(wide);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_2_calls AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_calls();
