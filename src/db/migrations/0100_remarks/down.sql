ALTER TABLE stage_state DROP COLUMN error_remark, DROP COLUMN warning_remark;
