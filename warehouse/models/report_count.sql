-- Form II.06a/VPCP/KSTT (TT 01/2020/TT-VPCP). Every dossier is in exactly one column of receipt and one of
-- result, so (4)+(5)+(6) = all columns of result. A dossier that ended before the period is in none.
WITH names AS (
    SELECT field_code, MIN(field_name) AS field_name
    FROM procedure
    GROUP BY field_code
)
SELECT
    p.quarter,
    f.unit_code,
    f.field_code,
    COALESCE(MIN(n.field_name), 'Chưa rõ lĩnh vực') AS field_name,
    SUM(CASE WHEN f.received_on >= p.quarter_first AND f.channel = 2 THEN 1 ELSE 0 END) AS received_online,
    SUM(CASE WHEN f.received_on >= p.quarter_first AND COALESCE(f.channel, 1) <> 2 THEN 1 ELSE 0 END)
        AS received_direct_post,
    SUM(CASE WHEN f.received_on < p.quarter_first THEN 1 ELSE 0 END) AS carried_in,
    SUM(CASE WHEN f.outcome = 'DONE' AND f.timeliness = 'EARLY' THEN 1 ELSE 0 END) AS done_early,
    SUM(CASE WHEN f.outcome = 'DONE' AND f.timeliness = 'ON_TIME' THEN 1 ELSE 0 END) AS done_on_time,
    SUM(CASE WHEN f.outcome = 'DONE' AND f.timeliness = 'LATE' THEN 1 ELSE 0 END) AS done_late,
    SUM(CASE WHEN f.outcome = 'DONE' AND f.timeliness = 'NO_DUE' THEN 1 ELSE 0 END) AS done_no_due,
    SUM(CASE WHEN f.outcome = 'OPEN' AND f.timeliness = 'IN_TERM' THEN 1 ELSE 0 END) AS open_in_term,
    SUM(CASE WHEN f.outcome = 'OPEN' AND f.timeliness = 'OVERDUE' THEN 1 ELSE 0 END) AS open_overdue,
    SUM(CASE WHEN f.outcome = 'OPEN' AND f.timeliness = 'PAUSED' THEN 1 ELSE 0 END) AS open_paused,
    SUM(CASE WHEN f.outcome = 'OPEN' AND f.timeliness = 'NO_DUE' THEN 1 ELSE 0 END) AS open_no_due,
    SUM(CASE WHEN f.outcome = 'REFUSED' THEN 1 ELSE 0 END) AS refused,
    SUM(CASE WHEN f.outcome = 'WITHDRAWN' THEN 1 ELSE 0 END) AS withdrawn,
    SUM(CASE WHEN f.outcome = 'STOPPED' THEN 1 ELSE 0 END) AS stopped
FROM dossier_fact AS f
CROSS JOIN model_parameter AS p
LEFT JOIN names AS n ON n.field_code = f.field_code
WHERE f.end_on IS NULL OR f.end_on >= p.quarter_first
GROUP BY p.quarter, f.unit_code, f.field_code
