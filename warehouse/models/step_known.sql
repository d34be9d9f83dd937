-- finished_at is NULL while the step is not finished at the end of the day as_of.
WITH ranked AS (
    SELECT
        v.*,
        ROW_NUMBER() OVER (
            PARTITION BY v.dossier_code, v.step_no
            ORDER BY v.night DESC, CASE WHEN v.unit_code = d.unit_code THEN 0 ELSE 1 END, v.unit_code
        ) AS newest
    FROM step_version AS v
    INNER JOIN dossier_known AS d ON d.dossier_code = v.dossier_code
    CROSS JOIN model_parameter AS p
    WHERE v.is_merged AND v.night <= p.known
)
SELECT
    r.dossier_code,
    r.step_no,
    COALESCE(r.task, '') AS task,
    COALESCE(r.office_code, '') AS office_code,
    r.arrived_at,
    CASE WHEN r.finished_at <= p.as_of_at THEN r.finished_at END AS finished_at,
    r.planned_days
FROM ranked AS r
CROSS JOIN model_parameter AS p
WHERE r.newest = 1 AND r.arrived_at <= p.as_of_at
