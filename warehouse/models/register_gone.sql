-- Expected against seen: who hands in whole registers hands in every open dossier every night. One that was in the
-- register before, open, and is in it no more, neither accepted nor set aside, is gone until it is in it again or
-- another unit's row of it counts.
WITH whole AS (
    SELECT
        o.unit_code,
        o.night,
        LAG(o.night) OVER (PARTITION BY o.unit_code ORDER BY o.night) AS before_night
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.is_full AND o.status IN ('COLLECTED', 'UNCHANGED') AND o.night <= p.known
),
seen AS (
    SELECT v.unit_code, v.dossier_key, v.night
    FROM dossier_version AS v
    INNER JOIN whole AS w ON w.unit_code = v.unit_code AND w.night = v.night
    UNION
    SELECT q.unit_code, q.dossier_key, q.night
    FROM quarantine AS q
    INNER JOIN whole AS w ON w.unit_code = q.unit_code AND w.night = q.night
    WHERE q.table_name = 'dossier' AND q.dossier_key IS NOT NULL
),
left_out AS (
    SELECT v.unit_code, v.dossier_id, v.dossier_key, v.dossier_code, w.night
    FROM whole AS w
    INNER JOIN dossier_version AS v ON v.unit_code = w.unit_code AND v.night = w.before_night
    LEFT JOIN seen AS s ON s.unit_code = w.unit_code AND s.night = w.night AND s.dossier_key = v.dossier_key
    WHERE
        s.night IS NULL AND v.standing = 'COUNTED' AND v.finished_at IS NULL AND v.returned_at IS NULL
        AND v.refused_at IS NULL AND COALESCE(v.status, 4) NOT IN (3, 7, 8, 9, 10)
),
back AS (
    SELECT l.unit_code, l.dossier_key, l.night, MIN(s.night) AS back_night
    FROM left_out AS l
    INNER JOIN seen AS s ON s.unit_code = l.unit_code AND s.dossier_key = l.dossier_key AND s.night > l.night
    GROUP BY l.unit_code, l.dossier_key, l.night
),
elsewhere AS (
    SELECT l.unit_code, l.dossier_key, l.night, MIN(v.night) AS other_night
    FROM left_out AS l
    CROSS JOIN model_parameter AS p
    INNER JOIN dossier_version AS v
        ON v.dossier_id = l.dossier_id AND v.unit_code <> l.unit_code AND v.standing = 'COUNTED' AND v.night >= l.night
    WHERE v.night <= p.known
    GROUP BY l.unit_code, l.dossier_key, l.night
)
SELECT
    l.unit_code,
    l.dossier_id,
    l.dossier_code,
    l.night AS gone_night,
    LEAST(b.back_night, e.other_night) AS until_night,
    b.back_night IS NOT NULL AND COALESCE(b.back_night <= e.other_night, TRUE) AS is_back
FROM left_out AS l
LEFT JOIN back AS b ON b.unit_code = l.unit_code AND b.dossier_key = l.dossier_key AND b.night = l.night
LEFT JOIN elsewhere AS e ON e.unit_code = l.unit_code AND e.dossier_key = l.dossier_key AND e.night = l.night
