WITH versions AS (
    SELECT c.proc_core, MAX(c.valid_from) AS valid_from
    FROM procedure_paper AS c
    CROSS JOIN model_parameter AS p
    WHERE c.valid_from <= p.as_of
    GROUP BY c.proc_core
),
asked AS (
    SELECT a.paper_key, a.proc_core, MIN(a.name) AS name
    FROM procedure_paper AS a
    INNER JOIN versions AS v ON v.proc_core = a.proc_core AND v.valid_from = a.valid_from
    WHERE a.paper_key IS NOT NULL
    GROUP BY a.paper_key, a.proc_core
),
received AS (
    SELECT f.proc_core, COUNT(*) AS n
    FROM dossier_fact AS f
    CROSS JOIN model_parameter AS p
    WHERE f.received_on >= p.year_before_first
    GROUP BY f.proc_core
)
SELECT
    a.paper_key,
    MIN(a.name) AS name,
    COUNT(*) AS procedures,
    SUM(COALESCE(r.n, 0)) AS dossiers
FROM asked AS a
LEFT JOIN received AS r ON r.proc_core = a.proc_core
GROUP BY a.paper_key
