-- What becomes of messages; that they were left is told before, with the contacts.

CREATE OR REPLACE FUNCTION follow_voicemails() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM arrived WHERE kind IN ('voicemail_heard', 'voicemail_called_back', 'voicemail_deleted')) THEN
        RETURN NULL;
    END IF;
    UPDATE voicemails v SET heard_at = a.at, heard_by = a.body->>'who'
    FROM (SELECT DISTINCT ON (body->>'recording') * FROM arrived WHERE kind = 'voicemail_heard'
          ORDER BY body->>'recording', at, id) a
    WHERE v.recording = a.body->>'recording' AND (v.heard_at IS NULL OR v.heard_at > a.at);
    UPDATE voicemails v SET called_back_at = a.at, called_back_by = a.body->>'agent'
    FROM (SELECT DISTINCT ON (body->>'recording') * FROM arrived WHERE kind = 'voicemail_called_back'
          ORDER BY body->>'recording', at DESC, id DESC) a
    WHERE v.recording = a.body->>'recording' AND (v.called_back_at IS NULL OR v.called_back_at < a.at);
    UPDATE voicemails v SET deleted_at = a.at, deleted_by = a.body->>'who'
    FROM (SELECT DISTINCT ON (body->>'recording') * FROM arrived WHERE kind = 'voicemail_deleted'
          ORDER BY body->>'recording', at, id) a
    WHERE v.recording = a.body->>'recording' AND (v.deleted_at IS NULL OR v.deleted_at > a.at);
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_8_voicemails AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_voicemails();
