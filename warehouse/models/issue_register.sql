-- Open dossiers gone from a unit's whole register, as many as are gone on each of its nights; told mended when all are
-- seen again.
WITH nights AS (
    SELECT o.unit_code, o.night
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.is_full AND o.status IN ('COLLECTED', 'UNCHANGED') AND o.night <= p.known
),
counted AS (
    SELECT
        n.unit_code,
        n.night,
        SUM(CASE WHEN g.gone_night <= n.night AND COALESCE(g.until_night > n.night, TRUE) THEN 1 ELSE 0 END) AS gone,
        SUM(CASE WHEN g.gone_night = n.night THEN 1 ELSE 0 END) AS newly,
        SUM(CASE WHEN g.is_back AND g.until_night = n.night THEN 1 ELSE 0 END) AS back,
        MIN(CASE WHEN g.gone_night <= n.night AND COALESCE(g.until_night > n.night, TRUE) THEN g.dossier_code END) AS least
    FROM nights AS n
    INNER JOIN register_gone AS g ON g.unit_code = n.unit_code
    GROUP BY n.unit_code, n.night
),
compared AS (
    SELECT c.*, LAG(c.gone, 1, 0) OVER (PARTITION BY c.unit_code ORDER BY c.night) AS gone_before
    FROM counted AS c
),
runs AS (
    SELECT
        c.*,
        MAX(CASE WHEN c.gone > 0 AND c.gone_before = 0 THEN c.night END) OVER (
            PARTITION BY c.unit_code ORDER BY c.night ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS first_night
    FROM compared AS c
)
SELECT
    night,
    unit_code,
    'REGISTER' AS issue_key,
    'REGISTER' AS kind,
    'DQ-AG-06' AS rule_id,
    CASE WHEN gone = 0 THEN 'MENDED' WHEN newly > 0 THEN 'NEW' ELSE 'OPEN' END AS state,
    first_night,
    gone AS count,
    CASE
        WHEN gone = 0 THEN 'Các hồ sơ đang giải quyết từng vắng mặt đã có lại trong sổ.'
        ELSE 'Sổ đầy đủ của đơn vị không còn hồ sơ đang giải quyết đã nộp trước đó (ví dụ '
            || COALESCE(least, '') || '), trong đêm vắng thêm ' || CAST(newly AS VARCHAR) || ', có lại '
            || CAST(back AS VARCHAR) || '. Hồ sơ vẫn được tính là đang giải quyết, chưa soạn thư xin lỗi.'
    END AS sentence
FROM runs
WHERE gone > 0 OR gone_before > 0
