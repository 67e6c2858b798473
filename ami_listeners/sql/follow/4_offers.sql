-- Offers: one visit put before one agent.

CREATE OR REPLACE FUNCTION recount_offers(visits_ text[]) RETURNS void LANGUAGE sql AS $$
    WITH told AS (
        SELECT *, body->>'offer' AS offer FROM facts
        WHERE visit = ANY (visits_) AND kind IN ('offer_made', 'offer_ended')
    )
    INSERT INTO offers AS o (offer, visit, contact, queue, agent, source, system, because, made_at, ended_at,
                             outcome, rang_s, heard)
    SELECT offer, coalesce(m.visit, e.visit), coalesce(m.contact, e.contact), coalesce(m.queue, e.queue),
        coalesce(m.agent, e.agent), coalesce(m.source, e.source), coalesce(m.system, e.system),
        m.body->>'because', m.at, e.at, e.body->>'outcome', (e.body->>'rang_s')::float8,
        coalesce(m.heard, true) AND coalesce(e.heard, true)
    FROM (SELECT DISTINCT ON (offer) * FROM told WHERE kind = 'offer_made'
          ORDER BY offer, heard DESC, at DESC, id DESC) m
    FULL JOIN (SELECT DISTINCT ON (offer) * FROM told WHERE kind = 'offer_ended'
          ORDER BY offer, heard DESC, at DESC, id DESC) e USING (offer)
    ON CONFLICT (offer) DO UPDATE SET
        visit = excluded.visit, contact = excluded.contact, queue = excluded.queue, agent = excluded.agent,
        source = excluded.source, system = excluded.system, because = excluded.because,
        made_at = excluded.made_at, ended_at = excluded.ended_at, outcome = excluded.outcome,
        rang_s = excluded.rang_s, heard = excluded.heard
$$;
COMMENT ON FUNCTION recount_offers IS 'Makes the rows of the offers of these visits from all that was told of them';

CREATE OR REPLACE FUNCTION follow_offers() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE doubtful text[];
BEGIN
    WITH told AS MATERIALIZED (
        SELECT body->>'offer' AS offer, max(visit) AS visit, max(contact) AS contact, max(queue) AS queue,
            max(agent) AS agent, max(source) AS source, max(system) AS system,
            max(body->>'because') FILTER (WHERE kind = 'offer_made') AS because,
            max(at) FILTER (WHERE kind = 'offer_made') AS made_at,
            max(at) FILTER (WHERE kind = 'offer_ended') AS ended_at,
            max(body->>'outcome') FILTER (WHERE kind = 'offer_ended') AS outcome,
            max((body->>'rang_s')::float8) FILTER (WHERE kind = 'offer_ended') AS rang_s,
            bool_and(heard) AND count(*) FILTER (WHERE kind = 'offer_made') < 2
                AND count(*) FILTER (WHERE kind = 'offer_ended') < 2 AS clear
        FROM arrived WHERE kind IN ('offer_made', 'offer_ended') GROUP BY body->>'offer'
    ), merged AS (
        INSERT INTO offers AS o (offer, visit, contact, queue, agent, source, system, because, made_at,
                                 ended_at, outcome, rang_s)
        SELECT offer, visit, contact, queue, agent, source, system, because, made_at, ended_at, outcome, rang_s
        FROM told WHERE clear
        ON CONFLICT (offer) DO UPDATE SET
            because = coalesce(o.because, excluded.because), made_at = coalesce(o.made_at, excluded.made_at),
            ended_at = coalesce(o.ended_at, excluded.ended_at), outcome = coalesce(o.outcome, excluded.outcome),
            rang_s = coalesce(o.rang_s, excluded.rang_s)
        WHERE num_nulls(o.made_at, excluded.made_at) > 0
            AND num_nulls(o.ended_at, excluded.ended_at) > 0
        RETURNING offer
    )
    SELECT array_agg(visit) INTO doubtful FROM told WHERE offer NOT IN (SELECT offer FROM merged);
    IF doubtful IS NOT NULL THEN
        PERFORM recount_offers(doubtful);
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_4_offers AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_offers();
