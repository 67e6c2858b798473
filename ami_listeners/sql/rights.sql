-- Who may ask what; each query has a name and a sentence.

-- revision --
-- Tell which state of users and tokens this is.
SELECT revision FROM rights_revision

-- users --
-- Read all users.
SELECT name, full_name, role, teams, agent, password FROM users ORDER BY name

-- tokens --
-- Read all tokens that were not over long ago.
SELECT id, owner, kind, digest, scopes, note, made_at, expires_at, used_at, revoked_at FROM tokens
WHERE expires_at > now() - interval '30 days' ORDER BY made_at, id

-- add_user --
-- Make a user, unless there is one of that name.
INSERT INTO users (name, full_name, role, teams, agent, password)
VALUES (%(name)s, %(full_name)s, %(role)s, %(teams)s, %(agent)s, %(password)s)
ON CONFLICT (name) DO NOTHING

-- set_user --
-- Change what a user is; the password stays.
UPDATE users SET full_name = %(full_name)s, role = %(role)s, teams = %(teams)s, agent = %(agent)s, changed_at = now()
WHERE name = %(name)s

-- set_password --
-- Change a user's password.
UPDATE users SET password = %(password)s, changed_at = now() WHERE name = %(name)s

-- end_sessions --
-- End all sessions of a user, but one perhaps.
UPDATE tokens SET revoked_at = now()
WHERE owner = %(name)s AND kind = 'session' AND revoked_at IS NULL AND id <> %(but)s

-- remove_user --
-- Remove a user with all tokens.
DELETE FROM users WHERE name = %(name)s

-- add_token --
-- Keep a token; a session that was made while the database was away belongs to nobody who was removed meanwhile.
INSERT INTO tokens (id, owner, kind, digest, scopes, note, made_at, expires_at)
SELECT %(id)s, name, %(kind)s, %(digest)s, %(scopes)s, %(note)s, %(made_at)s, %(expires_at)s
FROM users WHERE name = %(owner)s
ON CONFLICT (id) DO NOTHING

-- revoke_token --
-- Let a token be worth nothing from now on.
UPDATE tokens SET revoked_at = coalesce(revoked_at, now()) WHERE id = %(id)s

-- note_use --
-- Remember when a token was last shown.
UPDATE tokens SET used_at = greatest(used_at, %(used_at)s) WHERE id = %(id)s

-- forget_tokens --
-- Forget tokens and sessions that have long been over.
DELETE FROM tokens WHERE expires_at < now() - interval '30 days'

-- audit --
-- Read the trail of a time, the latest first.
SELECT at, who, role, address, operation, what, outcome, status, detail FROM audit
WHERE at >= %(since)s AND at < %(until)s AND (%(who)s::text IS NULL OR who = %(who)s)
    AND (%(outcome)s::text IS NULL OR outcome = %(outcome)s)
ORDER BY at DESC, fact DESC LIMIT %(limit)s
