-- Why a finished step waited, in seconds of office time. Each cause takes of the waiting what it can explain, in
-- this order, and the rest stays: so the causes add up to the waiting.
WITH jobs AS (
    SELECT
        desk_no,
        job_no,
        mark,
        is_other_agency,
        enabled_day,
        started_day,
        finished_day,
        enabled_w,
        started_w,
        finished_w,
        service_s,
        CAST(SUM(service_s) OVER (
            PARTITION BY desk_no ORDER BY job_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS BIGINT) - service_s AS served_s
    FROM step_time
    WHERE desk_no > 0 AND started_w IS NOT NULL AND finished_w IS NOT NULL
),
waits AS (
    SELECT desk_no, job_no, enabled_day, started_day, enabled_w, started_w, finished_w, service_s, served_s
    FROM jobs
    WHERE mark = '' AND NOT is_other_agency AND started_w > enabled_w
),
-- What a desk had worked by an instant: what it had served before the job that it finished next, and of that job
-- the part already done (service never overlaps, so both grow from job to job, and the next is the least of those
-- to come). A wait ends where its own job begins, and what was served by then stands beside it, unless that job
-- was begun while another was running.
instants AS (
    SELECT desk_no, finished_w AS w, served_s, finished_w - service_s AS begun_w, 0 AS job_no, 0 AS sign, 0 AS plus_s
    FROM jobs
    UNION ALL
    SELECT
        desk_no, enabled_w, NULL, NULL, job_no, -1,
        CASE WHEN started_w >= finished_w - service_s THEN served_s ELSE 0 END
    FROM waits
    UNION ALL
    SELECT desk_no, started_w, NULL, NULL, job_no, 1, 0
    FROM waits
    WHERE started_w < finished_w - service_s
),
served AS (
    SELECT
        desk_no,
        job_no,
        sign,
        plus_s,
        MIN(served_s) OVER later + GREATEST(w - MIN(begun_w) OVER later, 0) AS by_then_s
    FROM instants
    WINDOW later AS (PARTITION BY desk_no ORDER BY w DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
),
busy AS (
    SELECT desk_no, job_no, SUM(plus_s + sign * by_then_s) AS busy_s
    FROM served
    WHERE sign <> 0
    GROUP BY desk_no, job_no
),
-- Days on which a desk did nothing, summed up, in the quarters in which it works regularly. The days before its
-- first work are not among them.
worked AS (
    SELECT desk_no, finished_day AS work_index
    FROM jobs
    WHERE started_day <= finished_day
    UNION
    SELECT j.desk_no, c.work_index
    FROM jobs AS j
    INNER JOIN work_day AS c ON c.work_index >= j.started_day AND c.work_index < j.finished_day
    WHERE j.started_day < j.finished_day AND c.is_working
),
quarters AS (
    SELECT c.quarter, COUNT(*) * p.regular_share AS least
    FROM work_day AS c
    CROSS JOIN model_parameter AS p
    WHERE c.is_working AND c.day <= p.as_of
    GROUP BY c.quarter, p.regular_share
),
regular AS (
    SELECT k.desk_no, c.quarter
    FROM worked AS k
    INNER JOIN work_day AS c ON c.work_index = k.work_index AND c.is_working
    INNER JOIN quarters AS q ON q.quarter = c.quarter
    GROUP BY k.desk_no, c.quarter, q.least
    HAVING COUNT(*) >= q.least
),
spans AS (
    SELECT
        desk_no,
        MIN(CASE WHEN started_day <= finished_day THEN started_day END) AS first_day,
        MAX(finished_day) AS last_day
    FROM jobs
    GROUP BY desk_no
),
away AS (
    SELECT
        s.desk_no,
        c.work_index,
        SUM(CASE WHEN k.desk_no IS NULL AND r.desk_no IS NOT NULL THEN c.office_s ELSE 0 END) OVER (
            PARTITION BY s.desk_no ORDER BY c.work_index
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS away_s
    FROM spans AS s
    INNER JOIN work_day AS c ON c.work_index >= s.first_day AND c.work_index <= s.last_day AND c.is_working
    LEFT JOIN worked AS k ON k.desk_no = s.desk_no AND k.work_index = c.work_index
    LEFT JOIN regular AS r ON r.desk_no = s.desk_no AND r.quarter = c.quarter
),
-- Work on what came on a later day and was begun on an earlier one: for each day of arrival the days after it.
passed AS (
    SELECT DISTINCT desk_no, enabled_day, started_day FROM waits WHERE started_day >= enabled_day + 2
),
arrivals AS (
    SELECT desk_no, enabled_day, MAX(started_day) AS last_day FROM passed GROUP BY desk_no, enabled_day
),
work AS (
    SELECT desk_no, enabled_day, started_day, SUM(service_s) AS service_s
    FROM jobs
    WHERE service_s > 0
    GROUP BY desk_no, enabled_day, started_day
),
-- DISTINCT changes nothing here but the plan: the days are laid out first, and then each finds its work.
days AS (
    SELECT DISTINCT a.desk_no, a.enabled_day, c.work_index
    FROM arrivals AS a
    INNER JOIN work_day AS c ON c.work_index > a.enabled_day AND c.work_index < a.last_day AND c.is_working
),
overtaking AS (
    SELECT y.desk_no, y.enabled_day, k.started_day, SUM(k.service_s) AS service_s
    FROM days AS y
    INNER JOIN work AS k
        ON k.desk_no = y.desk_no AND k.started_day = y.work_index AND k.enabled_day > y.enabled_day
    GROUP BY y.desk_no, y.enabled_day, k.started_day
),
preferred AS (
    SELECT p.desk_no, p.enabled_day, p.started_day, SUM(o.service_s) AS service_s
    FROM passed AS p
    INNER JOIN overtaking AS o
        ON o.desk_no = p.desk_no AND o.enabled_day = p.enabled_day AND o.started_day < p.started_day
    GROUP BY p.desk_no, p.enabled_day, p.started_day
),
-- Batches: finishes of a desk and task, each soon after the one before. Most have no neighbour and drop out first.
stamps AS (
    SELECT
        desk_no,
        job_no,
        task,
        enabled_w,
        CAST(ROUND(EXTRACT(EPOCH FROM finished_at) * 1000000) AS BIGINT) AS finished_us
    FROM step_time
    WHERE desk_no > 0 AND started_w IS NOT NULL AND mark = ''
),
gaps AS (
    SELECT
        stamps.*,
        finished_us - LAG(finished_us) OVER (PARTITION BY desk_no, task ORDER BY job_no) AS since_us,
        LEAD(finished_us) OVER (PARTITION BY desk_no, task ORDER BY job_no) - finished_us AS until_us
    FROM stamps
),
runs AS (
    SELECT
        g.desk_no,
        g.job_no,
        g.task,
        g.enabled_w,
        SUM(CASE WHEN g.since_us <= p.batch_seconds * 1000000 THEN 0 ELSE 1 END) OVER (
            PARTITION BY g.desk_no, g.task ORDER BY g.job_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS run_no
    FROM gaps AS g
    CROSS JOIN model_parameter AS p
    WHERE g.since_us <= p.batch_seconds * 1000000 OR g.until_us <= p.batch_seconds * 1000000
),
sized AS (
    SELECT
        r.desk_no,
        r.job_no,
        COUNT(*) OVER (PARTITION BY r.desk_no, r.task, r.run_no) AS members,
        MAX(r.enabled_w) OVER (PARTITION BY r.desk_no, r.task, r.run_no) AS ready_w
    FROM runs AS r
),
batches AS (
    SELECT z.desk_no, z.job_no, z.ready_w
    FROM sized AS z
    CROSS JOIN model_parameter AS p
    WHERE z.members >= p.batch_least
),
causes AS (
    SELECT
        j.desk_no,
        j.job_no,
        j.work_s,
        j.is_other_agency,
        GREATEST(j.started_w - j.enabled_w, 0) AS waiting_s,
        j.pause_w,
        GREATEST(COALESCE(y.away_s, 0) - COALESCE(x.away_s, 0), 0) AS away_s,
        CASE WHEN b.ready_w > j.enabled_w THEN LEAST(b.ready_w, j.started_w) - j.enabled_w ELSE 0 END AS batch_s,
        COALESCE(v.service_s, 0) AS preferred_s,
        GREATEST(COALESCE(u.busy_s, 0) - COALESCE(v.service_s, 0), 0) AS others_s
    FROM step_time AS j
    LEFT JOIN away AS x ON x.desk_no = j.desk_no AND x.work_index = j.enabled_day
    LEFT JOIN away AS y ON y.desk_no = j.desk_no AND y.work_index = j.started_day - 1
    LEFT JOIN batches AS b ON b.desk_no = j.desk_no AND b.job_no = j.job_no
    LEFT JOIN preferred AS v
        ON v.desk_no = j.desk_no AND v.enabled_day = j.enabled_day AND v.started_day = j.started_day
    LEFT JOIN busy AS u ON u.desk_no = j.desk_no AND u.job_no = j.job_no
    WHERE j.mark = '' AND j.started_w IS NOT NULL AND j.finished_w IS NOT NULL
),
-- How far the causes reach together, one after the other; at another agency the first two reach to the end.
reached AS (
    SELECT
        causes.*,
        LEAST(waiting_s, pause_w) AS r1,
        CASE WHEN is_other_agency THEN waiting_s ELSE LEAST(waiting_s, pause_w) END AS r2,
        CASE WHEN is_other_agency THEN waiting_s ELSE LEAST(waiting_s, pause_w + away_s) END AS r3,
        CASE WHEN is_other_agency THEN waiting_s ELSE LEAST(waiting_s, pause_w + away_s + batch_s) END AS r4,
        CASE
            WHEN is_other_agency THEN waiting_s ELSE LEAST(waiting_s, pause_w + away_s + batch_s + preferred_s)
        END AS r5,
        CASE
            WHEN is_other_agency THEN waiting_s
            ELSE LEAST(waiting_s, pause_w + away_s + batch_s + preferred_s + others_s)
        END AS r6
    FROM causes
)
SELECT
    desk_no,
    job_no,
    waiting_s,
    r1 AS citizen_s,
    r2 - r1 AS other_agency_s,
    r3 - r2 AS unavailable_s,
    r4 - r3 AS batching_s,
    r5 - r4 AS prioritised_s,
    r6 - r5 AS contention_s,
    waiting_s - r6 AS rest_s,
    work_s
FROM reached
