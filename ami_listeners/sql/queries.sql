-- What callfloor asks of the database; each query has a name and a sentence.

-- copy_facts --
-- Take facts of which none is there yet; the tables follow.
COPY facts (id, at, kind, source, system, listener, heard, contact, visit, queue, agent, body) FROM STDIN

-- make_arriving --
-- Make the place where facts wait of which some may be there already, once a connection.
CREATE TEMP TABLE IF NOT EXISTS arriving (LIKE facts INCLUDING DEFAULTS) ON COMMIT DELETE ROWS

-- copy_arriving --
-- Let facts wait there.
COPY arriving (id, at, kind, source, system, listener, heard, contact, visit, queue, agent, body) FROM STDIN

-- take_arriving --
-- Take those that are not there yet; the tables follow.
INSERT INTO facts (id, at, kind, source, system, listener, heard, contact, visit, queue, agent, body)
SELECT id, at, kind, source, system, listener, heard, contact, visit, queue, agent, body FROM arriving
ON CONFLICT (id) DO NOTHING

-- match_arriving --
-- Take from them what another listener has told of.
SELECT match_arriving()

-- note_listener --
-- Remember that a listener is there.
INSERT INTO listeners (system, listener, began_at, seen_at) VALUES (%(system)s, %(listener)s, now(), now())
ON CONFLICT (system, listener) DO UPDATE SET seen_at = excluded.seen_at

-- other_listeners --
-- Find out whether somebody else has listened within a day: what they heard may still be on its way.
SELECT listener FROM listeners
WHERE listener <> %(listener)s AND seen_at > now() - interval '1 day' AND system = %(system)s LIMIT 1

-- forget_sightings --
-- Forget what nobody will tell again.
DELETE FROM sightings WHERE at < now() - interval '2 days'

-- agents_now --
-- Read what every agent of the floor did last, and since when.
SELECT agent, state, logged_in, pause_reason, since FROM agents_now WHERE source = 'floor' AND system = %(system)s

-- open_facts --
-- Read what was told of contacts that are not over, and of those after whom an agent wraps up, in its order.
WITH open AS (
    SELECT contact FROM contacts WHERE ended_at IS NULL
    UNION SELECT contact FROM visits WHERE decided_at IS NULL AND source = 'floor'
    UNION SELECT contact FROM visits WHERE outcome = 'answered' AND handled = 0 AND source = 'floor'
    UNION SELECT contact FROM offers WHERE ended_at IS NULL AND source = 'floor'
    UNION SELECT last.contact FROM agents_now a CROSS JOIN LATERAL (
        SELECT contact FROM visits WHERE agent = a.agent AND handled > 0 AND source = 'floor'
        ORDER BY handled_at DESC LIMIT 1) last
    WHERE a.state = 'wrap_up' AND a.source = 'floor')
SELECT id, at, kind, source, body, %(system)s AS system FROM facts
WHERE source = 'floor' AND system = %(system)s AND contact IN (SELECT contact FROM open)
UNION ALL
SELECT id, at, kind, source, body, %(system)s FROM facts -- the end of a wrap-up names no contact
WHERE source = 'floor' AND system = %(system)s AND kind = 'wrap_up_ended' AND contact IS NULL
    AND visit IN (SELECT visit FROM visits WHERE contact IN (SELECT contact FROM open))
ORDER BY id

-- open_calls --
-- Read the calls whose end was never told, and when they began.
SELECT call, started_at FROM calls WHERE ended_at IS NULL AND started_at IS NOT NULL AND system = %(system)s

-- open_native_visits --
-- Read the visits to Asterisk's own queues that are not over, and who answered.
SELECT visit, contact, queue, joined_at, position_joined, decided_at, agent, offer
FROM visits
WHERE source = 'native' AND system = %(system)s AND joined_at > now() - interval '1 day'
    AND (decided_at IS NULL OR (outcome = 'answered' AND handled = 0))

-- open_segments --
-- Read what channels did last, of which no end was told.
SELECT segment, kind, call, channel, party, agent, contact, visit, queue, bridge, began_at
FROM segments WHERE ended_at IS NULL AND began_at > now() - interval '1 day' AND system = %(system)s

-- native_agents_now --
-- Read what the members of Asterisk's own queues did last.
SELECT agent, state, since, pause_reason FROM agents_now WHERE source = 'native' AND system = %(system)s

-- devices_now --
-- Read the last known state of every device.
SELECT device, state FROM devices WHERE system = %(system)s

-- registrations_now --
-- Read where each phone was last registered.
SELECT endpoint, contact_uri, status FROM registrations WHERE status <> 'Removed' AND system = %(system)s

-- visits_of_a_day --
-- Read what became of everybody who came to a queue between two moments.
SELECT joined_at, queue, outcome, wait_s, CASE WHEN handled > 0 THEN talk_s + hold_s END, coalesce(priority, 0)
FROM visits
WHERE source = 'floor' AND NOT direct AND queue IS NOT NULL AND outcome IS NOT NULL AND wait_s IS NOT NULL
    AND joined_at >= %(begins)s AND joined_at < %(ends)s
ORDER BY joined_at, visit

-- agents_of_a_day --
-- Read what agents did between two moments while they were logged in.
SELECT agent, state, greatest(began_at, %(begins)s), least(coalesce(ended_at, %(ends)s), %(ends)s)
FROM agent_states
WHERE source = 'floor' AND logged_in AND began_at < %(ends)s AND coalesce(ended_at, %(ends)s) > %(begins)s
ORDER BY agent, began_at

-- offers_of_contact --
-- Read to whom a call was offered and why, and what became of each offer.
SELECT made.agent, made.at, made.body->>'because', ended.body->>'outcome',
    extract(epoch FROM ended.at - made.at)::double precision
FROM facts made LEFT JOIN facts ended
    ON ended.contact = made.contact AND ended.kind = 'offer_ended' AND ended.body->>'offer' = made.body->>'offer'
WHERE made.contact = %(contact)s AND made.kind = 'offer_made'
ORDER BY made.id

-- membership_pauses --
-- Read which agents do not serve which of their queues, and why.
SELECT agent, queue, reason FROM (
    SELECT DISTINCT ON (agent, queue) agent, queue, body->>'reason' AS reason, (body->>'paused')::boolean AS paused
    FROM facts WHERE kind = 'membership_pause_changed' AND system = %(system)s ORDER BY agent, queue, id DESC) latest
WHERE paused

-- last_agents --
-- Read with whom each customer of the last days talked last.
SELECT DISTINCT ON (caller_number) caller_number, agent
FROM contacts JOIN visits USING (contact)
WHERE outcome = 'answered' AND source = 'floor' AND system = %(system)s AND caller_number <> '' AND agent IS NOT NULL
    AND joined_at > now() - make_interval(days => %(days)s)
ORDER BY caller_number, decided_at DESC

-- served_in --
-- Read which agents talked within a call of the last days, in their order.
SELECT visit, queue, agent FROM visits
WHERE contact = %(contact)s AND outcome = 'answered' AND agent IS NOT NULL AND NOT direct
    AND decided_at > now() - interval '7 days'
ORDER BY decided_at

-- asked_lately --
-- Tell whether a customer of this number, perhaps masked since, was asked within the last days.
SELECT EXISTS (
    SELECT FROM surveys s JOIN contacts c USING (contact)
    WHERE c.caller_number IN (%(number)s, with_masks(%(number)s))
        AND s.offered_at > now() - make_interval(days => %(days)s))

-- monitorings_unended --
-- Read who is believed to hear somebody, and began to before a moment.
SELECT ear, supervisor, agent, contact, mode, began_at FROM monitorings
WHERE ended_at IS NULL AND began_at < %(before)s AND system = %(system)s

-- know_queues --
-- Remember by which rules each queue is measured.
INSERT INTO queues (queue, strategy, service_level_s, service_level_formula, short_abandon_s)
SELECT q.queue, q.strategy, q.service_level_s, q.service_level_formula, q.short_abandon_s
FROM jsonb_to_recordset(%(queues)s::jsonb) AS q
    (queue text, strategy text, service_level_s float8, service_level_formula text, short_abandon_s float8)
ON CONFLICT (queue) DO UPDATE SET
    strategy = excluded.strategy, service_level_s = excluded.service_level_s,
    service_level_formula = excluded.service_level_formula, short_abandon_s = excluded.short_abandon_s,
    changed_at = now()

-- data_quality --
-- Read how well a time was heard.
SELECT * FROM data_quality(%(since)s, %(until)s)

-- lock_retention --
-- Find out whether nobody else forgets what is old, and keep others from it while connected.
SELECT pg_try_advisory_lock(hashtext('callfloor.retention'))

-- forget_partition --
-- Drop the oldest partition of facts that is old enough.
SELECT forget_partition(%(before)s)

-- forget_other_facts --
-- Delete a few facts that are old enough and in no partition of their day.
SELECT forget_other_facts(%(before)s, %(most)s)

-- forget_rows --
-- Delete a few of the rows that are old enough.
SELECT forget_rows(%(before)s, %(most)s)

-- forget_raw_events --
-- Delete a few of the events kept raw that are old enough.
SELECT forget_raw_events(%(before)s, %(most)s)

-- mask_persons_from --
-- Read from when on nobody is masked: where it ended the last time, or the day of the first call or fact.
SELECT coalesce(
    (SELECT since FROM retained WHERE kind = 'persons'),
    date_trunc('day', least((SELECT min(started_at) FROM contacts), (SELECT min(started_at) FROM calls),
        (SELECT min(joined_at) FROM visits), (SELECT born_at(id) FROM facts ORDER BY id LIMIT 1))))

-- mask_persons --
-- Mask all numbers of a time, and drop the names.
SELECT mask_persons(%(since)s, %(until)s)

-- retained_since --
-- Read which is the least id of a fact that may still be taken: rows of before are counted, and gone.
SELECT uuid_at(since)::text FROM retained WHERE kind = 'rows'

-- called_back --
-- Find a customer who is still to be called back.
SELECT contact FROM callbacks_now WHERE without_number(number, %(digits)s, '') <> number LIMIT 1

-- pseudonym_of --
-- Read by what a number was replaced before.
SELECT pseudonym FROM erasures WHERE digest = number_digest(%(digits)s)

-- note_erasure --
-- Remember by what a number is replaced.
INSERT INTO erasures AS e (digest, pseudonym, until)
VALUES (number_digest(%(digits)s), %(pseudonym)s, %(until)s)
ON CONFLICT (digest) DO UPDATE SET pseudonym = excluded.pseudonym, until = greatest(e.until, excluded.until)

-- recordings_of --
-- Read what a customer recorded.
SELECT recording FROM voicemails JOIN contacts USING (contact)
WHERE without_number(caller_number, %(digits)s, '') <> caller_number ORDER BY left_at

-- numbers_alike --
-- Find other numbers that end as one does, which may be the same customer's, told in another way.
SELECT DISTINCT number FROM (
    SELECT unnest(ARRAY[caller_number, called_number]) FROM contacts
    UNION ALL SELECT unnest(ARRAY[caller_number, called_number]) FROM calls) kept (number)
WHERE regexp_replace(number, '[^0-9]', '', 'g') LIKE '%%' || right(%(digits)s, %(alike)s)
ORDER BY number LIMIT 10

-- forget_number_in_raw_events --
-- Delete the events kept raw that a number is in.
SELECT forget_number_in_raw_events(%(digits)s)

-- forget_number_in_tables --
-- Replace a number in all tables that follow the facts.
SELECT forget_number_in_tables(%(digits)s, %(pseudonym)s)

-- forget_number_in_facts --
-- Replace a number in all that was told.
SELECT forget_number_in_facts(%(digits)s, %(pseudonym)s)

-- forget_notes_of --
-- Delete what was typed about the calls of a customer whose number was replaced.
SELECT forget_notes(contacts_of(%(pseudonym)s))

-- kept_of --
-- Read all that is kept of a number: rows and facts it is in, and those of its contacts and calls.
WITH theirs AS MATERIALIZED (
    SELECT contact FROM contacts WHERE without_number(caller_number, %(digits)s, '') <> caller_number
        OR without_number(called_number, %(digits)s, '') <> called_number
    UNION SELECT call FROM calls WHERE without_number(caller_number, %(digits)s, '') <> caller_number
        OR without_number(called_number, %(digits)s, '') <> called_number
    UNION SELECT contact FROM visits WHERE without_number(callback_number, %(digits)s, '') <> callback_number
)
SELECT 'contacts' AS place, to_jsonb(t) AS kept FROM contacts t WHERE contact IN (TABLE theirs)
UNION ALL SELECT 'calls', to_jsonb(t) FROM calls t WHERE call IN (TABLE theirs)
UNION ALL SELECT 'visits', to_jsonb(t) FROM visits t
    WHERE contact IN (TABLE theirs) OR without_number(transferred_to, %(digits)s, '') <> transferred_to
UNION ALL SELECT 'offers', to_jsonb(t) FROM offers t WHERE contact IN (TABLE theirs)
UNION ALL SELECT 'segments', to_jsonb(t) FROM segments t
    WHERE call IN (TABLE theirs) OR without_number(party, %(digits)s, '') <> party
UNION ALL SELECT 'leg_quality', to_jsonb(t) FROM leg_quality t
    WHERE call IN (TABLE theirs) OR without_number(party, %(digits)s, '') <> party
UNION ALL SELECT 'dispositions', to_jsonb(t) FROM dispositions t
    WHERE contact IN (TABLE theirs) OR without_number(note, %(digits)s, '') <> note
UNION ALL SELECT 'surveys', to_jsonb(t) FROM surveys t WHERE contact IN (TABLE theirs)
UNION ALL SELECT 'survey_answers', to_jsonb(t) FROM survey_answers t WHERE contact IN (TABLE theirs)
UNION ALL SELECT 'voicemails', to_jsonb(t) FROM voicemails t WHERE contact IN (TABLE theirs)
UNION ALL SELECT 'recordings', to_jsonb(t) FROM recordings t WHERE contact IN (TABLE theirs)
UNION ALL SELECT 'registrations', to_jsonb(t) FROM registrations t
    WHERE without_number(endpoint || ' ' || contact_uri, %(digits)s, '') <> endpoint || ' ' || contact_uri
UNION ALL SELECT 'mismatches', to_jsonb(t) FROM mismatches t WHERE call IN (TABLE theirs)
UNION ALL SELECT 'raw_events', to_jsonb(t) FROM raw_events t WHERE without_number(text, %(digits)s, '') <> text
UNION ALL SELECT 'facts', to_jsonb(t) FROM facts t WHERE contact IN (TABLE theirs)
    OR (body ?| personal_keys() AND strpos(translate(body::text, ' ()./-', ''), %(digits)s) > 0
        AND body_without_number(body, %(digits)s, '') <> body)
UNION ALL SELECT 'erasures', to_jsonb(t) FROM erasures t WHERE digest = number_digest(%(digits)s)

-- patiently --
-- Let every statement of this transaction take its time.
SET LOCAL statement_timeout = 0

-- lock_migrations --
-- Wait until no other callfloor migrates, and keep it so until the transaction ends.
SELECT pg_advisory_xact_lock(hashtext('callfloor.migrations'))

-- make_migrations --
-- Make the list of applied migrations, if there is none.
CREATE TABLE IF NOT EXISTS migrations (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- applied_migrations --
-- Read which migrations were applied, and what they were.
SELECT number, name, checksum FROM migrations ORDER BY number

-- note_migration --
-- Note that a migration was applied.
INSERT INTO migrations (number, name, checksum) VALUES (%(number)s, %(name)s, %(checksum)s)

-- let_viewer_see --
-- Let the role that shows figures see them, also what was made anew, and also where the role itself is new.
DO $$ BEGIN PERFORM let_viewer_see(); END $$

-- make_repeatable --
-- Make the list of what is made anew whenever it changes, if there is none.
CREATE TABLE IF NOT EXISTS repeatable (
    name       text PRIMARY KEY,
    checksum   text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- applied_repeatable --
-- Read in what shape each of them was made last.
SELECT name, checksum FROM repeatable

-- note_repeatable --
-- Note that one was made, or made anew.
INSERT INTO repeatable (name, checksum) VALUES (%(name)s, %(checksum)s)
ON CONFLICT (name) DO UPDATE SET checksum = excluded.checksum, applied_at = now()

-- make_partitions --
-- Make the partitions of facts from today on, unless a reader is in the way for long.
SELECT set_config('lock_timeout', '2s', true), make_partitions(%(today)s, %(today)s + 3)
