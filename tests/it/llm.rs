//! Understanding: a scripted server for the exact cases, a real one for the wire.
