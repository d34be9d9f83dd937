-- Rows set aside (finding), counted by unit and rule. While people have one discarded (quarantine_discarded) it is not
-- open; an issue that ends by that alone is not told as mended. Rows that passed when they were judged again after a
-- correction (quarantine_replayed) were open from their night on until the unit's next night.
WITH nights AS (
    SELECT o.unit_code, o.night, CAST(o.night AS DATE) AS night_day
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.night <= p.known
),
passed AS (
    SELECT r.unit_code, r.rule_id, r.night, r.n, MIN(n.night) AS ended_night
    FROM quarantine_replayed AS r
    CROSS JOIN model_parameter AS p
    LEFT JOIN nights AS n ON n.unit_code = r.unit_code AND n.night > r.night AND n.night_day >= r.said_on
    WHERE r.night <= p.known AND r.said_on <= CAST(p.known AS DATE)
    GROUP BY r.unit_code, r.rule_id, r.night, r.said_on, r.n
),
spans AS (
    SELECT
        f.quarantine_id,
        MIN(n.night) AS from_night,
        MIN(CASE WHEN n.night_day >= d.until_day THEN n.night END) AS until_night
    FROM finding AS f
    INNER JOIN quarantine_discarded AS d ON d.quarantine_id = f.quarantine_id
    INNER JOIN nights AS n ON n.unit_code = d.unit_code AND n.night_day >= d.from_day
    GROUP BY f.quarantine_id, d.from_day
),
hidden AS (
    SELECT
        f.unit_code,
        f.rule_id,
        GREATEST(f.from_night, s.from_night) AS night,
        LEAST(f.until_night, s.until_night) AS shown_night,
        CASE WHEN s.from_night >= f.from_night THEN 1 ELSE 0 END AS is_said_now
    FROM finding AS f
    INNER JOIN spans AS s ON s.quarantine_id = f.quarantine_id
),
changes AS (
    SELECT unit_code, rule_id, from_night AS night, 1 AS delta, 0 AS discarded, '' AS how FROM finding
    UNION ALL
    SELECT unit_code, rule_id, until_night AS night, -1 AS delta, 0 AS discarded, ended_how AS how
    FROM finding
    WHERE until_night IS NOT NULL
    UNION ALL
    SELECT unit_code, rule_id, night, n AS delta, 0 AS discarded, '' AS how FROM passed WHERE ended_night IS NOT NULL
    UNION ALL
    SELECT unit_code, rule_id, ended_night AS night, -n AS delta, 0 AS discarded, 'REPLAYED' AS how
    FROM passed
    WHERE ended_night IS NOT NULL
    UNION ALL
    SELECT unit_code, rule_id, night, -1 AS delta, is_said_now AS discarded, '' AS how
    FROM hidden
    WHERE shown_night IS NULL OR shown_night > night
    UNION ALL
    SELECT unit_code, rule_id, shown_night AS night, 1 AS delta, 0 AS discarded, '' AS how
    FROM hidden
    WHERE shown_night > night
),
deltas AS (
    SELECT
        unit_code,
        rule_id,
        night,
        SUM(delta) AS delta,
        SUM(discarded) AS discarded,
        SUM(CASE WHEN how = 'ACCEPTED' THEN -delta ELSE 0 END) AS accepted,
        SUM(CASE WHEN how = 'OTHER_REASON' THEN -delta ELSE 0 END) AS otherwise,
        SUM(CASE WHEN how = 'LEFT_REGISTER' THEN -delta ELSE 0 END) AS gone,
        SUM(CASE WHEN how = 'REPLAYED' THEN -delta ELSE 0 END) AS replayed
    FROM changes
    GROUP BY unit_code, rule_id, night
),
messages AS (
    SELECT q.unit_code, q.rule_id, MIN(q.message) AS sentence
    FROM quarantine AS q
    CROSS JOIN model_parameter AS p
    WHERE q.night <= p.known
    GROUP BY q.unit_code, q.rule_id
),
rules AS (
    SELECT c.unit_code, c.rule_id, MIN(c.night) AS since, MIN(m.sentence) AS sentence
    FROM changes AS c
    LEFT JOIN messages AS m ON m.unit_code = c.unit_code AND m.rule_id = c.rule_id
    GROUP BY c.unit_code, c.rule_id
),
counted AS (
    SELECT
        r.unit_code,
        r.rule_id,
        r.sentence,
        n.night,
        COALESCE(d.discarded, 0) AS discarded_rows,
        COALESCE(d.accepted, 0) AS accepted,
        COALESCE(d.otherwise, 0) AS otherwise,
        COALESCE(d.gone, 0) AS gone,
        COALESCE(d.replayed, 0) AS replayed,
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
    CASE WHEN open_rows > 0 THEN sentence
        ELSE
            'Không còn dòng nào cách ly vì lý do này'
            || CASE WHEN accepted > 0 THEN ', ' || CAST(accepted AS VARCHAR) || ' dòng được nộp lại đúng' ELSE '' END
            || CASE WHEN replayed > 0
                    THEN ', ' || CAST(replayed AS VARCHAR) || ' dòng đạt khi kiểm tra lại sau khi sửa khai báo'
                ELSE ''
            END
            || CASE WHEN otherwise > 0
                    THEN ', ' || CAST(otherwise AS VARCHAR) || ' dòng nộp lại, nay cách ly vì lý do khác'
                ELSE ''
            END
            || CASE WHEN gone > 0
                    THEN ', ' || CAST(gone AS VARCHAR) || ' dòng không còn trong sổ đầy đủ của đơn vị'
                ELSE ''
            END
            || '.'
    END AS sentence
FROM runs
WHERE open_rows > 0 OR before_rows > discarded_rows
