SELECT * FROM issue_file
UNION ALL
SELECT * FROM issue_quarantine
UNION ALL
SELECT * FROM issue_rule
UNION ALL
SELECT * FROM issue_change
UNION ALL
SELECT * FROM issue_fold
UNION ALL
SELECT * FROM issue_register
UNION ALL
SELECT * FROM issue_note
UNION ALL
SELECT * FROM issue_volume
UNION ALL
SELECT * FROM issue_control
UNION ALL
SELECT * FROM issue_shrink
