SELECT
    unit_code,
    office_code,
    proc_core,
    field_code,
    received_quarter,
    end_quarter,
    outcome,
    timeliness,
    elapsed_half_days,
    limit_half_days,
    COUNT(*) AS n
FROM dossier_fact
GROUP BY
    unit_code, office_code, proc_core, field_code, received_quarter, end_quarter, outcome, timeliness,
    elapsed_half_days, limit_half_days
