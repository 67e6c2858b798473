-- What two listeners heard of is one fact. Named and stamped facts have the same id; the others are compared.

CREATE OR REPLACE FUNCTION match_arriving(within interval DEFAULT '1.5 s') RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    new     record;
    known   uuid;
    matched integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('callfloor.follow')); -- nobody tells of the same meanwhile
    DELETE FROM arriving WHERE id IN (SELECT id FROM sightings);
    FOR new IN SELECT * FROM arriving
        WHERE listener IS NOT NULL AND kind NOT IN ('listener_gap', 'clock_compared') ORDER BY id
    LOOP
        SELECT f.id INTO known FROM facts f
        WHERE said(f.kind, f.body) = said(new.kind, new.body) AND f.listener IS NOT NULL
            AND f.at BETWEEN new.at - within AND new.at + within
            AND f.system = new.system AND f.listener <> new.listener
            AND NOT EXISTS (SELECT FROM sightings s WHERE s.fact = f.id AND s.listener = new.listener)
        ORDER BY greatest(f.at, new.at) - least(f.at, new.at), f.id LIMIT 1;
        CONTINUE WHEN known IS NULL;
        INSERT INTO sightings (id, fact, listener, at) VALUES (new.id, known, new.listener, new.at);
        DELETE FROM arriving WHERE id = new.id;
        matched := matched + 1;
    END LOOP;
    RETURN matched;
END $$;
COMMENT ON FUNCTION match_arriving IS
    'Takes from what arrives what another listener told at about the same time, and says how much that was';
