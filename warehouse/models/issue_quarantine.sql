-- A row is open until, on a later night of its unit, its dossier is accepted or the same record is set aside
-- again (the newer row then stands for it), or, once it was replayed, until the unit's next night. While people have
-- it discarded (quarantine_discarded), it is not open either; an issue that ends by that alone is not told as mended.
WITH nights AS (
    SELECT
        o.unit_code,
        o.night,
        CAST(o.night AS DATE) AS night_day,
        LEAD(o.night) OVER (PARTITION BY o.unit_code ORDER BY o.night) AS next_night
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.night <= p.known
),
held AS (
    SELECT q.*, COALESCE(q.dossier_key, q.raw_record, q.quarantine_id) AS record_key
    FROM quarantine AS q
    CROSS JOIN model_parameter AS p
    WHERE q.night <= p.known
),
again AS (
    SELECT a.quarantine_id, MIN(b.night) AS night
    FROM held AS a
    INNER JOIN held AS b
        ON b.unit_code = a.unit_code AND b.table_name = a.table_name AND b.record_key = a.record_key
        AND b.night > a.night
    GROUP BY a.quarantine_id
),
accepted AS (
    SELECT q.quarantine_id, MIN(v.night) AS night
    FROM held AS q
    CROSS JOIN model_parameter AS p
    INNER JOIN dossier_version AS v
        ON v.dossier_key = q.dossier_key AND v.unit_code = q.unit_code AND v.night > q.night
    WHERE
        v.standing = 'COUNTED' AND v.night <= p.known
        -- a number used again is not mended by a row of the dossier that had it first
        AND (q.stage <> 'merge' OR q.rule_id = 'DQ-HX-03')
    GROUP BY q.quarantine_id
),
lives AS (
    SELECT
        q.quarantine_id,
        q.unit_code,
        q.rule_id,
        q.night,
        LEAST(a.night, c.night, CASE WHEN q.state = 'REPLAYED' THEN n.next_night END) AS closed_night
    FROM held AS q
    LEFT JOIN again AS a ON a.quarantine_id = q.quarantine_id
    LEFT JOIN accepted AS c ON c.quarantine_id = q.quarantine_id
    LEFT JOIN nights AS n ON n.unit_code = q.unit_code AND n.night = q.night
),
spans AS (
    SELECT
        d.quarantine_id,
        MIN(n.night) AS from_night,
        MIN(CASE WHEN n.night_day >= d.until_day THEN n.night END) AS until_night
    FROM quarantine_discarded AS d
    INNER JOIN nights AS n ON n.unit_code = d.unit_code AND n.night_day >= d.from_day
    GROUP BY d.quarantine_id, d.from_day
),
hidden AS (
    SELECT
        l.unit_code,
        l.rule_id,
        GREATEST(l.night, s.from_night) AS night,
        LEAST(l.closed_night, s.until_night) AS shown_night,
        CASE WHEN s.from_night >= l.night THEN 1 ELSE 0 END AS is_said_now
    FROM lives AS l
    INNER JOIN spans AS s ON s.quarantine_id = l.quarantine_id
),
changes AS (
    SELECT unit_code, rule_id, night, 1 AS delta, 0 AS discarded FROM lives
    UNION ALL
    SELECT unit_code, rule_id, closed_night AS night, -1 AS delta, 0 AS discarded
    FROM lives
    WHERE closed_night IS NOT NULL
    UNION ALL
    SELECT unit_code, rule_id, night, -1 AS delta, is_said_now AS discarded
    FROM hidden
    WHERE shown_night IS NULL OR shown_night > night
    UNION ALL
    SELECT unit_code, rule_id, shown_night AS night, 1 AS delta, 0 AS discarded
    FROM hidden
    WHERE shown_night > night
),
deltas AS (
    SELECT unit_code, rule_id, night, SUM(delta) AS delta, SUM(discarded) AS discarded
    FROM changes
    GROUP BY unit_code, rule_id, night
),
rules AS (
    SELECT unit_code, rule_id, MIN(night) AS since, MIN(message) AS sentence
    FROM held
    GROUP BY unit_code, rule_id
),
counted AS (
    SELECT
        r.unit_code,
        r.rule_id,
        r.sentence,
        n.night,
        COALESCE(d.discarded, 0) AS discarded_rows,
        SUM(COALESCE(d.delta, 0)) OVER (
            PARTITION BY r.unit_code, r.rule_id ORDER BY n.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS open_rows
    FROM rules AS r
    INNER JOIN nights AS n ON n.unit_code = r.unit_code AND n.night >= r.since
    LEFT JOIN deltas AS d ON d.unit_code = r.unit_code AND d.rule_id = r.rule_id AND d.night = n.night
),
compared AS (
    SELECT c.*, LAG(c.open_rows, 1, 0) OVER (PARTITION BY c.unit_code, c.rule_id ORDER BY c.night) AS before_rows
    FROM counted AS c
),
runs AS (
    SELECT
        c.*,
        MAX(CASE WHEN c.open_rows > 0 AND c.before_rows = 0 THEN c.night END) OVER (
            PARTITION BY c.unit_code, c.rule_id ORDER BY c.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS first_night
    FROM compared AS c
)
SELECT
    night,
    unit_code,
    'QUARANTINE:' || rule_id AS issue_key,
    'QUARANTINE' AS kind,
    rule_id,
    CASE WHEN open_rows = 0 THEN 'MENDED' WHEN before_rows = 0 THEN 'NEW' ELSE 'OPEN' END AS state,
    first_night,
    open_rows AS count,
    sentence
FROM runs
WHERE open_rows > 0 OR before_rows > discarded_rows
