//! Speech on libtorch: voice activity, Whisper, alignment, diarization, behind one engine thread.
