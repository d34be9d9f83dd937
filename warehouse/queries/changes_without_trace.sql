-- Due dates moved and finish dates set back without a legal trace: of night :night, or up to night :known
-- (each may be NULL for no bound). The procedure and office are those of the models as they stand.
SELECT c.dossier_id, c.dossier_code, c.night, c.field, c.unit_code, c.old_value, c.new_value, c.rule_id, d.proc_core, d.office_code
FROM dossier_change AS c
LEFT JOIN dossier_known AS d ON d.dossier_id = c.dossier_id
WHERE
    c.rule_id IS NOT NULL
    AND (CAST(:night AS VARCHAR) IS NULL OR c.night = CAST(:night AS VARCHAR))
    AND (CAST(:known AS VARCHAR) IS NULL OR c.night <= CAST(:known AS VARCHAR))
ORDER BY c.night, c.dossier_id, c.field
