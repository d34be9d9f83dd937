-- What came of each unit on one night; the counts of rows are those of unit_night, as the models stand.
SELECT
    o.unit_code, o.night, o.status, u.rows_in, u.rows_ok, u.rows_waiting, u.rows_quarantined, u.rows_unchanged,
    o.control_total, o.dossiers_in, o.files, o.message, o.fingerprint
FROM slice_outcome AS o
INNER JOIN unit_night AS u ON u.unit_code = o.unit_code AND u.night = o.night
WHERE o.night = :night
ORDER BY o.unit_code
