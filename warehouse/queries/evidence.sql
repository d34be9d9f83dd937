-- Up to five dossiers for each (unit, procedure, kind) of :quarter, as the models stand: kind is the
-- timeliness of a dossier received, ended or open in the quarter.
WITH ranked AS (
    SELECT
        unit_code,
        proc_core,
        timeliness AS kind,
        dossier_code,
        ROW_NUMBER() OVER (
            PARTITION BY unit_code, proc_core, timeliness ORDER BY elapsed_half_days DESC, dossier_code
        ) AS place
    FROM dossier_fact
    WHERE received_quarter = :quarter OR end_quarter = :quarter OR end_quarter IS NULL
)
SELECT unit_code, proc_core, kind, dossier_code
FROM ranked
WHERE place <= 5
ORDER BY unit_code, proc_core, kind, place
