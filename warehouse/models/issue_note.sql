-- What was noted of a delivery that was accepted all the same (a column gone or new, a count that differs, a file
-- nobody takes): told on the night it is first said, then as open while it is said again word for word.
WITH said AS (
    SELECT
        o.unit_code,
        o.night,
        COALESCE(o.message, '') AS message,
        LAG(COALESCE(o.message, ''), 1, '') OVER (PARTITION BY o.unit_code ORDER BY o.night) AS before
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.status IN ('COLLECTED', 'UNCHANGED') AND o.night <= p.known
),
runs AS (
    SELECT
        s.*,
        MAX(CASE WHEN s.message <> s.before THEN s.night END) OVER (
            PARTITION BY s.unit_code ORDER BY s.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS first_night
    FROM said AS s
)
SELECT
    night,
    unit_code,
    'NOTE' AS issue_key,
    'NOTE' AS kind,
    CAST(NULL AS VARCHAR) AS rule_id,
    CASE WHEN message = before THEN 'OPEN' ELSE 'NEW' END AS state,
    first_night,
    CAST(1 AS BIGINT) AS count,
    message AS sentence
FROM runs
WHERE message <> ''
