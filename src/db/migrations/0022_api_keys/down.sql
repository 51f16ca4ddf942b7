DROP TABLE user_api_key;
