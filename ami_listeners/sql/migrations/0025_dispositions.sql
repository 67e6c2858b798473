-- What calls were about, as agents say afterwards.

CREATE TABLE dispositions (
    visit       text PRIMARY KEY,
    contact     text NOT NULL,
    queue       text NOT NULL,
    agent       text NOT NULL,
    disposition text NOT NULL,
    note        text NOT NULL,
    given_by    text NOT NULL,
    at          timestamptz NOT NULL
);
COMMENT ON TABLE dispositions IS 'What was said last of each visit';
COMMENT ON COLUMN dispositions.note IS 'What somebody typed: show it as text and as nothing else';
COMMENT ON COLUMN dispositions.given_by IS 'Who said it, where that was not the agent';
CREATE INDEX dispositions_at ON dispositions (at);
CREATE INDEX dispositions_contact ON dispositions (contact);
