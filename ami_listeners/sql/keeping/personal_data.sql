-- Forget one customer's number, and the name that came with it, wherever they are.
--
-- A number is known by its digits, with or without 00 or + before them, and however it is written: with
-- spaces, in a SIP URI, in the name of a channel. A pseudonym stands in its place, the same one everywhere,
-- so that what is counted by customers stays the same.

CREATE OR REPLACE FUNCTION personal_keys() RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    '{caller_number,called_number,number,to,by,target,party,channel_name,contact_uri,endpoint,device,trunk,recording,text,note,detail}'::text[];
COMMENT ON FUNCTION personal_keys IS 'What in the bodies of facts may hold a customer''s number';

CREATE OR REPLACE VIEW personal_places (name, key, at, columns, named) AS VALUES
    ('contacts', 'contact', 'started_at', '{caller_number,called_number}'::text[], true),
    ('calls', 'call', 'started_at', '{channel_name,caller_number,called_number}', true),
    ('visits', 'contact', 'joined_at', '{callback_number,transferred_to}', false),
    ('segments', 'call', 'began_at', '{party}', false),
    ('leg_quality', 'call', 'at', '{party}', false),
    ('dispositions', 'contact', 'at', '{note}', false),
    ('voicemails', 'contact', NULL, '{recording}', false),
    ('audit', 'what', 'at', '{detail}', false);
COMMENT ON VIEW personal_places IS
    'Tables that hold customers'' numbers: in which columns, of which contact, of which time (null: masked by nobody), and whether a name is beside';

CREATE OR REPLACE FUNCTION number_pattern(digits text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    '(?<![0-9])(00)?' || regexp_replace(digits, '([0-9])(?=.)', '\1[ ()./-]*', 'g') || '(?![0-9])';

CREATE OR REPLACE FUNCTION without_number(said text, digits text, pseudonym text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN strpos(translate(said, ' ()./-', ''), digits) > 0
    THEN regexp_replace(said, number_pattern(digits), '\1' || pseudonym, 'g') ELSE said END;
COMMENT ON FUNCTION without_number IS 'Puts a pseudonym in the place of a number in any text';

CREATE OR REPLACE FUNCTION body_without_number(body jsonb, digits text, pseudonym text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT body || coalesce(jsonb_object_agg(key, without_number(value #>> '{}', digits, pseudonym)), '{}')
        || CASE WHEN body ? 'caller_name'
                AND without_number(body->>'caller_number', digits, pseudonym) <> body->>'caller_number'
           THEN '{"caller_name": ""}'::jsonb ELSE '{}' END
    FROM jsonb_each(body) WHERE key = ANY (personal_keys()) AND jsonb_typeof(value) = 'string'
$$;

CREATE OR REPLACE FUNCTION numbers_in(said text) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT regexp_replace(found[1], '^00', '')
    FROM (VALUES (said), (translate(said, ' ()./-', ''))) written (text),
        regexp_matches(written.text, '[0-9]{5,}', 'g') found
$$;

CREATE OR REPLACE FUNCTION numbers_in(body jsonb) RETURNS SETOF text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT DISTINCT number FROM jsonb_each_text(body) said, numbers_in(said.value) number
    WHERE said.key = ANY (personal_keys())
$$;

CREATE OR REPLACE FUNCTION json_without_number(said jsonb, digits text, pseudonym text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE jsonb_typeof(said)
        WHEN 'string' THEN to_jsonb(without_number(said #>> '{}', digits, pseudonym))
        WHEN 'array' THEN (SELECT coalesce(jsonb_agg(json_without_number(one, digits, pseudonym)), '[]')
            FROM jsonb_array_elements(said) one)
        WHEN 'object' THEN (SELECT coalesce(jsonb_object_agg(key, json_without_number(value, digits, pseudonym)), '{}')
            FROM jsonb_each(said))
        ELSE said END;
END $$;

CREATE OR REPLACE FUNCTION number_digest(digits text) RETURNS bytea LANGUAGE sql STABLE RETURN
    sha256((SELECT key FROM erasure_key) || convert_to(digits, 'UTF8'));

CREATE OR REPLACE FUNCTION forget_number_in_facts(digits text, pseudonym text, among uuid[] DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE changed bigint;
BEGIN
    UPDATE facts SET body = body_without_number(body, digits, pseudonym)
    WHERE (among IS NULL OR id = ANY (among)) AND kind <> 'raw_event' AND body ?| personal_keys()
        AND strpos(translate(body::text, ' ()./-', ''), digits) > 0
        AND body_without_number(body, digits, pseudonym) <> body;
    GET DIAGNOSTICS changed = ROW_COUNT;
    RETURN changed;
END $$;
COMMENT ON FUNCTION forget_number_in_facts IS 'The one exception from facts being never changed; says how many it changed';

CREATE OR REPLACE FUNCTION forget_number_in_tables(digits text, pseudonym text, among text[] DEFAULT NULL)
RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    place   record;
    changed bigint;
    total   bigint := 0;
BEGIN
    PERFORM set_config('callfloor.forgetting', 'yes', true);
    FOR place IN SELECT * FROM personal_places LOOP
        EXECUTE format('UPDATE %I SET %s WHERE (%s)%s', place.name,
            (SELECT string_agg(format('%I = without_number(%1$I, $1, $2)', name), ', ') FROM unnest(place.columns) name)
                || CASE WHEN place.named THEN ', caller_name = CASE
                    WHEN without_number(caller_number, $1, $2) <> caller_number AND caller_name <> '''' THEN ''''
                    ELSE caller_name END' ELSE '' END,
            (SELECT string_agg(format('without_number(%I, $1, $2) <> %1$I', name), ' OR ') FROM unnest(place.columns) name),
            CASE WHEN among IS NOT NULL THEN format(' AND %I = ANY ($3)', place.key) ELSE '' END)
            USING digits, pseudonym, among;
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
    END LOOP;
    UPDATE mismatches SET ours = json_without_number(ours, digits, pseudonym),
        theirs = json_without_number(theirs, digits, pseudonym)
    WHERE (among IS NULL OR call = ANY (among))
        AND strpos(translate(ours::text || theirs::text, ' ()./-', ''), digits) > 0;
    GET DIAGNOSTICS changed = ROW_COUNT;
    total := total + changed;
    FOR place IN SELECT * FROM (VALUES -- the last states of things; the next one is told anyway
        ('registrations', 'endpoint || '' '' || contact_uri'), ('devices', 'device'), ('trunks', 'trunk'))
        AS states (name, of)
    LOOP
        EXECUTE format('DELETE FROM %I WHERE without_number(%s, $1, $2) <> %2$s', place.name, place.of)
            USING digits, pseudonym;
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
    END LOOP;
    RETURN total;
END $$;
COMMENT ON FUNCTION forget_number_in_tables IS 'Puts a pseudonym in the place of a number in all that follows the facts, and says in how many rows';

CREATE OR REPLACE FUNCTION forget_number_in_raw_events(digits text, among uuid[] DEFAULT NULL)
RETURNS bigint LANGUAGE sql AS $$
    WITH theirs AS (
        SELECT regexp_replace(call, '^.*/', '') AS name FROM calls
        WHERE among IS NULL AND (without_number(caller_number, digits, '') <> caller_number
            OR without_number(called_number, digits, '') <> called_number)
    ), gone AS (
        DELETE FROM raw_events r
        WHERE (among IS NULL OR fact = ANY (among)) AND (without_number(text, digits, '') <> text
            OR EXISTS (SELECT FROM theirs WHERE strpos(r.text, theirs.name) > 0))
        RETURNING fact
    ), facts_too AS (
        DELETE FROM facts WHERE id IN (SELECT fact FROM gone))
    SELECT count(*) FROM gone
$$;
COMMENT ON FUNCTION forget_number_in_raw_events IS
    'Deletes events kept raw that have a number, or are of its calls, and says how many; before the calls forget it';

CREATE OR REPLACE FUNCTION contacts_of(pseudonym text) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(contact), '{}') FROM (
        SELECT contact FROM contacts WHERE caller_number IN (pseudonym, '+' || pseudonym, '00' || pseudonym)
            OR called_number IN (pseudonym, '+' || pseudonym, '00' || pseudonym)
        UNION SELECT contact FROM visits
        WHERE callback_number IN (pseudonym, '+' || pseudonym, '00' || pseudonym)) theirs
$$;
COMMENT ON FUNCTION contacts_of IS 'The contacts of a customer whose number was replaced';

CREATE OR REPLACE FUNCTION without_note(said text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN CASE WHEN said ~ '"note": ?"[^"]' THEN (said::jsonb || '{"note": ""}')::text ELSE said END;
EXCEPTION WHEN data_exception THEN
    RETURN ''; -- it was cut, or holds what a text cannot
END $$;
COMMENT ON FUNCTION without_note IS 'Takes the note out of what somebody sent';

CREATE OR REPLACE FUNCTION forget_notes(theirs text[], among uuid[] DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
    total   bigint;
BEGIN
    PERFORM set_config('callfloor.forgetting', 'yes', true);
    UPDATE dispositions SET note = '' WHERE contact = ANY (theirs) AND note <> '';
    GET DIAGNOSTICS total = ROW_COUNT;
    UPDATE audit SET detail = without_note(detail)
    WHERE (among IS NULL OR fact = ANY (among)) AND operation LIKE 'PUT %/disposition' AND what = ANY (theirs)
        AND without_note(detail) <> detail;
    GET DIAGNOSTICS changed = ROW_COUNT;
    total := total + changed;
    UPDATE facts SET body = body || '{"note": ""}'
    WHERE contact = ANY (theirs) AND kind = 'disposition_given' AND body->>'note' <> '';
    UPDATE facts SET body = body || jsonb_build_object('detail', without_note(body->>'detail'))
    WHERE (among IS NULL OR id = ANY (among)) AND kind = 'audited' AND body->>'operation' LIKE 'PUT %/disposition'
        AND body->>'what' = ANY (theirs) AND without_note(body->>'detail') <> body->>'detail';
    RETURN total;
END $$;
COMMENT ON FUNCTION forget_notes IS
    'Deletes what was typed of some contacts, in the trail too, and says in how many rows; of the trail in some facts alone, if they are named';

CREATE OR REPLACE FUNCTION forget_raw_events_of_nobody(among uuid[]) RETURNS void LANGUAGE sql AS $$
    WITH gone AS (
        DELETE FROM raw_events r WHERE fact = ANY (among) AND EXISTS (
            SELECT FROM erasures e
            JOIN calls c ON c.caller_number IN (e.pseudonym, '+' || e.pseudonym, '00' || e.pseudonym)
            WHERE strpos(r.text, regexp_replace(c.call, '^.*/', '')) > 0)
        RETURNING fact
    )
    DELETE FROM facts WHERE id IN (SELECT fact FROM gone)
$$;
COMMENT ON FUNCTION forget_raw_events_of_nobody IS 'Deletes of these events kept raw what is of calls of somebody who was erased';

-- -- all customers, after a time ----------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION masked(digits text) RETURNS text LANGUAGE sql STABLE RETURN
    left(digits, CASE WHEN length(digits) < 10 THEN 2 ELSE 4 END) || '•••' || right(digits, 2)
    || translate(left(encode(number_digest(digits), 'hex'), 10), '0123456789abcdef', 'abcdefghijklmnop');
COMMENT ON FUNCTION masked IS 'What is left of a number: its ends, and letters that tell it from another';

CREATE OR REPLACE FUNCTION with_masks(said text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE digits text;
BEGIN
    FOR digits IN SELECT numbers_in(said) LOOP
        said := without_number(said, digits, masked(digits));
    END LOOP;
    RETURN said;
END $$;
COMMENT ON FUNCTION with_masks IS 'Masks every number in a text';

CREATE OR REPLACE FUNCTION body_with_masks(body jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
    SELECT body || coalesce(jsonb_object_agg(key, with_masks(value #>> '{}')), '{}')
        || CASE WHEN body ? 'caller_name' THEN '{"caller_name": ""}'::jsonb ELSE '{}' END
    FROM jsonb_each(body) WHERE key = ANY (personal_keys()) AND jsonb_typeof(value) = 'string'
$$;

CREATE OR REPLACE FUNCTION born_at(id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN
    to_timestamp(('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0);
COMMENT ON FUNCTION born_at IS 'The time within the id of a fact';

CREATE OR REPLACE FUNCTION mask_persons(since timestamptz, until timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    place   record;
    changed bigint;
    total   bigint := 0;
BEGIN
    PERFORM set_config('callfloor.forgetting', 'yes', true);
    FOR place IN SELECT * FROM personal_places WHERE at IS NOT NULL LOOP
        EXECUTE format('UPDATE %I SET %s WHERE %I >= $1 AND %3$I < $2 AND (%s)', place.name,
            (SELECT string_agg(format('%I = with_masks(%1$I)', name), ', ') FROM unnest(place.columns) name)
                || CASE WHEN place.named THEN ', caller_name = left(caller_name, 0)' ELSE '' END, place.at,
            (SELECT string_agg(format('with_masks(%I) <> %1$I', name), ' OR ') FROM unnest(place.columns) name)
                || CASE WHEN place.named THEN ' OR caller_name <> ''''' ELSE '' END)
            USING since, until;
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
    END LOOP;
    DELETE FROM mismatches m WHERE m.at >= mask_persons.since AND m.at < mask_persons.until;
    DELETE FROM raw_events r WHERE r.at >= mask_persons.since AND r.at < mask_persons.until;
    DELETE FROM facts
    WHERE id >= uuid_at(since) AND id < uuid_at(until) AND kind = 'raw_event';
    UPDATE facts SET body = body_with_masks(body)
    WHERE id >= uuid_at(since) AND id < uuid_at(until) AND body ?| personal_keys()
        AND body_with_masks(body) <> body;
    GET DIAGNOSTICS changed = ROW_COUNT;
    INSERT INTO retained AS r (kind, since) VALUES ('persons', until)
    ON CONFLICT (kind) DO UPDATE SET since = greatest(r.since, excluded.since);
    RETURN total + changed;
END $$;
COMMENT ON FUNCTION mask_persons IS 'Masks every number, and drops every name, of a time; says in how many rows and facts';

-- -- what is told late --------------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION follow_erasures() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known record;
    raw   uuid[];
    noted text[];
    late  record;
BEGIN
    SELECT min(at) AS since, max(at) + interval '1 microsecond' AS until INTO late
    FROM arrived WHERE at < (SELECT since FROM retained WHERE kind = 'persons')
        AND EXISTS (SELECT FROM retained WHERE kind = 'persons'); -- nothing is read where nothing was masked
    IF late.since IS NOT NULL THEN
        UPDATE facts SET body = body_with_masks(body)
        WHERE id IN (SELECT id FROM arrived WHERE at < late.until) AND body_with_masks(body) <> body;
        PERFORM mask_persons(late.since - interval '1 day', late.until); -- the row may have begun before
    END IF;
    IF NOT EXISTS (SELECT FROM arrived WHERE at <= (SELECT max(until) FROM erasures)) THEN
        RETURN NULL;
    END IF;
    FOR known IN
        SELECT n.digits, e.pseudonym, array_agg(a.id) AS facts, array_agg(DISTINCT a.contact) AS contacts
        FROM arrived a CROSS JOIN LATERAL numbers_in(a.body) n (digits)
        JOIN erasures e ON e.digest = number_digest(n.digits)
        WHERE a.at <= e.until GROUP BY 1, 2
    LOOP
        PERFORM forget_number_in_raw_events(known.digits, known.facts),
            forget_number_in_facts(known.digits, known.pseudonym, known.facts),
            forget_number_in_tables(known.digits, known.pseudonym, known.contacts);
        UPDATE audit SET detail = without_number(detail, known.digits, known.pseudonym)
        WHERE fact = ANY (known.facts); -- it is of no contact
    END LOOP;
    SELECT array_agg(DISTINCT c.contact) INTO noted
    FROM arrived a JOIN contacts c ON c.contact = coalesce(a.contact, a.body->>'what')
    JOIN erasures e ON strpos(e.pseudonym, '•') = 0 AND a.at <= e.until
        AND (c.caller_number IN (e.pseudonym, '+' || e.pseudonym, '00' || e.pseudonym)
            OR c.called_number IN (e.pseudonym, '+' || e.pseudonym, '00' || e.pseudonym))
    WHERE a.kind IN ('contact_started', 'disposition_given', 'audited');
    IF noted IS NOT NULL THEN
        PERFORM forget_notes(noted, (SELECT array_agg(id) FROM arrived WHERE kind = 'audited'));
    END IF;
    SELECT array_agg(id) INTO raw FROM arrived
    WHERE kind = 'raw_event' AND at <= (SELECT max(until) FROM erasures);
    IF raw IS NOT NULL THEN
        PERFORM forget_raw_events_of_nobody(raw);
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION follow_erasures IS 'What is told late of somebody who was erased goes by the pseudonym';

CREATE OR REPLACE TRIGGER follow_9_erasures AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_erasures();

CREATE OR REPLACE FUNCTION without_the_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE known record;
BEGIN
    FOR known IN
        SELECT n.digits, e.pseudonym FROM numbers_in(new.ours::text || new.theirs::text) n (digits)
        JOIN erasures e ON e.digest = number_digest(n.digits) WHERE new.at <= e.until
    LOOP
        IF new.kind = 'parties' THEN
            RETURN NULL; -- they differ by the pseudonym
        END IF;
        new.ours := json_without_number(new.ours, known.digits, known.pseudonym);
        new.theirs := json_without_number(new.theirs, known.digits, known.pseudonym);
    END LOOP;
    RETURN new;
END $$;

CREATE OR REPLACE TRIGGER without_the_erased BEFORE INSERT OR UPDATE ON mismatches
    FOR EACH ROW EXECUTE FUNCTION without_the_erased();
