-- Several may listen to one Asterisk. What has no name and no time of Asterisk's own is known by what it says,
-- and by about when.

CREATE FUNCTION said(kind text, body jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(kind || (body - '{lasted_s,hold_s,round_trip_us}'::text[])::text);
COMMENT ON FUNCTION said IS 'What a fact says, whoever measured how long something lasted';

CREATE INDEX facts_said ON facts (said(kind, body), at) WHERE listener IS NOT NULL;

DROP TABLE sightings;
CREATE TABLE sightings (
    id       uuid PRIMARY KEY,
    fact     uuid NOT NULL,
    listener text NOT NULL,
    at       timestamptz NOT NULL,
    UNIQUE (fact, listener)
);
COMMENT ON TABLE sightings IS 'What a listener told of which another had told already, each once';
