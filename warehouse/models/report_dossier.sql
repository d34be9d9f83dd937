-- Which dossiers form II.06a/VPCP/KSTT (TT 01/2020/TT-VPCP) counts, and in which of its columns: the one place that
-- says so. Every dossier has exactly one column of receipt and one of result, so (4)+(5)+(6) = all columns of result.
-- A dossier that ended before the period is in none.
SELECT
    p.quarter,
    f.dossier_id,
    f.dossier_code,
    f.unit_code,
    f.field_code,
    CASE
        WHEN f.received_on < p.quarter_first THEN 'carried_in'
        WHEN f.channel = 2 THEN 'received_online'
        ELSE 'received_direct_post'
    END AS receipt,
    CASE
        WHEN f.outcome = 'REFUSED' THEN 'refused'
        WHEN f.outcome = 'WITHDRAWN' THEN 'withdrawn'
        WHEN f.outcome = 'STOPPED' THEN 'stopped'
        WHEN f.outcome = 'DONE' AND f.timeliness = 'EARLY' THEN 'done_early'
        WHEN f.outcome = 'DONE' AND f.timeliness = 'ON_TIME' THEN 'done_on_time'
        WHEN f.outcome = 'DONE' AND f.timeliness = 'LATE' THEN 'done_late'
        WHEN f.outcome = 'DONE' AND f.timeliness = 'NO_DUE' THEN 'done_no_due'
        WHEN f.outcome = 'OPEN' AND f.timeliness = 'IN_TERM' THEN 'open_in_term'
        WHEN f.outcome = 'OPEN' AND f.timeliness = 'OVERDUE' THEN 'open_overdue'
        WHEN f.outcome = 'OPEN' AND f.timeliness = 'PAUSED' THEN 'open_paused'
        WHEN f.outcome = 'OPEN' AND f.timeliness = 'NO_DUE' THEN 'open_no_due'
    END AS result
FROM dossier_fact AS f
CROSS JOIN model_parameter AS p
WHERE f.end_on IS NULL OR f.end_on >= p.quarter_first
