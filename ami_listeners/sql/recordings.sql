-- What is asked of recordings.

-- find --
-- List recordings, the latest first.
SELECT r.recording, r.contact, r.agents, r.queues, r.because, r.began_at, r.ended_at, r.duration_s, r.paused_s,
    r.pauses, r.media, r.key, r.file, r.size_bytes, r.sha256, r.kept_at, r.keep_until, r.failed, r.erased_at,
    coalesce(c.caller_number, '') AS number, coalesce(c.caller_name, '') AS name,
    coalesce(c.called_number, '') AS called
FROM recordings r LEFT JOIN contacts c USING (contact)
WHERE (%(recording)s = '' OR r.recording = %(recording)s)
    AND (%(contact)s = '' OR r.contact = %(contact)s)
    AND (%(agent)s = '' OR %(agent)s = ANY (r.agents))
    AND (%(queue)s = '' OR %(queue)s = ANY (r.queues))
    AND (%(digits)s = '' OR without_number(c.caller_number, %(digits)s, '') <> c.caller_number
        OR without_number(c.called_number, %(digits)s, '') <> c.called_number)
    AND (%(since)s::timestamptz IS NULL OR coalesce(r.ended_at, 'infinity') >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR r.began_at < %(until)s)
    AND (%(reached)s::text[] IS NULL OR r.agents && %(reached)s)
ORDER BY r.began_at DESC, r.recording DESC
LIMIT %(limit)s

-- too_old --
-- List files that were kept long enough.
SELECT recording, contact, file FROM recordings
WHERE keep_until < %(now)s AND erased_at IS NULL AND file IS NOT NULL
ORDER BY keep_until LIMIT 1000

-- of_customer --
-- List the files of a customer's recordings.
SELECT recording, contact, file FROM recordings JOIN contacts USING (contact)
WHERE file IS NOT NULL AND erased_at IS NULL AND (without_number(caller_number, %(digits)s, '') <> caller_number
    OR without_number(called_number, %(digits)s, '') <> called_number)
ORDER BY began_at

-- note_erased --
-- Note that a file is gone.
UPDATE recordings SET erased_at = now(), erased_by = %(who)s, erased_why = %(why)s WHERE recording = %(recording)s
