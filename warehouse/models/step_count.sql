SELECT
    unit_code,
    proc_core,
    step_no,
    task,
    office_code,
    end_quarter,
    planned_half_days,
    elapsed_half_days,
    is_open,
    mark,
    COUNT(*) AS n
FROM step_time
GROUP BY
    unit_code, proc_core, step_no, task, office_code, end_quarter, planned_half_days, elapsed_half_days, is_open, mark
