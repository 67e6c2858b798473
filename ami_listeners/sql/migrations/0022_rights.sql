-- Who may ask what: users, their tokens, and the trail of what was asked.

CREATE TABLE users (
    name       text PRIMARY KEY,
    full_name  text NOT NULL DEFAULT '',
    role       text NOT NULL,
    teams      text[] NOT NULL DEFAULT '{}',
    agent      text,
    password   text,
    made_at    timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE users IS 'Who may log in, as what, and for whom they are there';
COMMENT ON COLUMN users.teams IS 'Whom a team lead or supervisor sees and steers; *: everybody';
COMMENT ON COLUMN users.agent IS 'Which agent of floor.toml they are; null: none';
COMMENT ON COLUMN users.password IS 'Its argon2id hash; null: they can only use tokens';

CREATE TABLE tokens (
    id         text PRIMARY KEY,
    owner      text NOT NULL REFERENCES users (name) ON DELETE CASCADE,
    kind       text NOT NULL CHECK (kind IN ('api', 'session')),
    digest     bytea NOT NULL,
    scopes     text[],
    note       text NOT NULL DEFAULT '',
    made_at    timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz,
    revoked_at timestamptz
);
COMMENT ON TABLE tokens IS 'What proves who asks: tokens that were handed out, and sessions of those who logged in';
COMMENT ON COLUMN tokens.digest IS 'SHA-256 of the secret, of which we keep nothing else';
COMMENT ON COLUMN tokens.scopes IS 'What the token grants of what its owner may do; null: all of it';
CREATE INDEX tokens_owner ON tokens (owner);

CREATE TABLE rights_revision (revision bigint NOT NULL);
COMMENT ON TABLE rights_revision IS 'Rises with each change of users and tokens, so that a copy in memory knows that it is old';
INSERT INTO rights_revision VALUES (0);

CREATE TABLE audit (
    fact      uuid PRIMARY KEY,
    at        timestamptz NOT NULL,
    who       text NOT NULL,
    role      text NOT NULL,
    address   text NOT NULL,
    operation text NOT NULL,
    what      text NOT NULL,
    outcome   text NOT NULL,
    status    integer NOT NULL,
    detail    text NOT NULL
);
COMMENT ON TABLE audit IS 'Who changed or heard what, or wanted to; nothing in it is changed, and rows go only by their age';
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_who ON audit (who, at);
