-- Forget what is older than it is kept. Roll-ups follow new and changed rows alone: what is deleted stays counted.

CREATE OR REPLACE VIEW open_contacts AS
    SELECT contact FROM contacts WHERE ended_at IS NULL
    UNION SELECT contact FROM visits WHERE decided_at IS NULL AND source = 'floor';
COMMENT ON VIEW open_contacts IS 'Contacts that are not over, of whom a new process has to know everything';

CREATE OR REPLACE FUNCTION forget_partition(before timestamptz) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    old     record;
    is_open boolean;
    lasting facts[];
BEGIN
    FOR old IN
        SELECT c.relname,
            substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([0-9a-f-]{36})''\)')::uuid AS ends
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'facts'::regclass ORDER BY ends
    LOOP
        CONTINUE WHEN old.ends IS NULL OR old.ends > uuid_at(before);
        EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE contact IN (SELECT contact FROM open_contacts))',
            old.relname) INTO is_open;
        CONTINUE WHEN is_open;
        EXECUTE format( -- what still holds: pauses of which nothing was told later
            'SELECT array_agg(p::facts) FROM %I p
             WHERE kind = ''membership_pause_changed'' AND (body->>''paused'')::bool AND NOT EXISTS (
                 SELECT FROM facts l WHERE l.kind = ''membership_pause_changed'' AND l.agent = p.agent
                     AND l.queue = p.queue AND l.system = p.system AND l.id > p.id)', old.relname) INTO lasting;
        EXECUTE format('DROP TABLE %I', old.relname);
        INSERT INTO facts SELECT * FROM unnest(lasting);
        RETURN old.relname;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION forget_partition IS
    'Drops the oldest partition of facts that ends before a moment and tells of nobody who is here; null: there is none';

CREATE OR REPLACE FUNCTION forget_other_facts(before timestamptz, most integer) RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM facts_other WHERE id IN (
            SELECT id FROM facts_other
            WHERE id < uuid_at(before) AND kind <> 'membership_pause_changed'
                AND (contact IS NULL OR contact NOT IN (SELECT contact FROM open_contacts WHERE contact IS NOT NULL))
            LIMIT most)
        RETURNING 1)
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION forget_other_facts IS 'Deletes at most so many facts of days that have no partition, and says how many';

CREATE OR REPLACE FUNCTION forget_raw_events(before timestamptz, most integer) RETURNS bigint LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM raw_events WHERE ctid IN (SELECT ctid FROM raw_events WHERE at < before LIMIT most)
        RETURNING fact
    ), facts_too AS (
        DELETE FROM facts WHERE id IN (SELECT fact FROM gone))
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION forget_raw_events IS 'Deletes at most so many events that nobody folded, and says how many';

CREATE OR REPLACE FUNCTION forget_rows(before timestamptz, most integer) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    old   record;
    gone  bigint;
    total bigint := 0;
BEGIN
    PERFORM set_config('callfloor.forgetting', 'yes', true);
    INSERT INTO retained AS r (kind, since) VALUES ('rows', before)
    ON CONFLICT (kind) DO UPDATE SET since = greatest(r.since, excluded.since);
    FOR old IN SELECT * FROM (VALUES
        ('visits', 'decided_at < $1'),
        ('visits', 'decided_at IS NULL AND joined_at < $1'),
        ('offers', 'ended_at < $1'),
        ('offers', 'ended_at IS NULL AND made_at < $1'),
        ('agent_states', 'ended_at < $1'),
        ('segments', 'began_at < $1'),
        ('calls', 'started_at < $1'),
        ('contacts', 'started_at < $1'),
        ('voicemails', 'left_at < $1'),
        ('dispositions', 'at < $1'),
        ('surveys', 'offered_at < $1'),
        ('survey_answers', 'at < $1'),
        ('leg_quality', 'at < $1'),
        ('clock_offsets', 'at < $1'),
        ('mismatches', 'at < $1'),
        ('monitorings', 'coalesce(began_at, refused_at, ended_at) < $1'),
        ('audit', 'at < $1'),
        ('corrections', 'decided_at < $1')) AS kept (name, is_old)
    LOOP
        EXECUTE format('DELETE FROM %I WHERE ctid IN (SELECT ctid FROM %1$I WHERE %s LIMIT $2)', old.name, old.is_old)
            USING before, most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        total := total + gone;
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION forget_rows IS
    'Deletes at most so many rows of each table that follows the facts, and says how many; what they were counted for stays';
