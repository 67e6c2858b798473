-- Segments: what each side of a call did; their facts have the call's name in the column `contact`.

CREATE OR REPLACE FUNCTION recount_segments(calls_ text[]) RETURNS void LANGUAGE sql AS $$
    WITH told AS (
        SELECT *, body->>'segment' AS segment FROM facts
        WHERE contact = ANY (calls_) AND kind IN ('segment_began', 'segment_ended')
    )
    INSERT INTO segments AS s (segment, system, call, contact, visit, kind, queue, agent, party, channel, bridge,
                               began_at, ended_at, lasted_ms, ended_by, heard)
    SELECT segment, t.system, t.body->>'call', t.body->>'contact', t.visit, t.body->>'segment_kind', t.queue,
        t.agent, t.body->>'party', t.body->>'channel', t.body->>'bridge',
        coalesce(b.at, e.at - make_interval(secs => (e.body->>'lasted_s')::float8)), e.at,
        round((e.body->>'lasted_s')::numeric * 1000), e.body->>'ended_by',
        coalesce(b.heard, true) AND coalesce(e.heard, true)
    FROM (SELECT DISTINCT ON (segment) * FROM told WHERE kind = 'segment_began'
          ORDER BY segment, heard DESC, at, id) b
    FULL JOIN (SELECT DISTINCT ON (segment) * FROM told WHERE kind = 'segment_ended'
          ORDER BY segment, heard DESC, at DESC, id DESC) e USING (segment)
    CROSS JOIN LATERAL (SELECT coalesce(e.system, b.system) AS system, coalesce(e.body, b.body) AS body,
        coalesce(e.visit, b.visit) AS visit, coalesce(e.queue, b.queue) AS queue,
        coalesce(e.agent, b.agent) AS agent) t -- the end knows best
    ON CONFLICT (segment) DO UPDATE SET
        system = excluded.system, call = excluded.call, contact = excluded.contact, visit = excluded.visit,
        kind = excluded.kind, queue = excluded.queue, agent = excluded.agent, party = excluded.party,
        channel = excluded.channel, bridge = excluded.bridge, began_at = excluded.began_at,
        ended_at = coalesce(excluded.ended_at, s.ended_at),
        lasted_ms = coalesce(excluded.lasted_ms, s.lasted_ms),
        ended_by = coalesce(excluded.ended_by, s.ended_by), heard = excluded.heard
$$;
COMMENT ON FUNCTION recount_segments IS 'Makes the rows of the segments of these calls from all that was told of them';

CREATE OR REPLACE FUNCTION follow_segments() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doubtful text[];
BEGIN
    IF NOT EXISTS (SELECT FROM arrived WHERE kind IN ('segment_began', 'segment_ended')) THEN
        RETURN NULL;
    END IF;
    WITH told AS MATERIALIZED (
        SELECT DISTINCT ON (segment) body->>'segment' AS segment, *,
            count(*) OVER (PARTITION BY body->>'segment', kind) = 1
                AND bool_and(heard) OVER (PARTITION BY body->>'segment') AS clear,
            min(at) FILTER (WHERE kind = 'segment_began') OVER (PARTITION BY body->>'segment') AS began_at
        FROM arrived WHERE kind IN ('segment_began', 'segment_ended')
        ORDER BY segment, kind DESC -- of both the end
    ), merged AS (
        INSERT INTO segments AS s (segment, system, call, contact, visit, kind, queue, agent, party, channel,
                                   bridge, began_at, ended_at, lasted_ms, ended_by)
        SELECT segment, system, body->>'call', body->>'contact', visit, body->>'segment_kind', queue, agent,
            body->>'party', body->>'channel', body->>'bridge',
            coalesce(began_at, at - make_interval(secs => (body->>'lasted_s')::float8)),
            CASE kind WHEN 'segment_ended' THEN at END,
            round((body->>'lasted_s')::numeric * 1000), body->>'ended_by'
        FROM told WHERE clear
        ON CONFLICT (segment) DO UPDATE SET
            call = excluded.call, contact = coalesce(excluded.contact, s.contact),
            visit = coalesce(excluded.visit, s.visit), kind = excluded.kind,
            queue = coalesce(excluded.queue, s.queue), agent = coalesce(excluded.agent, s.agent),
            party = excluded.party, bridge = excluded.bridge, ended_at = excluded.ended_at,
            lasted_ms = excluded.lasted_ms, ended_by = excluded.ended_by
        WHERE s.ended_at IS NULL AND excluded.ended_at IS NOT NULL
        RETURNING segment
    )
    SELECT array_agg(body->>'call') INTO doubtful
    FROM told WHERE segment NOT IN (SELECT segment FROM merged);
    IF doubtful IS NOT NULL THEN
        PERFORM recount_segments(doubtful);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_5_segments AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_segments();

-- Asterisk tells of nobody who waits in the floor's queues: on the wire that is a program, as a menu is. What
-- lasts less than a fifth of a second is no part of a call.
DROP VIEW IF EXISTS call_segments;
CREATE VIEW call_segments AS
    SELECT s.segment, s.system, s.call, coalesce(s.contact, c.contact) AS contact,
        coalesce(p.visit, s.visit) AS visit, coalesce(p.kind, s.kind) AS kind,
        coalesce(p.queue, s.queue) AS queue, s.agent, s.party, s.channel, s.bridge,
        coalesce(lower(p.span), s.began_at) AS began_at,
        CASE WHEN p.span IS NULL THEN s.ended_at ELSE upper(p.span) END AS ended_at,
        CASE WHEN p.span IS NULL THEN s.lasted_ms
             ELSE round(extract(epoch FROM upper(p.span) - lower(p.span)) * 1000)::bigint END AS lasted_ms,
        CASE WHEN p.span IS NULL OR upper(p.span) IS NOT DISTINCT FROM s.ended_at THEN s.ended_by
             WHEN upper(p.span) IS NOT NULL THEN CASE p.kind WHEN 'ivr' THEN 'waiting' ELSE 'ivr' END END AS ended_by,
        s.heard
    FROM segments s LEFT JOIN LATERAL ( -- the floor has a name of its own for whom a call brought
        SELECT contact FROM contacts WHERE channel = s.call AND channel <> contact
        ORDER BY started_at DESC LIMIT 1) c ON true
    LEFT JOIN LATERAL (
        WITH waits AS (
            SELECT visit, queue, whole, whole * tstzrange(joined_at,
                CASE WHEN decided_at > s.ended_at - interval '0.2 s' THEN s.ended_at ELSE decided_at END) AS span
            FROM visits CROSS JOIN LATERAL (SELECT tstzrange(s.began_at, s.ended_at) AS whole) life
            WHERE contact = c.contact AND s.channel = s.call
                AND s.began_at < coalesce(s.ended_at, 'infinity')
                AND joined_at < least(decided_at, s.ended_at, 'infinity')
        )
        SELECT visit, queue, 'waiting' AS kind, span FROM waits
        UNION ALL
        SELECT NULL, NULL, 'ivr', unnest(range_agg(whole) - range_agg(span)) FROM waits
    ) p ON s.kind = 'ivr' AND coalesce(upper(p.span) - lower(p.span) >= interval '0.2 s', NOT isempty(p.span));
COMMENT ON VIEW call_segments IS 'Segments, and among them the waits in queues of which only the floor knows';
