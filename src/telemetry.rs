//! Logs: fields and messages to standard error, never transcript text or secrets.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::config::{LogFormat, TelemetryConfig};

/// Installs the process's log writer. A second call (tests) does nothing.
pub fn init(config: &TelemetryConfig) {
    let mut filter = EnvFilter::try_new(&config.log).unwrap_or_else(|_| EnvFilter::new("info"));
    // It writes whole addresses, and some of them open something.
    if let Ok(silent) = "tower_http::csrf=off".parse() {
        filter = filter.add_directive(silent);
    }
    let registry = tracing_subscriber::registry().with(filter);
    // A journal or a file shows the codes of colours as they are.
    let colours = std::io::stderr().is_terminal();
    let _already = match config.format {
        LogFormat::Text => {
            registry.with(fmt::layer().with_ansi(colours).with_writer(std::io::stderr)).try_init()
        }
        LogFormat::Json => registry.with(fmt::layer().json().with_writer(std::io::stderr)).try_init(),
    };
}
