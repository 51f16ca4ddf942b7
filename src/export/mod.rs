//! A transcript as text: txt, md, json, srt, vtt, rttm. Pure.
