-- The dossiers still open at the end of the quarter the models are as of: what form II.06a hands on to the next one.
-- state: the column of report_count that counts the dossier.
SELECT unit_code, field_code, dossier_id, dossier_code, result AS state
FROM report_dossier
WHERE result IN ('open_in_term', 'open_overdue', 'open_paused', 'open_no_due')
ORDER BY unit_code, field_code, dossier_code, dossier_id
