-- Counts that ask for a check; none of them proves anything. A quarter is counted as 4 * year + quarter - 1.
WITH requests AS (
    SELECT
        s.dossier_id,
        s.pause_no,
        d.unit_code,
        CAST(s.started_at AS DATE) AS asked_on,
        CAST(s.old_due_at AS DATE) AS old_due_on,
        CASE
            WHEN s.new_due_at IS NULL OR CAST(s.new_due_at AS DATE) <> CAST(d.credit_due_at AS DATE)
                THEN CAST(d.credit_due_at AS DATE)
        END AS credit_due_on
    FROM pause_known AS s
    INNER JOIN dossier_known AS d ON d.dossier_id = s.dossier_id
    CROSS JOIN model_parameter AS p
    WHERE s.kind = 'SUPPLEMENT' AND s.started_at <= p.as_of_at
),
-- The due date at the moment of a request: as the source says; else what it was before it next moved; else the
-- one that counts, unless the request itself set that.
moved_since AS (
    SELECT
        r.dossier_id,
        r.pause_no,
        CAST(SUBSTR(c.old_value, 1, 10) AS DATE) AS due_on,
        ROW_NUMBER() OVER (PARTITION BY r.dossier_id, r.pause_no ORDER BY c.night) AS nth
    FROM requests AS r
    INNER JOIN dossier_change AS c ON c.dossier_id = r.dossier_id AND c.field = 'due_at'
    CROSS JOIN model_parameter AS p
    WHERE r.old_due_on IS NULL AND CAST(c.night AS DATE) >= r.asked_on AND c.night <= p.known
),
asked AS (
    SELECT
        r.unit_code,
        r.asked_on,
        COALESCE(r.old_due_on, CASE WHEN m.nth = 1 THEN m.due_on ELSE r.credit_due_on END) AS due_on
    FROM requests AS r
    LEFT JOIN moved_since AS m ON m.dossier_id = r.dossier_id AND m.pause_no = r.pause_no AND m.nth = 1
),
ended AS (
    SELECT
        d.unit_code,
        CAST(4 * EXTRACT(YEAR FROM d.end_at) + EXTRACT(QUARTER FROM d.end_at) - 1 AS BIGINT) AS quarter_no,
        d.outcome,
        d.due_at,
        v.finished_at,
        CAST(d.end_at AS DATE) AS end_on,
        CAST(EXTRACT(HOUR FROM d.end_at) * 60 + EXTRACT(MINUTE FROM d.end_at) AS BIGINT) AS end_minute,
        CAST(FLOOR(EXTRACT(SECOND FROM d.end_at)) AS BIGINT) AS end_second,
        EXTRACT(HOUR FROM v.finished_at) * 3600 + EXTRACT(MINUTE FROM v.finished_at) * 60
        + FLOOR(EXTRACT(SECOND FROM v.finished_at)) AS finish_s,
        COALESCE(v.staff_code, '') AS staff_code,
        CASE WHEN COALESCE(v.staff_code, '') = '' THEN d.office_code ELSE '' END AS office_code
    FROM dossier_known AS d
    INNER JOIN dossier_version AS v
        ON v.dossier_id = d.dossier_id AND v.night = d.night AND v.standing = 'COUNTED'
    WHERE d.end_at IS NOT NULL
),
-- A unit that stamps most of its finishes 00:00:00 records days, not moments: it cannot be asked about seconds.
finishes AS (
    SELECT
        e.unit_code,
        e.quarter_no,
        COUNT(*) AS n,
        SUM(CASE WHEN e.due_at IS NOT NULL THEN 1 ELSE 0 END) AS due_n,
        SUM(CASE WHEN e.finished_at = e.due_at THEN 1 ELSE 0 END) AS equal,
        SUM(CASE WHEN e.finish_s = COALESCE(c.closing_s, 61200) THEN 1 ELSE 0 END) AS at_closing
    FROM ended AS e
    LEFT JOIN calendar_day AS c ON c.day = CAST(e.finished_at AS DATE)
    WHERE e.outcome = 'DONE' AND e.finished_at IS NOT NULL
    GROUP BY e.unit_code, e.quarter_no
    HAVING 2 * SUM(CASE WHEN e.finish_s = 0 THEN 1 ELSE 0 END) <= COUNT(*)
),
batches AS (
    SELECT unit_code, quarter_no, COUNT(*) AS n
    FROM ended
    WHERE end_minute > 0 OR end_second > 0
    GROUP BY unit_code, quarter_no, staff_code, office_code, end_on, end_minute
),
sizes AS (
    SELECT unit_code, quarter_no, LEAST(n, 50) AS size, SUM(n) AS found
    FROM batches
    GROUP BY unit_code, quarter_no, LEAST(n, 50)
),
-- Dates that moved are seen from a unit's second night on. Standing in a quarter: received by its end, not ended
-- before it; one that was moved after it had ended is counted with them.
lives AS (
    SELECT
        dossier_id,
        unit_code,
        CAST(4 * EXTRACT(YEAR FROM received_at) + EXTRACT(QUARTER FROM received_at) - 1 AS BIGINT) AS first_no,
        CAST(4 * EXTRACT(YEAR FROM end_at) + EXTRACT(QUARTER FROM end_at) - 1 AS BIGINT) AS last_no
    FROM dossier_known
),
nights AS (
    SELECT
        unit_code,
        CAST(night AS DATE) AS day,
        MIN(CAST(night AS DATE)) OVER (PARTITION BY unit_code) AS first_day
    FROM unit_night
    WHERE status IN ('COLLECTED', 'UNCHANGED')
),
watched AS (
    SELECT DISTINCT
        n.unit_code,
        CAST(4 * EXTRACT(YEAR FROM n.day) + EXTRACT(QUARTER FROM n.day) - 1 AS BIGINT) AS quarter_no
    FROM nights AS n
    CROSS JOIN model_parameter AS p
    WHERE n.day > n.first_day AND n.day <= p.as_of
),
flows AS (
    SELECT unit_code, first_no AS quarter_no, COUNT(*) AS change, 0 AS is_watched
    FROM lives
    WHERE last_no IS NULL OR last_no >= first_no
    GROUP BY unit_code, first_no
    UNION ALL
    SELECT unit_code, last_no + 1 AS quarter_no, -COUNT(*) AS change, 0 AS is_watched
    FROM lives
    WHERE last_no >= first_no
    GROUP BY unit_code, last_no
    UNION ALL
    SELECT unit_code, quarter_no, 0 AS change, 1 AS is_watched
    FROM watched
),
changes AS (
    SELECT unit_code, quarter_no, SUM(change) AS change, MAX(is_watched) AS is_watched
    FROM flows
    GROUP BY unit_code, quarter_no
),
standing AS (
    SELECT
        unit_code,
        quarter_no,
        is_watched,
        SUM(change) OVER (
            PARTITION BY unit_code ORDER BY quarter_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS n
    FROM changes
),
moves AS (
    SELECT DISTINCT
        c.dossier_id,
        c.rule_id,
        CAST(4 * EXTRACT(YEAR FROM CAST(c.night AS DATE)) + EXTRACT(QUARTER FROM CAST(c.night AS DATE)) - 1 AS BIGINT)
            AS quarter_no
    FROM dossier_change AS c
    CROSS JOIN model_parameter AS p
    WHERE c.rule_id IN ('DQ-HX-01', 'DQ-HX-02') AND c.night <= p.known AND CAST(c.night AS DATE) <= p.as_of
),
moved AS (
    SELECT
        d.unit_code,
        m.quarter_no,
        m.rule_id,
        COUNT(*) AS found,
        SUM(CASE WHEN d.first_no <= m.quarter_no AND COALESCE(d.last_no >= m.quarter_no, TRUE) THEN 0 ELSE 1 END)
            AS not_standing
    FROM moves AS m
    INNER JOIN lives AS d ON d.dossier_id = m.dossier_id
    GROUP BY d.unit_code, m.quarter_no, m.rule_id
),
-- Every code ever handed in, also of rows set aside: its number is not missing.
handed AS (
    SELECT
        v.dossier_code,
        v.unit_code,
        CAST(v.received_at AS DATE) AS received_on,
        CAST(v.submitted_at AS DATE) AS submitted_on
    FROM dossier_version AS v
    CROSS JOIN model_parameter AS p
    WHERE v.night <= p.known
    UNION
    SELECT q.dossier_code, q.unit_code, CAST(NULL AS DATE) AS received_on, CAST(NULL AS DATE) AS submitted_on
    FROM quarantine AS q
    CROSS JOIN model_parameter AS p
    WHERE q.night <= p.known AND q.dossier_code IS NOT NULL
),
-- The grammar of domain/codes.py: with every digit written 0 a code shows its form. The dots on either side of a
-- group are told apart, so that groups of one to three digits can be struck out one by one.
formed AS (
    SELECT handed.*, TRANSLATE(dossier_code, '123456789', '000000000') AS form
    FROM handed
),
told AS (
    SELECT
        formed.*,
        CASE
            WHEN
                SUBSTR(form, 1, 10) = '000.00.00.'
                AND SUBSTR(form, 11, 1) BETWEEN 'A' AND 'Z'
                AND SUBSTR(form, 12) = '00-000000-0000'
                THEN 'OLD'
            WHEN
                SUBSTR(form, 1, 1) BETWEEN 'A' AND 'Z'
                AND SUBSTR(form, LENGTH(SPLIT_PART(form, '-', 1)) + 1)
                IN ('-00000000-0000', '-00000000-00000', '-00000000-000000', '-00000000-0000000')
                AND LENGTH(SPLIT_PART(form, '-', 1)) - LENGTH(REPLACE(SPLIT_PART(form, '-', 1), '.', '')) <= 3
                AND REPLACE(REPLACE(REPLACE(
                    REPLACE(SUBSTR(SPLIT_PART(form, '-', 1), 2), '.', '..') || '.',
                    '.000.', ''), '.00.', ''), '.0.', ''
                ) = '00.'
                THEN 'NEW'
        END AS regime
    FROM formed
),
taken_apart AS (
    SELECT
        unit_code,
        received_on,
        submitted_on,
        SPLIT_PART(dossier_code, '-', 1) AS identifier,
        CASE WHEN regime = 'OLD' THEN '20' ELSE '' END || SPLIT_PART(dossier_code, '-', 2) AS ymd,
        CAST(CASE WHEN regime IS NOT NULL THEN SPLIT_PART(dossier_code, '-', 3) ELSE '0' END AS BIGINT) AS number
    FROM told
    WHERE regime IS NOT NULL
),
days AS (
    SELECT
        day,
        CAST(CAST(
            EXTRACT(YEAR FROM day) * 10000 + EXTRACT(MONTH FROM day) * 100 + EXTRACT(DAY FROM day) AS BIGINT
        ) AS VARCHAR) AS ymd
    FROM calendar_day
    CROSS JOIN model_parameter
    WHERE day <= as_of
),
numbers AS (
    SELECT
        t.identifier,
        y.day,
        t.number,
        MIN(t.unit_code) AS unit_code,
        MAX(CASE WHEN t.received_on = y.day OR t.submitted_on = y.day THEN 1 ELSE 0 END) AS is_of_its_day
    FROM taken_apart AS t
    INNER JOIN days AS y ON y.ymd = t.ymd
    GROUP BY t.identifier, y.day, t.number
),
-- Only a code that bears the day its dossier came bounds the row of numbers; one misdated leaves no gap of its own.
bounds AS (
    SELECT identifier, day, MIN(number) AS least, MAX(number) AS most, MIN(unit_code) AS unit_code
    FROM numbers
    WHERE is_of_its_day = 1
    GROUP BY identifier, day
),
present AS (
    SELECT b.identifier, b.day, b.unit_code, b.least, b.most, COUNT(*) AS n
    FROM bounds AS b
    INNER JOIN numbers AS m ON m.identifier = b.identifier AND m.day = b.day AND m.number BETWEEN b.least AND b.most
    GROUP BY b.identifier, b.day, b.unit_code, b.least, b.most
),
owners AS (
    SELECT identifier, MIN(unit_code) AS unit_code
    FROM unit
    WHERE identifier <> ''
    GROUP BY identifier
),
histories AS (
    SELECT unit_code, MIN(history_from) AS history_from
    FROM unit
    GROUP BY unit_code
),
gaps AS (
    SELECT
        COALESCE(o.unit_code, g.unit_code) AS unit_code,
        CAST(4 * EXTRACT(YEAR FROM g.day) + EXTRACT(QUARTER FROM g.day) - 1 AS BIGINT) AS quarter_no,
        SUM(g.most - g.least + 1) AS n,
        SUM(g.most - g.least + 1 - g.n) AS found
    FROM present AS g
    LEFT JOIN owners AS o ON o.identifier = g.identifier
    LEFT JOIN histories AS h ON h.unit_code = COALESCE(o.unit_code, g.unit_code)
    WHERE h.history_from IS NULL OR g.day >= h.history_from
    GROUP BY COALESCE(o.unit_code, g.unit_code), EXTRACT(YEAR FROM g.day), EXTRACT(QUARTER FROM g.day)
),
counted AS (
    SELECT
        unit_code,
        CAST(4 * EXTRACT(YEAR FROM asked_on) + EXTRACT(QUARTER FROM asked_on) - 1 AS BIGINT) AS quarter_no,
        'SUPPLEMENT_LAST_DAY' AS checked,
        0 AS size,
        COUNT(*) AS n,
        SUM(CASE WHEN asked_on >= due_on THEN 1 ELSE 0 END) AS found
    FROM asked
    WHERE due_on IS NOT NULL
    GROUP BY unit_code, EXTRACT(YEAR FROM asked_on), EXTRACT(QUARTER FROM asked_on)
    UNION ALL
    SELECT unit_code, quarter_no, 'FINISH_EQUALS_DUE' AS checked, 0 AS size, due_n AS n, equal AS found
    FROM finishes
    WHERE due_n > 0
    UNION ALL
    SELECT unit_code, quarter_no, 'FINISH_AT_CLOSING' AS checked, 0 AS size, n, at_closing AS found
    FROM finishes
    UNION ALL
    SELECT
        unit_code,
        quarter_no,
        'BATCH_CLOSING' AS checked,
        size,
        SUM(found) OVER (PARTITION BY unit_code, quarter_no) AS n,
        found
    FROM sizes
    UNION ALL
    SELECT
        s.unit_code,
        s.quarter_no,
        r.checked,
        0 AS size,
        s.n + COALESCE(m.not_standing, 0) AS n,
        COALESCE(m.found, 0) AS found
    FROM standing AS s
    CROSS JOIN (
        SELECT 'DUE_MOVED' AS checked, 'DQ-HX-01' AS rule_id
        UNION ALL
        SELECT 'FINISH_MOVED_BACK' AS checked, 'DQ-HX-02' AS rule_id
    ) AS r
    LEFT JOIN moved AS m
        ON m.unit_code = s.unit_code AND m.quarter_no = s.quarter_no AND m.rule_id = r.rule_id
    WHERE s.is_watched = 1 AND s.n + COALESCE(m.not_standing, 0) > 0
    UNION ALL
    SELECT unit_code, quarter_no, 'CODE_GAP' AS checked, 0 AS size, n, found
    FROM gaps
)
SELECT
    unit_code,
    CAST(CAST(FLOOR(quarter_no / 4.0) AS INTEGER) AS VARCHAR) || '-Q'
    || CAST(CAST(quarter_no - 4 * FLOOR(quarter_no / 4.0) + 1 AS INTEGER) AS VARCHAR) AS quarter,
    checked AS "check",
    size,
    n,
    found
FROM counted
