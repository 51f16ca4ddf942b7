//! Word error rate and diarization error of the whole program on real speech.
