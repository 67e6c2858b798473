-- What is asked of the messages that callers left.

-- in_boxes --
-- List the messages of some boxes, the latest first; null: of all. One alone, where it is named.
SELECT v.fact AS voicemail, v.box, v.recording, v.duration_s, v.left_at, v.heard_at, v.heard_by, v.contact,
    coalesce(c.caller_number, '') AS number, coalesce(c.caller_name, '') AS name
FROM voicemails v LEFT JOIN contacts c USING (contact)
WHERE v.deleted_at IS NULL AND (%(boxes)s::text[] IS NULL OR v.box = ANY (%(boxes)s))
    AND (%(voicemail)s::uuid IS NULL OR v.fact = %(voicemail)s)
    AND (NOT %(new)s OR v.heard_at IS NULL)
ORDER BY v.left_at DESC, v.fact DESC
LIMIT 1000
