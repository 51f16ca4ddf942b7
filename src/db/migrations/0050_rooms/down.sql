ALTER TABLE transcript DROP CONSTRAINT transcript_room_id_fkey;
DROP TABLE room;
