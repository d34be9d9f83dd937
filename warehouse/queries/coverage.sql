-- One row a unit: the nights of :quarter ('2017-Q4') on which it was due to hand in data, and on how many it
-- did. Counted from the warehouse's first night on: what lies before came in with the initial load. A unit is
-- due every night, or only on working days, as its `expects` says, while it exists.
WITH first_night AS (
    SELECT MIN(night) AS night FROM slice_outcome
),
days AS (
    SELECT c.day, CAST(c.day AS VARCHAR) AS night, c.is_working
    FROM calendar_day AS c
    CROSS JOIN first_night AS f
    WHERE
        CAST(CAST(EXTRACT(YEAR FROM c.day) AS INTEGER) AS VARCHAR) || '-Q'
        || CAST(CAST(EXTRACT(QUARTER FROM c.day) AS INTEGER) AS VARCHAR) = :quarter
        AND CAST(c.day AS VARCHAR) >= f.night
),
expected AS (
    SELECT DISTINCT u.unit_code, d.night
    FROM unit AS u
    INNER JOIN days AS d
        ON u.valid_from <= d.day AND (u.valid_to IS NULL OR u.valid_to >= d.day)
        AND (d.is_working OR u.expects = 'every_night')
    WHERE u.expects IN ('every_night', 'working_days')
)
SELECT
    e.unit_code,
    COUNT(*) AS expected,
    CAST(SUM(CASE WHEN o.status IN ('COLLECTED', 'UNCHANGED') THEN 1 ELSE 0 END) AS BIGINT) AS collected,
    MIN(CASE WHEN o.status IN ('COLLECTED', 'UNCHANGED') THEN NULL ELSE e.night END) AS first_missing,
    MAX(CASE WHEN o.status IN ('COLLECTED', 'UNCHANGED') THEN NULL ELSE e.night END) AS last_missing
FROM expected AS e
LEFT JOIN slice_outcome AS o ON o.unit_code = e.unit_code AND o.night = e.night
GROUP BY e.unit_code
ORDER BY e.unit_code
