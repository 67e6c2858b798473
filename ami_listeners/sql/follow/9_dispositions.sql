-- What calls were about; of one visit the last word holds.

CREATE OR REPLACE FUNCTION follow_dispositions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM arrived WHERE kind = 'disposition_given') THEN
        RETURN NULL;
    END IF;
    INSERT INTO dispositions AS d (visit, contact, queue, agent, disposition, note, given_by, resolved, at)
    SELECT DISTINCT ON (visit) visit, contact, queue, agent, body->>'disposition', body->>'note',
        body->>'given_by', (body->>'resolved')::boolean, at
    FROM arrived WHERE kind = 'disposition_given'
    ORDER BY visit, at DESC, id DESC
    ON CONFLICT (visit) DO UPDATE SET
        contact = excluded.contact, queue = excluded.queue, agent = excluded.agent,
        disposition = excluded.disposition, note = excluded.note, given_by = excluded.given_by,
        resolved = excluded.resolved, at = excluded.at
    WHERE excluded.at >= d.at;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_8_dispositions AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_dispositions();
