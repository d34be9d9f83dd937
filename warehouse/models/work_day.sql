-- The work clock: W(t) = opening_w + LEAST(GREATEST(s - opening_s, 0), lunch_s - opening_s)
-- + LEAST(GREATEST(s - after_lunch_s, 0), closing_s - after_lunch_s), with s the seconds from midnight of t.
-- Nights, lunch and days off have no length on it, so the difference of two W is office time.
WITH sessions AS (
    SELECT
        day,
        is_working,
        work_index,
        CASE WHEN is_working THEN COALESCE(opening_s, 25200) ELSE 0 END AS opening_s,
        CASE WHEN is_working THEN COALESCE(lunch_s, 41400) ELSE 0 END AS lunch_s,
        CASE WHEN is_working THEN COALESCE(after_lunch_s, 48600) ELSE 0 END AS after_lunch_s,
        CASE WHEN is_working THEN COALESCE(closing_s, 61200) ELSE 0 END AS closing_s
    FROM calendar_day
),
counted AS (
    SELECT
        sessions.*,
        lunch_s - opening_s + closing_s - after_lunch_s AS office_s,
        CASE WHEN EXTRACT(WEEK FROM day) <> LAG(EXTRACT(WEEK FROM day)) OVER (ORDER BY day) THEN day END AS monday
    FROM sessions
)
SELECT
    day,
    is_working,
    work_index,
    COALESCE(MAX(monday) OVER earlier, MIN(day) OVER earlier) AS week,
    CAST(CAST(EXTRACT(YEAR FROM day) AS INTEGER) AS VARCHAR) || '-Q'
    || CAST(CAST(EXTRACT(QUARTER FROM day) AS INTEGER) AS VARCHAR) AS quarter,
    opening_s,
    lunch_s,
    after_lunch_s,
    closing_s,
    office_s,
    SUM(office_s) OVER earlier - office_s AS opening_w
FROM counted
WINDOW earlier AS (ORDER BY day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
