-- Virtual hold: callers who keep the place without the line. Their wait is counted apart, as callback_s.

ALTER TABLE visits
    ADD COLUMN callback_taken_at timestamptz,
    ADD COLUMN callback_number   text,
    ADD COLUMN callback_tries    integer,
    ADD COLUMN called_back_at    timestamptz,
    ADD COLUMN callback_s        double precision;
COMMENT ON COLUMN visits.wait_s IS 'Waited on a line';
COMMENT ON COLUMN visits.callback_s IS 'Waited without a line, from taking a callback to being on the line again';
COMMENT ON COLUMN visits.callback_tries IS 'Calls to the customer that were not answered';

CREATE FUNCTION follow_callback(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b jsonb := new.body;
BEGIN
    INSERT INTO visits AS v (visit, contact, queue, source, callback_taken_at, callback_number,
                             callback_tries, called_back_at, callback_s)
    VALUES (new.visit, new.contact, new.queue, new.source,
            CASE new.kind WHEN 'callback_taken' THEN new.at END, b->>'number', (b->>'tries')::int,
            CASE new.kind WHEN 'called_back' THEN new.at END, (b->>'callback_s')::float8)
    ON CONFLICT (visit) DO UPDATE SET
        callback_taken_at = coalesce(v.callback_taken_at, excluded.callback_taken_at),
        callback_number = excluded.callback_number,
        callback_tries = coalesce(excluded.callback_tries, v.callback_tries, 0),
        called_back_at = coalesce(excluded.called_back_at, v.called_back_at),
        callback_s = coalesce(excluded.callback_s, v.callback_s);
END $$;

CREATE OR REPLACE FUNCTION follow_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE
    WHEN new.kind IN ('queue_joined', 'answered', 'visit_ended', 'handled', 'wrap_up_ended', 'transferred') THEN
        PERFORM follow_visit(new);
    WHEN new.kind IN ('callback_taken', 'callback_tried', 'called_back') THEN
        PERFORM follow_callback(new);
    WHEN new.kind IN ('offer_made', 'offer_ended') THEN
        PERFORM follow_offer(new);
    WHEN new.kind = 'agent_state_changed' THEN
        PERFORM follow_agent(new);
    WHEN new.kind IN ('contact_started', 'contact_ended', 'voicemail_left') THEN
        PERFORM follow_contact(new);
    WHEN new.kind IN ('call_started', 'call_ended', 'device_changed', 'registration_changed',
                      'listener_gap') THEN
        PERFORM follow_asterisk(new);
    ELSE
        NULL;
    END CASE;
    RETURN NULL;
END $$;

CREATE VIEW callbacks_now AS
    SELECT queue, visit, contact, callback_number AS number, callback_taken_at AS taken_at,
        callback_tries AS tries, priority, joined_at
    FROM visits WHERE decided_at IS NULL AND callback_taken_at IS NOT NULL AND called_back_at IS NULL;
COMMENT ON VIEW callbacks_now IS 'Customers who are to be called back';

DROP VIEW queue_figures, queue_figures_by_quarter_hour;
DROP FUNCTION queue_figures_between;

CREATE FUNCTION queue_figures_between(
    since timestamptz DEFAULT '-infinity', until timestamptz DEFAULT 'infinity', step interval DEFAULT NULL)
RETURNS TABLE (
    queue text, began_at timestamptz,
    offered bigint, answered bigint, answered_within bigint,
    abandoned bigint, abandoned_within bigint, short_abandoned bigint, removed_within bigint,
    timed_out bigint, left_empty bigint, "full" bigint, exited_by_key bigint, withdrawn bigint, lost bigint,
    callback_failed bigint, callbacks_taken bigint, callbacks_served bigint,
    wait_answered_s double precision, wait_abandoned_s double precision, longest_wait_s double precision,
    handled bigint, talk_s double precision, hold_s double precision, wrap_up_s double precision,
    transferred bigint, time_to_callback_s double precision,
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
            count(*) FILTER (WHERE outcome = 'callback_failed') AS callback_failed,
            count(*) FILTER (WHERE callback_taken_at IS NOT NULL) AS callbacks_taken,
            count(*) FILTER (WHERE callback_taken_at IS NOT NULL AND outcome = 'answered')
                AS callbacks_served,
            coalesce(sum(callback_s) FILTER (WHERE outcome = 'answered'), 0) AS time_to_callback_s,
            coalesce(sum(wait_s) FILTER (WHERE outcome = 'answered'), 0) AS wait_answered_s,
            coalesce(sum(wait_s) FILTER (WHERE outcome = 'abandoned'), 0) AS wait_abandoned_s,
            max(wait_s) AS longest_wait_s,
            sum(handled) AS handled, sum(talk_s) AS talk_s, sum(hold_s) AS hold_s,
            sum(wrap_up_s) AS wrap_up_s, sum(transfers) AS transferred
        FROM decided d GROUP BY d.queue, d.began
    )
    SELECT c.queue, c.began, c.offered, c.answered, c.answered_within, c.abandoned, c.abandoned_within,
        c.short_abandoned, c.removed_within, c.timed_out, c.left_empty, c."full", c.exited_by_key,
        c.withdrawn, c.lost, c.callback_failed, c.callbacks_taken, c.callbacks_served, c.wait_answered_s, c.wait_abandoned_s, c.longest_wait_s, c.handled, c.talk_s,
        c.hold_s, c.wrap_up_s, c.transferred, c.time_to_callback_s,
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

CREATE VIEW queue_figures AS
    SELECT queue, nullif(began_at, '-infinity') AS began_at,
        offered, answered, answered_within, abandoned, abandoned_within, short_abandoned, removed_within,
        timed_out, left_empty, "full", exited_by_key, withdrawn, lost,
        callback_failed, callbacks_taken, callbacks_served,
        wait_answered_s, wait_abandoned_s, longest_wait_s, handled, talk_s, hold_s, wrap_up_s, transferred,
        time_to_callback_s,
        average_speed_of_answer_s, average_handle_time_s, abandonment_rate, abandonment_rate_not_short,
        transfer_rate, service_level, service_level_formula
    FROM queue_figures_between();
COMMENT ON VIEW queue_figures IS 'The figures of every queue since the beginning';

CREATE VIEW queue_figures_by_quarter_hour AS
    SELECT * FROM queue_figures_between(step => '15 minutes');
COMMENT ON VIEW queue_figures_by_quarter_hour IS 'The figures of every queue for every quarter of an hour';
