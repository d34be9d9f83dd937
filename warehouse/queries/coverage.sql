-- One row a unit: the nights of the quarter that ends on :last_day on which it was due to hand in data, on how
-- many it did by night :known (NULL: whatever is there), and is_covered: its data reach the quarter's last due
-- night. A night missed in between shows in the counts; what it held came with the next collection.
-- Counted from the warehouse's first night on: what lies before came in with the initial load. A unit is due
-- every night, or only on working days, as its `expects` says, while it exists.
WITH first_night AS (
    SELECT MIN(night) AS night FROM slice_outcome
),
collected AS (
    SELECT unit_code, night
    FROM slice_outcome
    WHERE
        status IN ('COLLECTED', 'UNCHANGED')
        AND (CAST(:known AS VARCHAR) IS NULL OR night <= CAST(:known AS VARCHAR))
),
reach AS (
    SELECT unit_code, MAX(night) AS last_night FROM collected GROUP BY unit_code
),
days AS (
    SELECT c.day, CAST(c.day AS VARCHAR) AS night, c.is_working
    FROM calendar_day AS c
    CROSS JOIN first_night AS f
    WHERE
        c.day <= CAST(:last_day AS DATE)
        AND EXTRACT(YEAR FROM c.day) = EXTRACT(YEAR FROM CAST(:last_day AS DATE))
        AND EXTRACT(QUARTER FROM c.day) = EXTRACT(QUARTER FROM CAST(:last_day AS DATE))
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
    COUNT(o.night) AS collected,
    MIN(CASE WHEN o.night IS NULL THEN e.night END) AS first_missing,
    MAX(CASE WHEN o.night IS NULL THEN e.night END) AS last_missing,
    COALESCE(MAX(r.last_night) >= MAX(e.night), FALSE) AS is_covered
FROM expected AS e
LEFT JOIN collected AS o ON o.unit_code = e.unit_code AND o.night = e.night
LEFT JOIN reach AS r ON r.unit_code = e.unit_code
GROUP BY e.unit_code
ORDER BY e.unit_code
