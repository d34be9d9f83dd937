WITH next_day AS (
    SELECT MIN(c.day) AS day
    FROM calendar_day AS c
    CROSS JOIN model_parameter AS p
    WHERE c.is_working AND c.day > p.as_of
),
gone AS (
    SELECT DISTINCT g.dossier_id
    FROM register_gone AS g
    WHERE g.until_night IS NULL
),
-- A dossier is late for sure only when its unit was read, and it was open, on the day it was due or later.
heard AS (
    SELECT
        o.unit_code,
        MAX(CASE WHEN o.status IN ('COLLECTED', 'UNCHANGED') THEN CAST(o.night AS DATE) END) AS last_day,
        MAX(CASE WHEN o.status = 'FAILED' AND o.night = p.known THEN 1 ELSE 0 END) AS has_failed
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.night <= p.known
    GROUP BY o.unit_code
),
steps AS (
    SELECT
        s.dossier_id,
        s.task,
        s.office_code,
        ROW_NUMBER() OVER (
            PARTITION BY s.dossier_id
            ORDER BY CASE WHEN s.finished_at IS NULL THEN 0 ELSE 1 END, s.step_no DESC
        ) AS newest
    FROM step_known AS s
)
SELECT
    f.dossier_id,
    f.dossier_code,
    f.unit_code,
    f.office_code,
    f.proc_core,
    COALESCE(c.name, f.proc_core) AS proc_name,
    f.received_on,
    f.due_on,
    CASE WHEN f.timeliness = 'OVERDUE' THEN GREATEST(z.work_index - a.work_index, 0) ELSE 0 END AS days_late,
    CASE WHEN f.timeliness = 'OVERDUE' THEN 'OVERDUE' ELSE 'DUE_TOMORROW' END AS kind,
    d.status,
    s.task AS current_step,
    s.office_code AS current_office_code,
    CASE
        WHEN g.dossier_id IS NOT NULL THEN 'LEFT_REGISTER'
        WHEN f.timeliness = 'OVERDUE' AND COALESCE(h.has_failed = 1 OR h.last_day < f.due_on, TRUE) THEN 'NOT_READ'
        WHEN f.received_on > f.due_on THEN 'DUE_BEFORE_RECEIPT'
        ELSE ''
    END AS held
FROM dossier_fact AS f
INNER JOIN dossier_known AS d ON d.dossier_id = f.dossier_id
CROSS JOIN model_parameter AS p
CROSS JOIN next_day AS t
LEFT JOIN procedure AS c ON c.proc_core = d.proc_core AND c.valid_from = d.proc_valid_from
LEFT JOIN calendar_day AS a ON a.day = f.due_on
LEFT JOIN calendar_day AS z ON z.day = p.as_of
LEFT JOIN gone AS g ON g.dossier_id = f.dossier_id
LEFT JOIN heard AS h ON h.unit_code = d.processing_unit
LEFT JOIN steps AS s ON s.dossier_id = f.dossier_id AND s.newest = 1
WHERE
    f.timeliness = 'OVERDUE'
    OR (f.timeliness = 'IN_TERM' AND f.due_on > p.as_of AND f.due_on <= t.day)
