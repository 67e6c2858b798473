-- What is asked to measure by other rules what is over.

-- known_queues --
-- Name every queue of which something is known.
SELECT queue FROM queues UNION SELECT queue FROM queue_days ORDER BY 1

-- decided_span --
-- Tell when the first and the last visit of a queue in a time was decided.
SELECT min(decided_at), max(decided_at) FROM visits
WHERE queue = %(queue)s AND decided_at >= %(since)s AND decided_at < %(until)s

-- say_rule --
-- Say how a queue is measured in a time that is over.
INSERT INTO queue_rules (queue, since, until, service_level_s, short_abandon_s, service_level_formula)
VALUES (%(queue)s, %(since)s, %(until)s, %(service_level_s)s, %(short_abandon_s)s, %(service_level_formula)s)

-- await_followers --
-- Wait until no facts are followed, and keep it so until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('callfloor.follow'))

-- remeasure --
-- Measure the visits of a queue in a time anew; say how many there are, and how many that changed.
SELECT cardinality(visits), remeasure_visits(visits) FROM (
    SELECT coalesce(array_agg(visit), '{}') AS visits FROM visits
    WHERE queue = %(queue)s AND decided_at >= %(since)s AND decided_at < %(until)s) AS decided
