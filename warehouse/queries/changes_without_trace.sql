-- Due dates moved and finish dates set back without a legal trace, up to night :known (NULL for all).
SELECT c.dossier_code, c.night, c.field, c.unit_code, c.old_value, c.new_value, c.rule_id, d.proc_core, d.office_code
FROM dossier_change AS c
LEFT JOIN dossier AS d ON d.dossier_code = c.dossier_code
WHERE c.rule_id IS NOT NULL AND (CAST(:known AS VARCHAR) IS NULL OR c.night <= CAST(:known AS VARCHAR))
ORDER BY c.night, c.dossier_code, c.field
