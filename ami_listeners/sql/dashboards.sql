-- What Grafana's panels ask of PostgreSQL, as the role callfloor_viewer; what stands in <> is put in from the
-- definitions, and what begins with $ by Grafana.

-- figures --
-- Read every figure of queues or agents over all that is shown.
SELECT <names> FROM <of>_report(ARRAY[$__timeFrom(), $__timeTo()]::timestamptz[]) WHERE <such> ORDER BY 1

-- by_quarter --
-- Read counts of all chosen queues together, quarter by quarter.
SELECT began_at AS "time", <names>
FROM queue_figures_between($__timeFrom()::timestamptz, $__timeTo()::timestamptz, '15 minutes')
WHERE <such> GROUP BY 1 ORDER BY 1

-- by_quarter_of_each --
-- Read one figure of each chosen queue, quarter by quarter.
SELECT began_at AS "time", queue AS metric, <name> AS value
FROM queue_figures_between($__timeFrom()::timestamptz, $__timeTo()::timestamptz, '15 minutes')
WHERE <such> ORDER BY 1, 2

-- legs --
-- Read how well legs were heard, queue by queue.
SELECT <names> FROM (
    SELECT <counts> FROM leg_quality WHERE $__timeFilter(<at>) GROUP BY 1, 2) AS counted
ORDER BY 1, 2

-- quality --
-- Read how well what is shown was heard.
SELECT badge, heard_ratio, gaps, gap_s, concluded, corrected, mismatches, worst_offset_s
FROM data_quality($__timeFrom()::timestamptz, $__timeTo()::timestamptz)

-- gaps --
-- Read when nobody listened.
SELECT began_at, ended_at, system, source, reason
FROM system_gaps_between($__timeFrom()::timestamptz, $__timeTo()::timestamptz) ORDER BY 1
