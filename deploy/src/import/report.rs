//! What a person sees of an import: each row that was left out on standard output, and progress on
//! standard error, as a bar on a terminal and as a line now and then elsewhere.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use cart_ingest::import::feed::{Feed, FeedError, Settled};
use cart_ingest::import::outcome::Outcome;
use indicatif::{ProgressBar, ProgressStyle};

use super::tally::{Mode, Tally};
use crate::exit::Failure;

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
const REDRAWN_EVERY: Duration = Duration::from_millis(100);

const STOPPED: &str =
    "the import stopped; run it again: what came in stays, and nothing comes twice";

/// What is told of one import.
#[derive(Debug)]
pub(super) struct Report {
    tally: Tally,
    bar: ProgressBar,
    /// Bytes of the file that are settled, if its length is known.
    read: u64,
    total: Option<u64>,
    begun: Instant,
    /// When a line was last written.
    told: Instant,
}

impl Report {
    /// Of a file of this many bytes.
    pub(super) fn new(mode: Mode, total: Option<u64>) -> Self {
        let now = Instant::now();
        Self { tally: Tally::new(mode), bar: bar(total), read: 0, total, begun: now, told: now }
    }

    /// Follows the rows to the end of the file and sums up.
    pub(super) async fn follow<'a, T, S, F>(
        mut self,
        mut feed: Feed<'a, T, S>,
    ) -> Result<(), Failure>
    where
        S: Fn(T) -> F,
        F: Future<Output = Outcome> + Send + 'a,
    {
        let ended = loop {
            match feed.next().await {
                Ok(Some(settled)) => self.take(&settled),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        self.end(ended)
    }

    fn take(&mut self, settled: &Settled) {
        self.tally.add(&settled.outcome);
        if let Some(line) = told(settled) {
            self.bar.suspend(|| writeln!(io::stdout(), "{line}").ok());
        }
        // Rows settle in any order.
        self.read = self.read.max(settled.read);
        self.bar.set_position(self.read);
        self.bar.set_message(self.tally.to_string());
        if !io::stderr().is_terminal() && self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            writeln!(io::stderr(), "{}{}", self.tally, self.share()).ok();
        }
    }

    fn share(&self) -> String {
        let percent = |total: u64| self.read.saturating_mul(100) / total.max(1);
        self.total.map_or_else(String::new, |total| format!(" ({} %)", percent(total)))
    }

    fn end(self, ended: Result<(), FeedError>) -> Result<(), Failure> {
        self.bar.finish_and_clear();
        let took = self.begun.elapsed();
        let (rows, seconds, tenths) =
            (self.tally.rows(), took.as_secs(), took.subsec_millis() / 100);
        writeln!(io::stdout(), "{} ({rows} rows, {seconds}.{tenths} s)", self.tally).ok();
        ended.map_err(|error| Failure::failed(STOPPED, error))?;
        match self.tally.left_out() {
            0 => Ok(()),
            left => Err(Failure::Incomplete(format!("{left} of {rows} rows were left out"))),
        }
    }
}

/// What is said of a row: nothing, unless it was left out.
fn told(settled: &Settled) -> Option<String> {
    let line = settled.line;
    match &settled.outcome {
        Outcome::Imported | Outcome::AlreadyThere | Outcome::Nothing => None,
        Outcome::Bad(reason) => Some(format!("line {line}: {}: {reason}", reason.code())),
        Outcome::Refused(refusal) => Some(format!("line {line}: {}: {refusal}", refusal.code())),
    }
}

/// Hidden where standard error is no terminal.
fn bar(total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => (ProgressBar::new(total), "[{wide_bar}] {percent} %, {eta} left; {msg}"),
        None => (ProgressBar::new_spinner(), "{spinner} {msg}"),
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(REDRAWN_EVERY);
    bar
}

#[cfg(test)]
mod tests {
    use cart_ingest::import::outcome::Refusal;
    use cart_ingest::import::row::Reason;

    use super::*;

    #[test]
    fn a_row_that_was_left_out_is_told_by_its_line_and_a_code() {
        let told = |outcome| told(&Settled { line: 17, read: 0, outcome });

        assert_eq!(told(Outcome::Imported), None);
        assert_eq!(
            told(Outcome::Bad(Reason::TooLong(9))).unwrap(),
            "line 17: too_long: longer than 9 bytes"
        );
        assert_eq!(
            told(Outcome::Refused(Refusal::CartExists("ann".to_owned()))).unwrap(),
            "line 17: cart_exists: the cart of ann is there with other content, and was left as it is"
        );
    }
}
