-- 0 only on the very day: an end on a day off after the due date is one working day late, as its date says.
WITH gaps AS (
    SELECT
        f.unit_code,
        f.proc_core,
        f.end_quarter,
        CASE
            WHEN f.end_on > f.due_on THEN GREATEST(z.work_index - a.work_index, 1)
            WHEN f.end_on < f.due_on THEN LEAST(z.work_index - a.work_index, -1)
            ELSE 0
        END AS gap_days
    FROM dossier_fact AS f
    INNER JOIN calendar_day AS a ON a.day = f.due_on
    INNER JOIN calendar_day AS z ON z.day = f.end_on
    WHERE f.outcome = 'DONE'
)
SELECT unit_code, proc_core, end_quarter, gap_days, COUNT(*) AS n
FROM gaps
GROUP BY unit_code, proc_core, end_quarter, gap_days
