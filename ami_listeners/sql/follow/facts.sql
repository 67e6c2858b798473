-- How the tables follow a fact, row by row.

CREATE OR REPLACE FUNCTION follow_visit(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b jsonb := new.body;
BEGIN
    CASE new.kind
    WHEN 'queue_joined' THEN
        INSERT INTO visits AS v (visit, contact, queue, source, priority, position_joined, joined_at)
        VALUES (new.visit, new.contact, new.queue, new.source,
                (b->>'priority')::int, (b->>'position')::int, new.at)
        ON CONFLICT (visit) DO UPDATE SET
            contact = excluded.contact, queue = excluded.queue, source = excluded.source,
            priority = excluded.priority, position_joined = excluded.position_joined,
            joined_at = least(v.joined_at, excluded.joined_at);
    WHEN 'answered' THEN
        INSERT INTO visits AS v (visit, contact, queue, source, direct, decided_at, outcome, wait_s,
                                 within_service_level, agent, offer)
        VALUES (new.visit, new.contact, new.queue, new.source, coalesce((b->>'direct')::bool, false),
                new.at, 'answered', (b->>'wait_s')::float8, (b->>'within_service_level')::bool,
                new.agent, b->>'offer')
        ON CONFLICT (visit) DO UPDATE SET
            direct = excluded.direct, decided_at = excluded.decided_at, outcome = excluded.outcome,
            wait_s = excluded.wait_s, within_service_level = excluded.within_service_level,
            agent = excluded.agent, offer = excluded.offer;
    WHEN 'visit_ended' THEN
        INSERT INTO visits AS v (visit, contact, queue, source, direct, decided_at, outcome, wait_s,
                                 within_service_level, short, position_left, key)
        VALUES (new.visit, new.contact, new.queue, new.source, coalesce((b->>'direct')::bool, false),
                new.at, b->>'outcome', (b->>'wait_s')::float8, (b->>'within_service_level')::bool,
                (b->>'short')::bool, (b->>'position')::int, b->>'key')
        ON CONFLICT (visit) DO UPDATE SET
            direct = excluded.direct, decided_at = excluded.decided_at, outcome = excluded.outcome,
            wait_s = excluded.wait_s, within_service_level = excluded.within_service_level,
            short = excluded.short, position_left = excluded.position_left, key = excluded.key;
    WHEN 'handled' THEN
        INSERT INTO visits AS v (visit, contact, queue, source, direct, agent, handled, handled_at,
                                 talk_s, hold_s, ended_by)
        VALUES (new.visit, new.contact, new.queue, new.source, coalesce((b->>'direct')::bool, false),
                new.agent, 1, new.at, (b->>'talk_s')::float8, (b->>'hold_s')::float8, b->>'ended_by')
        ON CONFLICT (visit) DO UPDATE SET
            direct = excluded.direct, agent = coalesce(v.agent, excluded.agent), handled = v.handled + 1,
            handled_at = excluded.handled_at, talk_s = v.talk_s + excluded.talk_s,
            hold_s = v.hold_s + excluded.hold_s, ended_by = excluded.ended_by;
    WHEN 'wrap_up_ended' THEN
        INSERT INTO visits AS v (visit, queue, source, direct, agent, wrap_up_s, wrapped_up_at)
        VALUES (new.visit, new.queue, new.source, coalesce((b->>'direct')::bool, false), new.agent,
                (b->>'wrap_up_s')::float8, new.at)
        ON CONFLICT (visit) DO UPDATE SET
            wrap_up_s = v.wrap_up_s + excluded.wrap_up_s, wrapped_up_at = excluded.wrapped_up_at;
    WHEN 'transferred' THEN
        INSERT INTO visits AS v (visit, contact, queue, source, direct, agent, transfers, transfer_kind,
                                 transferred_to)
        VALUES (new.visit, new.contact, new.queue, new.source, coalesce((b->>'direct')::bool, false),
                new.agent, 1, b->>'kind', b->>'to')
        ON CONFLICT (visit) DO UPDATE SET
            transfers = v.transfers + 1, transfer_kind = excluded.transfer_kind,
            transferred_to = excluded.transferred_to;
    END CASE;
END $$;

CREATE OR REPLACE FUNCTION follow_offer(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b jsonb := new.body;
BEGIN
    CASE new.kind
    WHEN 'offer_made' THEN
        INSERT INTO offers (offer, visit, contact, queue, agent, source, because, made_at)
        VALUES (b->>'offer', new.visit, new.contact, new.queue, new.agent, new.source, b->>'because', new.at)
        ON CONFLICT (offer) DO UPDATE SET because = excluded.because, made_at = excluded.made_at;
    WHEN 'offer_ended' THEN
        INSERT INTO offers (offer, visit, contact, queue, agent, source, ended_at, outcome, rang_s)
        VALUES (b->>'offer', new.visit, new.contact, new.queue, new.agent, new.source,
                new.at, b->>'outcome', (b->>'rang_s')::float8)
        ON CONFLICT (offer) DO UPDATE SET
            ended_at = excluded.ended_at, outcome = excluded.outcome, rang_s = excluded.rang_s;
    END CASE;
END $$;

CREATE OR REPLACE FUNCTION follow_agent(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    b      jsonb := new.body;
    lasted double precision := (b->>'lasted_s')::float8;
BEGIN
    -- The state that ended: the open row, if it is of that state; else nobody had told of it.
    UPDATE agent_states SET ended_at = new.at, lasted_s = lasted
    WHERE agent = new.agent AND ended_at IS NULL AND state = b->>'was';
    IF NOT FOUND THEN
        UPDATE agent_states
        SET ended_at = greatest(began_at, new.at - make_interval(secs => lasted))
        WHERE agent = new.agent AND ended_at IS NULL;
        INSERT INTO agent_states (fact, part, agent, state, logged_in, source, began_at, ended_at, lasted_s)
        VALUES (new.id, 0, new.agent, b->>'was', b->>'was' <> 'logged_out', new.source,
                new.at - make_interval(secs => lasted), new.at, lasted);
    END IF;
    INSERT INTO agent_states (fact, part, agent, state, reason, pause_reason, logged_in, source, began_at)
    VALUES (new.id, 1, new.agent, b->>'state', b->>'reason', b->>'pause_reason', (b->>'logged_in')::bool,
            new.source, new.at);
END $$;

CREATE OR REPLACE FUNCTION follow_contact(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b jsonb := new.body;
BEGIN
    CASE new.kind
    WHEN 'contact_started' THEN
        INSERT INTO contacts (contact, channel, caller_number, caller_name, called_number, direction,
                              started_at)
        VALUES (new.contact, b->>'channel', b->>'caller_number', b->>'caller_name', b->>'called_number',
                b->>'direction', new.at)
        ON CONFLICT (contact) DO UPDATE SET
            channel = excluded.channel, caller_number = excluded.caller_number,
            caller_name = excluded.caller_name, called_number = excluded.called_number,
            direction = excluded.direction, started_at = excluded.started_at;
    WHEN 'contact_ended' THEN
        INSERT INTO contacts (contact, ended_at, ended_by, cause, duration_s)
        VALUES (new.contact, new.at, b->>'ended_by', (b->>'cause')::int, (b->>'duration_s')::float8)
        ON CONFLICT (contact) DO UPDATE SET
            ended_at = excluded.ended_at, ended_by = excluded.ended_by, cause = excluded.cause,
            duration_s = excluded.duration_s;
    WHEN 'voicemail_left' THEN
        INSERT INTO voicemails (fact, contact, box, recording, duration_s, left_at)
        VALUES (new.id, new.contact, b->>'box', b->>'recording', (b->>'duration_s')::float8, new.at);
    END CASE;
END $$;

CREATE OR REPLACE FUNCTION follow_asterisk(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b jsonb := new.body;
BEGIN
    CASE new.kind
    WHEN 'call_started' THEN
        INSERT INTO calls (call, channel_name, caller_number, caller_name, called_number, context, started_at)
        VALUES (b->>'call', b->>'channel_name', b->>'caller_number', b->>'caller_name',
                b->>'called_number', b->>'context', new.at)
        ON CONFLICT (call) DO UPDATE SET
            channel_name = excluded.channel_name, caller_number = excluded.caller_number,
            caller_name = excluded.caller_name, called_number = excluded.called_number,
            context = excluded.context, started_at = least(calls.started_at, excluded.started_at);
    WHEN 'call_ended' THEN
        INSERT INTO calls (call, ended_at, cause, answered, duration_s)
        VALUES (b->>'call', new.at, (b->>'cause')::int, (b->>'answered')::bool, (b->>'duration_s')::float8)
        ON CONFLICT (call) DO UPDATE SET
            ended_at = excluded.ended_at, cause = excluded.cause, answered = excluded.answered,
            duration_s = excluded.duration_s;
    WHEN 'device_changed' THEN
        INSERT INTO devices AS d (device, state, changed_at)
        VALUES (b->>'device', b->>'state', new.at)
        ON CONFLICT (system, device) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at
        WHERE d.changed_at <= excluded.changed_at;
    WHEN 'registration_changed' THEN
        INSERT INTO registrations AS r (endpoint, contact_uri, status, round_trip_us, changed_at)
        VALUES (b->>'endpoint', b->>'contact_uri', b->>'status', (b->>'round_trip_us')::int, new.at)
        ON CONFLICT (system, endpoint, contact_uri) DO UPDATE SET
            status = excluded.status, round_trip_us = excluded.round_trip_us,
            changed_at = excluded.changed_at
        WHERE r.changed_at <= excluded.changed_at;
    WHEN 'listener_gap' THEN
        INSERT INTO gaps (fact, source, began_at, ended_at, reason)
        VALUES (new.id, b->>'source', (b->>'began_at')::timestamptz, new.at, b->>'reason');
    END CASE;
END $$;

CREATE OR REPLACE FUNCTION follow_callback(new facts) RETURNS void LANGUAGE plpgsql AS $$
DECLARE b jsonb := new.body;
BEGIN
    INSERT INTO visits AS v (visit, contact, queue, source, callback_taken_at, callback_number,
                             callback_tries, callback_failures, called_back_at, callback_s)
    VALUES (new.visit, new.contact, new.queue, new.source,
            CASE new.kind WHEN 'callback_taken' THEN new.at END, b->>'number', (b->>'tries')::int,
            (b->>'failures')::int,
            CASE new.kind WHEN 'called_back' THEN new.at END, (b->>'callback_s')::float8)
    ON CONFLICT (visit) DO UPDATE SET
        callback_taken_at = coalesce(v.callback_taken_at, excluded.callback_taken_at),
        callback_number = excluded.callback_number,
        callback_tries = coalesce(excluded.callback_tries, v.callback_tries, 0),
        callback_failures = coalesce(excluded.callback_failures, v.callback_failures, 0),
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

CREATE OR REPLACE TRIGGER follow AFTER INSERT ON facts FOR EACH ROW EXECUTE FUNCTION follow_fact();
