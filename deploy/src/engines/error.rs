//! Why an engine could not be brought up or down: one variant per step, each saying what to do
//! about it.

use std::io;
use std::path::PathBuf;

use super::engine::Engine;

/// A step that failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The engines' folder cannot be made or locked.
    #[error("cannot lock {}: the engines' folder must be writable", path.display())]
    Lock {
        /// The lock file or its folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A file or folder of an engine cannot be written.
    #[error("cannot write {}: the engines' folder must be writable", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A program that the machine needs is missing.
    #[error("{program} not found: {advice}")]
    Missing {
        /// The program, as it is looked for on the PATH.
        program: &'static str,
        /// How to get it.
        advice: &'static str,
    },
    /// A program is there and does not start.
    #[error("cannot run {program}")]
    Run {
        /// The program.
        program: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The wrong Java: Cassandra 5.0 runs on no later one.
    #[error(
        "java on the PATH is version {found}: install a JDK 17 and put its bin folder first on \
         the PATH"
    )]
    JavaVersion {
        /// What `java -version` says.
        found: String,
    },
    /// Maven ended with an error, or was ended for taking too long.
    #[error(
        "mvn could not fetch the jars of {engine}: check the network (or ~/.m2/settings.xml) \
         and run again\n{tail}\n(whole output: {})",
        log.display()
    )]
    Fetch {
        /// Whose jars.
        engine: Engine,
        /// Maven's output.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// Kafka's data folder cannot be formatted.
    #[error(
        "cannot format the data folder of {engine}: if it is from another version, wipe it with \
         `cartstream engines down --wipe`\n{output}"
    )]
    Format {
        /// Whose data.
        engine: Engine,
        /// What the tool printed.
        output: String,
    },
    /// Something else listens where the server must.
    #[error(
        "port {port} is taken by a program that does not answer as {engine}: stop that program \
         and run again"
    )]
    PortTaken {
        /// Which server cannot start.
        engine: Engine,
        /// The port on loopback.
        port: u16,
    },
    /// The server ended while it was coming up.
    #[error(
        "{engine} ended while starting; its last words:\n{tail}\n(whole log: {})",
        log.display()
    )]
    Died {
        /// Which server.
        engine: Engine,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// The server runs and does not answer yet.
    #[error(
        "{engine} did not answer within {waited_s} s; run the command again to wait longer. \
         It said last:\n{tail}\n(whole log: {})",
        log.display()
    )]
    NotReady {
        /// Which server.
        engine: Engine,
        /// How long was waited.
        waited_s: u64,
        /// Its log.
        log: PathBuf,
        /// The last lines of it.
        tail: String,
    },
    /// The server cannot be told to stop.
    #[error("cannot signal process {pid}: was it started by another user?")]
    Signal {
        /// The server's process.
        pid: u32,
        /// What the system said.
        #[source]
        source: nix::errno::Errno,
    },
    /// The server outlived even a kill.
    #[error(
        "{engine} (pid {pid}) is still there after SIGKILL: the system holds it, look at its disk"
    )]
    Survived {
        /// Which server.
        engine: Engine,
        /// Its process.
        pid: u32,
    },
}

impl Error {
    /// Why `program` could not be run; `advice` says how to get it.
    pub(super) fn not_run(program: &'static str, advice: &'static str, source: io::Error) -> Self {
        if source.kind() == io::ErrorKind::NotFound {
            return Self::Missing { program, advice };
        }
        Self::Run { program, source }
    }
}
