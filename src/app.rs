//! Every long-lived handle, built once from the configuration.
