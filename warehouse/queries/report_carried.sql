-- The dossiers that form II.06a of the quarter the models are as of counts as carried in: column (6).
-- state: the column of report_count that counts the dossier at the end of the quarter.
SELECT unit_code, field_code, dossier_id, dossier_code, result AS state
FROM report_dossier
WHERE receipt = 'carried_in'
ORDER BY unit_code, field_code, dossier_code, dossier_id
