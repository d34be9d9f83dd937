-- An arrival counts when the step could begin, or at its end if that was stamped earlier. Steps stamped off the
-- calendar are left out.
WITH steps AS (
    SELECT
        s.unit_code,
        s.office_code,
        s.staff_code,
        s.finished_at,
        s.ended_at,
        COALESCE(s.service_s, 0) AS service_s,
        a.week AS from_week,
        z.week AS to_week
    FROM step_time AS s
    INNER JOIN work_day AS a ON a.day = CAST(LEAST(s.enabled_at, s.ended_at) AS DATE)
    LEFT JOIN work_day AS z ON z.day = CAST(s.ended_at AS DATE)
    WHERE s.ended_at IS NULL OR z.day IS NOT NULL
),
arrivals AS (
    SELECT unit_code, office_code, from_week, COUNT(*) AS n
    FROM steps
    GROUP BY unit_code, office_code, from_week
),
finishes AS (
    SELECT
        unit_code,
        office_code,
        to_week,
        COUNT(*) AS n,
        SUM(service_s) AS service_s,
        COUNT(DISTINCT CASE WHEN finished_at IS NOT NULL AND staff_code <> '' THEN staff_code END) AS staff
    FROM steps
    WHERE ended_at IS NOT NULL
    GROUP BY unit_code, office_code, to_week
),
weeks AS (
    SELECT
        c.week,
        SUM(CASE WHEN c.day <= p.as_of THEN c.office_s ELSE 0 END) AS office_s
    FROM work_day AS c
    CROSS JOIN model_parameter AS p
    GROUP BY c.week, p.as_of
    HAVING MIN(c.day) <= p.as_of
),
desks AS (
    SELECT unit_code, office_code, MIN(from_week) AS first_week FROM arrivals GROUP BY unit_code, office_code
),
counted AS (
    SELECT
        d.unit_code,
        d.office_code,
        w.week,
        w.office_s,
        COALESCE(a.n, 0) AS arrived,
        COALESCE(f.n, 0) AS finished,
        COALESCE(f.service_s, 0) AS service_s,
        GREATEST(COALESCE(f.staff, 0), 1) AS staff
    FROM desks AS d
    INNER JOIN weeks AS w ON w.week >= d.first_week
    LEFT JOIN arrivals AS a
        ON a.unit_code = d.unit_code AND a.office_code = d.office_code AND a.from_week = w.week
    LEFT JOIN finishes AS f
        ON f.unit_code = d.unit_code AND f.office_code = d.office_code AND f.to_week = w.week
)
SELECT
    unit_code,
    office_code,
    week,
    arrived,
    finished,
    SUM(arrived - finished) OVER (
        PARTITION BY unit_code, office_code ORDER BY week ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
    ) AS backlog,
    service_s,
    staff,
    staff * office_s AS capacity_s
FROM counted
