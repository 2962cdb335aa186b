//! What the person at the terminal sees while engines come and go: spinners on a terminal, plain
//! lines elsewhere, always on stderr. Knows nothing of the steps it names.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::engine::Engine;

const TICK: Duration = Duration::from_millis(100);

/// Where progress is shown.
#[derive(Debug)]
pub(super) struct Progress {
    /// `None` where there is no terminal.
    bars: Option<MultiProgress>,
}

impl Progress {
    pub(super) fn on_stderr() -> Self {
        Self { bars: io::stderr().is_terminal().then(MultiProgress::new) }
    }

    /// One line about an engine.
    pub(super) fn say(&self, engine: Engine, what: &str) {
        self.note(&labelled(engine, what));
    }

    /// One line. Nobody being there to read it is no failure.
    pub(super) fn note(&self, line: &str) {
        match &self.bars {
            Some(bars) => bars.println(line).ok(),
            None => writeln!(io::stderr(), "{line}").ok(),
        };
    }

    /// Something that takes a while. A step that is dropped before it is done just ends.
    pub(super) fn begin(&self, engine: Engine, what: &str) -> Step<'_> {
        let bar = match &self.bars {
            Some(bars) => bars.add(ProgressBar::new_spinner()),
            None => ProgressBar::hidden(),
        };
        bar.set_style(ProgressStyle::default_spinner());
        bar.set_message(labelled(engine, what));
        bar.enable_steady_tick(TICK);
        if self.bars.is_none() {
            self.say(engine, what);
        }
        Step { progress: self, engine, bar }
    }
}

/// Something that is under way.
#[derive(Debug)]
pub(super) struct Step<'a> {
    progress: &'a Progress,
    engine: Engine,
    bar: ProgressBar,
}

impl Step<'_> {
    /// Replaces the spinner by how it ended and how long it took.
    pub(super) fn done(&self, outcome: &str) {
        let took_s = self.bar.elapsed().as_secs_f32();
        self.bar.finish_and_clear();
        self.progress.say(self.engine, &format!("{outcome} after {took_s:.1} s"));
    }
}

fn labelled(engine: Engine, what: &str) -> String {
    format!("{engine:<9}  {what}")
}
