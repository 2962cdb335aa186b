//! Where log lines go: standard error, for people or for machines.

use tracing_subscriber::EnvFilter;

use crate::cli::{LogFormat, Logging};

/// Starts logging for the process.
pub(crate) fn start(logging: &Logging) {
    // A filter that does not parse is no reason not to start; what it should be is said once.
    let (filter, wrong) = match EnvFilter::try_new(&logging.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new("info"), Some(error)),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match logging.log_format {
        LogFormat::Human => lines.with_target(false).init(),
        LogFormat::Json => lines.json().init(),
    }
    if let Some(error) = wrong {
        tracing::warn!(%error, "--log is not a filter; logging at info");
    }
}
