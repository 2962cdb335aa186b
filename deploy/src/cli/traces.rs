//! The settings of traces.

use std::num::NonZeroU32;

use cart_api::Traces;
use clap::Args;

use crate::traces::Collector;

/// Where traces go.
#[derive(Debug, Args)]
pub(crate) struct TraceArgs {
    /// Where a collector takes traces (OTLP over HTTP, as JSON), as `http://collector:4318`; docs/tracing.md.
    /// Without one, traces are passed on and none is told.
    #[arg(long, env = "CARTSTREAM_OTLP", value_name = "URL")]
    pub(crate) otlp: Option<Collector>,
    /// Of the traces that begin here, one in so many is told; of a caller's, those it has sampled.
    #[arg(long, env = "CARTSTREAM_OTLP_ONE_IN", value_name = "N", default_value = "1")]
    otlp_one_in: NonZeroU32,
}

impl TraceArgs {
    /// What is done with traces.
    pub(crate) fn traces(&self) -> Traces {
        match self.otlp {
            Some(_) => Traces::Told { one_in: self.otlp_one_in },
            None => Traces::PassedOn,
        }
    }
}
