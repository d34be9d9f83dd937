-- The unit's own count of its dossiers against those read of the same files: dossiers against dossiers.
WITH counted AS (
    SELECT
        o.unit_code,
        o.night,
        o.control_total,
        o.dossiers_in,
        CASE WHEN o.control_total <> o.dossiers_in THEN 1 ELSE 0 END AS bad
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE
        o.night <= p.known AND o.status IN ('COLLECTED', 'UNCHANGED')
        AND o.control_total IS NOT NULL AND o.dossiers_in IS NOT NULL
),
compared AS (
    SELECT c.*, LAG(c.bad, 1, 0) OVER (PARTITION BY c.unit_code ORDER BY c.night) AS was_bad
    FROM counted AS c
),
runs AS (
    SELECT
        c.*,
        MAX(CASE WHEN c.bad = 1 AND c.was_bad = 0 THEN c.night END) OVER (
            PARTITION BY c.unit_code ORDER BY c.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS first_night
    FROM compared AS c
)
SELECT
    night,
    unit_code,
    'CONTROL' AS issue_key,
    'CONTROL' AS kind,
    'DQ-AG-07' AS rule_id,
    CASE WHEN bad = 0 THEN 'MENDED' WHEN was_bad = 0 THEN 'NEW' ELSE 'OPEN' END AS state,
    first_night,
    ABS(control_total - dossiers_in) AS count,
    'Số đối chiếu của đơn vị là ' || CAST(control_total AS VARCHAR) || ' hồ sơ, đọc được '
    || CAST(dossiers_in AS VARCHAR) || ' hồ sơ' || CASE WHEN bad = 0 THEN ': khớp.' ELSE '.' END AS sentence
FROM runs
WHERE bad = 1 OR was_bad = 1
