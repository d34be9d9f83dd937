SELECT
    f.night,
    f.unit_code,
    'FOLD:' || f.rule_id AS issue_key,
    'FOLD' AS kind,
    f.rule_id,
    'NEW' AS state,
    f.night AS first_night,
    COUNT(*) AS count,
    MIN(f.message) AS sentence
FROM fold_finding AS f
CROSS JOIN model_parameter AS p
WHERE f.night <= p.known
GROUP BY f.night, f.unit_code, f.rule_id
