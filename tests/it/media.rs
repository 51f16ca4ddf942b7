//! Real media through ffmpeg.
