-- What customers were asked after the agent had gone, and what they answered.

CREATE TABLE surveys (
    fact       uuid PRIMARY KEY,
    contact    text NOT NULL,
    visit      text NOT NULL,
    queue      text NOT NULL,
    agent      text,
    survey     text NOT NULL,
    offered_at timestamptz NOT NULL
);
COMMENT ON TABLE surveys IS 'Customers who were asked how it was; the number is in contacts alone';
CREATE INDEX surveys_contact ON surveys (contact);
CREATE INDEX surveys_offered_at ON surveys (offered_at);

CREATE TABLE survey_answers (
    fact     uuid PRIMARY KEY,
    contact  text NOT NULL,
    visit    text NOT NULL,
    queue    text NOT NULL,
    agent    text,
    survey   text NOT NULL,
    question text NOT NULL,
    answer   text NOT NULL,
    score    smallint,
    at       timestamptz NOT NULL
);
COMMENT ON TABLE survey_answers IS 'What they answered, question by question';
COMMENT ON COLUMN survey_answers.score IS 'From 1 to 5 where the question asks for it; CSAT is made of these';
CREATE INDEX survey_answers_at ON survey_answers (at);
CREATE INDEX survey_answers_contact ON survey_answers (contact);
