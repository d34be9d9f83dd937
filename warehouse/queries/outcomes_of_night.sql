-- What came of each unit on one night.
SELECT
    unit_code, night, status, rows_in, rows_ok, rows_quarantined, control_total, files, message, fingerprint
FROM slice_outcome
WHERE night = :night
ORDER BY unit_code
