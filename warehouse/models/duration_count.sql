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
    entry_half_days,
    COALESCE(due_on <= as_of, FALSE) AS due_passed,
    COUNT(*) AS n
FROM dossier_fact
CROSS JOIN model_parameter
GROUP BY
    unit_code, office_code, proc_core, field_code, received_quarter, end_quarter, outcome, timeliness,
    elapsed_half_days, limit_half_days, entry_half_days, COALESCE(due_on <= as_of, FALSE)
