-- Up to five dossiers for each (unit, procedure, kind) of the quarter the models are as of, the slowest first:
-- kind is the timeliness of a dossier received in the quarter, ended in it or still open; or the name of a check of
-- integrity_count or due_gap_count that the dossier shows (one of the quarter).
WITH of_quarter AS (
    SELECT f.*, p.quarter, p.known
    FROM dossier_fact AS f
    CROSS JOIN model_parameter AS p
    WHERE f.received_quarter = p.quarter OR f.end_quarter = p.quarter OR f.end_quarter IS NULL
),
minutes AS (
    SELECT d.unit_code, d.office_code, DATE_TRUNC('minute', d.end_at) AS minute
    FROM dossier_known AS d
    WHERE d.end_at IS NOT NULL
    GROUP BY d.unit_code, d.office_code, DATE_TRUNC('minute', d.end_at)
    HAVING COUNT(*) > 10
),
kinds AS (
    SELECT dossier_id, timeliness AS kind FROM of_quarter
    UNION
    SELECT dossier_id, 'BUNCHING' AS kind FROM of_quarter
    WHERE outcome = 'DONE' AND end_quarter = quarter AND end_on = due_on
    UNION
    SELECT f.dossier_id, 'FINISH_EQUALS_DUE' AS kind
    FROM of_quarter AS f
    INNER JOIN dossier_known AS d ON d.dossier_id = f.dossier_id
    WHERE f.outcome = 'DONE' AND f.end_quarter = f.quarter AND d.end_at = d.due_at
    UNION
    SELECT f.dossier_id, 'BATCH_CLOSING' AS kind
    FROM of_quarter AS f
    INNER JOIN dossier_known AS d ON d.dossier_id = f.dossier_id
    INNER JOIN minutes AS m
        ON m.unit_code = d.unit_code AND m.office_code = d.office_code
        AND m.minute = DATE_TRUNC('minute', d.end_at)
    WHERE f.end_quarter = f.quarter
    UNION
    SELECT f.dossier_id, CASE WHEN c.rule_id = 'DQ-HX-01' THEN 'DUE_MOVED' ELSE 'FINISH_MOVED_BACK' END AS kind
    FROM of_quarter AS f
    INNER JOIN dossier_change AS c ON c.dossier_id = f.dossier_id
    WHERE c.rule_id IN ('DQ-HX-01', 'DQ-HX-02') AND c.night <= f.known
    UNION
    SELECT f.dossier_id, 'SUPPLEMENT_LAST_DAY' AS kind
    FROM of_quarter AS f
    INNER JOIN dossier_known AS d ON d.dossier_id = f.dossier_id
    INNER JOIN pause_known AS s ON s.dossier_id = f.dossier_id
    WHERE
        s.kind = 'SUPPLEMENT'
        AND CAST(s.started_at AS DATE) >= CAST(COALESCE(s.old_due_at, d.credit_due_at) AS DATE)
),
ranked AS (
    SELECT
        f.unit_code,
        f.proc_core,
        k.kind,
        f.dossier_code,
        ROW_NUMBER() OVER (
            PARTITION BY f.unit_code, f.proc_core, k.kind
            ORDER BY COALESCE(f.elapsed_half_days, -1) DESC, f.dossier_id
        ) AS place
    FROM of_quarter AS f
    INNER JOIN kinds AS k ON k.dossier_id = f.dossier_id
)
SELECT unit_code, proc_core, kind, dossier_code
FROM ranked
WHERE place <= 5
ORDER BY unit_code, proc_core, kind, place
