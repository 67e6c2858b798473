-- The trail of monitoring: one row a stretch of hearing, or a refusal. What is known is never told otherwise.

CREATE OR REPLACE FUNCTION follow_monitorings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO monitorings AS m (ear, system, supervisor, agent, contact, channel, mode, asked_by, began_at,
                                  ended_at, ended_by, heard_s, refused_at, why)
    SELECT coalesce(body->>'ear', min(id::text)), max(system), max(body->>'supervisor'), max(agent),
        max(body->>'contact'), max(body->>'channel'), max(body->>'mode'), max(body->>'asked_by'),
        min(at) FILTER (WHERE kind = 'monitoring_began'), min(at) FILTER (WHERE kind = 'monitoring_ended'),
        min(body->>'ended_by') FILTER (WHERE kind = 'monitoring_ended'),
        min((body->>'lasted_s')::float8) FILTER (WHERE kind = 'monitoring_ended'),
        min(at) FILTER (WHERE kind = 'monitoring_refused'), max(body->>'why')
    FROM arrived WHERE kind IN ('monitoring_began', 'monitoring_ended', 'monitoring_refused')
    GROUP BY body->>'ear', CASE WHEN kind = 'monitoring_refused' THEN id END
    ON CONFLICT (ear) DO UPDATE SET
        channel = coalesce(m.channel, excluded.channel), asked_by = coalesce(m.asked_by, excluded.asked_by),
        began_at = coalesce(m.began_at, excluded.began_at), ended_at = coalesce(m.ended_at, excluded.ended_at),
        ended_by = coalesce(m.ended_by, excluded.ended_by), heard_s = coalesce(m.heard_s, excluded.heard_s);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION follow_monitorings IS 'Lets monitorings say what was told of supervisors';

CREATE OR REPLACE TRIGGER follow_8_monitorings AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_monitorings();

CREATE OR REPLACE FUNCTION keep_trail() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND jsonb_strip_nulls(to_jsonb(old)) <@ to_jsonb(new) THEN
        RETURN new;
    ELSIF TG_OP = 'DELETE' AND coalesce(old.began_at, old.refused_at, old.ended_at)
            < (SELECT since FROM retained WHERE kind = 'rows') THEN
        RETURN old;
    END IF;
    RAISE EXCEPTION '% is a trail: its rows are completed, and forgotten when they are old, but never changed', TG_TABLE_NAME;
END $$;
COMMENT ON FUNCTION keep_trail IS 'Lets rows be completed, and forgotten by retention, and nothing else';

CREATE OR REPLACE TRIGGER keep_trail BEFORE UPDATE OR DELETE ON monitorings
    FOR EACH ROW EXECUTE FUNCTION keep_trail();
