-- Calls back that could not be made are told apart from those that were not answered.

ALTER TABLE visits ADD COLUMN callback_failures integer;
COMMENT ON COLUMN visits.callback_failures IS 'Calls to the customer, the last in a row, that could not be made';

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

CREATE OR REPLACE VIEW callbacks_now AS
    SELECT queue, visit, contact, callback_number AS number, callback_taken_at AS taken_at,
        callback_tries AS tries, priority, joined_at, coalesce(callback_failures, 0) AS failures
    FROM visits WHERE decided_at IS NULL AND callback_taken_at IS NOT NULL AND called_back_at IS NULL;
