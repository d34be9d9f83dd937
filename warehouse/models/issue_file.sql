WITH marked AS (
    SELECT
        o.unit_code,
        o.night,
        o.message,
        CASE WHEN o.status IN ('MISSING', 'EMPTY', 'FAILED') THEN 1 ELSE 0 END AS bad
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    -- a day off on which nothing was due (no file, not missing) neither breaks nor mends anything
    WHERE o.night <= p.known AND NOT (o.status = 'EMPTY' AND o.files = 0)
),
compared AS (
    SELECT m.*, LAG(m.bad, 1, 0) OVER (PARTITION BY m.unit_code ORDER BY m.night) AS was_bad
    FROM marked AS m
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
    'FILE' AS issue_key,
    'FILE' AS kind,
    CAST(NULL AS VARCHAR) AS rule_id,
    CASE WHEN bad = 0 THEN 'MENDED' WHEN was_bad = 0 THEN 'NEW' ELSE 'OPEN' END AS state,
    first_night,
    bad AS count,
    CASE WHEN bad = 0 THEN 'Đã nhận được dữ liệu trở lại.' ELSE message END AS sentence
FROM runs
WHERE bad = 1 OR was_bad = 1
