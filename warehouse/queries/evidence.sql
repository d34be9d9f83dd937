-- Up to five dossiers for each (unit, procedure, kind) of the quarter the models are as of, the slowest first:
-- kind is the timeliness of a dossier received in the quarter, ended in it or still open.
WITH ranked AS (
    SELECT
        f.unit_code,
        f.proc_core,
        f.timeliness AS kind,
        f.dossier_code,
        ROW_NUMBER() OVER (
            PARTITION BY f.unit_code, f.proc_core, f.timeliness
            ORDER BY COALESCE(f.elapsed_half_days, -1) DESC, f.dossier_code
        ) AS place
    FROM dossier_fact AS f
    CROSS JOIN model_parameter AS p
    WHERE f.received_quarter = p.quarter OR f.end_quarter = p.quarter OR f.end_quarter IS NULL
)
SELECT unit_code, proc_core, kind, dossier_code
FROM ranked
WHERE place <= 5
ORDER BY unit_code, proc_core, kind, place
