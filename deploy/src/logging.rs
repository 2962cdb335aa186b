//! Where log lines go: standard error, for people or for machines.

use std::io::IsTerminal as _;

use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt};

use crate::cli::{LogFormat, Logging};
use crate::traces::Hops;

/// What is logged unless told otherwise. The clients' own chatter about each connection is left
/// out; what their trouble means for us is logged by us.
pub(crate) const DEFAULT_FILTER: &str = "info,scylla=warn,librdkafka=error";

/// Starts logging for the process, and whatever else hears what is told. A line names its target: it says
/// what `--log` is to be told to have more or less of, and which lines are the audit's.
pub(crate) fn start(logging: &Logging, hops: Option<Hops>) {
    // A filter that does not parse is no reason not to start; what it should be is said once.
    let (filter, wrong) = match EnvFilter::try_new(&logging.log) {
        Ok(filter) => (filter, None),
        Err(error) => (EnvFilter::new(DEFAULT_FILTER), Some(error)),
    };
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match logging.log_format {
        LogFormat::Human => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        LogFormat::Json => lines.json().boxed(),
    };
    let hops = hops.map(|hops| hops.with_filter(Hops::filter()));
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(hops).init();
    if let Some(error) = wrong {
        tracing::warn!(%error, "--log is not a filter; logging by default");
    }
}
