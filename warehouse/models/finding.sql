-- Rows set aside, each once however many nights it is handed in: from the first night on until it is proven that it is
-- set aside no more. Proof is a row of the dossier that counts (ACCEPTED), the record set aside for another reason
-- alone (OTHER_REASON), or a whole register without it (LEFT_REGISTER). What is discarded by a person is not ended:
-- see quarantine_discarded; nor is what was judged again after a correction: see quarantine_replayed. A row whose
-- content changed meanwhile is one finding in several parts, since people speak of a content.
WITH observed AS (
    SELECT
        q.quarantine_id,
        q.unit_code,
        q.table_name,
        q.rule_id,
        q.stage,
        q.night,
        q.dossier_key,
        COALESCE(q.raw_record, '') AS content,
        COALESCE(q.dossier_key, q.raw_record, q.quarantine_id) AS record_key,
        -- lines that are covered, or a dossier's lines, may be alike: the first of a night is the first of the next
        ROW_NUMBER() OVER (
            PARTITION BY
                q.unit_code, q.table_name, q.rule_id, q.night, COALESCE(q.dossier_key, q.raw_record, q.quarantine_id)
            ORDER BY q.file_name, q.line_no, q.quarantine_id
        ) AS nth
    FROM quarantine AS q
    CROSS JOIN model_parameter AS p
    WHERE q.night <= p.known
),
nights AS (
    SELECT
        o.unit_code,
        o.night,
        MIN(CASE WHEN o.is_full AND o.status IN ('COLLECTED', 'UNCHANGED') THEN o.night END) OVER (
            PARTITION BY o.unit_code ORDER BY o.night ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING
        ) AS next_whole
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.night <= p.known
),
recorded AS (
    SELECT
        d.*, LEAD(d.night) OVER (PARTITION BY d.unit_code, d.table_name, d.record_key ORDER BY d.night) AS next_recorded
    FROM (SELECT DISTINCT unit_code, table_name, record_key, night FROM observed) AS d
),
accepted AS (
    SELECT o.quarantine_id, MIN(v.night) AS night
    FROM observed AS o
    CROSS JOIN model_parameter AS p
    INNER JOIN dossier_version AS v
        ON v.dossier_key = o.dossier_key AND v.unit_code = o.unit_code AND v.night > o.night
    WHERE
        v.standing = 'COUNTED' AND v.night <= p.known
        -- a number used again is not mended by a row of the dossier that had it first
        AND (o.stage <> 'merge' OR o.rule_id = 'DQ-HX-03')
    GROUP BY o.quarantine_id
),
proofs AS (
    SELECT
        o.*,
        a.night AS accepted,
        r.next_recorded,
        CASE WHEN o.table_name = 'dossier' AND o.stage <> 'merge' THEN n.next_whole END AS next_whole,
        LEAD(o.night) OVER same AS next_night
    FROM observed AS o
    INNER JOIN recorded AS r
        ON r.unit_code = o.unit_code AND r.table_name = o.table_name AND r.record_key = o.record_key
        AND r.night = o.night
    LEFT JOIN nights AS n ON n.unit_code = o.unit_code AND n.night = o.night
    LEFT JOIN accepted AS a ON a.quarantine_id = o.quarantine_id
    WINDOW same AS (PARTITION BY o.unit_code, o.table_name, o.rule_id, o.record_key, o.nth ORDER BY o.night)
),
ends AS (
    SELECT p.*, LEAST(p.accepted, p.next_recorded, p.next_whole) AS first_proof FROM proofs AS p
),
closed AS (
    -- handed in and set aside again on that very night: it goes on
    SELECT e.*, CASE WHEN e.first_proof >= e.next_night OR e.first_proof IS NULL THEN 0 ELSE 1 END AS is_end
    FROM ends AS e
),
lives AS (
    SELECT
        c.*,
        COALESCE(SUM(c.is_end) OVER earlier, 0) AS life,
        CASE WHEN c.content = LAG(c.content) OVER (
            PARTITION BY c.unit_code, c.table_name, c.rule_id, c.record_key, c.nth ORDER BY c.night
        ) THEN 0 ELSE 1 END AS is_new
    FROM closed AS c
    WINDOW earlier AS (
        PARTITION BY c.unit_code, c.table_name, c.rule_id, c.record_key, c.nth
        ORDER BY c.night ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
    )
),
parts AS (
    SELECT
        l.*,
        SUM(l.is_new) OVER (
            PARTITION BY l.unit_code, l.table_name, l.rule_id, l.record_key, l.nth
            ORDER BY l.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS part
    FROM lives AS l
),
told AS (
    SELECT
        p.*,
        MIN(p.night) OVER whole_life AS opened_night,
        COUNT(*) OVER whole_life AS nights,
        MIN(p.night) OVER one_part AS from_night,
        ROW_NUMBER() OVER (
            PARTITION BY p.unit_code, p.table_name, p.rule_id, p.record_key, p.nth, p.life, p.part
            ORDER BY p.night DESC
        ) AS from_last
    FROM parts AS p
    WINDOW
        whole_life AS (PARTITION BY p.unit_code, p.table_name, p.rule_id, p.record_key, p.nth, p.life),
        one_part AS (PARTITION BY p.unit_code, p.table_name, p.rule_id, p.record_key, p.nth, p.life, p.part)
)
SELECT
    quarantine_id,
    unit_code,
    rule_id,
    opened_night,
    nights,
    from_night,
    CASE WHEN is_end = 1 THEN first_proof ELSE next_night END AS until_night,
    CASE
        WHEN is_end = 0 THEN NULL
        WHEN accepted = first_proof THEN 'ACCEPTED'
        WHEN next_recorded = first_proof THEN 'OTHER_REASON'
        ELSE 'LEFT_REGISTER'
    END AS ended_how
FROM told
WHERE from_last = 1
