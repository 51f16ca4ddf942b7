//! The only place that names the job engine.
