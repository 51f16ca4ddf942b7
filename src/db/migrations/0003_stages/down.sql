DROP TABLE stage_run;
DROP TABLE stage_state;
DROP TABLE output;
