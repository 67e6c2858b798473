-- Who heard whom, and who was refused it. Rows are added and completed, and nothing in them is ever changed.

CREATE TABLE monitorings (
    ear        text PRIMARY KEY,
    system     text NOT NULL,
    supervisor text NOT NULL,
    agent      text NOT NULL,
    contact    text NOT NULL,
    channel    text,
    mode       text NOT NULL,
    asked_by   text,
    began_at   timestamptz,
    ended_at   timestamptz,
    ended_by   text,
    heard_s    double precision,
    refused_at timestamptz,
    why        text
);
COMMENT ON TABLE monitorings IS 'Who heard whose call, in which mode, from when to when; and who was refused to';
COMMENT ON COLUMN monitorings.ear IS 'One stretch: a change of mode, call or agent begins another; of a refusal the id of its fact';
COMMENT ON COLUMN monitorings.contact IS 'In contacts, or in calls where callfloor did not lead it; empty: none';
COMMENT ON COLUMN monitorings.asked_by IS 'Who asked: by REST or the command line, or the supervisor by a key';
COMMENT ON COLUMN monitorings.why IS 'Why it was refused';
CREATE INDEX monitorings_began ON monitorings (coalesce(began_at, refused_at));
CREATE INDEX monitorings_contact ON monitorings (contact);
