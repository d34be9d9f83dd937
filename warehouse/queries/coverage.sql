-- One row a unit: the nights of the quarter that ends on :last_day on which it was due to hand in data, on how
-- many it did by night :known (NULL: whatever is there), and is_covered: its data reach the quarter's last due
-- night. A night missed in between shows in the counts; what it held came with the next collection.
-- Counted from the warehouse's first night on: what lies before came in with the initial load. A unit is due
-- every night, on working days, on the weekdays it names, or by the last working day of a week or month, as its
-- `expects` says (domain/due_nights.py), while it exists.
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
due AS (
    SELECT
        u.unit_code,
        d.night,
        CASE u.expects
            WHEN 'weekly' THEN CAST(DATE_TRUNC('week', d.day) AS DATE)
            WHEN 'monthly' THEN CAST(DATE_TRUNC('month', d.day) AS DATE)
            ELSE d.day
        END AS since
    FROM unit AS u
    INNER JOIN days AS d
        ON u.valid_from <= d.day AND (u.valid_to IS NULL OR u.valid_to >= d.day)
        AND CASE
            WHEN u.expects = 'every_night' THEN TRUE
            WHEN u.expects IN ('working_days', 'weekly', 'monthly') THEN d.is_working
            WHEN u.expects = 'never' THEN FALSE
            ELSE
                (d.is_working OR EXTRACT(ISODOW FROM d.day) > 5)
                AND u.expects LIKE '%' || SUBSTRING(
                    'montuewedthufrisatsun', 3 * CAST(EXTRACT(ISODOW FROM d.day) AS INTEGER) - 2, 3
                ) || '%'
        END
),
expected AS (
    SELECT unit_code, CAST(since AS VARCHAR) AS since, MAX(night) AS night
    FROM due
    GROUP BY unit_code, since
),
come AS (
    SELECT e.unit_code, e.since, e.night, MAX(CASE WHEN o.night IS NULL THEN 0 ELSE 1 END) AS has_come
    FROM expected AS e
    LEFT JOIN collected AS o ON o.unit_code = e.unit_code AND o.night BETWEEN e.since AND e.night
    GROUP BY e.unit_code, e.since, e.night
)
SELECT
    e.unit_code,
    COUNT(*) AS expected,
    CAST(SUM(e.has_come) AS BIGINT) AS collected,
    MIN(CASE WHEN e.has_come = 0 THEN e.night END) AS first_missing,
    MAX(CASE WHEN e.has_come = 0 THEN e.night END) AS last_missing,
    COALESCE(MAX(r.last_night) >= MAX(e.since), FALSE) AS is_covered
FROM come AS e
LEFT JOIN reach AS r ON r.unit_code = e.unit_code
GROUP BY e.unit_code
ORDER BY e.unit_code
