-- Overlapping stops count once: each begins where all earlier ones of the dossier have ended. Cut to the
-- dossier's own time. Half-days as in domain/clock.py: 2 * working days between + the halves' difference.
WITH bounded AS (
    SELECT
        s.dossier_id,
        s.pause_no,
        s.is_running,
        GREATEST(s.started_at, d.received_at) AS start_at,
        LEAST(COALESCE(s.ended_at, p.as_of_at), COALESCE(d.end_at, p.as_of_at), p.as_of_at) AS end_at
    FROM pause_known AS s
    INNER JOIN dossier_known AS d ON d.dossier_id = s.dossier_id
    CROSS JOIN model_parameter AS p
    WHERE s.kind IN ('SUPPLEMENT', 'FINANCIAL')
),
ordered AS (
    SELECT
        b.*,
        MAX(b.end_at) OVER (
            PARTITION BY b.dossier_id ORDER BY b.start_at, b.end_at, b.pause_no
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
        ) AS covered_until
    FROM bounded AS b
    WHERE b.start_at < b.end_at
),
cut AS (
    SELECT dossier_id, is_running, GREATEST(start_at, covered_until) AS start_at, end_at
    FROM ordered
    WHERE covered_until IS NULL OR end_at > covered_until
)
SELECT
    c.dossier_id,
    c.start_at,
    c.end_at,
    c.is_running,
    GREATEST(
        2 * (z.work_index - a.work_index)
        + CASE WHEN EXTRACT(HOUR FROM c.end_at) < 12 THEN 0 ELSE 1 END
        - CASE WHEN EXTRACT(HOUR FROM c.start_at) < 12 THEN 0 ELSE 1 END,
        0
    ) AS half_days
FROM cut AS c
LEFT JOIN calendar_day AS a ON a.day = CAST(c.start_at AS DATE)
LEFT JOIN calendar_day AS z ON z.day = CAST(c.end_at AS DATE)
