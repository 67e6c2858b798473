-- Who is to be told of a message, and whether that came to be.

CREATE TABLE voicemail_notices (
    voicemail   uuid NOT NULL REFERENCES voicemails (fact) ON DELETE CASCADE,
    way         text NOT NULL,
    due_at      timestamptz NOT NULL,
    tries       integer NOT NULL DEFAULT 0,
    failure     text,
    told_at     timestamptz,
    given_up_at timestamptz,
    PRIMARY KEY (voicemail, way)
);
COMMENT ON TABLE voicemail_notices IS 'In which ways people are told of messages: mail, webhook';
COMMENT ON COLUMN voicemail_notices.due_at IS 'When it is tried next; while it is being tried, when another may try';
COMMENT ON COLUMN voicemail_notices.failure IS 'Why it could not be told the last time';
CREATE INDEX voicemail_notices_due ON voicemail_notices (due_at) WHERE told_at IS NULL AND given_up_at IS NULL;
