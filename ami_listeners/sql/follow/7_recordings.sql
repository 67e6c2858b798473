-- Recordings: few facts each, so a row is made anew from all of them; what is told no more stays.

CREATE OR REPLACE FUNCTION recount_recordings(contacts_ text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO recordings AS r (recording, contact, channel, because, agents, queues, began_at, ended_at,
        recorded_s, paused_s, pauses, file, media, key, duration_s, size_bytes, sha256, kept_at, keep_until,
        failed, erased_at, erased_by, erased_why)
    SELECT body->>'recording', min(contact), max(body->>'channel'), max(body->>'because') FILTER (WHERE began),
        coalesce(array_agg(DISTINCT agent) FILTER (WHERE agent IS NOT NULL), '{}'),
        coalesce(array_agg(DISTINCT queue) FILTER (WHERE queue IS NOT NULL), '{}'),
        min(at) FILTER (WHERE began), max(at) FILTER (WHERE kind = 'recording_ended'),
        max((body->>'recorded_s')::float8), max((body->>'paused_s')::float8) FILTER (WHERE kind = 'recording_ended'),
        count(*) FILTER (WHERE kind = 'recording_paused'),
        max(body->>'file'), max(body->>'media'), max(body->>'key'), max((body->>'duration_s')::float8),
        max((body->>'size_bytes')::bigint), max(body->>'sha256'), max(at) FILTER (WHERE kind = 'recording_kept'),
        max(at + make_interval(days => (body->>'keep_days')::int)) FILTER (
            WHERE kind = 'recording_kept' AND (body->>'keep_days')::int > 0),
        (array_agg(body->>'why' ORDER BY at DESC) FILTER (WHERE kind = 'recording_failed'))[1],
        max(at) FILTER (WHERE erased), max(body->>'who') FILTER (WHERE erased), max(body->>'why') FILTER (WHERE erased)
    FROM (SELECT *, kind = 'recording_began' AS began, kind = 'recording_erased' AS erased FROM facts
          WHERE contact = ANY (contacts_) AND kind LIKE 'recording\_%' AND kind <> 'recording_heard') told
    GROUP BY 1
    ON CONFLICT (recording) DO UPDATE SET
        channel = coalesce(excluded.channel, r.channel), because = coalesce(excluded.because, r.because),
        agents = ARRAY(SELECT DISTINCT unnest(r.agents || excluded.agents) ORDER BY 1),
        queues = ARRAY(SELECT DISTINCT unnest(r.queues || excluded.queues) ORDER BY 1),
        began_at = coalesce(excluded.began_at, r.began_at), ended_at = coalesce(excluded.ended_at, r.ended_at),
        recorded_s = coalesce(excluded.recorded_s, r.recorded_s), paused_s = coalesce(excluded.paused_s, r.paused_s),
        pauses = greatest(excluded.pauses, r.pauses), file = coalesce(excluded.file, r.file),
        media = coalesce(excluded.media, r.media), key = coalesce(excluded.key, r.key),
        duration_s = coalesce(excluded.duration_s, r.duration_s),
        size_bytes = coalesce(excluded.size_bytes, r.size_bytes), sha256 = coalesce(excluded.sha256, r.sha256),
        kept_at = coalesce(excluded.kept_at, r.kept_at), keep_until = coalesce(excluded.keep_until, r.keep_until),
        failed = coalesce(excluded.failed, r.failed), erased_at = coalesce(excluded.erased_at, r.erased_at),
        erased_by = coalesce(excluded.erased_by, r.erased_by), erased_why = coalesce(excluded.erased_why, r.erased_why);

    INSERT INTO recording_pauses AS p (recording, began_at, ended_at, because, by)
    SELECT body->>'recording', at, (
            SELECT min(e.at) FROM facts e WHERE e.contact = f.contact AND e.at >= f.at
                AND e.kind IN ('recording_resumed', 'recording_ended') AND e.body->>'recording' = f.body->>'recording'),
        body->>'because', body->>'by'
    FROM facts f WHERE contact = ANY (contacts_) AND kind = 'recording_paused'
    ON CONFLICT (recording, began_at) DO UPDATE SET ended_at = coalesce(excluded.ended_at, p.ended_at);
END $$;
COMMENT ON FUNCTION recount_recordings IS 'Makes the rows of the recordings of these contacts from all that was told of them';

CREATE OR REPLACE FUNCTION follow_recordings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE touched text[];
BEGIN
    SELECT array_agg(DISTINCT contact) INTO touched FROM arrived
    WHERE kind LIKE 'recording\_%' AND kind <> 'recording_heard';
    IF touched IS NOT NULL THEN
        PERFORM recount_recordings(touched);
    END IF;
    INSERT INTO recording_hearings (fact, recording, contact, at, who, how)
    SELECT id, body->>'recording', contact, at, body->>'who', body->>'how'
    FROM arrived WHERE kind = 'recording_heard'
    ON CONFLICT (fact) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_8_recordings AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_recordings();

CREATE OR REPLACE VIEW recorded_segments AS
    SELECT r.recording, s.kind, s.agent, s.queue, s.visit, s.party, greatest(s.began_at, r.began_at) AS began_at,
        least(s.ended_at, r.ended_at) AS ended_at, s.segment
    FROM recordings r JOIN segments s ON s.channel = r.channel
        AND s.began_at <= coalesce(r.ended_at, 'infinity') AND coalesce(s.ended_at, 'infinity') >= r.began_at;
COMMENT ON VIEW recorded_segments IS 'What the customer did in a recording, from when to when';
