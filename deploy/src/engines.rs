//! The real Kafka and Cassandra on this machine's loopback, without Docker: fetched from Maven
//! Central, run by `java`. Knows nothing of carts, topics or tables, nor who asks: it brings two
//! servers up and takes them down.
//!
//! ```text
//!   <dir>/lock                      one caller at a time
//!   <dir>/<engine>/jars             fetched once; kept by `down`, also by a wipe
//!   <dir>/<engine>/data             what the server stores; gone after a wipe
//!   <dir>/<engine>/pid, server.log  of the server started last
//! ```
//!
//! Servers run in their own process group, so they survive the caller and its Ctrl-C. A server that
//! somebody else runs on the same port is used as it is: never stopped, never wiped.

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
mod start;
mod stop;
mod wait;

use std::path::PathBuf;

pub use engine::Engine;
pub use error::Error;
pub use stop::Manner;

use home::Home;
use lock::Lock;
use progress::Progress;

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
    /// When a program is missing, jars cannot be fetched, a port is taken, or a server dies or does
    /// not get ready.
    pub fn up(&self) -> Result<(), Error> {
        self.start(None)
    }

    /// As [`Self::up`], for one engine or both: after [`Self::stop`] the server continues with the
    /// data it had.
    ///
    /// # Errors
    /// As [`Self::up`].
    pub fn start(&self, engine: Option<Engine>) -> Result<(), Error> {
        let progress = Progress::on_stderr();
        let lock = Lock::take(&self.dir, &progress)?;
        start::all(&homes(engine, &lock), &progress)
    }

    /// Stops both engines; with `wipe` their data is deleted too. The jars stay.
    ///
    /// # Errors
    /// When a server cannot be signalled or survives even a kill, or data cannot be deleted.
    pub fn down(&self, wipe: bool) -> Result<(), Error> {
        let progress = Progress::on_stderr();
        let lock = Lock::take(&self.dir, &progress)?;
        let homes = homes(None, &lock);
        stop::all(&homes, Manner::Ask, &progress)?;
        if wipe {
            for home in &homes {
                home.wipe()?;
                progress.say(home.engine(), "data deleted");
            }
        }
        Ok(())
    }

    /// Stops one engine or both, data kept. One that is asked is killed after a bounded wait.
    ///
    /// # Errors
    /// When a server cannot be signalled or survives even a kill.
    pub fn stop(&self, engine: Option<Engine>, manner: Manner) -> Result<(), Error> {
        let progress = Progress::on_stderr();
        let lock = Lock::take(&self.dir, &progress)?;
        stop::all(&homes(engine, &lock), manner, &progress)
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

/// The folder of one engine, or of each.
fn homes(engine: Option<Engine>, lock: &Lock) -> Vec<Home> {
    let chosen = Engine::ALL.into_iter().filter(|each| engine.is_none_or(|only| only == *each));
    chosen.map(|each| Home::of(each, lock.dir())).collect()
}
