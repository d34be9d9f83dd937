-- A step not finished in a dossier that has ended ends with the dossier.
WITH timed AS (
    SELECT
        s.*,
        d.unit_code,
        d.proc_core,
        d.proc_valid_from,
        COALESCE(s.finished_at, d.end_at) AS ended_at,
        COALESCE(s.finished_at, d.end_at, p.as_of_at) AS until_at
    FROM step_known AS s
    INNER JOIN dossier_known AS d ON d.dossier_code = s.dossier_code
    CROSS JOIN model_parameter AS p
),
touching AS (
    SELECT
        t.dossier_code,
        t.step_no,
        GREATEST(t.arrived_at, n.start_at) AS start_at,
        LEAST(t.until_at, n.end_at) AS end_at
    FROM timed AS t
    INNER JOIN pause_span AS n
        ON n.dossier_code = t.dossier_code AND n.start_at < t.until_at AND n.end_at > t.arrived_at
),
paused AS (
    SELECT
        o.dossier_code,
        o.step_no,
        SUM(GREATEST(
            2 * (z.work_index - a.work_index)
            + CASE WHEN EXTRACT(HOUR FROM o.end_at) < 12 THEN 0 ELSE 1 END
            - CASE WHEN EXTRACT(HOUR FROM o.start_at) < 12 THEN 0 ELSE 1 END,
            0
        )) AS half_days
    FROM touching AS o
    LEFT JOIN calendar_day AS a ON a.day = CAST(o.start_at AS DATE)
    LEFT JOIN calendar_day AS z ON z.day = CAST(o.end_at AS DATE)
    GROUP BY o.dossier_code, o.step_no
),
counted AS (
    SELECT
        t.unit_code,
        t.proc_core,
        t.step_no,
        t.task,
        t.office_code,
        CAST(CAST(EXTRACT(YEAR FROM t.ended_at) AS INTEGER) AS VARCHAR) || '-Q'
        || CAST(CAST(EXTRACT(QUARTER FROM t.ended_at) AS INTEGER) AS VARCHAR) AS end_quarter,
        CAST(FLOOR(COALESCE(t.planned_days, c.planned_days) * 2 + 0.5) AS BIGINT) AS planned_half_days,
        2 * (z.work_index - a.work_index)
        + CASE WHEN EXTRACT(HOUR FROM t.until_at) < 12 THEN 0 ELSE 1 END
        - CASE WHEN EXTRACT(HOUR FROM t.arrived_at) < 12 THEN 0 ELSE 1 END AS gross_half_days,
        COALESCE(u.half_days, 0) AS pause_half_days,
        t.ended_at IS NULL AS is_open,
        COALESCE(t.finished_at = t.arrived_at, FALSE) AS same_second
    FROM timed AS t
    LEFT JOIN paused AS u ON u.dossier_code = t.dossier_code AND u.step_no = t.step_no
    LEFT JOIN procedure_step AS c
        ON c.proc_core = t.proc_core AND c.valid_from = t.proc_valid_from AND c.step_no = t.step_no
    LEFT JOIN calendar_day AS a ON a.day = CAST(t.arrived_at AS DATE)
    LEFT JOIN calendar_day AS z ON z.day = CAST(t.until_at AS DATE)
),
netted AS (
    SELECT
        counted.*,
        CASE
            WHEN gross_half_days IS NOT NULL THEN GREATEST(GREATEST(gross_half_days, 0) - pause_half_days, 0)
        END AS elapsed_half_days
    FROM counted
)
SELECT
    unit_code,
    proc_core,
    step_no,
    task,
    office_code,
    end_quarter,
    planned_half_days,
    elapsed_half_days,
    is_open,
    same_second,
    COUNT(*) AS n
FROM netted
GROUP BY
    unit_code, proc_core, step_no, task, office_code, end_quarter, planned_half_days, elapsed_half_days, is_open,
    same_second
