SELECT
    s.unit_code,
    s.proc_core,
    s.prev_office AS from_office,
    s.prev_task AS from_task,
    s.office_code,
    s.task,
    s.end_quarter,
    COUNT(*) AS n,
    SUM(w.waiting_s) AS waiting_s,
    SUM(w.citizen_s) AS citizen_s,
    SUM(w.other_agency_s) AS other_agency_s,
    SUM(w.unavailable_s) AS unavailable_s,
    SUM(w.batching_s) AS batching_s,
    SUM(w.prioritised_s) AS prioritised_s,
    SUM(w.contention_s) AS contention_s,
    SUM(w.rest_s) AS rest_s,
    SUM(w.work_s) AS work_s
FROM step_wait AS w
INNER JOIN step_time AS s ON s.desk_no = w.desk_no AND s.job_no = w.job_no
GROUP BY s.unit_code, s.proc_core, s.prev_office, s.prev_task, s.office_code, s.task, s.end_quarter
