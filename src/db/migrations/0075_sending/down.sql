DROP TABLE zulip_message;
DROP TABLE sending;
