WITH counted AS (
    SELECT
        CAST(EXTRACT(YEAR FROM received_on) AS BIGINT) AS year,
        unit_code,
        COUNT(*) AS received,
        SUM(CASE WHEN outcome = 'REFUSED' THEN 1 ELSE 0 END) AS not_eligible,
        SUM(CASE WHEN outcome = 'DONE' AND timeliness = 'EARLY' THEN 1 ELSE 0 END) AS early,
        SUM(CASE WHEN outcome = 'DONE' AND timeliness = 'ON_TIME' THEN 1 ELSE 0 END) AS on_time,
        SUM(CASE WHEN outcome = 'DONE' AND timeliness = 'LATE' THEN 1 ELSE 0 END) AS late,
        SUM(CASE WHEN outcome = 'OPEN' THEN 1 ELSE 0 END) AS open,
        SUM(CASE WHEN outcome = 'DONE' AND timeliness = 'NO_DUE' THEN 1 ELSE 0 END) AS no_due,
        SUM(CASE WHEN outcome = 'WITHDRAWN' THEN 1 ELSE 0 END) AS withdrawn,
        SUM(CASE WHEN outcome = 'STOPPED' THEN 1 ELSE 0 END) AS stopped,
        SUM(CASE WHEN outcome = 'DONE' AND end_on > due_reported_on THEN 1 ELSE 0 END) AS late_by_reported_due
    FROM dossier_fact
    GROUP BY EXTRACT(YEAR FROM received_on), unit_code
),
posted AS (
    SELECT c.year, c.unit_code, COUNT(DISTINCT q.proc_core) AS procedures_posted
    FROM counted AS c
    CROSS JOIN model_parameter AS p
    INNER JOIN procedure_posting AS q
        ON q.unit_code = c.unit_code
        AND q.valid_from <= p.as_of
        AND EXTRACT(YEAR FROM q.valid_from) <= c.year
        AND (q.valid_to IS NULL OR EXTRACT(YEAR FROM q.valid_to) >= c.year)
    GROUP BY c.year, c.unit_code
)
SELECT
    c.year,
    c.unit_code,
    c.received,
    c.not_eligible,
    c.received - c.not_eligible AS eligible,
    c.early,
    c.on_time,
    c.late,
    c.open,
    c.no_due,
    c.withdrawn,
    c.stopped,
    c.late_by_reported_due,
    COALESCE(q.procedures_posted, 0) AS procedures_posted
FROM counted AS c
LEFT JOIN posted AS q ON q.year = c.year AND q.unit_code = c.unit_code
