-- The unit that answers for a dossier: the one whose row counts, or the one that has taken over from it; a dossier that
-- ended before that day stays where it ended.
-- End of a dossier: the finish that counts; for status 3, 7, 8 also the dates of refusal and return, at worst
-- the night from which it had that status. Status 9, 10 without any date stays open: nobody can say when it ended.
WITH newest AS (
    SELECT v.dossier_id, MAX(v.night) AS night, MIN(v.night) AS first_night
    FROM dossier_version AS v
    CROSS JOIN model_parameter AS p
    WHERE v.standing = 'COUNTED' AND v.night <= p.known
    GROUP BY v.dossier_id
),
received AS (
    SELECT
        r.*,
        COALESCE(r.proc_core, r.proc_code, '') AS proc_key,
        CAST(r.credit_received_at AS DATE) AS received_on,
        n.first_night,
        CASE
            WHEN r.status = 3
                THEN COALESCE(r.refused_at, r.credit_finished_at, r.returned_at, CAST(r.status_since AS TIMESTAMP))
            WHEN r.status IN (7, 8)
                THEN COALESCE(r.credit_finished_at, r.returned_at, r.refused_at, CAST(r.status_since AS TIMESTAMP))
            WHEN r.status IN (9, 10) THEN COALESCE(r.credit_finished_at, r.returned_at)
            ELSE r.credit_finished_at
        END AS ended_at,
        p.as_of_at
    FROM dossier_version AS r
    INNER JOIN newest AS n ON n.dossier_id = r.dossier_id AND n.night = r.night
    CROSS JOIN model_parameter AS p
    WHERE
        r.standing = 'COUNTED' AND (r.status IS NULL OR r.status <> 1) AND r.credit_received_at <= p.as_of_at
),
answering AS (
    SELECT
        r.dossier_id,
        s.answering_unit,
        ROW_NUMBER() OVER (
            PARTITION BY r.dossier_id
            ORDER BY s.valid_from DESC, LENGTH(s.proc_core) + LENGTH(s.territory) DESC, s.answering_unit
        ) AS nth
    FROM received AS r
    INNER JOIN unit_succession AS s
        ON s.unit_code = r.unit_code
        AND s.valid_from <= CAST(r.as_of_at AS DATE)
        AND (r.ended_at IS NULL OR CAST(r.ended_at AS DATE) >= s.valid_from)
        AND (s.proc_core = '' OR s.proc_core = r.proc_key)
        AND (s.territory = '' OR s.territory = r.territory)
),
receiving AS (
    SELECT v.dossier_id, MIN(v.unit_code) AS unit_code
    FROM dossier_version AS v
    INNER JOIN newest AS n ON n.dossier_id = v.dossier_id AND n.first_night = v.night
    WHERE v.standing = 'COUNTED'
    GROUP BY v.dossier_id
),
kinds AS (
    SELECT DISTINCT proc_key, received_on FROM received
),
versions AS (
    SELECT
        d.proc_key,
        d.received_on,
        c.valid_from,
        ROW_NUMBER() OVER (
            PARTITION BY d.proc_key, d.received_on
            ORDER BY
                CASE
                    WHEN c.valid_from <= d.received_on AND (c.valid_to IS NULL OR c.valid_to >= d.received_on) THEN 0
                    WHEN c.valid_from <= d.received_on THEN 1
                    ELSE 2
                END,
                c.valid_from DESC
        ) AS fit
    FROM kinds AS d
    INNER JOIN procedure AS c ON c.proc_core = d.proc_key
)
SELECT
    d.dossier_id,
    d.dossier_code,
    COALESCE(a.answering_unit, d.unit_code) AS unit_code,
    d.unit_code AS processing_unit,
    f.unit_code AS receiving_unit,
    d.night,
    d.file_name,
    d.line_no,
    COALESCE(d.office_code, '') AS office_code,
    d.proc_key AS proc_core,
    v.valid_from AS proc_valid_from,
    d.channel,
    d.status,
    d.credit_received_at AS received_at,
    d.due_at,
    d.credit_due_at,
    CASE WHEN d.ended_at <= d.as_of_at THEN d.ended_at END AS end_at,
    CASE
        WHEN d.ended_at IS NULL OR d.ended_at > d.as_of_at THEN 'OPEN'
        WHEN d.status = 3 THEN 'REFUSED'
        WHEN d.status = 7 THEN 'WITHDRAWN'
        WHEN d.status = 8 THEN 'STOPPED'
        ELSE 'DONE'
    END AS outcome,
    COALESCE(
        d.status IN (3, 7, 8, 9, 10)
        AND d.credit_finished_at IS NULL AND d.returned_at IS NULL AND d.refused_at IS NULL,
        FALSE
    ) AS is_end_unknown
FROM received AS d
LEFT JOIN answering AS a ON a.dossier_id = d.dossier_id AND a.nth = 1
LEFT JOIN receiving AS f ON f.dossier_id = d.dossier_id
LEFT JOIN versions AS v ON v.proc_key = d.proc_key AND v.received_on = d.received_on AND v.fit = 1
