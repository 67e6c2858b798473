-- How much of the time that an agent was in a state lies before a moment, in whole microseconds.
--
-- The share of each interval is the difference of two of these, so that all of them add up to the whole.
CREATE OR REPLACE FUNCTION lasted_us_before(
    moment timestamptz, began_at timestamptz, ended_at timestamptz, lasted_s double precision)
RETURNS bigint LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN CASE
    WHEN moment <= began_at OR lasted_s IS NULL THEN 0
    WHEN moment >= ended_at THEN round(lasted_s * 1000000)::bigint
    ELSE round(lasted_s * 1000000 * date_part('epoch', moment - began_at)
               / date_part('epoch', ended_at - began_at))::bigint
END;

-- The sum that comes with PostgreSQL counts whole numbers of this size in numeric, at several times the price.
CREATE OR REPLACE AGGREGATE whole_sum(bigint) (
    SFUNC = int8pl, STYPE = bigint, INITCOND = '0', COMBINEFUNC = int8pl, PARALLEL = SAFE
);
COMMENT ON AGGREGATE whole_sum(bigint) IS 'The sum of whole numbers, 0 of none; out of range beyond bigint';
