-- Whose number was erased or masked, without the number itself: a late fact must not bring it back.

CREATE TABLE erasures (
    digest    bytea PRIMARY KEY,
    pseudonym text NOT NULL UNIQUE,
    until     timestamptz NOT NULL,
    at        timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE erasures IS 'Numbers that were erased or masked, by a keyed digest, and what stands in their place';
COMMENT ON COLUMN erasures.until IS 'What is told of the time until then goes by the pseudonym, whenever it is told';

CREATE TABLE erasure_key (key bytea NOT NULL);
COMMENT ON TABLE erasure_key IS 'What is mixed into the digests of this database alone';
INSERT INTO erasure_key VALUES (decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'));
