-- is_running: begun and not ended at the end of the day as_of.
WITH ranked AS (
    SELECT
        v.*,
        ROW_NUMBER() OVER (
            PARTITION BY v.dossier_id, v.place
            ORDER BY v.night DESC, CASE WHEN v.unit_code = d.processing_unit THEN 0 ELSE 1 END, v.unit_code
        ) AS newest
    FROM pause_version AS v
    INNER JOIN dossier_known AS d ON d.dossier_id = v.dossier_id
    CROSS JOIN model_parameter AS p
    WHERE v.is_merged AND v.night <= p.known
)
SELECT
    r.dossier_id,
    r.place AS pause_no,
    r.kind,
    r.started_at,
    r.ended_at,
    r.old_due_at,
    r.new_due_at,
    r.started_at <= p.as_of_at AND (r.ended_at IS NULL OR r.ended_at > p.as_of_at) AS is_running
FROM ranked AS r
CROSS JOIN model_parameter AS p
WHERE r.newest = 1 AND r.started_at IS NOT NULL
