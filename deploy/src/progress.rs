//! What a person sees of a command that takes a while: a bar on a terminal, a line now and then
//! elsewhere, always on standard error. Knows nothing of what is counted.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(5);
const REDRAWN_EVERY: Duration = Duration::from_millis(100);

/// Where progress is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Progress {
    on_terminal: bool,
}

impl Progress {
    /// On standard error.
    pub(crate) fn on_stderr() -> Self {
        Self { on_terminal: io::stderr().is_terminal() }
    }

    /// One line. Nobody being there to read it is no failure.
    #[expect(clippy::unused_self, reason = "lines go where the bars go")]
    pub(crate) fn say(self, line: &str) {
        writeln!(io::stderr(), "{line}").ok();
    }

    /// Something to be counted, as in "carts copied"; `total` if it is known.
    pub(crate) fn count(self, what: &'static str, total: Option<u64>) -> Count {
        let bar = if self.on_terminal { bar(what, total) } else { ProgressBar::hidden() };
        let now = Instant::now();
        Count { progress: self, what, bar, begun: now, told: now, first: 0, at: 0 }
    }
}

fn bar(what: &'static str, total: Option<u64>) -> ProgressBar {
    let (bar, template) = match total {
        Some(total) => {
            (ProgressBar::new(total), "{msg} [{wide_bar}] {human_pos}/{human_len} ({per_sec})")
        }
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {human_pos} ({per_sec})"),
    };
    let style = ProgressStyle::with_template(template);
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.set_message(what);
    bar.enable_steady_tick(REDRAWN_EVERY);
    bar
}

/// Something that is counted.
#[derive(Debug)]
pub(crate) struct Count {
    progress: Progress,
    what: &'static str,
    bar: ProgressBar,
    begun: Instant,
    /// When a line was last written.
    told: Instant,
    /// Where counting began.
    first: u64,
    at: u64,
}

impl Count {
    /// So many were counted before this command began.
    pub(crate) fn resume_at(&mut self, count: u64) {
        (self.first, self.at) = (count, count);
        self.bar.set_position(count);
        self.bar.reset_eta();
    }

    /// So many more.
    pub(crate) fn add(&mut self, count: usize) {
        self.at = self.at.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        self.bar.set_position(self.at);
        if !self.progress.on_terminal && self.told.elapsed() >= LINE_EVERY {
            self.told = Instant::now();
            self.progress.say(&format!("{}: {}", self.what, self.at));
        }
    }

    /// The last line: how many, how long, how fast.
    pub(crate) fn done(self) {
        self.bar.finish_and_clear();
        let (counted, took) = (self.at.saturating_sub(self.first), self.begun.elapsed());
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX).max(1);
        let rate = counted.saturating_mul(1_000) / millis;
        let seconds = took.as_secs();
        let tenths = took.subsec_millis() / 100;
        let (what, at) = (self.what, self.at);
        self.progress.say(&format!("{what}: {at} in {seconds}.{tenths} s ({rate}/s)"));
    }
}
