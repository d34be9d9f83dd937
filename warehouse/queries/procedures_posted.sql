-- The procedures posted at each unit on day :as_of, and how many there are.
SELECT unit_code, COUNT(DISTINCT proc_core) AS procedures
FROM procedure_posting
WHERE valid_from <= CAST(:as_of AS DATE) AND (valid_to IS NULL OR valid_to >= CAST(:as_of AS DATE))
GROUP BY unit_code
ORDER BY unit_code
