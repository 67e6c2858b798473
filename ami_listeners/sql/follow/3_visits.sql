-- Visits: one row that tells the whole story.

-- Where somebody has said so afterwards, a visit is in time, and an abandon short, by that rule and not as told.
CREATE OR REPLACE FUNCTION remeasure_visits(names text[]) RETURNS bigint LANGUAGE sql AS $$
    WITH measured AS (
        SELECT visit,
            coalesce(wait_s + CASE WHEN callback_taken_at IS NULL THEN 0 ELSE callback_s END <= (
                SELECT r.service_level_s FROM queue_rules r
                WHERE r.queue = v.queue AND decided_at >= r.since AND decided_at < r.until
                    AND r.service_level_s IS NOT NULL ORDER BY r.number DESC LIMIT 1), within_service_level) AS within,
            CASE WHEN outcome <> 'answered' THEN coalesce(outcome = 'abandoned' AND wait_s <= (
                SELECT r.short_abandon_s FROM queue_rules r
                WHERE r.queue = v.queue AND decided_at >= r.since AND decided_at < r.until
                    AND r.short_abandon_s IS NOT NULL ORDER BY r.number DESC LIMIT 1), short) ELSE short END AS short
        FROM visits v WHERE visit = ANY (names) AND decided_at IS NOT NULL
    ), changed AS (
        UPDATE visits v SET within_service_level = m.within, short = m.short
        FROM measured m
        WHERE v.visit = m.visit AND (v.within_service_level, v.short) IS DISTINCT FROM (m.within, m.short)
        RETURNING v.visit
    )
    SELECT count(*) FROM changed
$$;
COMMENT ON FUNCTION remeasure_visits IS
    'Measures these visits by the rules that were said afterwards, and says how many that changed';

CREATE OR REPLACE FUNCTION recount_visits(names text[]) RETURNS void LANGUAGE sql AS $$
    WITH told AS (
        SELECT *, CASE WHEN kind IN ('answered', 'visit_ended') THEN 'decided' ELSE kind END AS step,
            CASE WHEN kind IN ('handled', 'wrap_up_ended', 'transferred') THEN agent END AS who
        FROM facts
        WHERE visit = ANY (names) AND kind IN (
            'queue_joined', 'answered', 'visit_ended', 'handled', 'wrap_up_ended', 'transferred',
            'callback_taken', 'callback_tried', 'called_back')
    ), believed AS ( -- what was heard, rather than what was concluded of the same
        SELECT * FROM (SELECT *, bool_or(heard) OVER (PARTITION BY visit, step, who) AS known FROM told) t
        WHERE heard OR NOT known
    ), counted AS (
        SELECT visit, max(contact) AS contact, max(queue) AS queue, max(source) AS source,
            max(system) AS system, coalesce(bool_or((body->>'direct')::bool), false) AS direct,
            bool_and(heard) AS heard,
            (array_agg(body ORDER BY at DESC, id DESC) FILTER (WHERE step = 'queue_joined'))[1] AS joined,
            min(at) FILTER (WHERE step = 'queue_joined') AS joined_at,
            (array_agg(jsonb_build_object('kind', kind, 'at', at) || body ORDER BY at DESC, id DESC)
                FILTER (WHERE step = 'decided'))[1] AS decided,
            (array_agg(agent ORDER BY at, id) FILTER (WHERE who IS NOT NULL))[1] AS who,
            count(*) FILTER (WHERE step = 'handled') AS handled,
            max(at) FILTER (WHERE step = 'handled') AS handled_at,
            coalesce(sum((body->>'talk_s')::float8 ORDER BY at, id) FILTER (WHERE step = 'handled'), 0) AS talk_s,
            coalesce(sum((body->>'hold_s')::float8 ORDER BY at, id) FILTER (WHERE step = 'handled'), 0) AS hold_s,
            (array_agg(body->>'ended_by' ORDER BY at DESC, id DESC) FILTER (WHERE step = 'handled'))[1]
                AS ended_by,
            coalesce(sum((body->>'wrap_up_s')::float8 ORDER BY at, id) FILTER (WHERE step = 'wrap_up_ended'), 0)
                AS wrap_up_s,
            max(at) FILTER (WHERE step = 'wrap_up_ended') AS wrapped_up_at,
            count(*) FILTER (WHERE step = 'transferred') AS transfers,
            (array_agg(body ORDER BY at DESC, id DESC) FILTER (WHERE step = 'transferred'))[1] AS moved,
            min(at) FILTER (WHERE step = 'callback_taken') AS callback_taken_at,
            (array_agg(body->>'number' ORDER BY at DESC, id DESC) FILTER (WHERE step LIKE 'call%back%'))[1]
                AS callback_number,
            (array_agg((body->>'tries')::int ORDER BY at DESC, id DESC) FILTER (WHERE step = 'callback_tried'))[1]
                AS callback_tries,
            (array_agg((body->>'failures')::int ORDER BY at DESC, id DESC)
                FILTER (WHERE step = 'callback_tried'))[1] AS callback_failures,
            max(at) FILTER (WHERE step = 'called_back') AS called_back_at,
            (array_agg((body->>'callback_s')::float8 ORDER BY at DESC, id DESC)
                FILTER (WHERE step = 'called_back'))[1] AS callback_s
        FROM believed GROUP BY visit
    )
    INSERT INTO visits AS v (
        visit, contact, queue, source, system, direct, heard, priority, position_joined, joined_at, decided_at,
        outcome, wait_s, within_service_level, short, position_left, key, agent, offer, handled, handled_at,
        talk_s, hold_s, ended_by, wrap_up_s, wrapped_up_at, transfers, transfer_kind, transferred_to,
        callback_taken_at, callback_number, callback_tries, callback_failures, called_back_at, callback_s)
    SELECT visit, contact, queue, source, system, direct, heard,
        (joined->>'priority')::int, (joined->>'position')::int, joined_at, (decided->>'at')::timestamptz,
        CASE decided->>'kind' WHEN 'answered' THEN 'answered' ELSE decided->>'outcome' END,
        (decided->>'wait_s')::float8, (decided->>'within_service_level')::bool, (decided->>'short')::bool,
        (decided->>'position')::int, decided->>'key', coalesce(decided->>'agent', who), decided->>'offer',
        handled, handled_at, talk_s, hold_s, ended_by, wrap_up_s, wrapped_up_at,
        transfers, moved->>'kind', moved->>'to',
        callback_taken_at, callback_number,
        CASE WHEN callback_number IS NOT NULL THEN coalesce(callback_tries, 0) END,
        CASE WHEN callback_number IS NOT NULL THEN coalesce(callback_failures, 0) END,
        called_back_at, coalesce(callback_s, (decided->>'callback_s')::float8)
    FROM counted
    ON CONFLICT (visit) DO UPDATE SET
        contact = excluded.contact, queue = excluded.queue, source = excluded.source,
        system = excluded.system, direct = excluded.direct, heard = excluded.heard,
        priority = excluded.priority, position_joined = excluded.position_joined,
        joined_at = excluded.joined_at, decided_at = excluded.decided_at, outcome = excluded.outcome,
        wait_s = excluded.wait_s, within_service_level = excluded.within_service_level,
        short = excluded.short, position_left = excluded.position_left, key = excluded.key,
        agent = excluded.agent, offer = excluded.offer, handled = excluded.handled,
        handled_at = excluded.handled_at, talk_s = excluded.talk_s, hold_s = excluded.hold_s,
        ended_by = excluded.ended_by, wrap_up_s = excluded.wrap_up_s,
        wrapped_up_at = excluded.wrapped_up_at, transfers = excluded.transfers,
        transfer_kind = excluded.transfer_kind, transferred_to = excluded.transferred_to,
        callback_taken_at = excluded.callback_taken_at, callback_number = excluded.callback_number,
        callback_tries = excluded.callback_tries, callback_failures = excluded.callback_failures,
        called_back_at = excluded.called_back_at, callback_s = excluded.callback_s;
    SELECT remeasure_visits(names) WHERE EXISTS (SELECT FROM queue_rules)
$$;
COMMENT ON FUNCTION recount_visits IS 'Makes the rows of these visits from all that was told of them';

CREATE OR REPLACE FUNCTION correct_visits(names text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE decided visits[] := ARRAY(SELECT v FROM visits v WHERE visit = ANY (names) AND decided_at IS NOT NULL);
BEGIN
    PERFORM recount_visits(names);
    INSERT INTO corrections AS c (visit, decided_at)
    SELECT visit, v.decided_at FROM unnest(decided) d JOIN visits v USING (visit)
    WHERE (v.queue, v.decided_at, v.outcome, v.wait_s) IS DISTINCT FROM (d.queue, d.decided_at, d.outcome, d.wait_s)
    ON CONFLICT (visit) DO UPDATE SET decided_at = excluded.decided_at, corrected_at = excluded.corrected_at;
END $$;
COMMENT ON FUNCTION correct_visits IS 'Recounts these visits, and notes those of which figures had said something else';

CREATE OR REPLACE FUNCTION follow_visits() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doubtful text[];
BEGIN
    WITH told AS MATERIALIZED (
        SELECT visit, max(contact) AS contact, max(queue) AS queue, max(source) AS source,
            max(system) AS system, coalesce(bool_or((body->>'direct')::bool) FILTER (WHERE step > 1), false)
                AS direct,
            max((body->>'priority')::int) FILTER (WHERE step = 1) AS priority,
            max((body->>'position')::int) FILTER (WHERE step = 1) AS position_joined,
            max(at) FILTER (WHERE step = 1) AS joined_at, max(at) FILTER (WHERE step = 2) AS decided_at,
            max(CASE kind WHEN 'answered' THEN 'answered' ELSE body->>'outcome' END) FILTER (WHERE step = 2)
                AS outcome,
            max((body->>'wait_s')::float8) FILTER (WHERE step = 2) AS wait_s,
            bool_or((body->>'within_service_level')::bool) FILTER (WHERE step = 2) AS within_service_level,
            bool_or((body->>'short')::bool) FILTER (WHERE kind = 'visit_ended') AS short,
            max((body->>'position')::int) FILTER (WHERE kind = 'visit_ended') AS position_left,
            max(body->>'key') FILTER (WHERE kind = 'visit_ended') AS key,
            max((body->>'callback_s')::float8) FILTER (WHERE step = 2) AS callback_s,
            max(agent) AS agent, max(body->>'offer') FILTER (WHERE step = 2) AS offer,
            count(*) FILTER (WHERE step = 4) AS handled, max(at) FILTER (WHERE step = 4) AS handled_at,
            coalesce(max((body->>'talk_s')::float8) FILTER (WHERE step = 4), 0) AS talk_s,
            coalesce(max((body->>'hold_s')::float8) FILTER (WHERE step = 4), 0) AS hold_s,
            max(body->>'ended_by') FILTER (WHERE step = 4) AS ended_by,
            coalesce(max((body->>'wrap_up_s')::float8) FILTER (WHERE step = 8), 0) AS wrap_up_s,
            max(at) FILTER (WHERE step = 8) AS wrapped_up_at,
            count(*) FILTER (WHERE step = 16) AS transfers,
            max(body->>'kind') FILTER (WHERE step = 16) AS transfer_kind,
            max(body->>'to') FILTER (WHERE step = 16) AS transferred_to,
            bool_and(heard) AND max(step) < 32 AND sum(step) = bit_or(step) -- no step twice
                AND min(agent) IS NOT DISTINCT FROM max(agent) AS clear
        FROM (SELECT *, CASE kind
                  WHEN 'queue_joined' THEN 1 WHEN 'answered' THEN 2 WHEN 'visit_ended' THEN 2
                  WHEN 'handled' THEN 4 WHEN 'wrap_up_ended' THEN 8 WHEN 'transferred' THEN 16
                  WHEN 'callback_taken' THEN 32 WHEN 'callback_tried' THEN 32 WHEN 'called_back' THEN 32
              END AS step
              FROM arrived OFFSET 0) steps
        WHERE step IS NOT NULL GROUP BY visit
    ), merged AS (
        INSERT INTO visits AS v (
            visit, contact, queue, source, system, direct, priority, position_joined, joined_at, decided_at,
            outcome, wait_s, within_service_level, short, position_left, key, agent, offer, handled,
            handled_at, talk_s, hold_s, ended_by, wrap_up_s, wrapped_up_at, transfers, transfer_kind,
            transferred_to, callback_s)
        SELECT visit, contact, queue, source, system, direct, priority, position_joined, joined_at,
            decided_at, outcome, wait_s, within_service_level, short, position_left, key, agent, offer,
            handled, handled_at, talk_s, hold_s, ended_by, wrap_up_s, wrapped_up_at, transfers,
            transfer_kind, transferred_to, callback_s
        FROM told WHERE clear
        ON CONFLICT (visit) DO UPDATE SET
            contact = coalesce(v.contact, excluded.contact), queue = coalesce(v.queue, excluded.queue),
            direct = v.direct OR excluded.direct, priority = coalesce(v.priority, excluded.priority),
            position_joined = coalesce(v.position_joined, excluded.position_joined),
            joined_at = coalesce(v.joined_at, excluded.joined_at),
            decided_at = coalesce(v.decided_at, excluded.decided_at),
            outcome = coalesce(v.outcome, excluded.outcome), wait_s = coalesce(v.wait_s, excluded.wait_s),
            within_service_level = coalesce(v.within_service_level, excluded.within_service_level),
            short = coalesce(v.short, excluded.short),
            position_left = coalesce(v.position_left, excluded.position_left),
            key = coalesce(v.key, excluded.key), agent = coalesce(v.agent, excluded.agent),
            offer = coalesce(v.offer, excluded.offer), handled = v.handled + excluded.handled,
            handled_at = coalesce(v.handled_at, excluded.handled_at), talk_s = v.talk_s + excluded.talk_s,
            hold_s = v.hold_s + excluded.hold_s, ended_by = coalesce(v.ended_by, excluded.ended_by),
            wrap_up_s = v.wrap_up_s + excluded.wrap_up_s,
            wrapped_up_at = coalesce(v.wrapped_up_at, excluded.wrapped_up_at),
            transfers = v.transfers + excluded.transfers,
            transfer_kind = coalesce(v.transfer_kind, excluded.transfer_kind),
            transferred_to = coalesce(v.transferred_to, excluded.transferred_to),
            callback_s = coalesce(v.callback_s, excluded.callback_s)
        WHERE num_nulls(v.joined_at, excluded.joined_at) > 0
            AND num_nulls(v.decided_at, excluded.decided_at) > 0
            AND num_nulls(v.handled_at, excluded.handled_at) > 0
            AND num_nulls(v.wrapped_up_at, excluded.wrapped_up_at) > 0
            AND (v.transfers = 0 OR excluded.transfers = 0)
            AND coalesce(v.agent = excluded.agent, true)
        RETURNING visit
    )
    SELECT array_agg(visit) INTO doubtful FROM told WHERE visit NOT IN (SELECT visit FROM merged);
    IF doubtful IS NOT NULL THEN
        PERFORM correct_visits(doubtful);
    END IF;
    IF EXISTS (SELECT FROM queue_rules) THEN
        PERFORM remeasure_visits((SELECT array_agg(DISTINCT visit) FROM arrived WHERE visit IS NOT NULL));
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_3_visits AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_visits();
