-- rows_in = rows_ok + rows_waiting + rows_quarantined + rows_unchanged. What the fold says of rows the rules let pass is
-- taken in: a number used again and an end taken away are set aside; a dossier another unit already told is unchanged.
WITH folded AS (
    SELECT
        v.unit_code,
        v.night,
        SUM(CASE WHEN v.standing IN ('ASIDE', 'DOUBTED') THEN 1 ELSE 0 END) AS aside,
        SUM(CASE WHEN v.standing = 'REPEATED' THEN 1 ELSE 0 END) AS repeated
    FROM dossier_version AS v
    WHERE v.standing <> 'COUNTED'
    GROUP BY v.unit_code, v.night
),
listed AS (
    SELECT unit_code, night FROM step_version WHERE NOT is_merged
    UNION ALL
    SELECT unit_code, night FROM pause_version WHERE NOT is_merged
),
left_out AS (
    SELECT unit_code, night, COUNT(*) AS n FROM listed GROUP BY unit_code, night
)
SELECT
    o.unit_code,
    o.night,
    o.status,
    o.rows_in,
    o.rows_ok - COALESCE(f.aside, 0) - COALESCE(f.repeated, 0) - COALESCE(l.n, 0) AS rows_ok,
    COALESCE(o.rows_waiting, 0) AS rows_waiting,
    o.rows_quarantined + COALESCE(f.aside, 0) AS rows_quarantined,
    COALESCE(o.rows_unchanged, 0) + COALESCE(f.repeated, 0) + COALESCE(l.n, 0) AS rows_unchanged,
    o.control_total
FROM slice_outcome AS o
CROSS JOIN model_parameter AS p
LEFT JOIN folded AS f ON f.unit_code = o.unit_code AND f.night = o.night
LEFT JOIN left_out AS l ON l.unit_code = o.unit_code AND l.night = o.night
WHERE o.night <= p.known
