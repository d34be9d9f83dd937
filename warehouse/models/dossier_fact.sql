-- A dossier is paused if a stop is running, or if its status says so (5, 6) and no stop is known to have
-- begun only after as_of.
-- Delayed entry: a dossier received before its unit's history begins is seen only because it had not ended by
-- then, so it counts as watched from the working time it had behind it on that morning. A history that begins on
-- a day off begins on the next working morning.
WITH timed AS (
    SELECT
        d.*,
        CAST(d.received_at AS DATE) AS received_on,
        CAST(d.credit_due_at AS DATE) AS due_on,
        CAST(d.due_at AS DATE) AS due_reported_on,
        CAST(d.end_at AS DATE) AS end_on,
        COALESCE(d.end_at, p.as_of_at) AS until_at,
        p.as_of
    FROM dossier_known AS d
    CROSS JOIN model_parameter AS p
),
stops AS (
    SELECT
        s.dossier_id,
        SUM(CASE WHEN s.started_at <= p.as_of_at THEN 1 ELSE 0 END) AS pause_count,
        MAX(CASE WHEN s.is_running THEN 1 ELSE 0 END) AS running,
        MAX(CASE WHEN s.started_at > p.as_of_at THEN 1 ELSE 0 END) AS begins_later
    FROM pause_known AS s
    CROSS JOIN model_parameter AS p
    WHERE s.kind IN ('SUPPLEMENT', 'FINANCIAL')
    GROUP BY s.dossier_id
),
spans AS (
    SELECT
        dossier_id,
        SUM(half_days) AS half_days,
        SUM(CASE WHEN is_running THEN 0 ELSE half_days END) AS ended_half_days
    FROM pause_span
    GROUP BY dossier_id
),
histories AS (
    SELECT u.unit_code, c.day AS first_day, 2 * (c.work_index + CASE WHEN c.is_working THEN 0 ELSE 1 END) AS halves
    FROM (SELECT unit_code, MIN(history_from) AS history_from FROM unit GROUP BY unit_code) AS u
    INNER JOIN calendar_day AS c ON c.day = u.history_from
),
early_stops AS (
    SELECT
        s.dossier_id,
        SUM(GREATEST(
            CASE
                WHEN CAST(s.end_at AS DATE) >= h.first_day THEN h.halves
                ELSE 2 * z.work_index + CASE WHEN EXTRACT(HOUR FROM s.end_at) < 12 THEN 0 ELSE 1 END
            END - 2 * a.work_index - CASE WHEN EXTRACT(HOUR FROM s.start_at) < 12 THEN 0 ELSE 1 END,
            0
        )) AS half_days
    FROM pause_span AS s
    INNER JOIN dossier_known AS d ON d.dossier_id = s.dossier_id
    INNER JOIN histories AS h ON h.unit_code = d.receiving_unit
    LEFT JOIN calendar_day AS a ON a.day = CAST(s.start_at AS DATE)
    LEFT JOIN calendar_day AS z ON z.day = CAST(s.end_at AS DATE)
    WHERE CAST(s.start_at AS DATE) < h.first_day
    GROUP BY s.dossier_id
),
moved AS (
    SELECT DISTINCT c.dossier_id
    FROM dossier_change AS c
    CROSS JOIN model_parameter AS p
    WHERE c.rule_id IN ('DQ-HX-01', 'DQ-HX-02') AND c.night <= p.known
),
counted AS (
    SELECT
        t.*,
        COALESCE(c.field_code, '') AS field_code,
        COALESCE(s.pause_count, 0) AS pause_count,
        COALESCE(n.half_days, 0) AS pause_half_days,
        COALESCE(n.ended_half_days, 0) AS ended_half_days,
        COALESCE(s.running = 1, FALSE)
        OR COALESCE(t.status IN (5, 6) AND COALESCE(s.begins_later, 0) = 0, FALSE) AS is_paused,
        2 * (z.work_index - a.work_index)
        + CASE WHEN EXTRACT(HOUR FROM t.until_at) < 12 THEN 0 ELSE 1 END
        - CASE WHEN EXTRACT(HOUR FROM t.received_at) < 12 THEN 0 ELSE 1 END AS gross_half_days,
        2 * (u.work_index - a.work_index) AS limit_half_days,
        CASE
            WHEN t.received_on < h.first_day
                THEN GREATEST(
                    h.halves - 2 * a.work_index - CASE WHEN EXTRACT(HOUR FROM t.received_at) < 12 THEN 0 ELSE 1 END
                    - COALESCE(e.half_days, 0),
                    0
                )
            ELSE 0
        END AS entry_half_days,
        m.dossier_id IS NOT NULL OR t.is_end_unknown OR COALESCE(t.end_at < t.received_at, FALSE) AS is_odd
    FROM timed AS t
    LEFT JOIN procedure AS c ON c.proc_core = t.proc_core AND c.valid_from = t.proc_valid_from
    LEFT JOIN stops AS s ON s.dossier_id = t.dossier_id
    LEFT JOIN spans AS n ON n.dossier_id = t.dossier_id
    LEFT JOIN moved AS m ON m.dossier_id = t.dossier_id
    LEFT JOIN histories AS h ON h.unit_code = t.receiving_unit
    LEFT JOIN early_stops AS e ON e.dossier_id = t.dossier_id
    LEFT JOIN calendar_day AS a ON a.day = t.received_on
    LEFT JOIN calendar_day AS z ON z.day = CAST(t.until_at AS DATE)
    LEFT JOIN calendar_day AS u ON u.day = t.due_on
)
SELECT
    dossier_id,
    dossier_code,
    unit_code,
    office_code,
    proc_core,
    field_code,
    channel,
    received_on,
    due_on,
    due_reported_on,
    end_on,
    outcome,
    CASE
        WHEN outcome IN ('REFUSED', 'WITHDRAWN', 'STOPPED') THEN 'NOT_APPLICABLE'
        WHEN outcome = 'OPEN' AND is_paused THEN 'PAUSED'
        WHEN due_on IS NULL THEN 'NO_DUE'
        WHEN outcome = 'OPEN' AND due_on >= as_of THEN 'IN_TERM'
        WHEN outcome = 'OPEN' THEN 'OVERDUE'
        WHEN end_on < due_on THEN 'EARLY'
        WHEN end_on = due_on THEN 'ON_TIME'
        ELSE 'LATE'
    END AS timeliness,
    CASE WHEN gross_half_days IS NOT NULL THEN GREATEST(gross_half_days - pause_half_days, 0) END AS elapsed_half_days,
    CASE WHEN limit_half_days IS NOT NULL THEN GREATEST(limit_half_days - ended_half_days, 0) END AS limit_half_days,
    entry_half_days,
    pause_count,
    pause_half_days,
    CAST(CAST(EXTRACT(YEAR FROM received_on) AS INTEGER) AS VARCHAR) || '-Q'
    || CAST(CAST(EXTRACT(QUARTER FROM received_on) AS INTEGER) AS VARCHAR) AS received_quarter,
    CAST(CAST(EXTRACT(YEAR FROM end_on) AS INTEGER) AS VARCHAR) || '-Q'
    || CAST(CAST(EXTRACT(QUARTER FROM end_on) AS INTEGER) AS VARCHAR) AS end_quarter,
    is_odd AS has_time_problem
FROM counted
