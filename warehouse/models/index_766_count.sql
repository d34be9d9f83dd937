-- Decision 766/QĐ-TTg, indicator 2.1, from what the unit reports: (done + open, on or in time) / all received or
-- processed in the period. The end is the finish, else the return, else the day stopped, refused or withdrawn; for
-- one that waits for its only supplement, the moment it was asked; else the end of the period. Asked twice: late.
-- The working days of the supplement are taken off. Dates are compared, as positions on the working calendar: a day
-- off stands where the next working day does. Without a due date the term of the catalogue is laid from receipt as
-- domain/clock.py does it.
WITH asked AS (
    SELECT
        s.dossier_id,
        SUM(CASE WHEN s.started_at <= p.as_of_at THEN 1 ELSE 0 END) AS requests,
        MIN(CASE WHEN s.started_at <= p.as_of_at THEN s.started_at END) AS asked_at,
        MIN(CASE WHEN s.started_at <= p.as_of_at THEN s.ended_at END) AS answered_at
    FROM pause_known AS s
    CROSS JOIN model_parameter AS p
    WHERE s.kind = 'SUPPLEMENT'
    GROUP BY s.dossier_id
),
ended AS (
    SELECT
        d.dossier_id,
        d.unit_code,
        d.proc_core,
        d.proc_valid_from,
        d.received_at,
        CAST(d.due_at AS DATE) AS due_on,
        d.end_at IS NULL AS is_open,
        COALESCE(a.requests, 0) AS requests,
        a.asked_at,
        a.answered_at,
        CASE
            WHEN d.end_at IS NOT NULL THEN COALESCE(v.finished_at, v.returned_at, d.end_at)
            WHEN d.status = 5 AND a.requests = 1 THEN a.asked_at
            WHEN d.status = 5 AND a.dossier_id IS NULL THEN LEAST(CAST(v.status_since AS TIMESTAMP), p.as_of_at)
            ELSE p.as_of_at
        END AS end_at
    FROM dossier_known AS d
    CROSS JOIN model_parameter AS p
    INNER JOIN dossier_version AS v
        ON v.dossier_id = d.dossier_id AND v.night = d.night AND v.standing = 'COUNTED'
    LEFT JOIN asked AS a ON a.dossier_id = d.dossier_id
    WHERE d.end_at IS NULL OR CAST(d.end_at AS DATE) >= p.quarter_first
),
days AS (
    SELECT
        day,
        ROW_NUMBER() OVER (ORDER BY day) AS day_no,
        work_index,
        CASE WHEN is_working THEN work_index ELSE work_index + 1 END AS place,
        is_working,
        COALESCE(opening_s, 25200) AS opening_s,
        COALESCE(lunch_s, 41400) AS lunch_s,
        COALESCE(after_lunch_s, 48600) AS after_lunch_s,
        COALESCE(closing_s, 61200) AS closing_s
    FROM calendar_day
),
clocked AS (
    SELECT
        e.*,
        CAST(e.end_at AS DATE) AS end_on,
        c.limit_quantity,
        COALESCE(c.limit_unit, '') AS limit_unit,
        EXTRACT(HOUR FROM e.received_at) * 3600 + EXTRACT(MINUTE FROM e.received_at) * 60
        + FLOOR(EXTRACT(SECOND FROM e.received_at)) AS received_s
    FROM ended AS e
    LEFT JOIN procedure AS c ON c.proc_core = e.proc_core AND c.valid_from = e.proc_valid_from
),
-- What arrives at or after closing, or on a day off, arrives at the next opening.
started AS (
    SELECT
        k.*,
        r.work_index + CASE WHEN r.is_working AND k.received_s < r.closing_s THEN 0 ELSE 1 END AS start_place,
        CASE WHEN r.is_working AND k.received_s < r.closing_s THEN r.day_no END AS start_day_no,
        CASE
            WHEN r.is_working AND k.received_s < r.closing_s THEN GREATEST(k.received_s, r.opening_s)
            ELSE r.opening_s
        END AS start_s,
        r.opening_s,
        r.lunch_s,
        r.after_lunch_s,
        r.lunch_s - r.opening_s + r.closing_s - r.after_lunch_s AS day_s
    FROM clocked AS k
    LEFT JOIN days AS r ON r.day = CAST(k.received_at AS DATE)
),
termed AS (
    SELECT
        s.*,
        CASE WHEN s.start_s < 43200 THEN 0 ELSE 1 END AS half,
        CASE
            WHEN s.limit_unit <> 'HOUR' AND s.limit_quantity = 0 AND s.start_s > 54000 THEN 1
            ELSE s.limit_quantity
        END AS quantity,
        LEAST(GREATEST(s.start_s - s.opening_s, 0), s.lunch_s - s.opening_s)
        + GREATEST(s.start_s - s.after_lunch_s, 0) AS worked_s,
        COALESCE(s.start_day_no, w.day_no) AS first_day_no
    FROM started AS s
    LEFT JOIN days AS w ON w.is_working AND w.work_index = s.start_place
),
placed AS (
    SELECT
        t.dossier_id,
        t.unit_code,
        t.proc_core,
        t.is_open,
        t.requests,
        t.due_on,
        t.end_on,
        z.place AS end_place,
        u.work_index AS due_index,
        CASE
            WHEN t.limit_unit = 'WORKING_DAY'
                THEN t.start_place + FLOOR((t.half + CEIL(2 * t.quantity - 0.000000001)) / 2.0)
            WHEN t.limit_unit = 'DAY' THEN l.place
            WHEN t.limit_unit = 'HOUR'
                THEN t.start_place
                + GREATEST(CEIL((t.worked_s + ROUND(t.quantity * 3600)) / t.day_s) - 1, 0)
        END AS term_place,
        CASE
            WHEN t.requests = 1 THEN GREATEST(COALESCE(y.work_index - x.work_index, 0), 0)
            ELSE 0
        END AS supplement_days
    FROM termed AS t
    LEFT JOIN days AS z ON z.day = t.end_on
    LEFT JOIN days AS u ON u.day = t.due_on
    LEFT JOIN days AS l ON l.day_no = t.first_day_no + CAST(CEIL(t.quantity - 0.000000001) AS BIGINT)
    LEFT JOIN days AS x ON x.day = CAST(GREATEST(t.asked_at, t.received_at) AS DATE)
    LEFT JOIN days AS y ON y.day = CAST(LEAST(COALESCE(t.answered_at, t.end_at), t.end_at) AS DATE)
),
judged AS (
    SELECT
        placed.*,
        CASE
            WHEN requests > 1 THEN FALSE
            WHEN due_on IS NULL THEN COALESCE(end_place - supplement_days <= term_place, FALSE)
            WHEN end_on <= due_on THEN TRUE
            WHEN end_place IS NULL OR due_index IS NULL THEN FALSE
            ELSE GREATEST(end_place - due_index, 1) <= supplement_days
        END AS is_on_time
    FROM placed
)
SELECT
    p.quarter,
    j.unit_code,
    j.proc_core,
    COUNT(*) AS n,
    SUM(CASE WHEN j.is_on_time THEN 1 ELSE 0 END) AS on_time,
    SUM(CASE WHEN j.requests > 1 THEN 1 ELSE 0 END) AS more_than_one_request,
    SUM(CASE WHEN j.is_open AND j.is_on_time THEN 1 ELSE 0 END) AS open_in_term,
    SUM(CASE WHEN j.due_on IS NULL THEN 1 ELSE 0 END) AS no_due_judged
FROM judged AS j
CROSS JOIN model_parameter AS p
GROUP BY p.quarter, j.unit_code, j.proc_core
