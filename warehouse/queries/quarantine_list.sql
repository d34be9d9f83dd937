-- Quarantined rows, newest night first. :unit_code, :night, :state may each be NULL for "all".
SELECT
    quarantine_id, unit_code, night, table_name, file_name, line_no, rule_id, severity, message, dossier_code,
    raw_record, stage, state
FROM quarantine
WHERE
    (CAST(:unit_code AS VARCHAR) IS NULL OR unit_code = CAST(:unit_code AS VARCHAR))
    AND (CAST(:night AS VARCHAR) IS NULL OR night = CAST(:night AS VARCHAR))
    AND (CAST(:state AS VARCHAR) IS NULL OR state = CAST(:state AS VARCHAR))
ORDER BY night DESC, unit_code, file_name, line_no, rule_id, quarantine_id
