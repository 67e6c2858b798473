-- Who has just begun to listen may believe that an agent did something else before: the change is the same.

DROP INDEX facts_said;

CREATE OR REPLACE FUNCTION said(kind text, body jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN md5(kind || (body - '{lasted_s,hold_s,round_trip_us,was}'::text[])::text);

CREATE INDEX facts_said ON facts (said(kind, body), at) WHERE listener IS NOT NULL;
