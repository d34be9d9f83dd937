-- What each rule found in each unit's data of one night.
SELECT unit_code, night, rule_id, severity, table_name, checked, failed, could_run, sentence, examples
FROM rule_result
WHERE night = :night
ORDER BY unit_code, rule_id
