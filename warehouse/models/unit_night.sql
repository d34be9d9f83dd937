SELECT o.unit_code, o.night, o.status, o.rows_in, o.rows_ok, o.rows_quarantined, o.control_total
FROM slice_outcome AS o
CROSS JOIN model_parameter AS p
WHERE o.night <= p.known
