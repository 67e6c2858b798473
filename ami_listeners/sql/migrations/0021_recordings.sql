-- What was recorded of contacts, where it lies, and who has heard it.

CREATE TABLE recordings (
    recording  text PRIMARY KEY,
    contact    text NOT NULL,
    channel    text,
    because    text,
    agents     text[] NOT NULL DEFAULT '{}',
    queues     text[] NOT NULL DEFAULT '{}',
    began_at   timestamptz,
    ended_at   timestamptz,
    recorded_s double precision,
    paused_s   double precision,
    pauses     integer NOT NULL DEFAULT 0,
    file       text,
    media      text,
    key        text,
    duration_s double precision,
    size_bytes bigint,
    sha256     text,
    kept_at    timestamptz,
    keep_until timestamptz,
    failed     text,
    erased_at  timestamptz,
    erased_by  text,
    erased_why text
);
COMMENT ON TABLE recordings IS 'What was recorded of a contact in one go, through hold and transfers';
COMMENT ON COLUMN recordings.agents IS 'All whom the customer talked with in it';
COMMENT ON COLUMN recordings.recorded_s IS 'By our clock, without what was left out; duration_s is that of the file';
COMMENT ON COLUMN recordings.key IS 'By which key the file is encrypted; empty: it is not';
COMMENT ON COLUMN recordings.failed IS 'What of it was not recorded or not kept, and why';
CREATE INDEX recordings_contact ON recordings (contact);
CREATE INDEX recordings_began_at ON recordings (began_at);
CREATE INDEX recordings_keep_until ON recordings (keep_until) WHERE erased_at IS NULL;

CREATE TABLE recording_pauses (
    recording text NOT NULL,
    began_at  timestamptz NOT NULL,
    ended_at  timestamptz,
    because   text,
    by        text,
    PRIMARY KEY (recording, began_at)
);
COMMENT ON TABLE recording_pauses IS 'What was left out of recordings, and at whose wish';

CREATE TABLE recording_hearings (
    fact      uuid PRIMARY KEY,
    recording text NOT NULL,
    contact   text,
    at        timestamptz NOT NULL,
    who       text NOT NULL,
    how       text NOT NULL
);
COMMENT ON TABLE recording_hearings IS 'Who was given, or refused, the sound of a recording; never changed';
CREATE INDEX recording_hearings_recording ON recording_hearings (recording, at);
