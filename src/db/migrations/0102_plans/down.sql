DROP INDEX audit_of_action;
DROP INDEX stage_state_failed;
DROP INDEX transcript_public;
DROP INDEX transcript_trash;
