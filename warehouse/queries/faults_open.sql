-- What could not be made on night :night, and letters that earlier nights could not make of dossiers that are late
-- still. Reads the models as they stand.
SELECT f.night, f.step, f.unit_code, f.subject, f.message
FROM night_fault AS f
LEFT JOIN late_list AS l ON l.dossier_id = f.subject
WHERE
    f.night = CAST(:night AS VARCHAR)
    OR (f.step = 'apology_letters' AND f.night < CAST(:night AS VARCHAR) AND l.dossier_id IS NOT NULL)
ORDER BY f.night, f.step, f.unit_code, f.subject
