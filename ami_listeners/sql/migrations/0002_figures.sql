-- The figures of METRICS.md: each formula once, over any span of time and in steps of any length.
--
-- A visit counts in the step in which it was answered or left. A ratio over nothing is null, and its two
-- counters stand beside it, so that steps can be added up again.

CREATE TABLE queues (
    queue                 text PRIMARY KEY,
    strategy              text,
    service_level_s       double precision,
    service_level_formula text NOT NULL,
    short_abandon_s       double precision,
    changed_at            timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE queues IS 'By which rules each queue is measured, as configured last';

CREATE FUNCTION ratio(numerator double precision, denominator double precision)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN numerator / nullif(denominator, 0);
COMMENT ON FUNCTION ratio IS 'A quotient; null over nothing';

CREATE FUNCTION service_level(
    formula text, answered bigint, answered_within bigint, abandoned bigint, abandoned_within bigint,
    short_abandoned bigint, offered bigint, removed_within bigint)
RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE formula
    WHEN 'answered_within/answered_and_abandoned_not_short' THEN
        ratio(answered_within, answered + abandoned - short_abandoned)
    WHEN 'answered_within/answered' THEN
        ratio(answered_within, answered)
    WHEN 'answered_and_abandoned_within/answered_and_abandoned' THEN
        ratio(answered_within + abandoned_within, answered + abandoned)
    WHEN 'answered_and_abandoned_within/offered' THEN
        ratio(answered_within + abandoned_within, offered)
    WHEN 'answered_within/offered' THEN
        ratio(answered_within, offered)
    WHEN 'answered_within/answered_and_abandoned' THEN
        ratio(answered_within, answered + abandoned)
    WHEN 'answered_within/answered_and_abandoned_late' THEN
        ratio(answered_within, answered + abandoned - abandoned_within)
    WHEN 'removed_within/queued' THEN
        ratio(removed_within, offered)
END;
COMMENT ON FUNCTION service_level IS 'The formulas of queue_strategies/metrics.py, by their names';

CREATE FUNCTION queue_figures_between(
    since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', step interval DEFAULT NULL)
RETURNS TABLE (
    queue text, began_at timestamptz,
    offered bigint, answered bigint, answered_within bigint,
    abandoned bigint, abandoned_within bigint, short_abandoned bigint, removed_within bigint,
    timed_out bigint, left_empty bigint, "full" bigint, exited_by_key bigint, withdrawn bigint, lost bigint,
    wait_answered_s double precision, wait_abandoned_s double precision, longest_wait_s double precision,
    handled bigint, talk_s double precision, hold_s double precision, wrap_up_s double precision,
    transferred bigint,
    average_speed_of_answer_s double precision, average_handle_time_s double precision,
    abandonment_rate double precision, abandonment_rate_not_short double precision,
    transfer_rate double precision,
    service_level double precision, service_level_formula text)
LANGUAGE sql STABLE AS $$
    WITH decided AS (
        SELECT v.*, CASE WHEN step IS NULL THEN since ELSE date_bin(step, v.decided_at, 'epoch') END AS began
        FROM visits v
        WHERE NOT v.direct AND v.decided_at >= since AND v.decided_at < until
    ), counted AS (
        SELECT d.queue, d.began,
            count(*) AS offered,
            count(*) FILTER (WHERE outcome = 'answered') AS answered,
            count(*) FILTER (WHERE outcome = 'answered' AND within_service_level) AS answered_within,
            count(*) FILTER (WHERE outcome = 'abandoned') AS abandoned,
            count(*) FILTER (WHERE outcome = 'abandoned' AND within_service_level) AS abandoned_within,
            count(*) FILTER (WHERE outcome = 'abandoned' AND short) AS short_abandoned,
            count(*) FILTER (WHERE within_service_level) AS removed_within,
            count(*) FILTER (WHERE outcome = 'timed_out') AS timed_out,
            count(*) FILTER (WHERE outcome = 'left_empty') AS left_empty,
            count(*) FILTER (WHERE outcome = 'full') AS "full",
            count(*) FILTER (WHERE outcome = 'exited_by_key') AS exited_by_key,
            count(*) FILTER (WHERE outcome = 'withdrawn') AS withdrawn,
            count(*) FILTER (WHERE outcome = 'lost') AS lost,
            coalesce(sum(wait_s) FILTER (WHERE outcome = 'answered'), 0) AS wait_answered_s,
            coalesce(sum(wait_s) FILTER (WHERE outcome = 'abandoned'), 0) AS wait_abandoned_s,
            max(wait_s) AS longest_wait_s,
            sum(handled) AS handled, sum(talk_s) AS talk_s, sum(hold_s) AS hold_s,
            sum(wrap_up_s) AS wrap_up_s, sum(transfers) AS transferred
        FROM decided d GROUP BY d.queue, d.began
    )
    SELECT c.queue, c.began, c.offered, c.answered, c.answered_within, c.abandoned, c.abandoned_within,
        c.short_abandoned, c.removed_within, c.timed_out, c.left_empty, c."full", c.exited_by_key,
        c.withdrawn, c.lost, c.wait_answered_s, c.wait_abandoned_s, c.longest_wait_s, c.handled, c.talk_s,
        c.hold_s, c.wrap_up_s, c.transferred,
        ratio(c.wait_answered_s, c.answered),
        ratio(c.talk_s + c.hold_s + c.wrap_up_s, c.handled),
        ratio(c.abandoned, c.offered),
        ratio(c.abandoned - c.short_abandoned, c.offered - c.short_abandoned),
        ratio(c.transferred, c.answered),
        service_level(f.formula, c.answered, c.answered_within, c.abandoned, c.abandoned_within,
                      c.short_abandoned, c.offered, c.removed_within),
        f.formula
    FROM counted c
    LEFT JOIN queues q USING (queue)
    CROSS JOIN LATERAL (SELECT coalesce(
        q.service_level_formula, 'answered_within/answered_and_abandoned_not_short') AS formula) f
$$;
COMMENT ON FUNCTION queue_figures_between IS
    'The figures of every queue from `since` to before `until`; by steps of `step`, in all when it is null';

CREATE VIEW queue_figures AS SELECT * FROM queue_figures_between();
COMMENT ON VIEW queue_figures IS 'The figures of every queue since the beginning';

CREATE VIEW queue_figures_by_quarter_hour AS
    SELECT * FROM queue_figures_between(step => '15 minutes');
COMMENT ON VIEW queue_figures_by_quarter_hour IS 'The figures of every queue for every quarter of an hour';

CREATE FUNCTION agent_figures_between(
    since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity')
RETURNS TABLE (
    agent text, handled bigint, talk_s double precision, hold_s double precision,
    wrap_up_s double precision, ringing_s double precision, available_s double precision,
    paused_s double precision, logged_in_s double precision,
    offers bigint, offers_answered bigint, not_answered bigint,
    average_handle_time_s double precision, occupancy double precision, utilization double precision,
    handled_an_hour double precision)
LANGUAGE sql STABLE AS $$
    WITH handling AS (
        SELECT v.agent, sum(v.handled) AS handled, sum(v.talk_s) AS talk_s, sum(v.hold_s) AS hold_s,
            sum(v.wrap_up_s) AS wrap_up_s
        FROM visits v
        WHERE v.agent IS NOT NULL AND coalesce(v.decided_at, v.handled_at) >= since
            AND coalesce(v.decided_at, v.handled_at) < until
        GROUP BY v.agent
    ), offering AS (
        SELECT o.agent, count(*) AS offers,
            count(*) FILTER (WHERE o.outcome = 'answered') AS answered,
            count(*) FILTER (WHERE o.outcome IN ('rang_out', 'declined', 'unreachable', 'failed'))
                AS not_answered
        FROM offers o
        WHERE o.ended_at >= since AND o.ended_at < until
        GROUP BY o.agent
    ), spent AS (
        SELECT s.agent,
            coalesce(sum(s.lasted_s) FILTER (WHERE s.state = 'ringing'), 0) AS ringing_s,
            coalesce(sum(s.lasted_s) FILTER (WHERE s.state = 'ready'), 0) AS available_s,
            coalesce(sum(s.lasted_s) FILTER (WHERE s.state = 'paused'), 0) AS paused_s,
            coalesce(sum(s.lasted_s) FILTER (WHERE s.state <> 'logged_out'), 0) AS logged_in_s
        FROM agent_states s
        WHERE s.ended_at >= since AND s.ended_at < until
        GROUP BY s.agent
    ), everybody AS (
        SELECT agent FROM handling UNION SELECT agent FROM offering UNION SELECT agent FROM spent
    ), summed AS (
        SELECT e.agent, coalesce(h.handled, 0) AS handled, coalesce(h.talk_s, 0) AS talk_s,
            coalesce(h.hold_s, 0) AS hold_s, coalesce(h.wrap_up_s, 0) AS wrap_up_s,
            coalesce(s.ringing_s, 0) AS ringing_s, coalesce(s.available_s, 0) AS available_s,
            coalesce(s.paused_s, 0) AS paused_s, coalesce(s.logged_in_s, 0) AS logged_in_s,
            coalesce(o.offers, 0) AS offers, coalesce(o.answered, 0) AS offers_answered,
            coalesce(o.not_answered, 0) AS not_answered
        FROM everybody e
        LEFT JOIN handling h USING (agent) LEFT JOIN offering o USING (agent) LEFT JOIN spent s USING (agent)
    )
    SELECT t.*,
        ratio(t.talk_s + t.hold_s + t.wrap_up_s, t.handled),
        ratio(t.talk_s + t.hold_s + t.wrap_up_s + t.ringing_s,
              t.talk_s + t.hold_s + t.wrap_up_s + t.ringing_s + t.available_s),
        ratio(t.talk_s + t.hold_s + t.wrap_up_s, t.logged_in_s),
        ratio(t.handled, t.logged_in_s / 3600)
    FROM summed t
$$;
COMMENT ON FUNCTION agent_figures_between IS
    'The figures of every agent from `since` to before `until`; a state counts when it ends';

CREATE VIEW agent_figures AS SELECT * FROM agent_figures_between();
COMMENT ON VIEW agent_figures IS 'The figures of every agent since the beginning';

CREATE VIEW agents_now AS
    SELECT agent, state, reason, pause_reason, logged_in, source, began_at AS since
    FROM agent_states WHERE ended_at IS NULL;
COMMENT ON VIEW agents_now IS 'What every agent does at present, as far as was told';

CREATE VIEW waiting_now AS
    SELECT queue, visit, contact, source, priority, joined_at FROM visits WHERE decided_at IS NULL;
COMMENT ON VIEW waiting_now IS 'Callers of whom nothing is known yet but that they joined';
