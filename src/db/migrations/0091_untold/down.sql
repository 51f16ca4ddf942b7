DROP TABLE untold;
