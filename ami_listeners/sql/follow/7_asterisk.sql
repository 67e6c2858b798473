-- What only Asterisk knows: the last known state of devices, registrations and trunks, and what is noted once.

CREATE OR REPLACE FUNCTION follow_asterisk() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE told text[] := ARRAY(SELECT DISTINCT kind FROM arrived WHERE kind IN (
    'device_changed', 'registration_changed', 'trunk_changed', 'listener_gap',
    'leg_quality', 'clock_compared', 'raw_event'));
BEGIN
    IF 'device_changed' = ANY (told) THEN
        INSERT INTO devices AS d (system, device, state, changed_at)
        SELECT DISTINCT ON (system, body->>'device') system, body->>'device', body->>'state', at
        FROM arrived WHERE kind = 'device_changed' ORDER BY system, body->>'device', at DESC, id DESC
        ON CONFLICT (system, device) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at
        WHERE d.changed_at <= excluded.changed_at;
    END IF;
    IF 'registration_changed' = ANY (told) THEN
        INSERT INTO registrations AS r (system, endpoint, contact_uri, status, round_trip_us, changed_at)
        SELECT DISTINCT ON (system, body->>'endpoint', body->>'contact_uri')
            system, body->>'endpoint', body->>'contact_uri', body->>'status', (body->>'round_trip_us')::int, at
        FROM arrived WHERE kind = 'registration_changed'
        ORDER BY system, body->>'endpoint', body->>'contact_uri', at DESC, id DESC
        ON CONFLICT (system, endpoint, contact_uri) DO UPDATE SET
            status = excluded.status, round_trip_us = excluded.round_trip_us, changed_at = excluded.changed_at
        WHERE r.changed_at <= excluded.changed_at;
    END IF;
    IF 'trunk_changed' = ANY (told) THEN
        INSERT INTO trunks AS t (system, trunk, up, status, round_trip_us, changed_at)
        SELECT DISTINCT ON (system, body->>'trunk')
            system, body->>'trunk', (body->>'up')::bool, body->>'status', (body->>'round_trip_us')::int, at
        FROM arrived WHERE kind = 'trunk_changed' ORDER BY system, body->>'trunk', at DESC, id DESC
        ON CONFLICT (system, trunk) DO UPDATE SET
            up = excluded.up, status = excluded.status, round_trip_us = excluded.round_trip_us,
            changed_at = excluded.changed_at
        WHERE t.changed_at <= excluded.changed_at;
    END IF;
    IF 'listener_gap' = ANY (told) THEN
        INSERT INTO gaps (fact, source, began_at, ended_at, reason, system, listener)
        SELECT id, body->>'source', (body->>'began_at')::timestamptz, at, body->>'reason', system,
            coalesce(listener, '')
        FROM arrived WHERE kind = 'listener_gap'
        ON CONFLICT (fact) DO NOTHING;
    END IF;
    IF 'leg_quality' = ANY (told) THEN
        INSERT INTO leg_quality (fact, system, call, channel, direction, queue, agent, party, at, mos, worst_mos, r,
                                 loss, jitter_ms, round_trip_ms, codec, reports)
        SELECT id, system, body->>'call', body->>'channel', body->>'direction', queue, agent, body->>'party', at,
            (body->>'mos')::real, (body->>'worst_mos')::real, (body->>'r')::real, (body->>'loss')::real,
            (body->>'jitter_ms')::real, (body->>'round_trip_ms')::real, body->>'codec', (body->>'reports')::int
        FROM arrived WHERE kind = 'leg_quality'
        ON CONFLICT (fact) DO NOTHING;
    END IF;
    IF 'clock_compared' = ANY (told) THEN
        INSERT INTO clock_offsets (fact, system, listener, at, offset_s, drift_ppm, uncertainty_s)
        SELECT id, system, coalesce(listener, ''), at, (body->>'offset_s')::real, (body->>'drift_ppm')::real,
            (body->>'uncertainty_s')::real
        FROM arrived WHERE kind = 'clock_compared'
        ON CONFLICT (fact) DO NOTHING;
    END IF;
    IF 'raw_event' = ANY (told) THEN
        INSERT INTO raw_events (fact, system, at, name, text)
        SELECT id, system, at, body->>'name', body->>'text' FROM arrived WHERE kind = 'raw_event';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_7_asterisk AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_asterisk();
DROP TRIGGER IF EXISTS follow_8_notes ON facts;
DROP FUNCTION IF EXISTS follow_notes();
