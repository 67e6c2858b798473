-- By which formula the service level of each queue was counted just before a moment: as somebody said of that
-- time afterwards, else as the queue's configuration says.
CREATE OR REPLACE FUNCTION service_level_formulas(moment timestamptz)
RETURNS TABLE (queue text, formula text) LANGUAGE sql STABLE AS $$
    SELECT queue, coalesce(r.service_level_formula, q.service_level_formula)
    FROM queues q FULL JOIN (
        SELECT DISTINCT ON (queue) queue, service_level_formula FROM queue_rules
        WHERE since < moment AND moment <= until AND service_level_formula IS NOT NULL
        ORDER BY queue, number DESC) r USING (queue)
$$;
COMMENT ON FUNCTION service_level_formulas IS
    'By which formula the service level of each queue was counted just before a moment';
