DROP TABLE action_item;
DROP TABLE summary_sentence;
DROP TABLE headline;
DROP TABLE topic;
