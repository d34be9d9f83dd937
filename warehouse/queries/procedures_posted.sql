-- The procedures posted at some unit on day :as_of (NULL: the day the models are as of), and at how many.
SELECT q.proc_core, COUNT(DISTINCT q.unit_code) AS units
FROM procedure_posting AS q
CROSS JOIN model_parameter AS p
WHERE
    q.valid_from <= COALESCE(CAST(:as_of AS DATE), p.as_of)
    AND (q.valid_to IS NULL OR q.valid_to >= COALESCE(CAST(:as_of AS DATE), p.as_of))
GROUP BY q.proc_core
ORDER BY q.proc_core
