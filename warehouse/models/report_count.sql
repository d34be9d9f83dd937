-- Form II.06a/VPCP/KSTT (TT 01/2020/TT-VPCP): the dossiers of report_dossier, counted.
WITH names AS (
    SELECT field_code, MIN(field_name) AS field_name
    FROM procedure
    GROUP BY field_code
)
SELECT
    d.quarter,
    d.unit_code,
    d.field_code,
    COALESCE(MIN(n.field_name), 'Chưa rõ lĩnh vực') AS field_name,
    SUM(CASE WHEN d.receipt = 'received_online' THEN 1 ELSE 0 END) AS received_online,
    SUM(CASE WHEN d.receipt = 'received_direct_post' THEN 1 ELSE 0 END) AS received_direct_post,
    SUM(CASE WHEN d.receipt = 'carried_in' THEN 1 ELSE 0 END) AS carried_in,
    SUM(CASE WHEN d.result = 'done_early' THEN 1 ELSE 0 END) AS done_early,
    SUM(CASE WHEN d.result = 'done_on_time' THEN 1 ELSE 0 END) AS done_on_time,
    SUM(CASE WHEN d.result = 'done_late' THEN 1 ELSE 0 END) AS done_late,
    SUM(CASE WHEN d.result = 'done_no_due' THEN 1 ELSE 0 END) AS done_no_due,
    SUM(CASE WHEN d.result = 'open_in_term' THEN 1 ELSE 0 END) AS open_in_term,
    SUM(CASE WHEN d.result = 'open_overdue' THEN 1 ELSE 0 END) AS open_overdue,
    SUM(CASE WHEN d.result = 'open_paused' THEN 1 ELSE 0 END) AS open_paused,
    SUM(CASE WHEN d.result = 'open_no_due' THEN 1 ELSE 0 END) AS open_no_due,
    SUM(CASE WHEN d.result = 'refused' THEN 1 ELSE 0 END) AS refused,
    SUM(CASE WHEN d.result = 'withdrawn' THEN 1 ELSE 0 END) AS withdrawn,
    SUM(CASE WHEN d.result = 'stopped' THEN 1 ELSE 0 END) AS stopped
FROM report_dossier AS d
LEFT JOIN names AS n ON n.field_code = d.field_code
GROUP BY d.quarter, d.unit_code, d.field_code
