-- Quarantined rows still open as of the built models (model_parameter.known), newest night first, each once (finding)
-- with the night it was first handed in and on how many nights. Rows that people have discarded are left out;
-- :discarded true gives those instead.
SELECT
    q.quarantine_id, q.unit_code, q.night, q.table_name, q.file_name, q.line_no, q.rule_id, q.severity, q.message,
    q.dossier_code, q.raw_record, q.stage, q.state, f.opened_night, f.nights
FROM finding AS f
INNER JOIN quarantine AS q ON q.quarantine_id = f.quarantine_id
WHERE
    f.until_night IS NULL
    AND COALESCE(CAST(:discarded AS BOOLEAN), FALSE) = EXISTS (
        SELECT 1
        FROM quarantine_discarded AS d
        WHERE d.quarantine_id = q.quarantine_id AND d.until_day IS NULL
    )
ORDER BY q.night DESC, q.unit_code, q.file_name, q.line_no, q.rule_id, q.quarantine_id
