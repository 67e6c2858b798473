-- The figures since the beginning have no beginning: null, as many a client cannot read minus infinity.

CREATE OR REPLACE VIEW queue_figures AS
    SELECT queue, nullif(began_at, '-infinity') AS began_at,
        offered, answered, answered_within, abandoned, abandoned_within, short_abandoned, removed_within,
        timed_out, left_empty, "full", exited_by_key, withdrawn, lost,
        wait_answered_s, wait_abandoned_s, longest_wait_s, handled, talk_s, hold_s, wrap_up_s, transferred,
        average_speed_of_answer_s, average_handle_time_s, abandonment_rate, abandonment_rate_not_short,
        transfer_rate, service_level, service_level_formula
    FROM queue_figures_between();
