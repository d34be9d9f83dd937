-- Where a record stands is folded from what people said of it: the last word of a day counts, from that day on, until
-- a later day says the other thing. Words said after the day the models are as of are not heard yet. A record is
-- named by its parts joined, its content by a hash, as pipelines/quarantine.py names them when somebody speaks.
WITH said AS (
    SELECT
        a.act_id,
        a.subject_id,
        a.fingerprint,
        a.kind,
        CAST(a.said_at AS DATE) AS said_on,
        ROW_NUMBER() OVER (
            PARTITION BY a.subject_id, a.fingerprint, CAST(a.said_at AS DATE)
            ORDER BY a.said_at DESC, a.act_id DESC
        ) AS from_last
    FROM act AS a
    CROSS JOIN model_parameter AS p
    WHERE a.subject_kind = 'quarantine' AND CAST(a.said_at AS DATE) <= CAST(p.known AS DATE)
),
days AS (
    SELECT s.*, LAG(s.kind) OVER (PARTITION BY s.subject_id, s.fingerprint ORDER BY s.said_on) AS kind_before
    FROM said AS s
    WHERE s.from_last = 1
),
spans AS (
    SELECT d.*, LEAD(d.said_on) OVER (PARTITION BY d.subject_id, d.fingerprint ORDER BY d.said_on) AS until_day
    FROM days AS d
    WHERE d.kind_before IS NULL OR d.kind_before <> d.kind
),
held AS (
    SELECT
        q.quarantine_id,
        q.unit_code,
        q.unit_code || '/' || COALESCE(q.table_name, '') || '/' || COALESCE(q.rule_id, '') || '/'
        || COALESCE(q.dossier_code, q.raw_record, q.quarantine_id) AS subject_id,
        md5(COALESCE(q.raw_record, '')) AS fingerprint
    FROM quarantine AS q
    CROSS JOIN model_parameter AS p
    WHERE q.night <= p.known
)
SELECT h.quarantine_id, h.unit_code, s.said_on AS from_day, s.until_day, s.act_id
FROM held AS h
INNER JOIN spans AS s ON s.subject_id = h.subject_id AND s.fingerprint = h.fingerprint
WHERE s.kind = 'DISCARD'
