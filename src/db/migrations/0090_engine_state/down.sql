DROP TABLE engine_state;
