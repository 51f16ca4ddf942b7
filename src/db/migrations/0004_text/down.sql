DROP TABLE voice;
DROP TABLE turn;
DROP TABLE segment;
