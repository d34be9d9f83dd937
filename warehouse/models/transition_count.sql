-- Times are whole microseconds until they are summed: sums of integers are the same in any order and on any
-- engine. Squares are of milliseconds, exact through DECIMAL; as text the sum is rounded to a float once.
-- A time below 0 (steps not in order) counts as 0 and is not usable. A bin is about a thirty-second wide: FLOOR(32 ln(1 + s)).
WITH stamped AS (
    SELECT
        dossier_id,
        unit_code,
        proc_core,
        prev_office,
        prev_task,
        office_code,
        task,
        is_first,
        is_last,
        from_mark,
        mark,
        CAST(ROUND(EXTRACT(EPOCH FROM from_at) * 1000000) AS BIGINT) AS from_us,
        CAST(ROUND(EXTRACT(EPOCH FROM stamp_at) * 1000000) AS BIGINT) AS stamp_us,
        from_w,
        stamp_w,
        CAST(CAST(EXTRACT(YEAR FROM stamp_at) AS INTEGER) AS VARCHAR) || '-Q'
        || CAST(CAST(EXTRACT(QUARTER FROM stamp_at) AS INTEGER) AS VARCHAR) AS end_quarter
    FROM step_time
),
ends AS (
    SELECT
        MAX(unit_code) AS unit_code,
        MAX(proc_core) AS proc_core,
        MAX(CASE WHEN is_last THEN office_code END) AS from_office,
        MAX(CASE WHEN is_last THEN task END) AS from_task,
        MAX(end_quarter) AS end_quarter,
        MAX(CASE WHEN is_first OR is_last THEN mark END) = '' AS is_usable,
        MAX(stamp_us) - MIN(stamp_us) AS us,
        MAX(stamp_w) - MIN(stamp_w) AS work_s
    FROM stamped
    GROUP BY dossier_id
),
edges AS (
    SELECT
        CASE WHEN is_first THEN 'START' ELSE 'BETWEEN' END AS edge,
        unit_code,
        proc_core,
        prev_office AS from_office,
        prev_task AS from_task,
        office_code AS to_office,
        task AS to_task,
        end_quarter,
        from_mark = '' AND mark = '' AND stamp_us >= from_us AS is_usable,
        GREATEST(stamp_us - from_us, 0) AS us,
        CASE WHEN stamp_w >= from_w THEN stamp_w - from_w WHEN stamp_w < from_w THEN 0 END AS work_s
    FROM stamped
    UNION ALL
    SELECT 'END', unit_code, proc_core, from_office, from_task, '', '', end_quarter, is_usable, us, work_s
    FROM ends
),
pooled AS (
    SELECT
        e.edge,
        CASE WHEN e.end_quarter = p.quarter AND e.edge <> 'END' THEN e.unit_code ELSE '' END AS unit_code,
        CASE WHEN e.end_quarter = p.quarter AND e.edge = 'END' THEN e.proc_core ELSE '' END AS proc_core,
        CASE WHEN e.end_quarter = p.quarter AND e.edge <> 'END' THEN e.from_office ELSE '' END AS from_office,
        e.from_task,
        CASE WHEN e.end_quarter = p.quarter AND e.edge <> 'END' THEN e.to_office ELSE '' END AS to_office,
        e.to_task,
        CASE WHEN e.end_quarter = p.quarter THEN e.end_quarter END AS end_quarter,
        e.is_usable,
        e.us,
        CAST(FLOOR(CAST(e.us AS DOUBLE PRECISION) / 1000 + 0.5) AS BIGINT) AS ms,
        e.work_s
    FROM edges AS e
    CROSS JOIN model_parameter AS p
),
binned AS (
    SELECT pooled.*, CAST(FLOOR(LN(1 + CAST(ms AS DOUBLE PRECISION) / 1000) * 32) AS BIGINT) AS time_bin
    FROM pooled
)
SELECT
    edge,
    unit_code,
    proc_core,
    from_office,
    from_task,
    to_office,
    to_task,
    end_quarter,
    is_usable,
    time_bin,
    COUNT(*) AS n,
    CAST(SUM(us) AS DOUBLE PRECISION) / 1000000 AS seconds,
    CAST(CAST(SUM(CAST(ms AS DECIMAL(19, 0)) * CAST(ms AS DECIMAL(19, 0))) AS VARCHAR) AS DOUBLE PRECISION)
    / 1000000 AS seconds_squared,
    CAST(MIN(us) AS DOUBLE PRECISION) / 1000000 AS least,
    CAST(MAX(us) AS DOUBLE PRECISION) / 1000000 AS most,
    SUM(work_s) AS work_seconds
FROM binned
GROUP BY
    edge, unit_code, proc_core, from_office, from_task, to_office, to_task, end_quarter, is_usable, time_bin
