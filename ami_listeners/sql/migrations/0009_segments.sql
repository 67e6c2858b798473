-- What a call consists of, how it sounded, what carries it, who listens, and how well.

CREATE TABLE segments (
    segment   text PRIMARY KEY,
    system    text NOT NULL DEFAULT '',
    call      text,
    contact   text,
    visit     text,
    kind      text NOT NULL,
    queue     text,
    agent     text,
    party     text,
    channel   text,
    bridge    text,
    began_at  timestamptz,
    ended_at  timestamptz,
    lasted_ms bigint,
    ended_by  text,
    heard     boolean NOT NULL DEFAULT true
);
COMMENT ON TABLE segments IS 'What one side of a call did from when to when: waiting, talk, hold, consult and the like';
COMMENT ON COLUMN segments.heard IS 'False: its end was concluded, nobody told of it';
CREATE INDEX segments_call ON segments (call);
CREATE INDEX segments_visit ON segments (visit) WHERE visit IS NOT NULL;
CREATE INDEX segments_began_at ON segments USING brin (began_at);
CREATE INDEX segments_open ON segments (system) WHERE ended_at IS NULL;

CREATE TABLE leg_quality (
    fact          uuid PRIMARY KEY,
    system        text NOT NULL DEFAULT '',
    call          text,
    channel       text,
    direction     text,
    queue         text,
    agent         text,
    party         text,
    at            timestamptz NOT NULL,
    mos           real,
    worst_mos     real,
    r             real,
    loss          real,
    jitter_ms     real,
    round_trip_ms real,
    codec         text,
    reports       integer
);
COMMENT ON TABLE leg_quality IS 'How well each side of a call was heard, or heard the other, over the whole leg';
CREATE INDEX leg_quality_call ON leg_quality (call);
CREATE INDEX leg_quality_at ON leg_quality (at);

CREATE TABLE trunks (
    system        text NOT NULL DEFAULT '',
    trunk         text NOT NULL,
    up            boolean NOT NULL,
    status        text NOT NULL,
    round_trip_us integer,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (system, trunk)
);
COMMENT ON TABLE trunks IS 'The last known state of every trunk';

CREATE TABLE clock_offsets (
    fact          uuid PRIMARY KEY,
    system        text NOT NULL DEFAULT '',
    listener      text NOT NULL DEFAULT '',
    at            timestamptz NOT NULL,
    offset_s      real NOT NULL,
    drift_ppm     real,
    uncertainty_s real
);
COMMENT ON TABLE clock_offsets IS 'How far Asterisk''s clock was ahead of the listener''s';
CREATE INDEX clock_offsets_at ON clock_offsets (at);

CREATE TABLE raw_events (
    fact   uuid NOT NULL,
    system text NOT NULL DEFAULT '',
    at     timestamptz NOT NULL,
    name   text NOT NULL,
    text   text NOT NULL
);
COMMENT ON TABLE raw_events IS 'Events that nobody folds, kept because that was asked for';
CREATE INDEX raw_events_at ON raw_events USING brin (at);
CREATE INDEX raw_events_name ON raw_events (name, at);

-- -- what is added to the tables of before ------------------------------------------------------------------

ALTER TABLE gaps
    ADD system   text NOT NULL DEFAULT '',
    ADD listener text NOT NULL DEFAULT '';
CREATE INDEX gaps_span ON gaps USING gist (tstzrange(least(began_at, ended_at), greatest(began_at, ended_at)));

ALTER TABLE calls
    ADD system text NOT NULL DEFAULT '',
    ADD heard  boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN calls.heard IS 'False: its end was concluded, nobody told of it';
CREATE INDEX calls_caller_number ON calls (caller_number);

ALTER TABLE contacts ADD heard boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN contacts.heard IS 'False: its end was concluded, nobody told of it';

ALTER TABLE visits
    ADD system text NOT NULL DEFAULT '',
    ADD heard  boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN visits.heard IS 'False: something of it was concluded, nobody told of it';

ALTER TABLE offers
    ADD system text NOT NULL DEFAULT '',
    ADD heard  boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN offers.heard IS 'False: its end was concluded, nobody told of it';

ALTER TABLE agent_states ADD system text NOT NULL DEFAULT '';
DROP INDEX agent_states_present;
CREATE UNIQUE INDEX agent_states_present ON agent_states (system, agent) WHERE ended_at IS NULL;

ALTER TABLE devices
    ADD system text NOT NULL DEFAULT '',
    DROP CONSTRAINT devices_pkey,
    ADD PRIMARY KEY (system, device);

ALTER TABLE registrations
    ADD system text NOT NULL DEFAULT '',
    DROP CONSTRAINT registrations_pkey,
    ADD PRIMARY KEY (system, endpoint, contact_uri);

-- -- who listens --------------------------------------------------------------------------------------------

CREATE TABLE listeners (
    system   text NOT NULL,
    listener text NOT NULL,
    began_at timestamptz NOT NULL,
    seen_at  timestamptz NOT NULL,
    PRIMARY KEY (system, listener)
);
COMMENT ON TABLE listeners IS 'Who listened to which Asterisk, since when, and when that was last known';

CREATE TABLE sightings (
    fact     uuid PRIMARY KEY,
    system   text NOT NULL,
    subject  text NOT NULL,
    value    text NOT NULL,
    at       timestamptz NOT NULL,
    listener text NOT NULL,
    matched  boolean NOT NULL DEFAULT false
);
COMMENT ON TABLE sightings IS
    'Which listener heard of changes that Asterisk gives no time; one that two heard of is one fact';
CREATE INDEX sightings_subject ON sightings (system, subject, value, at);
CREATE INDEX sightings_at ON sightings USING brin (at);
