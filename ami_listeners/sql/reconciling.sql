-- What reconciling asks of the database.

-- calls_heard --
-- Read calls as they were heard that ended within a time, or of which the names are given; those that Asterisk
-- dialled itself for nobody are calls too.
SELECT c.call, extract(epoch FROM c.started_at)::float8,
    extract(epoch FROM c.started_at)::float8
        + coalesce(c.duration_s, extract(epoch FROM c.ended_at - c.started_at)::float8),
    coalesce(c.answered, false), v.number, v.talk_s, v.agents, v.transfers, s.number, s.talk_s, s.agents
FROM calls c
LEFT JOIN LATERAL (
    SELECT count(*) AS number, sum(talk_s + hold_s) AS talk_s, sum(transfers)::integer AS transfers,
        array_agg(DISTINCT agent) FILTER (WHERE outcome = 'answered' AND agent IS NOT NULL) AS agents
    FROM visits WHERE contact = c.call AND source = 'native') v ON true
LEFT JOIN LATERAL ( -- the call has the name of its first channel
    SELECT count(*) AS number,
        coalesce(sum(lasted_ms) FILTER (WHERE right(c.call, length(channel)) = channel
            AND kind IN ('talk', 'hold', 'consult', 'conference')), 0) / 1000.0::float8 AS talk_s,
        array_agg(DISTINCT agent) FILTER (WHERE right(c.call, length(channel)) <> channel
            AND kind = 'talk' AND agent IS NOT NULL) AS agents
    FROM segments WHERE call = c.call) s ON true
WHERE c.system = %(system)s AND c.started_at IS NOT NULL AND c.ended_at IS NOT NULL
    AND ((c.ended_at >= %(since)s AND c.ended_at < %(until)s) OR c.call = ANY (%(calls)s))

-- gaps_in --
-- Read when nobody listened, so far as it touches a time.
SELECT extract(epoch FROM began_at)::float8, extract(epoch FROM ended_at)::float8
FROM system_gaps_between(%(since)s, %(until)s) WHERE system = %(system)s

-- forget_mismatches --
-- Forget what was found in a time before, as it is looked at anew.
DELETE FROM mismatches
WHERE system = %(system)s AND source = %(source)s AND at >= %(since)s AND at < %(until)s

-- note_mismatch --
-- Keep a difference.
INSERT INTO mismatches (system, source, call, kind, at, ours, theirs)
VALUES (%(system)s, %(source)s, %(call)s, %(kind)s, %(at)s, %(ours)s, %(theirs)s)
ON CONFLICT (system, source, call, kind) DO UPDATE SET
    at = excluded.at, ours = excluded.ours, theirs = excluded.theirs, found_at = now()

-- mismatches_by_kind --
-- Count what was found of calls that ended in a time.
SELECT kind, count(*) FROM mismatches
WHERE system = %(system)s AND at >= %(since)s AND at < %(until)s GROUP BY kind ORDER BY kind
