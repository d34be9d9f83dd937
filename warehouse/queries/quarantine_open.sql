-- Quarantined rows still open as of the built models (model_parameter.known), newest night first. A row is closed
-- by the same three events as in the model issue_quarantine, which counts these rows, and left out while people have
-- it discarded; :discarded true gives those left out instead.
WITH held AS (
    SELECT q.*, COALESCE(q.dossier_key, q.raw_record, q.quarantine_id) AS record_key
    FROM quarantine AS q
    CROSS JOIN model_parameter AS p
    WHERE q.night <= p.known
)
SELECT
    q.quarantine_id, q.unit_code, q.night, q.table_name, q.file_name, q.line_no, q.rule_id, q.severity, q.message,
    q.dossier_code, q.raw_record, q.stage, q.state
FROM held AS q
CROSS JOIN model_parameter AS p
WHERE
    NOT EXISTS (
        SELECT 1
        FROM held AS b
        WHERE
            b.unit_code = q.unit_code AND b.table_name = q.table_name AND b.record_key = q.record_key
            AND b.night > q.night
    )
    AND NOT EXISTS (
        SELECT 1
        FROM dossier_version AS v
        WHERE
            v.dossier_key = q.dossier_key AND v.unit_code = q.unit_code AND v.night > q.night
            AND v.night <= p.known AND v.standing = 'COUNTED'
            AND (q.stage <> 'merge' OR q.rule_id = 'DQ-HX-03')
    )
    AND NOT (
        q.state = 'REPLAYED'
        AND EXISTS (
            SELECT 1
            FROM slice_outcome AS o
            WHERE o.unit_code = q.unit_code AND o.night > q.night AND o.night <= p.known
        )
    )
    AND COALESCE(CAST(:discarded AS BOOLEAN), FALSE) = EXISTS (
        SELECT 1
        FROM quarantine_discarded AS d
        WHERE d.quarantine_id = q.quarantine_id AND d.until_day IS NULL
    )
ORDER BY q.night DESC, q.unit_code, q.file_name, q.line_no, q.rule_id, q.quarantine_id
