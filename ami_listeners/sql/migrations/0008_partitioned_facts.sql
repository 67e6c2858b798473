-- Facts in one partition a day, by the time within their ids, so that a day can be dropped at once.
--
-- An id begins with milliseconds since 1970, whether it was made by chance (version 7) or from what the fact
-- is called (version 8): so the primary key stays the id alone, and a fact told twice is known by it.
-- What was kept before becomes the first partition. The tables follow by functions that are no migrations:
-- see sql/follow.

CREATE FUNCTION uuid_at(t timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (lpad(to_hex((extract(epoch FROM t) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
COMMENT ON FUNCTION uuid_at IS 'The least id of a fact of that millisecond or later';

DROP TRIGGER follow ON facts;
DROP FUNCTION follow_fact(), follow_visit(facts), follow_callback(facts), follow_offer(facts),
    follow_agent(facts), follow_contact(facts), follow_asterisk(facts);

ALTER TABLE facts RENAME TO facts_before;
ALTER TABLE facts_before RENAME CONSTRAINT facts_pkey TO facts_before_pkey;
ALTER INDEX facts_at RENAME TO facts_before_at;
ALTER INDEX facts_contact RENAME TO facts_before_contact;
ALTER INDEX facts_visit RENAME TO facts_before_visit;
ALTER INDEX facts_membership_pauses RENAME TO facts_before_membership_pauses;
ALTER TABLE facts_before
    ADD system   text NOT NULL DEFAULT '',
    ADD listener text,
    ADD heard    boolean NOT NULL DEFAULT true;

CREATE TABLE facts (LIKE facts_before INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (id);
ALTER TABLE facts ADD PRIMARY KEY (id);
COMMENT ON TABLE facts IS 'Everything that became true, once each; the ids of the floor are in the order of writing';
COMMENT ON COLUMN facts.source IS
    'floor: decided by callfloor; native: folded from what Asterisk told; import: read from records';
COMMENT ON COLUMN facts.system IS 'Of which Asterisk it was told; empty where there is one';
COMMENT ON COLUMN facts.listener IS 'Who heard it, where that matters';
COMMENT ON COLUMN facts.heard IS 'False: nobody told of it, it was concluded from how things stood later';
CREATE INDEX facts_at ON facts USING brin (at);
CREATE INDEX facts_contact ON facts (contact) WHERE contact IS NOT NULL;
CREATE INDEX facts_visit ON facts (visit) WHERE visit IS NOT NULL;
CREATE INDEX facts_membership_pauses ON facts (agent, queue, id DESC) WHERE kind = 'membership_pause_changed';

CREATE TABLE facts_other PARTITION OF facts DEFAULT;
COMMENT ON TABLE facts_other IS 'Facts of days that have no partition';

CREATE FUNCTION make_partitions(since date, until date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    day  date;
    name text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('callfloor.partitions'));
    FOR day IN SELECT generate_series(since, until, interval '1 day')::date LOOP
        name := 'facts_' || to_char(day, 'YYYYMMDD');
        CONTINUE WHEN to_regclass(name) IS NOT NULL;
        BEGIN
            EXECUTE format(
                'CREATE TABLE %I PARTITION OF facts FOR VALUES FROM (%L) TO (%L)', name,
                uuid_at(day::timestamp AT TIME ZONE 'UTC'), uuid_at((day + 1)::timestamp AT TIME ZONE 'UTC'));
            made := made + 1;
        EXCEPTION WHEN invalid_object_definition OR check_violation THEN
            NULL; -- what was kept before, or facts among the others, hold that day already
        END;
    END LOOP;
    RETURN made;
END $$;
COMMENT ON FUNCTION make_partitions IS 'Makes what is missing for these days (UTC), and says how many it made';

DO $$
DECLARE
    latest uuid := (SELECT id FROM facts_before ORDER BY id DESC LIMIT 1);
    free   date := (now() AT TIME ZONE 'UTC')::date;
BEGIN
    IF latest IS NULL THEN
        DROP TABLE facts_before;
    ELSE -- a clock may have been ahead of ours
        free := 1 + greatest(free, (to_timestamp(
            ('x' || lpad(left(replace(latest::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
            AT TIME ZONE 'UTC')::date);
        EXECUTE format('ALTER TABLE facts ATTACH PARTITION facts_before FOR VALUES FROM (MINVALUE) TO (%L)',
            uuid_at(free::timestamp AT TIME ZONE 'UTC'));
    END IF;
    PERFORM make_partitions(free, free + 3);
END $$;
