-- What is asked of the messages that callers left.

-- in_boxes --
-- List the messages of some boxes, the latest first; null: of all. One alone, where it is named.
SELECT v.fact AS voicemail, v.box, v.recording, v.duration_s, v.left_at, v.heard_at, v.heard_by,
    v.called_back_at, v.called_back_by, v.contact,
    coalesce(c.caller_number, '') AS number, coalesce(c.caller_name, '') AS name
FROM voicemails v LEFT JOIN contacts c USING (contact)
WHERE v.deleted_at IS NULL AND (%(boxes)s::text[] IS NULL OR v.box = ANY (%(boxes)s))
    AND (%(voicemail)s::uuid IS NULL OR v.fact = %(voicemail)s)
    AND (NOT %(new)s OR v.heard_at IS NULL)
ORDER BY v.left_at DESC, v.fact DESC
LIMIT 1000

-- claim_notices --
-- Take a few notices that are due, so that nobody else tries them meanwhile.
WITH due AS (
    SELECT n.voicemail, n.way FROM voicemail_notices n JOIN voicemails v ON v.fact = n.voicemail
    WHERE n.told_at IS NULL AND n.given_up_at IS NULL AND n.due_at <= %(now)s AND v.deleted_at IS NULL
        AND (n.way = 'mail' AND v.box = ANY (%(mail)s) OR n.way = 'webhook' AND v.box = ANY (%(webhook)s))
    ORDER BY n.due_at LIMIT %(most)s FOR UPDATE OF n SKIP LOCKED
), claimed AS (
    UPDATE voicemail_notices n SET tries = n.tries + 1, due_at = %(until)s
    FROM due WHERE n.voicemail = due.voicemail AND n.way = due.way
    RETURNING n.voicemail, n.way, n.tries
)
SELECT claimed.*, v.box, v.recording, coalesce(v.duration_s, 0) AS duration_s, v.left_at,
    coalesce(v.contact, '') AS contact, coalesce(c.caller_number, '') AS number,
    coalesce(c.caller_name, '') AS name, coalesce(c.called_number, '') AS called
FROM claimed JOIN voicemails v ON v.fact = claimed.voicemail LEFT JOIN contacts c USING (contact)
ORDER BY v.left_at, claimed.way

-- settle_notice --
-- Note what became of a try.
UPDATE voicemail_notices SET told_at = %(told_at)s, given_up_at = %(given_up_at)s, failure = %(failure)s,
    due_at = coalesce(%(due_at)s, due_at)
WHERE voicemail = %(voicemail)s AND way = %(way)s

-- waiting_notices --
-- Count what is still to be told.
SELECT way, count(*) FROM voicemail_notices n JOIN voicemails v ON v.fact = n.voicemail
WHERE told_at IS NULL AND given_up_at IS NULL AND deleted_at IS NULL GROUP BY way
