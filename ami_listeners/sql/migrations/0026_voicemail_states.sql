-- Which messages were heard, and which are deleted.

ALTER TABLE voicemails
    ADD heard_at   timestamptz,
    ADD heard_by   text,
    ADD deleted_at timestamptz,
    ADD deleted_by text;
COMMENT ON COLUMN voicemails.heard_at IS 'When somebody first heard it; null: it is new';
COMMENT ON COLUMN voicemails.deleted_at IS 'When its sound was deleted';
CREATE INDEX voicemails_recording ON voicemails (recording);
