-- What importing and reconciling ask of the database.

-- days_before --
-- Make one partition of all the days before the first that has one, unless they have one.
DO $$
DECLARE
    first_day text := (
        SELECT min(right(relname, 8)) FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
        WHERE inhparent = 'facts'::regclass AND relname ~ '^facts_[0-9]{8}$');
BEGIN
    PERFORM set_config('lock_timeout', '2s', true), pg_advisory_xact_lock(hashtext('callfloor.partitions'));
    IF first_day IS NOT NULL AND to_regclass('facts_before') IS NULL THEN
        EXECUTE format('CREATE TABLE facts_before PARTITION OF facts FOR VALUES FROM (MINVALUE) TO (%L)',
            uuid_at(to_date(first_day, 'YYYYMMDD')::timestamp AT TIME ZONE 'UTC'));
    END IF;
EXCEPTION WHEN lock_not_available OR check_violation OR invalid_object_definition THEN
    NULL; -- then they are among the others, where they are found as well
END $$

-- known_visits --
-- Read which of these visits are known, with whom, whether all of each was heard, and whether it was imported.
SELECT visit, agent, heard AND joined_at IS NOT NULL AND decided_at IS NOT NULL
    AND (outcome <> 'answered' OR handled > 0), source = 'import'
FROM visits WHERE visit = ANY (%(visits)s)

-- known_contacts --
-- Read which of these contacts are known, as such or as calls.
SELECT contact FROM contacts WHERE contact = ANY (%(contacts)s) AND started_at IS NOT NULL
UNION SELECT call FROM calls WHERE call = ANY (%(contacts)s) AND started_at IS NOT NULL

-- known_calls --
-- Read which of these calls are known from beginning to end, as somebody heard it.
SELECT call FROM calls
WHERE call = ANY (%(calls)s) AND heard AND started_at IS NOT NULL AND ended_at IS NOT NULL

-- agents_of_offers --
-- Read who it was before whom these calls were put.
SELECT offer, agent FROM offers WHERE offer = ANY (%(offers)s)

-- listened_since --
-- Read since when agents' states have been heard live, and since when calls have.
SELECT (SELECT min(began_at) FROM agent_states WHERE source <> 'import' AND system = %(system)s),
    (SELECT min(at) FROM facts WHERE source = 'native' AND system = %(system)s)

-- rules --
-- Read by which rules queues are measured.
SELECT queue, service_level_s, short_abandon_s FROM queues
WHERE service_level_s IS NOT NULL AND short_abandon_s IS NOT NULL
