DROP TABLE participant;
