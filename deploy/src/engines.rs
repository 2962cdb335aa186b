//! The real Kafka and Cassandra on this machine's loopback, without Docker: fetched from Maven Central, run by `java`.
//! Knows nothing of carts, topics or tables, nor who asks: it brings two servers up and takes them down.
//!
//! ```text
//!   <dir>/lock                      one caller at a time
//!   <dir>/<engine>/jars             fetched once; kept by `down`, also by a wipe
//!   <dir>/<engine>/data             what the server stores; gone after a wipe
//!   <dir>/<engine>/pid, server.log  of the server started last
//! ```
//!
//! Servers run in their own process group, so they survive the caller and its Ctrl-C. A server that somebody else runs
//! on the same port is used as it is: never stopped, never wiped.

mod cassandra;
mod engine;
mod error;
mod fetch;
mod home;
mod java;
mod kafka;
mod lock;
mod probe;
mod process;
mod progress;
mod wait;

use std::path::PathBuf;
use std::time::Duration;

pub use engine::Engine;
pub use error::Error;

use home::Home;
use lock::Lock;
use progress::Progress;

/// Cassandra takes 10 s on two idle cores, and many times that while they build something.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// Draining takes Cassandra 3 s; what is not gone after this long is killed.
const STOPPED_WITHIN: Duration = Duration::from_secs(30);

/// What is known of one engine, without changing anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Started from this folder; it may still be on its way up.
    Running {
        /// Its process.
        pid: u32,
        /// The loopback port that clients use.
        port: u16,
    },
    /// The port answers as this engine, but the server is not from this folder.
    Foreign {
        /// The loopback port that clients use.
        port: u16,
    },
    /// Nothing answers.
    Stopped,
}

/// The engines of one folder.
#[derive(Debug, Clone)]
pub struct Engines {
    dir: PathBuf,
}

impl Engines {
    /// The engines whose jars, data and logs live in `dir`, which need not exist yet.
    pub fn at(dir: impl Into<PathBuf>) -> Self {
        Self { dir: dir.into() }
    }

    /// Brings both engines up and returns once both answer. What runs already is left alone.
    ///
    /// # Errors
    /// When a program is missing, jars cannot be fetched, a port is taken, or a server dies or does not get ready.
    pub fn up(&self) -> Result<(), Error> {
        self.start(None)
    }

    /// As [`Self::up`], for one engine or both: after [`Self::stop`] the server continues with the data it had.
    ///
    /// # Errors
    /// As [`Self::up`].
    pub fn start(&self, engine: Option<Engine>) -> Result<(), Error> {
        let progress = Progress::on_stderr();
        let lock = Lock::take(&self.dir, &progress)?;
        let mut starting = Vec::new();
        // The slowest starter first: it comes up while the next one's jars are fetched.
        for engine in chosen(engine).rev() {
            let home = Home::of(engine, lock.dir());
            if let Some(pid) = launch(&home, &progress)? {
                starting.push((home, pid));
            }
        }
        starting.iter().try_for_each(|(home, pid)| await_ready(home, *pid, &progress))
    }

    /// Stops both engines; with `wipe` their data is deleted too. The jars stay.
    ///
    /// # Errors
    /// When a server cannot be signalled or survives even a kill, or data cannot be deleted.
    pub fn down(&self, wipe: bool) -> Result<(), Error> {
        let progress = Progress::on_stderr();
        let lock = Lock::take(&self.dir, &progress)?;
        let homes: Vec<_> = Engine::ALL.map(|engine| Home::of(engine, lock.dir())).into();
        halt(&homes, &progress)?;
        if wipe {
            for home in &homes {
                home.wipe()?;
                progress.say(home.engine(), "data deleted");
            }
        }
        Ok(())
    }

    /// Stops one engine or both, data kept: politely first, by force after a bounded wait.
    ///
    /// # Errors
    /// When a server cannot be signalled or survives even a kill.
    pub fn stop(&self, engine: Option<Engine>) -> Result<(), Error> {
        let progress = Progress::on_stderr();
        let lock = Lock::take(&self.dir, &progress)?;
        let homes: Vec<_> = chosen(engine).map(|engine| Home::of(engine, lock.dir())).collect();
        halt(&homes, &progress)
    }

    /// How each engine is. Takes no lock and creates nothing.
    pub fn status(&self) -> Vec<(Engine, Status)> {
        let dir = lock::resolved(&self.dir);
        let status = |engine| match process::running(&Home::of(engine, &dir)) {
            Some(pid) => Status::Running { pid, port: engine.port() },
            None if engine.answers() => Status::Foreign { port: engine.port() },
            None => Status::Stopped,
        };
        Engine::ALL.map(|engine| (engine, status(engine))).into()
    }
}

fn chosen(engine: Option<Engine>) -> impl DoubleEndedIterator<Item = Engine> {
    Engine::ALL.into_iter().filter(move |each| engine.is_none_or(|only| only == *each))
}

/// The process to wait for, or `None` when the engine answers already.
fn launch(home: &Home, progress: &Progress) -> Result<Option<u32>, Error> {
    let engine = home.engine();
    let running = process::running(home);
    if engine.answers() {
        let whose = running.map_or_else(|| "not ours, used as it is".to_owned(), |pid| format!("pid {pid}"));
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

fn await_ready(home: &Home, pid: u32, progress: &Progress) -> Result<(), Error> {
    let engine = home.engine();
    let step = progress.begin(engine, "starting");
    let ready = wait::until(READY_WITHIN, || {
        if engine.answers() {
            return Some(true);
        }
        process::running(home).is_none().then_some(false)
    });
    match ready {
        Some(true) => step.done(&format!("ready on {} (pid {pid})", engine.address())),
        Some(false) => return Err(Error::Died { engine, log: home.log(), tail: home.log_tail() }),
        None => {
            let waited_s = READY_WITHIN.as_secs();
            return Err(Error::NotReady { engine, waited_s, log: home.log(), tail: home.log_tail() });
        }
    }
    Ok(())
}

/// Asks all of them first and waits then, so that they stop side by side.
fn halt(homes: &[Home], progress: &Progress) -> Result<(), Error> {
    let mut stopping = Vec::new();
    for home in homes {
        match process::running(home) {
            Some(pid) => {
                process::ask_to_stop(pid)?;
                stopping.push((home, pid, progress.begin(home.engine(), "stopping")));
            }
            None if home.engine().answers() => progress.say(home.engine(), "not ours, left running"),
            None => progress.say(home.engine(), "not running"),
        }
    }
    for (home, pid, step) in stopping {
        step.done(process::await_end(home, pid, STOPPED_WITHIN)?);
    }
    Ok(())
}
