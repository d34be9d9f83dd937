-- Expected against seen: a unit that hands in far fewer dossiers than it usually does. Seen are the dossiers of its
-- extract of changes, with those set aside, or those new in its whole register. Usual is the mean of its last twelve
-- nights of the same weekday without the highest and the lowest, tonight not among them; the last three working
-- days of a month are compared with such days, once four are known. Days off, the days beside a holiday and the fortnight around a long one (Tết)
-- are neither judged nor usual.
-- A count is compared on the square-root scale, where a Poisson count has the variance 1/4 whatever its mean, divided
-- by the unit's own spread below its mean (a peak says nothing about falls). Where fewer than ten
-- are usual of a night, five working nights are taken together, where fewer of these, twenty.
WITH working AS (
    SELECT
        day,
        COALESCE(day - LAG(day) OVER (ORDER BY day) - 1, 0) AS off_before,
        COALESCE(LEAD(day) OVER (ORDER BY day) - day - 1, 0) AS off_after,
        ROW_NUMBER() OVER (
            PARTITION BY EXTRACT(YEAR FROM day), EXTRACT(MONTH FROM day) ORDER BY day DESC
        ) AS from_month_end
    FROM calendar_day
    WHERE is_working
),
beside AS (
    SELECT
        w.*,
        w.day - MAX(CASE WHEN w.off_before >= p.volume_long_off THEN w.day END) OVER (
            ORDER BY w.day ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS days_since,
        MIN(CASE WHEN w.off_after >= p.volume_long_off THEN w.day END) OVER (
            ORDER BY w.day ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
        ) - w.day AS days_until
    FROM working AS w
    CROSS JOIN model_parameter AS p
),
nights AS (
    SELECT
        o.unit_code,
        o.night,
        b.day,
        MOD(b.day - CAST('1900-01-01' AS DATE), 7) AS weekday,
        b.from_month_end <= 3 AS is_month_end,
        o.is_full,
        ROW_NUMBER() OVER (PARTITION BY o.unit_code ORDER BY o.night) AS place
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    INNER JOIN beside AS b ON b.day = CAST(o.night AS DATE)
    WHERE
        o.night <= p.known AND o.status IN ('COLLECTED', 'UNCHANGED') AND p.as_of - b.day < p.volume_days
        AND b.off_before < 3 AND b.off_after < 3
        AND COALESCE(b.days_since >= 7, TRUE) AND COALESCE(b.days_until >= 7, TRUE)
),
came AS (
    SELECT n.unit_code, n.night, v.dossier_key AS record_key
    FROM nights AS n
    INNER JOIN dossier_version AS v ON v.unit_code = n.unit_code AND v.night = n.night
    WHERE NOT COALESCE(n.is_full, FALSE) OR v.version_no = 1
    UNION
    SELECT n.unit_code, n.night, COALESCE(q.dossier_key, q.raw_record, q.quarantine_id) AS record_key
    FROM nights AS n
    INNER JOIN quarantine AS q ON q.unit_code = n.unit_code AND q.night = n.night
    WHERE q.table_name = 'dossier' AND NOT COALESCE(n.is_full, FALSE)
),
came_count AS (
    SELECT unit_code, night, COUNT(*) AS seen FROM came GROUP BY unit_code, night
),
volume AS (
    -- a unit's first night holds what came before it too
    SELECT n.unit_code, n.night, n.day, n.weekday, n.is_month_end, CAST(COALESCE(c.seen, 0) AS DOUBLE PRECISION) AS seen
    FROM nights AS n
    LEFT JOIN came_count AS c ON c.unit_code = n.unit_code AND c.night = n.night
    WHERE n.place > 1 OR NOT COALESCE(n.is_full, FALSE)
),
plainly AS (
    SELECT v.*, CASE WHEN NOT v.is_month_end THEN v.seen END AS plain FROM volume AS v
),
alike AS (
    SELECT
        v.*,
        COUNT(plain) OVER same_weekday AS weekdays,
        SUM(plain) OVER same_weekday - MAX(plain) OVER same_weekday - MIN(plain) OVER same_weekday AS weekday_middle,
        COUNT(*) OVER month_ends AS ends,
        SUM(seen) OVER month_ends - MAX(seen) OVER month_ends - MIN(seen) OVER month_ends AS end_middle
    FROM plainly AS v
    WINDOW
        same_weekday AS (PARTITION BY unit_code, weekday ORDER BY day ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING),
        month_ends AS (PARTITION BY unit_code, is_month_end ORDER BY day ROWS BETWEEN 12 PRECEDING AND 1 PRECEDING)
),
usual_of AS (
    SELECT
        a.*,
        CASE
            WHEN a.is_month_end AND a.ends >= 4 THEN a.end_middle / (a.ends - 2)
            WHEN a.weekdays >= 4 THEN a.weekday_middle / (a.weekdays - 2)
        END AS usual
    FROM alike AS a
),
spread AS (
    SELECT
        u.*,
        -- an earlier fall is no spread: at most three standard deviations of it count
        SUM(
            CASE WHEN u.seen < u.usual THEN LEAST((u.usual - u.seen) * (u.usual - u.seen), 9 * u.usual) ELSE 0 END
        ) OVER earlier AS below,
        SUM(u.usual) OVER earlier AS usual_before,
        SUM(u.seen) OVER five AS seen_5,
        CASE WHEN COUNT(u.usual) OVER five = 5 THEN SUM(u.usual) OVER five END AS usual_5,
        SUM(u.seen) OVER twenty AS seen_20,
        CASE WHEN COUNT(u.usual) OVER twenty = 20 THEN SUM(u.usual) OVER twenty END AS usual_20
    FROM usual_of AS u
    WINDOW
        earlier AS (PARTITION BY u.unit_code ORDER BY u.day ROWS BETWEEN 40 PRECEDING AND 1 PRECEDING),
        five AS (PARTITION BY u.unit_code ORDER BY u.day ROWS BETWEEN 4 PRECEDING AND CURRENT ROW),
        twenty AS (PARTITION BY u.unit_code ORDER BY u.day ROWS BETWEEN 19 PRECEDING AND CURRENT ROW)
),
spans AS (
    SELECT
        s.unit_code,
        s.night,
        s.seen,
        s.usual,
        -- the variance is twice the half below the mean; a mean of ten nights is itself off by a tenth of it;
        -- five nights of mere chance stand for what is not known yet
        GREATEST(
            (2 * COALESCE(s.below, 0) / 1.1 + 5 * s.usual) / NULLIF(COALESCE(s.usual_before, 0) + 5 * s.usual, 0), 1
        ) AS dispersion,
        CASE
            WHEN s.usual >= p.volume_least THEN 1
            WHEN s.usual_5 >= p.volume_least THEN 5
            WHEN s.usual_20 >= p.volume_least THEN 20
        END AS nights,
        s.seen_5,
        s.usual_5,
        s.seen_20,
        s.usual_20
    FROM spread AS s
    CROSS JOIN model_parameter AS p
),
compared AS (
    SELECT
        s.unit_code,
        s.night,
        s.nights,
        s.dispersion,
        CASE s.nights WHEN 1 THEN s.seen WHEN 5 THEN s.seen_5 ELSE s.seen_20 END AS seen,
        CASE s.nights WHEN 1 THEN s.usual WHEN 5 THEN s.usual_5 ELSE s.usual_20 END AS usual
    FROM spans AS s
    WHERE s.nights IS NOT NULL
),
judged AS (
    SELECT
        c.*,
        CASE
            WHEN
                c.seen <= p.volume_share * c.usual
                AND 2 * (SQRT(c.seen + 0.375) - SQRT(c.usual + 0.375)) <= -CASE WHEN c.nights = 1 THEN p.volume_z ELSE p.volume_z_sum END * SQRT(c.dispersion)
                THEN 1
            ELSE 0
        END AS is_low
    FROM compared AS c
    CROSS JOIN model_parameter AS p
),
told AS (
    SELECT j.*, LAG(j.is_low, 1, 0) OVER (PARTITION BY j.unit_code ORDER BY j.night) AS was_low
    FROM judged AS j
),
runs AS (
    SELECT
        t.*,
        MAX(CASE WHEN t.is_low = 1 AND t.was_low = 0 THEN t.night END) OVER (
            PARTITION BY t.unit_code ORDER BY t.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS first_night
    FROM told AS t
)
SELECT
    night,
    unit_code,
    'VOLUME' AS issue_key,
    'VOLUME' AS kind,
    'DQ-AG-05' AS rule_id,
    CASE WHEN is_low = 0 THEN 'MENDED' WHEN was_low = 0 THEN 'NEW' ELSE 'OPEN' END AS state,
    first_night,
    CAST(seen AS BIGINT) AS count,
    CASE WHEN nights = 1 THEN 'Đêm nay' ELSE CAST(nights AS VARCHAR) || ' ngày làm việc gần nhất' END
    || ' có ' || CAST(CAST(seen AS BIGINT) AS VARCHAR) || ' hồ sơ, mức thường '
    || CASE WHEN nights = 1 THEN 'cùng thứ trong tuần' ELSE 'của số ngày này' END || ' khoảng '
    || CAST(CAST(ROUND(usual) AS BIGINT) AS VARCHAR)
    || CASE WHEN is_low = 0 THEN '.' ELSE '. Đề nghị đơn vị kiểm tra lệnh xuất dữ liệu.' END AS sentence
FROM runs
WHERE is_low = 1 OR was_low = 1
