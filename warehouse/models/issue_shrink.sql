-- A whole register with far fewer rows than the one before it: told once, on its night. Rows of dossiers that ended may
-- leave a register; that a tenth of it does from one night to the next is for the unit to say (our choice of share).
WITH whole AS (
    SELECT
        o.unit_code,
        o.night,
        o.rows_in,
        LAG(o.rows_in) OVER (PARTITION BY o.unit_code ORDER BY o.night) AS rows_before
    FROM slice_outcome AS o
    CROSS JOIN model_parameter AS p
    WHERE o.is_full AND o.status IN ('COLLECTED', 'UNCHANGED') AND o.night <= p.known
)
SELECT
    w.night,
    w.unit_code,
    'SHRINK' AS issue_key,
    'SHRINK' AS kind,
    'DQ-AG-08' AS rule_id,
    'NEW' AS state,
    w.night AS first_night,
    w.rows_before - w.rows_in AS count,
    'Sổ đầy đủ đêm nay có ' || CAST(w.rows_in AS VARCHAR) || ' dòng, lần trước ' || CAST(w.rows_before AS VARCHAR)
    || ' dòng. Đề nghị đơn vị kiểm tra phạm vi của lệnh xuất sổ.' AS sentence
FROM whole AS w
CROSS JOIN model_parameter AS p
WHERE w.rows_before - w.rows_in >= p.volume_least AND w.rows_in <= (1 - p.shrink_share) * w.rows_before
