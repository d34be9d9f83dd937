-- Compared with the unit's slice before that was judged; a night without data mends nothing.
WITH judged AS (
    SELECT DISTINCT r.unit_code, r.night
    FROM rule_result AS r
    CROSS JOIN model_parameter AS p
    WHERE r.night <= p.known
),
failures AS (
    SELECT r.unit_code, r.rule_id, r.night, r.sentence, r.failed
    FROM rule_result AS r
    CROSS JOIN model_parameter AS p
    WHERE r.severity = 'warning' AND r.failed > 0 AND r.night <= p.known
),
rules AS (
    SELECT unit_code, rule_id, MIN(night) AS since, MIN(sentence) AS sentence
    FROM failures
    GROUP BY unit_code, rule_id
),
counted AS (
    SELECT r.unit_code, r.rule_id, r.sentence, j.night, COALESCE(f.failed, 0) AS failed
    FROM rules AS r
    INNER JOIN judged AS j ON j.unit_code = r.unit_code AND j.night >= r.since
    LEFT JOIN failures AS f ON f.unit_code = r.unit_code AND f.rule_id = r.rule_id AND f.night = j.night
),
compared AS (
    SELECT c.*, LAG(c.failed, 1, 0) OVER (PARTITION BY c.unit_code, c.rule_id ORDER BY c.night) AS failed_before
    FROM counted AS c
),
runs AS (
    SELECT
        c.*,
        MAX(CASE WHEN c.failed > 0 AND c.failed_before = 0 THEN c.night END) OVER (
            PARTITION BY c.unit_code, c.rule_id ORDER BY c.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS first_night
    FROM compared AS c
)
SELECT
    night,
    unit_code,
    'RULE:' || rule_id AS issue_key,
    'RULE' AS kind,
    rule_id,
    CASE WHEN failed = 0 THEN 'MENDED' WHEN failed_before = 0 THEN 'NEW' ELSE 'OPEN' END AS state,
    first_night,
    failed AS count,
    sentence
FROM runs
WHERE failed > 0 OR failed_before > 0
