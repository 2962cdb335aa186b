//! How the process ends when it cannot go on: what is wrong, on standard error, and an exit code.

use std::error::Error;
use std::process::ExitCode;

/// Why the command line did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// Something must be set or done otherwise; says what. Exit code 2.
    #[error("{0}")]
    Usage(String),
    /// It was done, but not for everything; says how much is left. Exit code 1.
    #[error("{0}")]
    Incomplete(String),
    /// A row is not what its events tell; says which. Exit code 3, so that a script tells it from a
    /// failure to look.
    #[error("{0}")]
    Different(String),
    /// It was right to try, and it failed. Exit code 1.
    #[error("{what}")]
    Failed {
        /// What failed.
        what: String,
        /// Why.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl Failure {
    /// Something failed for this reason.
    pub(crate) fn failed(
        what: impl Into<String>,
        source: impl Into<Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self::Failed { what: what.into(), source: source.into() }
    }

    /// Tells the operator, with every cause, and gives the exit code.
    #[expect(clippy::print_stderr, reason = "an operator without logs must see why it ended")]
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("cartstream: {self}");
        let mut cause = self.source();
        while let Some(error) = cause {
            eprintln!("  because: {error}");
            cause = error.source();
        }
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Different(_) => ExitCode::from(3),
            Self::Incomplete(_) | Self::Failed { .. } => ExitCode::FAILURE,
        }
    }
}
