-- Agents' states, from when to when. In the order of their ids, each fact ends the state before and begins
-- one: part 1 is the state it began, open until the next fact; part 0 the state that it says it ended, where
-- that is not the one that was known.

CREATE OR REPLACE FUNCTION recount_agents(late uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH came AS (
        SELECT system, agent, (array_agg(id ORDER BY id))[1] AS first, (array_agg(id ORDER BY id DESC))[1] AS last
        FROM facts WHERE id = ANY (late) AND kind = 'agent_state_changed' GROUP BY system, agent
    ), spans AS ( -- from the fact before the first to the one behind the last
        SELECT c.*, p.fact AS before, n.fact AS behind
        FROM came c
        LEFT JOIN LATERAL (SELECT fact FROM agent_states a
            WHERE a.system = c.system AND a.agent = c.agent AND part = 1 AND fact < c.first
            ORDER BY fact DESC LIMIT 1) p ON true
        LEFT JOIN LATERAL (SELECT fact FROM agent_states a
            WHERE a.system = c.system AND a.agent = c.agent AND part = 1 AND fact > c.last
            ORDER BY fact LIMIT 1) n ON true
    ), old AS ( -- how the fact before began its state, and what the one behind began, stays as it is
        DELETE FROM agent_states a USING spans s
        WHERE a.system = s.system AND a.agent = s.agent AND a.fact >= coalesce(s.before, s.first)
            AND a.fact <= coalesce(s.behind, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
            AND (a.fact, a.part) <> (coalesce(s.before, s.first), 0::smallint)
            AND (s.behind IS NULL OR (a.fact, a.part) <> (s.behind, 1::smallint))
        RETURNING a.fact
    ), told AS (
        SELECT id, at, source, system, agent, body, body->>'was' AS was, body->>'state' AS state,
            (body->>'lasted_s')::float8 AS lasted_s
        FROM facts
        WHERE id IN (SELECT fact FROM old UNION SELECT unnest(late) UNION SELECT before FROM spans
                     UNION SELECT behind FROM spans)
            AND kind = 'agent_state_changed'
    ), placed AS (
        SELECT *, lag(state) OVER turns AS known, lead(at) OVER turns AS next_at,
            lead(was) OVER turns AS next_was, lead(lasted_s) OVER turns AS next_lasted_s
        FROM told WINDOW turns AS (PARTITION BY system, agent ORDER BY id)
    )
    INSERT INTO agent_states (fact, part, agent, state, reason, pause_reason, logged_in, source, system,
                              began_at, ended_at, lasted_s)
    SELECT id, 1, p.agent, state, body->>'reason', body->>'pause_reason', (body->>'logged_in')::bool, source,
        p.system, at,
        CASE WHEN next_was = state THEN next_at
             WHEN next_at IS NOT NULL THEN greatest(at, next_at - make_interval(secs => next_lasted_s)) END,
        CASE WHEN next_was = state THEN next_lasted_s END
    FROM placed p JOIN spans s USING (system, agent) WHERE id IS DISTINCT FROM s.behind
    UNION ALL
    SELECT id, 0, p.agent, was, NULL, NULL, was <> 'logged_out', source, p.system,
        at - make_interval(secs => lasted_s), at, lasted_s
    FROM placed p JOIN spans s USING (system, agent) WHERE id IS DISTINCT FROM s.before AND known IS DISTINCT FROM was
$$;
COMMENT ON FUNCTION recount_agents IS
    'Puts these facts, of which the tables know nothing yet, between those of their agents that came before';

CREATE OR REPLACE FUNCTION follow_agents() RETURNS trigger LANGUAGE plpgsql
SET enable_seqscan = off AS $$
DECLARE late uuid[];
BEGIN
    WITH told AS MATERIALIZED (
        SELECT *, lag(state) OVER turns AS known, lead(at) OVER turns AS next_at,
            lead(was) OVER turns AS next_was, lead(lasted_s) OVER turns AS next_lasted_s,
            row_number() OVER turns AS turn
        FROM (SELECT id, at, source, system, agent, body->>'was' AS was, body->>'state' AS state,
                  body->>'reason' AS reason, body->>'pause_reason' AS pause_reason,
                  (body->>'logged_in')::bool AS logged_in, (body->>'lasted_s')::float8 AS lasted_s
              FROM arrived WHERE kind = 'agent_state_changed') facts
        WINDOW turns AS (PARTITION BY system, agent ORDER BY id)
    ), present AS MATERIALIZED (
        SELECT a.system, a.agent, a.state, a.fact > t.id AS is_later
        FROM told t JOIN agent_states a ON a.system = t.system AND a.agent = t.agent AND a.ended_at IS NULL
        WHERE t.turn = 1
    ), closed AS (
        UPDATE agent_states a SET
            ended_at = CASE WHEN a.state = t.was THEN t.at
                ELSE greatest(a.began_at, t.at - make_interval(secs => t.lasted_s)) END,
            lasted_s = CASE WHEN a.state = t.was THEN t.lasted_s END
        FROM told t
        WHERE t.turn = 1 AND a.system = t.system AND a.agent = t.agent AND a.ended_at IS NULL AND a.fact < t.id
        RETURNING a.system, a.agent
    ), placed AS ( -- joined to what was closed, so that nothing is open twice even for a moment
        SELECT t.*, coalesce(t.known, p.state) AS was_known, coalesce(p.is_later, false) AS is_late
        FROM told t LEFT JOIN present p USING (system, agent) LEFT JOIN closed c USING (system, agent)
    ), kept AS (
        INSERT INTO agent_states (fact, part, agent, state, reason, pause_reason, logged_in, source, system,
                                  began_at, ended_at, lasted_s)
        SELECT id, 1, agent, state, reason, pause_reason, logged_in, source, system, at,
            CASE WHEN next_was = state THEN next_at
                 WHEN next_at IS NOT NULL THEN greatest(at, next_at - make_interval(secs => next_lasted_s)) END,
            CASE WHEN next_was = state THEN next_lasted_s END
        FROM placed WHERE NOT is_late
        UNION ALL
        SELECT id, 0, agent, was, NULL, NULL, was <> 'logged_out', source, system,
            at - make_interval(secs => lasted_s), at, lasted_s
        FROM placed WHERE NOT is_late AND was_known IS DISTINCT FROM was
    )
    SELECT array_agg(id) INTO late FROM told JOIN present USING (system, agent) WHERE is_later;
    IF late IS NOT NULL THEN
        PERFORM recount_agents(late);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_6_agents AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_agents();
