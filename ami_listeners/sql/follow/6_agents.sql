-- Agents' states, from when to when. In the order of their ids, each fact ends the state before and begins
-- one: part 1 is the state it began, open until the next fact; part 0 the state that it says it ended, where
-- that is not the one that was known.

CREATE OR REPLACE FUNCTION recount_agents(late uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wrong uuid[];
BEGIN
    WITH came AS (
        SELECT system, agent, (array_agg(id ORDER BY id))[1] AS first,
            (array_agg(id ORDER BY id DESC))[1] AS last
        FROM facts WHERE id = ANY (late) AND kind = 'agent_state_changed' GROUP BY system, agent
    ), spans AS MATERIALIZED ( -- from the fact before the first to the one behind the last
        SELECT c.system, c.agent, p.fact AS before, n.fact AS behind, coalesce(p.fact, c.first) AS since,
            coalesce(n.fact, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AS until
        FROM came c
        LEFT JOIN LATERAL (SELECT fact FROM agent_states a
            WHERE a.system = c.system AND a.agent = c.agent AND part = 1 AND fact < c.first
            ORDER BY fact DESC LIMIT 1) p ON true
        LEFT JOIN LATERAL (SELECT fact FROM agent_states a
            WHERE a.system = c.system AND a.agent = c.agent AND part = 1 AND fact > c.last
            ORDER BY fact LIMIT 1) n ON true
    ), known AS MATERIALIZED (
        SELECT a.fact, a.part, a.fact IS NOT DISTINCT FROM s.before AS is_first
        FROM agent_states a JOIN spans s USING (system, agent) WHERE a.fact BETWEEN s.since AND s.until
    ), told AS (
        SELECT id, at, source, system, agent, body, body->>'was' AS was, body->>'state' AS state,
            (body->>'lasted_s')::float8 AS lasted_s
        FROM facts
        WHERE id IN (SELECT fact FROM known UNION SELECT unnest(late)) AND kind = 'agent_state_changed'
    ), placed AS (
        SELECT *, lag(state) OVER turns AS was_known, lead(at) OVER turns AS next_at,
            lead(was) OVER turns AS next_was, lead(lasted_s) OVER turns AS next_lasted_s
        FROM told WINDOW turns AS (PARTITION BY system, agent ORDER BY id)
    ), states AS MATERIALIZED ( -- how the first began its state, and what the last began, stays as it is
        SELECT id, 1 AS part, p.agent, state, body->>'reason' AS reason, body->>'pause_reason' AS pause_reason,
            (body->>'logged_in')::bool AS logged_in, source, p.system, at AS began_at,
            CASE WHEN next_was = state THEN next_at
                 WHEN next_at IS NOT NULL THEN greatest(at, next_at - make_interval(secs => next_lasted_s))
            END AS ended_at,
            CASE WHEN next_was = state THEN next_lasted_s END AS lasted_s
        FROM placed p JOIN spans s USING (system, agent) WHERE id IS DISTINCT FROM s.behind
        UNION ALL
        SELECT id, 0, p.agent, was, NULL, NULL, was <> 'logged_out', source, p.system,
            at - make_interval(secs => lasted_s), at, lasted_s
        FROM placed p JOIN spans s USING (system, agent)
        WHERE id IS DISTINCT FROM s.before AND was_known IS DISTINCT FROM was
    ), kept AS ( -- in their order, so that an open one is closed before another opens
        INSERT INTO agent_states AS a (fact, part, agent, state, reason, pause_reason, logged_in, source, system,
                                       began_at, ended_at, lasted_s)
        SELECT * FROM states ORDER BY id, part
        ON CONFLICT (fact, part) DO UPDATE SET ended_at = excluded.ended_at, lasted_s = excluded.lasted_s
        WHERE (a.ended_at, a.lasted_s) IS DISTINCT FROM (excluded.ended_at, excluded.lasted_s)
    ), emptied AS ( -- what counts states looks at changes
        UPDATE agent_states a SET began_at = a.ended_at, lasted_s = 0
        FROM known k
        WHERE a.fact = k.fact AND a.part = k.part AND k.part = 0 AND NOT k.is_first
            AND (k.fact, 0) NOT IN (SELECT id, part FROM states)
        RETURNING a.fact
    )
    SELECT array_agg(fact) INTO wrong FROM emptied;
    DELETE FROM agent_states WHERE fact = ANY (wrong) AND part = 0;
END $$;
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
