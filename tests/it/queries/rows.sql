-- Rows enough that reading a whole table costs more than an index: twenty thousand transcripts of two thousand people, of which two thousand
-- were worked on. Ten of them are hers whose id the test puts in, the last that was worked on among them.
SET session_replication_role = replica;
CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT (lpad(to_hex($1), 8, '0') || '-0000-4000-8000-' || lpad(to_hex($2), 12, '0'))::uuid $$;
CREATE FUNCTION pg_temp.owner(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
    AS $$ SELECT CASE $1 % 2000 WHEN 0 THEN 'ADA'::uuid ELSE pg_temp.id(1, $1 % 2000) END $$;

INSERT INTO app_user (id, email)
    SELECT pg_temp.id(1, n), 'person' || n || '@example.org' FROM generate_series(1, 1999) AS n;
INSERT INTO room (id, name, user_id, created_at, platform, is_shared)
    SELECT pg_temp.id(2, n), 'room' || n, pg_temp.owner(n), now() - n * interval '1 hour', 'daily', n <= 3
    FROM generate_series(1, 2000) AS n;
INSERT INTO transcript (id, name, status, duration, created_at, title, share_mode, source_language, target_language, source_kind,
                        user_id, room_id, change_seq, deleted_at)
    SELECT pg_temp.id(3, n), 'Talk ' || n, CASE WHEN n <= 2000 THEN 'ended' WHEN n % 3 = 0 THEN 'error' ELSE 'idle' END,
           n * 7919 % 3600000, now() - n * interval '1 minute', CASE WHEN n % 2 = 0 THEN 'About ' || n END,
           CASE WHEN n % 400 = 3 THEN 'public' WHEN n % 4 = 0 THEN 'semi-private' ELSE 'private' END,
           'en', 'en', CASE WHEN n % 5 = 0 THEN 'file' ELSE 'live' END,
           CASE WHEN n % 400 <> 51 THEN pg_temp.owner(n) END, CASE WHEN n % 4 = 0 THEN pg_temp.id(2, n / 4 % 2000 + 1) END,
           n, CASE WHEN n % 50 = 7 OR n = 4000 THEN now() - interval '1 day' END
    FROM generate_series(1, 20000) AS n;
SELECT setval('transcript_change_seq', 100000);

-- Versions have as their kind 3 and the number of their stage here; every transcript has a title.
INSERT INTO output (id, transcript_id, stage, version, run, complete, method, language)
    SELECT pg_temp.id(3 + k, n), pg_temp.id(3, n), stage, 1, 1, true, 'by hand', 'en'
    FROM generate_series(1, 20000) AS n, (VALUES (1, 'assemble'), (2, 'topics'), (3, 'title'), (4, 'summarize')) AS made (k, stage)
    WHERE k = 3 OR n <= 2000;
INSERT INTO stage_state (transcript_id, stage, run, status, progress, finished_at, current_output)
    SELECT pg_temp.id(3, n), stage, 1, CASE WHEN k = 0 AND n BETWEEN 11 AND 30 THEN 'failed' ELSE 'done' END, 1,
           now() - n * interval '1 minute', CASE WHEN k > 0 THEN pg_temp.id(3 + k, n) END
    FROM generate_series(1, 20000) AS n,
         (VALUES (0, 'ingest'), (1, 'assemble'), (2, 'topics'), (3, 'title'), (4, 'summarize')) AS made (k, stage)
    WHERE k = 3 OR n <= 2000;
INSERT INTO stage_run (id, transcript_id, stage, run, worker, started_at, finished_at, outcome, audio_seconds)
    SELECT gen_random_uuid(), pg_temp.id(3, n), stage, 1, 'by hand', now() - n * interval '1 minute',
           now() - n * interval '1 minute' + interval '10 s', 'done', 60
    FROM generate_series(1, 2000) AS n, unnest(ARRAY['ingest', 'transcribe', 'assemble', 'topics', 'summarize']) AS stage;
INSERT INTO headline (output_id, title) SELECT pg_temp.id(6, n), 'Heading ' || n FROM generate_series(1, 20000) AS n;
INSERT INTO segment (output_id, idx, start, "end", speaker, text, word_text, word_start, word_end, word_probability)
    SELECT pg_temp.id(4, n), i, i * 5, i * 5 + 4, i % 2, ' Some words.', '{" Some"," words."}',
           ARRAY[i * 5, i * 5 + 1], ARRAY[i * 5 + 1, i * 5 + 2], '{0.9,0.9}'
    FROM generate_series(1, 2000) AS n, generate_series(0, 9) AS i;
INSERT INTO topic (id, output_id, idx, start, "end", title, summary)
    SELECT pg_temp.id(8, n * 2 + i), pg_temp.id(5, n), i, i * 25, i * 25 + 25, 'Topic', 'What it is about.'
    FROM generate_series(1, 2000) AS n, generate_series(0, 1) AS i;
INSERT INTO summary_sentence (output_id, kind, idx, text, start, "end")
    SELECT pg_temp.id(7, n), kind, i, 'They met.', 0, 5
    FROM generate_series(1, 2000) AS n, (VALUES ('short', 0), ('long', 0), ('long', 1)) AS said (kind, i);
INSERT INTO action_item (id, output_id, kind, idx, text, start, "end")
    SELECT pg_temp.id(9, n * 2 + i), pg_temp.id(7, n), 'decision', i, 'To begin', 0, 5
    FROM generate_series(1, 2000) AS n, generate_series(0, 1) AS i;
INSERT INTO participant (id, transcript_id, speaker, name)
    SELECT pg_temp.id(10, n * 4 + i), pg_temp.id(3, n), i, 'Person ' || i
    FROM generate_series(1, 4000) AS n, generate_series(0, 3) AS i;
INSERT INTO edit (transcript_id, revision, change, words)
    SELECT pg_temp.id(3, n), i, '{"kind": "undo"}', 0 FROM generate_series(1, 1999) AS n, generate_series(1, 2) AS i;
INSERT INTO recording (id, transcript_id, original_name, content_type, total_parts, status)
    SELECT pg_temp.id(11, n), pg_temp.id(3, n), 'talk.wav', 'audio/wav', CASE WHEN n % 400 <> 0 THEN 2 END,
           CASE WHEN n % 200 = 0 THEN 'pending' ELSE 'complete' END
    FROM generate_series(1, 4000) AS n;
INSERT INTO upload_part (recording_id, part, size, sha256)
    SELECT pg_temp.id(11, n), i, 1000, repeat('0', 64) FROM generate_series(1, 4000) AS n, generate_series(0, 1) AS i;
INSERT INTO audit (id, at, action, transcript_id, user_id, who, address)
    SELECT gen_random_uuid(), now() - n * interval '1 minute', CASE WHEN n % 100 = 50 THEN 'share' ELSE 'view' END,
           pg_temp.id(3, n), pg_temp.owner(n), 'person' || n % 2000 || '@example.org', '127.0.0.1'
    FROM generate_series(1, 20000) AS n;
INSERT INTO quote (id, transcript_id, token_hash, start, "end", created_at, expires_at)
    SELECT pg_temp.id(12, n), pg_temp.id(3, n), 'hash ' || n, 0, 5, now(), now() + interval '1 day'
    FROM generate_series(1, 4000) AS n;
INSERT INTO sending (id, transcript_id, purpose, channel, target, user_id, run, status, created_at)
    SELECT pg_temp.id(13, n), pg_temp.id(3, n), 'asked', 'email', 'bob@example.org', pg_temp.owner(n), 1, 'delivered', now()
    FROM generate_series(1, 4000) AS n;
INSERT INTO webhook_delivery (id, room_id, event, status, created_at)
    SELECT pg_temp.id(14, n), pg_temp.id(2, n % 2000 + 1), 'test', 'delivered', now() - n * interval '1 minute'
    FROM generate_series(1, 6000) AS n;
INSERT INTO again (transcript_id, run, tries, tried_at)
    SELECT pg_temp.id(3, n), 1, 1, now() FROM generate_series(1, 20000) AS n;
INSERT INTO session (id, user_id, token_hash, created_at, used_at, expires_at, user_agent, address)
    SELECT pg_temp.id(15, n), pg_temp.owner(n), 'hash ' || n, now(), now() - interval '1 hour', now() + interval '1 day', 'by hand', '127.0.0.1'
    FROM generate_series(1, 6000) AS n;
INSERT INTO user_api_key (id, user_id, name, key_hash, prefix, scopes, created_at)
    SELECT pg_temp.id(16, n), pg_temp.owner(n), 'key ' || n, 'hash ' || n, 'rfl_', '{read}', now() FROM generate_series(1, 6000) AS n;
INSERT INTO idempotency_key (request_sha256, asker_sha256, body_sha256, status, created_at)
    SELECT lpad(to_hex(n), 64, '0'), lpad(to_hex(n % 2000), 64, '0'), repeat('0', 64), 200, now() - n * interval '1 second'
    FROM generate_series(1, 6000) AS n;

RESET session_replication_role;
ANALYZE;
