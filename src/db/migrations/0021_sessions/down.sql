DROP TABLE setup_code;
DROP TABLE login_attempt;
DROP TABLE session;
