-- The trail of what people asked, and what tells copies of users and tokens that they are old.

CREATE OR REPLACE FUNCTION follow_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit (fact, at, who, role, address, operation, what, outcome, status, detail)
    SELECT id, at, body->>'who', body->>'role', body->>'address', body->>'operation', body->>'what',
        body->>'outcome', (body->>'status')::int, body->>'detail'
    FROM arrived WHERE kind = 'audited'
    ON CONFLICT (fact) DO NOTHING;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER follow_8_audit AFTER INSERT ON facts REFERENCING NEW TABLE AS arrived
    FOR EACH STATEMENT EXECUTE FUNCTION follow_audit();

CREATE OR REPLACE FUNCTION keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('callfloor.forgetting', true), '') = '' THEN
        RAISE EXCEPTION 'audit only grows: rows go by [retention], and a customer''s number by callfloor personal-data';
    END IF;
    RETURN coalesce(new, old);
END $$;

CREATE OR REPLACE TRIGGER keep_audit BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION keep_audit();
CREATE OR REPLACE TRIGGER keep_all_audit BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION keep_audit();

CREATE OR REPLACE FUNCTION rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE rights_revision SET revision = revision + 1;
    RETURN NULL;
END $$;

CREATE OR REPLACE TRIGGER users_changed AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();
CREATE OR REPLACE TRIGGER tokens_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF owner, digest, scopes, note, expires_at, revoked_at ON tokens
    FOR EACH STATEMENT EXECUTE FUNCTION rights_changed();
