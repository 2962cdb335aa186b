//! Bringing servers up: what runs is left alone, what does not is fetched, prepared, started and
//! waited for.

use std::time::Duration;

use super::error::Error;
use super::home::Home;
use super::progress::{Progress, Step};
use super::{fetch, java, probe, process, wait};

/// Cassandra takes 10 s on two idle cores, and many times that while they build something.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// Returns when every one of them answers; the first that fails is the error.
pub(super) fn all(homes: &[Home], progress: &Progress) -> Result<(), Error> {
    let mut starting = Vec::new();
    // The slowest is listed last and starts first: it comes up while another's jars are fetched.
    for home in homes.iter().rev() {
        if let Some(pid) = launch(home, progress)? {
            let step = progress.begin(home.engine(), "starting");
            starting.push(Starting { home, pid, step });
        }
    }
    await_ready(starting)
}

/// The process to wait for, or `None` when the engine answers already.
fn launch(home: &Home, progress: &Progress) -> Result<Option<u32>, Error> {
    let engine = home.engine();
    let running = process::running(home);
    if engine.answers() {
        let whose = running
            .map_or_else(|| "not ours, used as it is".to_owned(), |pid| format!("pid {pid}"));
        progress.say(engine, &format!("running on {} ({whose})", engine.address()));
        return Ok(None);
    }
    if running.is_some() {
        return Ok(running);
    }
    if let Some(port) = engine.ports().into_iter().find(|port| !probe::is_free(*port)) {
        return Err(Error::PortTaken { engine, port });
    }
    java::check()?;
    fetch::jars(home, progress)?;
    engine.prepare(home)?;
    process::spawn(home, &engine.arguments(home)).map(Some)
}

/// A server that has a process and does not answer yet.
#[derive(Debug)]
struct Starting<'a> {
    home: &'a Home,
    pid: u32,
    step: Step<'a>,
}

impl Starting<'_> {
    /// Whether it answers now, which it tells the person at the terminal.
    fn is_ready(&self) -> bool {
        let engine = self.home.engine();
        let ready = engine.answers();
        if ready {
            self.step.done(&format!("ready on {} (pid {})", engine.address(), self.pid));
        }
        ready
    }

    fn has_ended(&self) -> bool {
        process::running(self.home).is_none()
    }
}

/// Waits for all of them side by side.
fn await_ready(mut starting: Vec<Starting<'_>>) -> Result<(), Error> {
    let settled = wait::until(READY_WITHIN, || {
        starting.retain(|server| !server.is_ready());
        match starting.iter().find(|server| server.has_ended()) {
            Some(server) => Some(Err(ended(server.home))),
            None => starting.is_empty().then_some(Ok(())),
        }
    });
    match (settled, starting.first()) {
        (Some(outcome), _) => outcome,
        (None, Some(server)) => Err(late(server.home)),
        (None, None) => Ok(()),
    }
}

fn ended(home: &Home) -> Error {
    Error::Died { engine: home.engine(), log: home.log(), tail: home.log_tail() }
}

fn late(home: &Home) -> Error {
    let waited_s = READY_WITHIN.as_secs();
    Error::NotReady { engine: home.engine(), waited_s, log: home.log(), tail: home.log_tail() }
}
