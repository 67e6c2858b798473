-- Facts as they were told, and the tables that follow from each of them in the same transaction.
--
-- Only `facts` is ever written from outside. A trigger lets the other tables follow, row by row, so that
-- whoever inserts a fact, and however often it is tried, they are always what the facts say.
-- Times are UTC. Durations were measured on one monotonic clock and are never differences of two times.

CREATE TABLE facts (
    id      uuid PRIMARY KEY,
    at      timestamptz NOT NULL,
    kind    text NOT NULL,
    source  text NOT NULL,
    contact text,
    visit   text,
    queue   text,
    agent   text,
    body    jsonb NOT NULL
);
COMMENT ON TABLE facts IS 'Everything that became true, once each; the id is ordered by the time of writing';
COMMENT ON COLUMN facts.kind IS 'The fact''s class in queue_strategies/facts.py, in snake case';
COMMENT ON COLUMN facts.source IS 'floor: decided by callfloor; native: folded from what Asterisk told';
CREATE INDEX facts_at ON facts USING brin (at);
CREATE INDEX facts_contact ON facts (contact) WHERE contact IS NOT NULL;
CREATE INDEX facts_visit ON facts (visit) WHERE visit IS NOT NULL;

-- -- contacts and visits ------------------------------------------------------------------------------------

CREATE TABLE contacts (
    contact       text PRIMARY KEY,
    channel       text,
    caller_number text,
    caller_name   text,
    called_number text,
    direction     text,
    started_at    timestamptz,
    ended_at      timestamptz,
    ended_by      text,
    cause         integer,
    duration_s    double precision
);
COMMENT ON TABLE contacts IS 'One customer asking once';
CREATE INDEX contacts_started_at ON contacts (started_at);
CREATE INDEX contacts_caller_number ON contacts (caller_number);

CREATE TABLE visits (
    visit                text PRIMARY KEY,
    contact              text,
    queue                text,
    source               text,
    direct               boolean NOT NULL DEFAULT false,
    priority             integer,
    position_joined      integer,
    joined_at            timestamptz,
    decided_at           timestamptz,
    outcome              text,
    wait_s               double precision,
    within_service_level boolean,
    short                boolean,
    position_left        integer,
    key                  text,
    agent                text,
    offer                text,
    handled              integer NOT NULL DEFAULT 0,
    handled_at           timestamptz,
    talk_s               double precision NOT NULL DEFAULT 0,
    hold_s               double precision NOT NULL DEFAULT 0,
    wrap_up_s            double precision NOT NULL DEFAULT 0,
    wrapped_up_at        timestamptz,
    ended_by             text,
    transfers            integer NOT NULL DEFAULT 0,
    transfer_kind        text,
    transferred_to       text
);
COMMENT ON TABLE visits IS 'One stay of a contact in one queue; the unit of the queue figures';
COMMENT ON COLUMN visits.direct IS 'A personal line: kept out of the queue figures';
COMMENT ON COLUMN visits.decided_at IS 'When the caller was answered or left; null while waiting';
COMMENT ON COLUMN visits.outcome IS 'answered, or how the visit ended without an answer';
COMMENT ON COLUMN visits.agent IS 'Who answered';
CREATE INDEX visits_decided_at ON visits (decided_at);
CREATE INDEX visits_joined_at ON visits (joined_at);
CREATE INDEX visits_contact ON visits (contact);
CREATE INDEX visits_waiting ON visits (queue) WHERE decided_at IS NULL;

CREATE TABLE offers (
    offer    text PRIMARY KEY,
    visit    text,
    contact  text,
    queue    text,
    agent    text,
    source   text,
    because  text,
    made_at  timestamptz,
    ended_at timestamptz,
    outcome  text,
    rang_s   double precision
);
COMMENT ON TABLE offers IS 'One visit put before one agent';
CREATE INDEX offers_ended_at ON offers (ended_at);
CREATE INDEX offers_visit ON offers (visit);

CREATE TABLE voicemails (
    fact       uuid PRIMARY KEY,
    contact    text,
    box        text NOT NULL,
    recording  text NOT NULL,
    duration_s double precision,
    left_at    timestamptz NOT NULL
);
COMMENT ON TABLE voicemails IS 'Messages that callers left';
CREATE INDEX voicemails_box ON voicemails (box, left_at);

-- -- agents -------------------------------------------------------------------------------------------------

CREATE TABLE agent_states (
    fact         uuid NOT NULL,
    part         smallint NOT NULL,
    agent        text NOT NULL,
    state        text NOT NULL,
    reason       text,
    pause_reason text,
    logged_in    boolean NOT NULL,
    source       text NOT NULL,
    began_at     timestamptz NOT NULL,
    ended_at     timestamptz,
    lasted_s     double precision,
    PRIMARY KEY (fact, part)
);
COMMENT ON TABLE agent_states IS 'What each agent did from when to when; the open row of an agent is the present';
COMMENT ON COLUMN agent_states.part IS '0: the state the fact ended and nobody had told of; 1: the one it began';
COMMENT ON COLUMN agent_states.lasted_s IS 'By the monotonic clock; null for a state whose end nobody measured';
CREATE UNIQUE INDEX agent_states_present ON agent_states (agent) WHERE ended_at IS NULL;
CREATE INDEX agent_states_began_at ON agent_states (agent, began_at);
CREATE INDEX agent_states_ended_at ON agent_states (ended_at);

-- -- what only Asterisk knows -------------------------------------------------------------------------------

CREATE TABLE calls (
    call          text PRIMARY KEY,
    channel_name  text,
    caller_number text,
    caller_name   text,
    called_number text,
    context       text,
    started_at    timestamptz,
    ended_at      timestamptz,
    cause         integer,
    answered      boolean,
    duration_s    double precision
);
COMMENT ON TABLE calls IS 'Every call of Asterisk, callfloor''s or not, by its linkedid';
CREATE INDEX calls_started_at ON calls (started_at);
CREATE INDEX calls_open ON calls (call) WHERE ended_at IS NULL;

CREATE TABLE devices (
    device     text PRIMARY KEY,
    state      text NOT NULL,
    changed_at timestamptz NOT NULL
);
COMMENT ON TABLE devices IS 'The last known state of every device';

CREATE TABLE registrations (
    endpoint      text NOT NULL,
    contact_uri   text NOT NULL,
    status        text NOT NULL,
    round_trip_us integer,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (endpoint, contact_uri)
);
COMMENT ON TABLE registrations IS 'Where each phone was last reached';

CREATE TABLE gaps (
    fact     uuid PRIMARY KEY,
    source   text NOT NULL,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    reason   text
);
COMMENT ON TABLE gaps IS 'When nobody listened: what happened in between is known only by its outcome';

-- -- how the tables follow ----------------------------------------------------------------------------------

CREATE FUNCTION follow_visit(new facts) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION follow_offer(new facts) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION follow_agent(new facts) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION follow_contact(new facts) RETURNS void LANGUAGE plpgsql AS $$
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

CREATE FUNCTION follow_asterisk(new facts) RETURNS void LANGUAGE plpgsql AS $$
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
        ON CONFLICT (device) DO UPDATE SET state = excluded.state, changed_at = excluded.changed_at
        WHERE d.changed_at <= excluded.changed_at;
    WHEN 'registration_changed' THEN
        INSERT INTO registrations AS r (endpoint, contact_uri, status, round_trip_us, changed_at)
        VALUES (b->>'endpoint', b->>'contact_uri', b->>'status', (b->>'round_trip_us')::int, new.at)
        ON CONFLICT (endpoint, contact_uri) DO UPDATE SET
            status = excluded.status, round_trip_us = excluded.round_trip_us,
            changed_at = excluded.changed_at
        WHERE r.changed_at <= excluded.changed_at;
    WHEN 'listener_gap' THEN
        INSERT INTO gaps (fact, source, began_at, ended_at, reason)
        VALUES (new.id, b->>'source', (b->>'began_at')::timestamptz, new.at, b->>'reason');
    END CASE;
END $$;

CREATE FUNCTION follow_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    CASE
    WHEN new.kind IN ('queue_joined', 'answered', 'visit_ended', 'handled', 'wrap_up_ended', 'transferred') THEN
        PERFORM follow_visit(new);
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
COMMENT ON FUNCTION follow_fact IS 'Lets the tables follow a fact that was not there before';

CREATE TRIGGER follow AFTER INSERT ON facts FOR EACH ROW EXECUTE FUNCTION follow_fact();
