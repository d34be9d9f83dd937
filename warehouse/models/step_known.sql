-- started_at and finished_at are NULL while that has not happened by the end of the day as_of. A step whose
-- arrival the source does not give is kept: it had begun when it was started or finished.
WITH ranked AS (
    SELECT
        v.*,
        ROW_NUMBER() OVER (
            PARTITION BY v.dossier_id, v.place
            ORDER BY v.night DESC, CASE WHEN v.unit_code = d.processing_unit THEN 0 ELSE 1 END, v.unit_code
        ) AS newest
    FROM step_version AS v
    INNER JOIN dossier_known AS d ON d.dossier_id = v.dossier_id
    CROSS JOIN model_parameter AS p
    WHERE v.is_merged AND v.night <= p.known
)
SELECT
    r.dossier_id,
    r.place AS step_no,
    COALESCE(r.task, '') AS task,
    COALESCE(r.office_code, '') AS office_code,
    COALESCE(r.staff_code, '') AS staff_code,
    r.arrived_at,
    CASE WHEN r.started_at <= p.as_of_at THEN r.started_at END AS started_at,
    CASE WHEN r.finished_at <= p.as_of_at THEN r.finished_at END AS finished_at,
    r.planned_days
FROM ranked AS r
CROSS JOIN model_parameter AS p
WHERE r.newest = 1 AND COALESCE(r.arrived_at, r.started_at, r.finished_at) <= p.as_of_at
