SELECT
    c.night,
    c.unit_code,
    'CHANGE:' || c.rule_id AS issue_key,
    'CHANGE' AS kind,
    c.rule_id,
    'NEW' AS state,
    c.night AS first_night,
    COUNT(*) AS count,
    CASE c.rule_id
        WHEN 'DQ-HX-01' THEN 'Ngày hẹn trả thay đổi so với lần nộp trước mà chưa có căn cứ kèm theo, đề nghị đơn vị xác nhận.'
        WHEN 'DQ-HX-02' THEN 'Ngày kết thúc xử lý lùi sớm hơn so với lần nộp trước, đề nghị đơn vị xác nhận.'
        ELSE 'Trạng thái chuyển không theo trình tự xử lý so với lần nộp trước, đề nghị đơn vị kiểm tra thao tác.'
    END AS sentence
FROM dossier_change AS c
CROSS JOIN model_parameter AS p
WHERE c.rule_id IS NOT NULL AND c.night <= p.known
GROUP BY c.night, c.unit_code, c.rule_id
