//! The tables as diesel sees them; kept equal to the migrations by `tests/it/data.rs`, which compares column by column.

use diesel::{allow_tables_to_appear_in_same_query as together, joinable, table};

table! {
    app_user (id) {
        id -> Uuid,
        email -> Nullable<Text>,
        authentik_uid -> Nullable<Text>,
        password_hash -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        is_admin -> Bool,
        disabled_at -> Nullable<Timestamptz>,
        credentials_at -> Timestamptz,
        provisioned -> Nullable<Text>,
    }
}

table! {
    session (id) {
        id -> Uuid,
        user_id -> Uuid,
        token_hash -> Text,
        created_at -> Timestamptz,
        used_at -> Timestamptz,
        expires_at -> Timestamptz,
        user_agent -> Text,
        address -> Text,
        vouched_at -> Nullable<Timestamptz>,
        renew_at -> Nullable<Timestamptz>,
        provider_tokens -> Nullable<Text>,
    }
}

table! {
    provider_login (state_hash) {
        state_hash -> Text,
        browser_hash -> Text,
        nonce -> Text,
        verifier -> Text,
        next -> Text,
        expires_at -> Timestamptz,
    }
}

table! {
    login_attempt (id) {
        id -> Uuid,
        account -> Text,
        address -> Text,
        at -> Timestamptz,
    }
}

table! {
    setup_code (code_hash) {
        code_hash -> Text,
        expires_at -> Timestamptz,
    }
}

table! {
    user_api_key (id) {
        id -> Uuid,
        user_id -> Uuid,
        name -> Nullable<Text>,
        key_hash -> Text,
        prefix -> Text,
        scopes -> Array<Text>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

table! {
    transcript (id) {
        id -> Uuid,
        name -> Text,
        status -> Text,
        locked -> Bool,
        run -> Integer,
        duration -> Double,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        title -> Nullable<Text>,
        short_summary -> Nullable<Text>,
        long_summary -> Nullable<Text>,
        share_mode -> Text,
        source_language -> Text,
        target_language -> Text,
        reviewed -> Bool,
        source_kind -> Text,
        user_id -> Nullable<Uuid>,
        meeting_id -> Nullable<Uuid>,
        recording_id -> Nullable<Uuid>,
        room_id -> Nullable<Uuid>,
        audio_deleted -> Bool,
        change_seq -> BigInt,
        deleted_at -> Nullable<Timestamptz>,
        vocabulary -> Text,
        channels -> SmallInt,
        rights_seq -> Integer,
        notes -> Text,
    }
}

table! {
    recording (id) {
        id -> Uuid,
        transcript_id -> Uuid,
        original_name -> Text,
        content_type -> Text,
        size_bytes -> BigInt,
        total_parts -> Nullable<Integer>,
        status -> Text,
        created_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
        deleted_at -> Nullable<Timestamptz>,
    }
}

table! {
    upload_part (recording_id, part) {
        recording_id -> Uuid,
        part -> Integer,
        size -> BigInt,
        sha256 -> Text,
        received_at -> Timestamptz,
        take -> SmallInt,
    }
}

table! {
    output (id) {
        id -> Uuid,
        transcript_id -> Uuid,
        stage -> Text,
        version -> Integer,
        run -> Integer,
        complete -> Bool,
        method -> Text,
        language -> Nullable<Text>,
        created_at -> Timestamptz,
    }
}

table! {
    stage_state (transcript_id, stage) {
        transcript_id -> Uuid,
        stage -> Text,
        run -> Integer,
        status -> Text,
        attempt -> Nullable<Uuid>,
        starts -> Integer,
        progress -> Float,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        error -> Nullable<Text>,
        current_output -> Nullable<Uuid>,
        warning -> Nullable<Text>,
        note -> Nullable<Text>,
        error_remark -> Nullable<Jsonb>,
        warning_remark -> Nullable<Jsonb>,
    }
}

table! {
    stage_run (id) {
        id -> Uuid,
        transcript_id -> Nullable<Uuid>,
        stage -> Text,
        run -> Integer,
        worker -> Text,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        error -> Nullable<Text>,
        audio_seconds -> Double,
    }
}

table! {
    segment (output_id, idx) {
        output_id -> Uuid,
        idx -> Integer,
        start -> Double,
        end -> Double,
        speaker -> Nullable<Integer>,
        text -> Text,
        word_text -> Array<Text>,
        word_start -> Array<Double>,
        word_end -> Array<Double>,
        word_probability -> Array<Float>,
        channel -> SmallInt,
    }
}

table! {
    turn (output_id, idx) {
        output_id -> Uuid,
        idx -> Integer,
        start -> Double,
        end -> Double,
        speaker -> Integer,
        channel -> Nullable<SmallInt>,
    }
}

table! {
    voice (output_id, speaker) {
        output_id -> Uuid,
        speaker -> Integer,
        embedding -> Array<Float>,
    }
}

table! {
    topic (id) {
        id -> Uuid,
        output_id -> Uuid,
        idx -> Integer,
        start -> Double,
        end -> Double,
        title -> Text,
        summary -> Text,
    }
}

table! {
    headline (output_id) {
        output_id -> Uuid,
        title -> Text,
    }
}

table! {
    summary_sentence (output_id, kind, idx) {
        output_id -> Uuid,
        kind -> Text,
        idx -> Integer,
        heading -> Nullable<Text>,
        text -> Text,
        start -> Double,
        end -> Double,
    }
}

table! {
    action_item (id) {
        id -> Uuid,
        output_id -> Uuid,
        kind -> Text,
        idx -> Integer,
        text -> Text,
        assignee -> Nullable<Text>,
        deadline -> Nullable<Text>,
        context -> Nullable<Text>,
        start -> Double,
        end -> Double,
    }
}

table! {
    participant (id) {
        id -> Uuid,
        transcript_id -> Uuid,
        speaker -> Nullable<Integer>,
        name -> Text,
        user_id -> Nullable<Uuid>,
        email -> Nullable<Text>,
    }
}

table! {
    backup_run (id) {
        id -> Uuid,
        kind -> Text,
        finished_at -> Timestamptz,
        size_bytes -> BigInt,
        objects -> BigInt,
        missing -> BigInt,
        encrypted -> Bool,
    }
}

// Edits and search: see their migrations.
table! {
    edit (transcript_id, revision) {
        transcript_id -> Uuid,
        revision -> Integer,
        change -> Jsonb,
        words -> BigInt,
        output_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

table! {
    use diesel::sql_types::*;
    use super::Tsvector;

    search_document (transcript_id) {
        transcript_id -> Uuid,
        config -> Text,
        language -> Text,
        front -> Tsvector,
        said -> Tsvector,
        notes -> Nullable<Tsvector>,
        counted -> Bool,
    }
}

table! {
    use diesel::sql_types::*;
    use super::Tsvector;

    search_passage (transcript_id, kind, idx) {
        transcript_id -> Uuid,
        kind -> Text,
        idx -> Integer,
        start -> Double,
        speaker -> Nullable<Integer>,
        text -> Text,
        vector -> Tsvector,
    }
}

table! {
    idempotency_key (request_sha256) {
        request_sha256 -> Text,
        body_sha256 -> Text,
        status -> Nullable<SmallInt>,
        answer -> Nullable<Text>,
        tag -> Nullable<Text>,
        transcript_id -> Nullable<Uuid>,
        room_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        asker_sha256 -> Text,
        too_long -> Bool,
    }
}

table! {
    upload_token (transcript_id) {
        transcript_id -> Uuid,
        sha256 -> Text,
    }
}

table! {
    room (id) {
        id -> Uuid,
        name -> Text,
        user_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
        zulip_auto_post -> Bool,
        zulip_stream -> Nullable<Text>,
        zulip_topic -> Nullable<Text>,
        is_locked -> Bool,
        room_mode -> Text,
        recording_type -> Text,
        recording_trigger -> Text,
        is_shared -> Bool,
        webhook_url -> Nullable<Text>,
        webhook_secret -> Nullable<Text>,
        ics_url -> Nullable<Text>,
        ics_fetch_interval -> Integer,
        ics_enabled -> Bool,
        ics_last_sync -> Nullable<Timestamptz>,
        ics_last_etag -> Nullable<Text>,
        platform -> Text,
        skip_consent -> Bool,
        email_transcript_to -> Nullable<Text>,
        store_video -> Bool,
        deleted_at -> Nullable<Timestamptz>,
    }
}

table! {
    webhook_delivery (id) {
        id -> Uuid,
        room_id -> Uuid,
        transcript_id -> Nullable<Uuid>,
        run -> Integer,
        event -> Text,
        status -> Text,
        attempts -> Integer,
        created_at -> Timestamptz,
        tried_at -> Nullable<Timestamptz>,
        duration_ms -> Nullable<Integer>,
        answer_status -> Nullable<Integer>,
        answer -> Nullable<Text>,
        error -> Nullable<Text>,
    }
}

table! {
    sending (id) {
        id -> Uuid,
        transcript_id -> Uuid,
        purpose -> Text,
        channel -> Text,
        target -> Text,
        topic -> Nullable<Text>,
        include_topics -> Bool,
        room_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        run -> Integer,
        reason -> Nullable<Text>,
        status -> Text,
        attempts -> Integer,
        created_at -> Timestamptz,
        tried_at -> Nullable<Timestamptz>,
        error -> Nullable<Text>,
    }
}

table! {
    zulip_message (transcript_id, realm, stream, topic) {
        transcript_id -> Uuid,
        realm -> Text,
        stream -> Text,
        topic -> Text,
        message_id -> Nullable<BigInt>,
        claimed_until -> Nullable<Timestamptz>,
    }
}

/// PostgreSQL's words with positions; never read here.
#[derive(diesel::sql_types::SqlType)]
#[diesel(postgres_type(name = "tsvector"))]
pub struct Tsvector;

table! {
    audit (id) {
        id -> Uuid,
        at -> Timestamptz,
        action -> Text,
        transcript_id -> Nullable<Uuid>,
        user_id -> Nullable<Uuid>,
        who -> Text,
        key_id -> Nullable<Uuid>,
        address -> Text,
        period -> Nullable<Timestamptz>,
        room_id -> Nullable<Uuid>,
    }
}

table! {
    quote (id) {
        id -> Uuid,
        transcript_id -> Uuid,
        token_hash -> Text,
        start -> Double,
        end -> Double,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

table! {
    again (transcript_id) {
        transcript_id -> Uuid,
        run -> Integer,
        tries -> Integer,
        tried_at -> Timestamptz,
    }
}

table! {
    untold (id) {
        id -> BigInt,
        transcript_id -> Uuid,
        event -> Text,
        noted_at -> Timestamptz,
    }
}

table! {
    instance_secret (id) {
        id -> Bool,
        secret -> Text,
    }
}

table! {
    engine_state (worker) {
        worker -> Text,
        model -> Text,
        device -> Nullable<Text>,
        numbers -> Nullable<Text>,
        loaded -> Bool,
        failure -> Nullable<Text>,
        memory_bytes -> BigInt,
        seen_at -> Timestamptz,
    }
}

joinable!(session -> app_user (user_id));
joinable!(user_api_key -> app_user (user_id));
joinable!(recording -> transcript (transcript_id));
joinable!(upload_part -> recording (recording_id));
joinable!(output -> transcript (transcript_id));
joinable!(stage_state -> transcript (transcript_id));
joinable!(segment -> output (output_id));
joinable!(participant -> transcript (transcript_id));

// Tables that queries name together, and no others: the compiler makes and compares two dozen impls for every pair.
together!(session, app_user);
together!(user_api_key, app_user);
together!(sending, app_user);
together!(segment, output);
together!(participant, transcript);
together!(recording, transcript, upload_part);
together!(search_document, transcript);
together!(output, stage_state);
together!(summary_sentence, stage_state);
together!(audit, transcript);
together!(audit, room);
together!(app_user, headline, room, stage_state, transcript);
