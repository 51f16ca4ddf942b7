//! The way of a recording, stage by stage.
