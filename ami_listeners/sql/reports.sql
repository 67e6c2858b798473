-- What reports ask of the database; what stands in braces is put in from the definitions of what is counted.

-- counted_in_spans --
-- Count rows by the span in which they happened, and by whom they are of.
SELECT width_bucket({at}, %(bounds)s::timestamptz[]) AS span, {keys}, {counts}
FROM {rows}
WHERE ({within}) AND {such} AND (%(names)s::text[] IS NULL OR {name} = ANY (%(names)s))
GROUP BY {numbers}
ORDER BY {numbers}

-- rolled_up --
-- Read from the roll-ups what was counted.
SELECT span, {key} AS key_0, {names}
FROM {counts}(%(bounds)s::timestamptz[], %(names)s::text[])
ORDER BY span, {key} COLLATE "C"

-- formulas --
-- Read by which formula each queue's service level is counted at the end of what is asked for.
SELECT queue, formula FROM service_level_formulas(%(until)s)

-- gaps --
-- Read when nobody listened.
SELECT began_at, ended_at, reason FROM system_gaps_between(%(since)s, %(until)s) ORDER BY began_at, ended_at

-- listed_visits --
-- List the visits that a number is made of.
SELECT v.listed_at AS at, coalesce(nullif(c.caller_number, ''), k.caller_number, '') AS number,
    coalesce(nullif(c.caller_name, ''), k.caller_name, '') AS name, queue, coalesce(outcome, '') AS outcome,
    wait_s, agent, talk_s, hold_s, wrap_up_s, v.ended_by, transferred_to, v.contact, v.visit, v.counts
FROM (
    SELECT *, {at} AS listed_at, {value} AS counts FROM {rows}
    WHERE ({within}) AND {such} AND {where} AND {named}
    ORDER BY {at}, visit LIMIT %(limit)s) v
LEFT JOIN contacts c USING (contact) LEFT JOIN calls k ON k.call = v.contact
ORDER BY 1, v.visit

-- listed_offers --
-- List the offers that a number is made of.
SELECT o.ended_at AS at, o.agent, o.queue, o.outcome, rang_s, because,
    coalesce(nullif(c.caller_number, ''), k.caller_number, '') AS number, o.contact, o.offer, o.counts
FROM (
    SELECT *, {value} AS counts FROM offers
    WHERE ({within}) AND {such} AND {where} AND {named}
    ORDER BY {at}, offer LIMIT %(limit)s) o
LEFT JOIN contacts c USING (contact) LEFT JOIN calls k ON k.call = o.contact
ORDER BY 1, o.offer

-- listed_states --
-- List the states of agents that a number is made of.
SELECT agent, state, coalesce(pause_reason, reason, '') AS reason, began_at, ended_at,
    lasted_s * CASE WHEN ended_at > began_at THEN
        extract(epoch FROM least(ended_at, %(until)s) - greatest(began_at, %(since)s))
        / extract(epoch FROM ended_at - began_at) ELSE 1 END AS counts
FROM agent_states
WHERE ({within}) AND {such} AND {where} AND {named}
ORDER BY began_at, fact, part
LIMIT %(limit)s

-- listed_dispositions --
-- List what calls were said to be about.
SELECT d.at, coalesce(c.caller_number, '') AS number, d.queue, d.agent, d.disposition, d.note, d.given_by,
    d.contact, d.visit, d.counts
FROM (
    SELECT *, {value} AS counts FROM {rows}
    WHERE ({within}) AND {such} AND {where} AND {named}
    ORDER BY {at}, visit LIMIT %(limit)s) d
LEFT JOIN contacts c USING (contact)
ORDER BY 1, d.visit

-- listed_scores --
-- List the answers of customers that a number is made of.
SELECT s.at, coalesce(c.caller_number, '') AS number, s.queue, s.agent, s.survey, s.question, s.answer, s.contact,
    s.counts
FROM (
    SELECT *, {value} AS counts FROM {rows}
    WHERE ({within}) AND {such} AND {where} AND {named}
    ORDER BY {at}, fact LIMIT %(limit)s) s
LEFT JOIN contacts c USING (contact)
ORDER BY 1, s.fact

-- listed_contacts --
-- List contacts, with what became of them.
SELECT started_at AS at, coalesce(caller_number, '') AS number, coalesce(caller_name, '') AS name,
    coalesce(called_number, '') AS called, coalesce(direction, '') AS direction, v.queues, v.outcome, v.wait_s,
    v.agents, v.talk_s, v.transfers, c.ended_by, duration_s, c.contact, {value} AS counts
FROM {rows} LEFT JOIN LATERAL (
    SELECT string_agg(queue, ', ' ORDER BY joined_at) AS queues, string_agg(DISTINCT agent, ', ') AS agents,
        (array_agg(outcome ORDER BY decided_at DESC NULLS FIRST))[1] AS outcome, sum(wait_s) AS wait_s,
        sum(talk_s) AS talk_s, sum(transfers)::integer AS transfers
    FROM visits WHERE visits.contact = c.contact) v ON true
WHERE ({within}) AND {such} AND {where} AND {named}
    AND (%(number)s = '' OR caller_number = %(number)s)
ORDER BY 1, c.contact
LIMIT %(limit)s

-- listed_segments --
-- List what each side of calls did, from when to when.
SELECT began_at, ended_at, lasted_ms / 1000.0::float8 AS lasted_s, g.kind AS did, coalesce(queue, '') AS queue,
    agent, party, number, direction, ended_by, channel, visit, of_contact AS contact, {value} AS counts
FROM {rows}
WHERE ({within}) AND {such} AND {where} AND {named} AND (%(number)s = '' OR number = %(number)s)
ORDER BY of_contact, began_at, segment
LIMIT %(limit)s

-- listed_legs --
-- List the legs of calls that a number is made of.
SELECT at, coalesce(queue, '') AS queue, direction, agent, party, mos, worst_mos, loss, jitter_ms,
    round_trip_ms, codec, call, channel, {value} AS counts
FROM leg_quality
WHERE ({within}) AND {such} AND {where} AND {named}
ORDER BY at, fact
LIMIT %(limit)s

-- table_exists --
-- Tell whether the database has a table.
SELECT to_regclass(%(name)s) IS NOT NULL
