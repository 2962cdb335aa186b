//! Taking servers down: all told at once, each waited for, and killed if it does not go.

use std::time::Duration;

use super::error::Error;
use super::home::Home;
use super::process;
use super::progress::Progress;

/// Draining takes Cassandra 3 s; what is not gone after this long is killed.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);

/// How a server is taken down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// It finishes what it is doing (SIGTERM).
    Ask,
    /// It has no time for anything, as in a crash (SIGKILL).
    Kill,
}

/// Returns when none of them runs. Servers that somebody else started are left alone.
pub(super) fn all(homes: &[Home], manner: Manner, progress: &Progress) -> Result<(), Error> {
    let mut stopping = Vec::new();
    for home in homes {
        let engine = home.engine();
        if let Some(pid) = process::running(home) {
            process::tell(pid, manner)?;
            stopping.push((home, pid, progress.begin(engine, "stopping")));
        } else if engine.answers() {
            progress.say(engine, "not ours, left running");
        } else {
            progress.say(engine, "not running");
        }
    }
    for (home, pid, step) in stopping {
        step.done(process::await_end(home, pid, STOPPED_WITHIN)?);
    }
    Ok(())
}
