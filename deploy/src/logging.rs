//! Where log lines go: standard error, for people or for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, Logging};

/// What is logged unless told otherwise. The clients' own chatter about each connection is left
/// out; what their trouble means for us is logged by us.
pub(crate) const DEFAULT_FILTER: &str = "info,scylla=warn,librdkafka=error";

/// Starts logging for the process.
pub(crate) fn start(logging: &Logging) {
    // A filter that does not parse is no reason not to start; what it should be is said once.
    let (filter, wrong) = match EnvFilter::try_new(&logging.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new(DEFAULT_FILTER), Some(error)),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match logging.log_format {
        LogFormat::Human => {
            let colours = std::io::stderr().is_terminal();
            lines.with_target(false).with_ansi(colours).init();
        }
        LogFormat::Json => lines.json().init(),
    }
    if let Some(error) = wrong {
        tracing::warn!(%error, "--log is not a filter; logging by default");
    }
}
