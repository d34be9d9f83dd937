WITH asked AS (
    SELECT DISTINCT s.dossier_id
    FROM pause_known AS s
    CROSS JOIN model_parameter AS p
    WHERE s.kind = 'SUPPLEMENT' AND s.started_at <= p.as_of_at
)
SELECT
    f.proc_core,
    f.unit_code,
    f.received_quarter,
    COUNT(*) AS n,
    COUNT(a.dossier_id) AS supplemented
FROM dossier_fact AS f
LEFT JOIN asked AS a ON a.dossier_id = f.dossier_id
GROUP BY f.proc_core, f.unit_code, f.received_quarter
