SELECT proc_core, unit_code, received_quarter, COUNT(*) AS n
FROM dossier_fact
GROUP BY proc_core, unit_code, received_quarter
