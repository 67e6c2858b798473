-- Surveys after the call.

CREATE OR REPLACE FUNCTION follow_surveys() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM arrived WHERE kind IN ('survey_offered', 'survey_answered')) THEN
        RETURN NULL;
    END IF;
    INSERT INTO surveys (fact, contact, visit, queue, agent, survey, offered_at)
    SELECT id, contact, visit, queue, agent, body->>'survey', at
    FROM arrived WHERE kind = 'survey_offered'
    ON CONFLICT (fact) DO NOTHING;

    INSERT INTO survey_answers (fact, contact, visit, queue, agent, survey, question, answer, score, at)
    SELECT id, contact, visit, queue, agent, body->>'survey', body->>'question', body->>'answer',
        (body->>'score')::smallint, at
    FROM arrived WHERE kind = 'survey_answered'
    ON CONFLICT (fact) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_9_surveys AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_surveys();
