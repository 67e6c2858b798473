-- How well a time was heard.

DROP FUNCTION IF EXISTS system_gaps_between CASCADE;
CREATE FUNCTION system_gaps_between(since timestamptz, until timestamptz)
RETURNS TABLE (system text, source text, began_at timestamptz, ended_at timestamptz, reason text)
LANGUAGE sql STABLE AS $$
    WITH told AS MATERIALIZED (
        SELECT system, source, listener, coalesce(reason, '') AS reason,
            tstzrange(least(began_at, ended_at), greatest(began_at, ended_at)) AS deaf
        FROM gaps
        WHERE tstzrange(least(began_at, ended_at), greatest(began_at, ended_at)) && tstzrange(since, until)
        UNION ALL -- whoever listens says so at least every five minutes; the next one will tell of this gap itself
        SELECT system, 'ami', '', 'nobody has listened since', tstzrange(seen_at, now())
        FROM (SELECT * FROM listeners ORDER BY seen_at DESC LIMIT 1) last
        WHERE seen_at < now() - interval '15 minutes' AND tstzrange(seen_at, now()) && tstzrange(since, until)
    ), heard AS MATERIALIZED ( -- from when on, and until when at least, each has listened
        SELECT l.system, l.listener,
            tstzmultirange(tstzrange(l.began_at, l.seen_at)) - coalesce(range_agg(g.deaf), '{}') AS hearing
        FROM listeners l
        LEFT JOIN told g ON g.system = l.system AND g.listener = l.listener
        GROUP BY l.system, l.listener, l.began_at, l.seen_at
    ), deaf AS MATERIALIZED ( -- the time in which no other heard what one did not
        SELECT t.system, t.source, t.reason, tstzmultirange(t.deaf) - coalesce((
            SELECT range_agg(h.hearing) FROM heard h
            WHERE t.listener <> '' AND h.system = t.system AND h.listener <> t.listener), '{}') AS spans
        FROM told t
    )
    SELECT s.system, s.source, lower(span), upper(span), string_agg(DISTINCT d.reason, '; ')
    FROM (SELECT system, source, unnest(range_agg(spans)) AS span FROM deaf GROUP BY 1, 2) s
    JOIN deaf d ON d.system = s.system AND d.source = s.source AND d.spans && s.span
    GROUP BY s.system, s.source, span
$$;
COMMENT ON FUNCTION system_gaps_between IS
    'When nobody listened to an Asterisk, so far as it touches a time; the deafness of one of two is no gap';

CREATE VIEW system_gaps AS SELECT * FROM system_gaps_between('-infinity', 'infinity');
COMMENT ON VIEW system_gaps IS 'When nobody listened to an Asterisk: what happened then is known by its outcome alone';

DROP FUNCTION IF EXISTS data_quality CASCADE;
CREATE FUNCTION data_quality(since timestamptz, until timestamptz) RETURNS TABLE (
    heard_ratio double precision, gaps bigint, gap_s double precision, concluded bigint, corrected bigint,
    mismatches bigint, worst_offset_s double precision, badge text, heard_since timestamptz)
LANGUAGE plpgsql STABLE AS $$
DECLARE
    first    timestamptz := greatest(since, '1970-01-01');
    passed_s double precision;
BEGIN
    -- What is known of the time before anybody listened was imported.
    heard_since := greatest(first, least(until, (SELECT min(l.began_at) FROM listeners l),
        (SELECT min(g.began_at) FROM gaps g), CASE
        WHEN NOT EXISTS (SELECT FROM listeners) AND (SELECT source = 'import' FROM visits
            WHERE decided_at IS NOT NULL ORDER BY decided_at DESC LIMIT 1) THEN until
        WHEN NOT EXISTS (SELECT FROM listeners) THEN first END));
    passed_s := extract(epoch FROM greatest(least(until, now()), heard_since) - heard_since);
    SELECT count(*), coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0) INTO gaps, gap_s
    FROM (SELECT unnest(range_agg(tstzrange(g.began_at, g.ended_at) * tstzrange(first, until))) AS span
          FROM system_gaps_between(first, until) g) deaf;
    heard_ratio := CASE
        WHEN passed_s > 0 THEN greatest(0, 1 - gap_s / passed_s)
        WHEN heard_since > first THEN 0
        ELSE 1 END;
    concluded := (SELECT count(*) FROM visits WHERE NOT heard AND decided_at >= first AND decided_at < until)
        + (SELECT count(*) FROM calls WHERE NOT heard AND ended_at >= first AND ended_at < until);
    corrected := (SELECT count(*) FROM corrections c WHERE c.decided_at >= first AND c.decided_at < until);
    mismatches := (SELECT count(*) FROM mismatches m
        WHERE m.kind <> 'in_gap' AND m.at >= first AND m.at < until);
    worst_offset_s := (SELECT max(abs(offset_s)) FROM clock_offsets WHERE at >= first AND at < until);
    badge := CASE
        WHEN mismatches > 0 OR (passed_s > 0 AND heard_ratio < 0.9) OR worst_offset_s > 60 THEN 'doubtful'
        WHEN gaps > 0 OR concluded > 0 OR heard_ratio = 0 THEN 'gaps'
        ELSE 'good' END;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION data_quality IS
    'How well a time was heard, so far as it has passed since anybody began to listen. Doubtful: less than nine tenths of it, or what Asterisk '
    'recorded itself differs, or its clock was a minute off; gaps: something was not heard, or concluded';
