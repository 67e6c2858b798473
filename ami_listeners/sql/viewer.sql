-- Who looks at figures sees neither the numbers nor the names of customers.
--
-- The role is made where we may make roles; elsewhere an administrator makes it, and it sees what it may from
-- the next start of callfloor on. Without a password it gets in only where none is asked for.
CREATE OR REPLACE FUNCTION let_viewer_see() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    seen    record;
    columns text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callfloor_viewer') THEN
        BEGIN
            CREATE ROLE callfloor_viewer LOGIN;
            ALTER ROLE callfloor_viewer SET default_transaction_read_only = on;
            ALTER ROLE callfloor_viewer SET statement_timeout = '20s';
        EXCEPTION WHEN insufficient_privilege OR duplicate_object OR unique_violation THEN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'callfloor_viewer') THEN
                RETURN;
            END IF;
        END;
    END IF;
    FOR seen IN SELECT key AS name, value AS columns FROM jsonb_each('{seen}') LOOP
        SELECT string_agg(quote_ident(attname), ', ') INTO columns
        FROM pg_attribute
        WHERE attrelid = to_regclass(seen.name) AND attnum > 0 AND NOT attisdropped
            AND (seen.columns ? '*' OR seen.columns ? attname)
            AND NOT has_column_privilege('callfloor_viewer', attrelid, attnum, 'SELECT');
        IF columns IS NOT NULL THEN
            EXECUTE format('GRANT SELECT (%s) ON %I TO callfloor_viewer', columns, seen.name);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION let_viewer_see IS 'Makes the role callfloor_viewer, if we may, and lets it see figures';
