//! `cartstream engines`: the real servers on this machine, and their topics and tables.

use std::path::PathBuf;

use crate::cli::{Connections, EnginesAction, EnginesArgs, Plan};
use crate::engines::{Engine, Engines, Manner, Status};
use crate::exit::Failure;
use crate::place::Place;
use crate::{migrate, on_runtime};

/// Partitions of the command log on one machine: few batch better on two cores, and four still
/// let two processors share them.
const LOCAL_PARTITIONS: u16 = 4;

/// Carries out an engines command.
pub(crate) fn run(args: &EnginesArgs, connections: Connections) -> Result<(), Failure> {
    let engines = Engines::at(folder(args)?);
    let failed = |source| Failure::failed("the local engines failed", source);
    match args.action {
        EnginesAction::Up => {
            engines.up().map_err(failed)?;
            let partitions = Some(LOCAL_PARTITIONS);
            let plan = Plan { partitions, replication: Some(1), min_insync: Some(1) };
            on_runtime(migrate::run(&plan, Place::Kafka(connections)))
        }
        EnginesAction::Down { wipe } => engines.down(wipe).map_err(failed),
        EnginesAction::Stop { engine, kill } => {
            let manner = if kill { Manner::Kill } else { Manner::Ask };
            engines.stop(engine, manner).map_err(failed)
        }
        EnginesAction::Start { engine } => engines.start(engine).map_err(failed),
        EnginesAction::Status => {
            tell(&engines.status());
            Ok(())
        }
    }
}

fn folder(args: &EnginesArgs) -> Result<PathBuf, Failure> {
    let cache = args.xdg_cache_home.clone();
    let cache = cache.or_else(|| args.home.as_ref().map(|home| home.join(".cache")));
    let default = cache.map(|cache| cache.join("cartstream").join("engines"));
    let chosen = args.dir.clone().or(default);
    chosen.ok_or_else(|| Failure::Usage("--dir is needed: there is no home folder".to_owned()))
}

#[expect(clippy::print_stdout, reason = "the status is the answer of this command")]
fn tell(all: &[(Engine, Status)]) {
    for (engine, status) in all {
        match status {
            Status::Running { pid, port } => {
                println!("{engine}: running on port {port}, process {pid}");
            }
            Status::Foreign { port } => println!("{engine}: another server answers on port {port}"),
            Status::Stopped => println!("{engine}: stopped"),
        }
    }
}
