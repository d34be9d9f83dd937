-- Which procedure the same person asks for next. A dossier refused or withdrawn is no step of a journey: what
-- follows it is most often the same matter handed in rightly. A dossier is a case once all its days have been seen.
-- At the same instant neither comes first, so the two are counted both ways.
WITH told AS (
    SELECT
        d.dossier_id,
        d.proc_core,
        v.owner_hash,
        d.received_at,
        CAST(d.received_at AS DATE) AS received_on,
        p.as_of - CAST(d.received_at AS DATE) >= p.journey_days AS is_case,
        p.journey_days,
        COUNT(*) OVER (PARTITION BY v.owner_hash) <= p.journey_most AS is_person
    FROM dossier_known AS d
    INNER JOIN dossier_version AS v
        ON v.dossier_id = d.dossier_id AND v.night = d.night AND v.standing = 'COUNTED'
    CROSS JOIN model_parameter AS p
    WHERE
        v.owner_hash <> '' AND d.proc_core <> '' AND d.outcome NOT IN ('REFUSED', 'WITHDRAWN')
        AND CAST(d.received_at AS DATE) >= p.year_before_first
),
cases AS (
    SELECT proc_core, COUNT(*) AS cases
    FROM told
    WHERE is_person AND is_case
    GROUP BY proc_core
),
followed AS (
    SELECT
        a.proc_core,
        b.proc_core AS next_proc_core,
        COUNT(DISTINCT a.dossier_id) AS followed,
        COUNT(DISTINCT a.owner_hash) AS people
    FROM told AS a
    INNER JOIN told AS b
        ON b.owner_hash = a.owner_hash AND b.proc_core <> a.proc_core AND b.received_at >= a.received_at
    WHERE a.is_person AND a.is_case AND b.received_on - a.received_on <= a.journey_days
    GROUP BY a.proc_core, b.proc_core
)
SELECT f.proc_core, f.next_proc_core, c.cases, f.followed, f.people
FROM followed AS f
INNER JOIN cases AS c ON c.proc_core = f.proc_core
