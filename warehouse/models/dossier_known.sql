-- End of a dossier: the finish that counts; for status 3, 7, 8 also the dates of refusal and return, at worst
-- the night from which it had that status. Status 9, 10 without any date stays open: nobody can say when it ended.
WITH newest AS (
    SELECT v.dossier_code, MAX(v.night) AS night
    FROM dossier_version AS v
    CROSS JOIN model_parameter AS p
    WHERE v.is_owner AND v.night <= p.known
    GROUP BY v.dossier_code
),
received AS (
    SELECT
        r.*,
        COALESCE(r.proc_core, r.proc_code, '') AS proc_key,
        CAST(r.received_at AS DATE) AS received_on,
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
    INNER JOIN newest AS n ON n.dossier_code = r.dossier_code AND n.night = r.night
    CROSS JOIN model_parameter AS p
    WHERE r.is_owner AND (r.status IS NULL OR r.status <> 1) AND r.received_at <= p.as_of_at
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
    d.dossier_code,
    d.unit_code,
    d.night,
    d.file_name,
    d.line_no,
    COALESCE(d.office_code, '') AS office_code,
    d.proc_key AS proc_core,
    v.valid_from AS proc_valid_from,
    d.channel,
    d.status,
    d.received_at,
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
LEFT JOIN versions AS v ON v.proc_key = d.proc_key AND v.received_on = d.received_on AND v.fit = 1
