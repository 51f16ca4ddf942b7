DROP TABLE speaker_edit;
