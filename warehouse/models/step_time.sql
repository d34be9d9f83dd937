-- Seconds from midnight and the work clock as in work_day. A step waits from enabled_w to started_w and is worked
-- on from there to finished_w. Where the source does not say when work began, it is taken to have begun as late as
-- can be: when the dossier was there, no stop was running, the desk (unit, office, staff) had finished what it
-- finished before, and the office had opened on the day of the finish. No start is taken for a step of which
-- neither office nor staff is known, and no work for one whose stamps are no evidence.
--
-- Dossiers, places (office and task) and staff go by numbers until the end: windows over numbers are cheap.
WITH dossiers AS (
    SELECT
        dossier_id, unit_code, proc_core, proc_valid_from, received_at, end_at,
        ROW_NUMBER() OVER (ORDER BY dossier_id) AS dossier_no
    FROM dossier_known
),
units AS (
    SELECT unit_code, ROW_NUMBER() OVER (ORDER BY unit_code) AS unit_no
    FROM (SELECT DISTINCT unit_code FROM dossier_known) AS found
),
places AS (
    SELECT office_code, task, ROW_NUMBER() OVER (ORDER BY office_code, task) AS place_no
    FROM (SELECT DISTINCT office_code, task FROM step_known) AS found
),
people AS (
    SELECT
        office_code,
        staff_code,
        ROW_NUMBER() OVER (ORDER BY office_code, staff_code) AS person_no,
        COUNT(*) OVER () AS persons
    FROM (SELECT DISTINCT office_code, staff_code FROM step_known) AS found
),
known AS (
    SELECT
        d.dossier_no,
        s.step_no,
        t.place_no,
        q.person_no,
        CASE WHEN s.office_code = '' AND s.staff_code = '' THEN 0 ELSE (u.unit_no - 1) * q.persons + q.person_no END
            AS desk_no,
        d.received_at,
        s.arrived_at,
        s.started_at,
        s.finished_at,
        s.planned_days,
        COALESCE(s.finished_at, d.end_at) AS ended_at,
        COALESCE(s.finished_at, d.end_at, p.as_of_at) AS until_at,
        COALESCE(s.finished_at, s.started_at, s.arrived_at) AS stamp_at,
        CAST(3600 * EXTRACT(HOUR FROM s.arrived_at) + 60 * EXTRACT(MINUTE FROM s.arrived_at)
        + FLOOR(EXTRACT(SECOND FROM s.arrived_at)) AS BIGINT) AS arrived_s,
        CAST(3600 * EXTRACT(HOUR FROM s.finished_at) + 60 * EXTRACT(MINUTE FROM s.finished_at)
        + FLOOR(EXTRACT(SECOND FROM s.finished_at)) AS BIGINT) AS finished_s
    FROM step_known AS s
    INNER JOIN dossiers AS d ON d.dossier_id = s.dossier_id
    INNER JOIN units AS u ON u.unit_code = d.unit_code
    INNER JOIN places AS t ON t.office_code = s.office_code AND t.task = s.task
    INNER JOIN people AS q ON q.office_code = s.office_code AND q.staff_code = s.staff_code
    CROSS JOIN model_parameter AS p
),
twins AS (
    SELECT dossier_no, CAST(finished_at AS DATE) AS finished_on, finished_s
    FROM known
    WHERE finished_at IS NOT NULL
    GROUP BY dossier_no, CAST(finished_at AS DATE), finished_s
    HAVING COUNT(*) > 1
),
marked AS (
    SELECT
        k.*,
        CASE
            WHEN k.arrived_s = 0 OR k.finished_s = 0 THEN 'MIDNIGHT'
            WHEN CAST(k.arrived_at AS DATE) = CAST(k.finished_at AS DATE) AND k.arrived_s = k.finished_s
                THEN 'SAME_SECOND'
            WHEN t.dossier_no IS NOT NULL THEN 'SAME_SECOND'
            ELSE ''
        END AS mark
    FROM known AS k
    LEFT JOIN twins AS t
        ON t.dossier_no = k.dossier_no AND t.finished_on = CAST(k.finished_at AS DATE)
        AND t.finished_s = k.finished_s
),
ordered AS (
    SELECT
        m.*,
        LAG(m.place_no) OVER w AS prev_place_no,
        COALESCE(LAG(m.mark) OVER w, '') AS from_mark,
        COALESCE(LAG(m.stamp_at) OVER w, m.received_at) AS from_at,
        LEAD(m.step_no) OVER w IS NULL AS is_last
    FROM marked AS m
    WINDOW w AS (PARTITION BY m.dossier_no ORDER BY m.step_no)
),
enabled AS (
    SELECT
        ordered.*,
        COALESCE(arrived_at, from_at) AS enabled_at,
        CAST(3600 * EXTRACT(HOUR FROM started_at) + 60 * EXTRACT(MINUTE FROM started_at)
        + FLOOR(EXTRACT(SECOND FROM started_at)) AS BIGINT) AS given_s,
        CAST(3600 * EXTRACT(HOUR FROM from_at) + 60 * EXTRACT(MINUTE FROM from_at)
        + FLOOR(EXTRACT(SECOND FROM from_at)) AS BIGINT) AS from_s
    FROM ordered
),
clocked AS (
    SELECT
        s.dossier_no,
        s.step_no,
        s.place_no,
        s.person_no,
        s.desk_no,
        s.prev_place_no,
        s.is_last,
        s.planned_days,
        s.enabled_at,
        s.started_at,
        s.finished_at,
        s.ended_at,
        s.until_at,
        s.from_at,
        s.stamp_at,
        s.from_mark,
        s.mark,
        a.work_index AS enabled_day,
        b.work_index + CASE WHEN b.is_working THEN 0 ELSE 1 END AS given_day,
        z.work_index AS until_index,
        z.work_index + CASE WHEN z.is_working THEN 0 ELSE 1 END AS until_day,
        z.opening_w AS until_opening_w,
        2 * a.work_index + CASE WHEN EXTRACT(HOUR FROM s.enabled_at) < 12 THEN 0 ELSE 1 END AS enabled_half,
        2 * z.work_index + CASE WHEN EXTRACT(HOUR FROM s.until_at) < 12 THEN 0 ELSE 1 END AS until_half,
        a.opening_w
        + LEAST(GREATEST(COALESCE(s.arrived_s, s.from_s) - a.opening_s, 0), a.lunch_s - a.opening_s)
        + LEAST(GREATEST(COALESCE(s.arrived_s, s.from_s) - a.after_lunch_s, 0), a.closing_s - a.after_lunch_s)
            AS enabled_w,
        b.opening_w + LEAST(GREATEST(s.given_s - b.opening_s, 0), b.lunch_s - b.opening_s)
        + LEAST(GREATEST(s.given_s - b.after_lunch_s, 0), b.closing_s - b.after_lunch_s) AS given_w,
        CASE
            WHEN s.finished_at IS NOT NULL
                THEN z.opening_w + LEAST(GREATEST(s.finished_s - z.opening_s, 0), z.lunch_s - z.opening_s)
                + LEAST(GREATEST(s.finished_s - z.after_lunch_s, 0), z.closing_s - z.after_lunch_s)
        END AS finished_w,
        f.opening_w + LEAST(GREATEST(s.from_s - f.opening_s, 0), f.lunch_s - f.opening_s)
        + LEAST(GREATEST(s.from_s - f.after_lunch_s, 0), f.closing_s - f.after_lunch_s) AS from_w
    FROM enabled AS s
    LEFT JOIN work_day AS a ON a.day = CAST(s.enabled_at AS DATE)
    LEFT JOIN work_day AS b ON b.day = CAST(s.started_at AS DATE)
    LEFT JOIN work_day AS z ON z.day = CAST(s.until_at AS DATE)
    LEFT JOIN work_day AS f ON f.day = CAST(s.from_at AS DATE)
),
queued AS (
    SELECT
        c.*,
        ROW_NUMBER() OVER w AS job_no,
        CASE WHEN c.desk_no > 0 THEN LAG(c.finished_w) OVER w END AS desk_free_w
    FROM clocked AS c
    WINDOW w AS (PARTITION BY c.desk_no ORDER BY c.finished_at, c.dossier_no, c.step_no)
),
stop_seconds AS (
    SELECT
        d.dossier_no,
        n.start_at,
        n.end_at,
        CAST(3600 * EXTRACT(HOUR FROM n.start_at) + 60 * EXTRACT(MINUTE FROM n.start_at)
        + FLOOR(EXTRACT(SECOND FROM n.start_at)) AS BIGINT) AS start_s,
        CAST(3600 * EXTRACT(HOUR FROM n.end_at) + 60 * EXTRACT(MINUTE FROM n.end_at)
        + FLOOR(EXTRACT(SECOND FROM n.end_at)) AS BIGINT) AS end_s
    FROM pause_span AS n
    INNER JOIN dossiers AS d ON d.dossier_id = n.dossier_id
),
stops AS (
    SELECT
        s.dossier_no,
        s.start_at,
        s.end_at,
        2 * a.work_index + CASE WHEN EXTRACT(HOUR FROM s.start_at) < 12 THEN 0 ELSE 1 END AS start_half,
        2 * z.work_index + CASE WHEN EXTRACT(HOUR FROM s.end_at) < 12 THEN 0 ELSE 1 END AS end_half,
        a.opening_w + LEAST(GREATEST(s.start_s - a.opening_s, 0), a.lunch_s - a.opening_s)
        + LEAST(GREATEST(s.start_s - a.after_lunch_s, 0), a.closing_s - a.after_lunch_s) AS start_w,
        z.opening_w + LEAST(GREATEST(s.end_s - z.opening_s, 0), z.lunch_s - z.opening_s)
        + LEAST(GREATEST(s.end_s - z.after_lunch_s, 0), z.closing_s - z.after_lunch_s) AS end_w
    FROM stop_seconds AS s
    INNER JOIN work_day AS a ON a.day = CAST(s.start_at AS DATE)
    INNER JOIN work_day AS z ON z.day = CAST(s.end_at AS DATE)
),
stopped AS (
    SELECT
        c.dossier_no,
        c.step_no,
        SUM(GREATEST(
            CASE WHEN n.end_at < c.until_at THEN n.end_half ELSE c.until_half END
            - CASE WHEN n.start_at > c.enabled_at THEN n.start_half ELSE c.enabled_half END,
            0
        )) AS half_days,
        MAX(CASE WHEN n.end_at <= c.finished_at THEN n.end_w END) AS stop_end_w
    FROM clocked AS c
    INNER JOIN stops AS n ON n.dossier_no = c.dossier_no AND n.start_at < c.until_at AND n.end_at > c.enabled_at
    GROUP BY c.dossier_no, c.step_no
),
begun AS (
    SELECT
        q.*,
        s.half_days AS pause_half_days,
        s.stop_end_w,
        CASE
            WHEN q.enabled_w IS NULL OR (q.finished_at IS NOT NULL AND q.finished_w IS NULL) THEN NULL
            WHEN q.given_w IS NOT NULL THEN LEAST(GREATEST(q.given_w, q.enabled_w), q.finished_w)
            WHEN q.finished_w IS NULL OR q.desk_no = 0 THEN NULL
            WHEN q.mark <> '' THEN q.finished_w
            ELSE LEAST(GREATEST(q.enabled_w, q.desk_free_w, s.stop_end_w, q.until_opening_w), q.finished_w)
        END AS started_w
    FROM queued AS q
    LEFT JOIN stopped AS s ON s.dossier_no = q.dossier_no AND s.step_no = q.step_no
),
pauses AS (
    SELECT
        b.dossier_no,
        b.step_no,
        SUM(GREATEST(LEAST(n.end_w, b.started_w) - GREATEST(n.start_w, b.enabled_w), 0)) AS pause_w,
        SUM(GREATEST(LEAST(n.end_w, b.finished_w) - GREATEST(n.start_w, b.started_w), 0)) AS work_pause_w
    FROM begun AS b
    INNER JOIN stops AS n ON n.dossier_no = b.dossier_no AND n.start_at < b.until_at AND n.end_at > b.enabled_at
    WHERE b.started_w IS NOT NULL
    GROUP BY b.dossier_no, b.step_no
)
SELECT
    d.dossier_id,
    b.step_no,
    d.unit_code,
    d.proc_core,
    t.task,
    t.office_code,
    q.staff_code,
    COALESCE(v.task, '') AS prev_task,
    COALESCE(v.office_code, '') AS prev_office,
    b.prev_place_no IS NULL AS is_first,
    b.is_last,
    b.enabled_at,
    b.finished_at,
    b.ended_at,
    b.from_at,
    b.stamp_at,
    b.ended_at IS NULL AS is_open,
    CAST(CAST(EXTRACT(YEAR FROM b.ended_at) AS INTEGER) AS VARCHAR) || '-Q'
    || CAST(CAST(EXTRACT(QUARTER FROM b.ended_at) AS INTEGER) AS VARCHAR) AS end_quarter,
    CAST(FLOOR(COALESCE(b.planned_days, c.planned_days) * 2 + 0.5) AS BIGINT) AS planned_half_days,
    CASE
        WHEN b.until_half IS NOT NULL AND b.enabled_half IS NOT NULL
            THEN GREATEST(GREATEST(b.until_half - b.enabled_half, 0) - COALESCE(b.pause_half_days, 0), 0)
    END AS elapsed_half_days,
    b.from_mark,
    b.mark,
    COALESCE(c.agency, '') <> '' AS is_other_agency,
    b.desk_no,
    b.job_no,
    b.enabled_day,
    CASE
        WHEN b.started_w IS NULL THEN NULL
        WHEN b.started_at IS NULL THEN b.until_day
        ELSE GREATEST(b.given_day, b.enabled_day)
    END AS started_day,
    CASE WHEN b.finished_at IS NOT NULL THEN b.until_index END AS finished_day,
    b.from_w,
    COALESCE(b.finished_w, b.given_w, b.enabled_w) AS stamp_w,
    b.enabled_w,
    b.started_w,
    b.finished_w,
    CASE WHEN b.started_w IS NOT NULL THEN COALESCE(p.pause_w, 0) END AS pause_w,
    CASE
        WHEN b.finished_w IS NOT NULL AND b.started_w IS NOT NULL
            THEN b.finished_w - b.started_w - COALESCE(p.work_pause_w, 0)
    END AS work_s,
    CASE
        WHEN b.finished_w IS NOT NULL AND b.started_w IS NOT NULL
            THEN GREATEST(b.finished_w - GREATEST(b.started_w, b.desk_free_w, b.stop_end_w), 0)
    END AS service_s
FROM begun AS b
INNER JOIN dossiers AS d ON d.dossier_no = b.dossier_no
INNER JOIN places AS t ON t.place_no = b.place_no
INNER JOIN people AS q ON q.person_no = b.person_no
LEFT JOIN places AS v ON v.place_no = b.prev_place_no
LEFT JOIN pauses AS p ON p.dossier_no = b.dossier_no AND p.step_no = b.step_no
LEFT JOIN procedure_step AS c
    ON c.proc_core = d.proc_core AND c.valid_from = d.proc_valid_from AND c.step_no = b.step_no
