//! Opens the sockets step by step, and reads what the shops' memory is at each. Knows not what the
//! sockets are told.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::super::pushes::Pushes;
use super::super::run::bar;
use super::super::server::{Build, Reading, Server};
use super::super::target::Target;
use super::plan::Plan;
use super::roll::{Roll, Told};
use super::socket::Common;
use crate::exit::Failure;

/// Sockets begun a second, on average: more than a shop on a few cores takes, and no flood of one that
/// refuses.
const BEGUN_PER_SECOND: u32 = 4_000;
/// Sockets that connect or wait for their cart at a time: they fit the shortest queue a listener has
/// by default (128), so that none has to connect again after a second.
const AT_ONCE: usize = 100;
/// What the handshakes alone took is given back by then.
const SETTLED_AFTER: Duration = Duration::from_millis(500);

/// Open sockets; they close when this is dropped.
#[derive(Debug)]
pub(super) struct Crowd {
    common: Arc<Common>,
    sockets: JoinSet<()>,
    told: mpsc::UnboundedReceiver<Told>,
    pub(super) roll: Roll,
    /// How long they took to open, without the readings of memory.
    pub(super) took: Duration,
    /// Of each shop.
    pub(super) processes: Vec<Process>,
}

/// What a shop's process tells of itself meanwhile, if it does.
#[derive(Debug, Clone)]
pub(super) struct Process {
    pub(super) build: Option<Build>,
    /// Bytes resident before the first socket.
    pub(super) before: Option<u64>,
    pub(super) steps: Vec<Point>,
}

/// Bytes resident with so many sockets.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    pub(super) sockets: u64,
    pub(super) bytes: u64,
}

impl Crowd {
    /// Opens all that can be opened.
    pub(super) async fn open(plan: Plan, shops: &[Server]) -> Result<Self, Failure> {
        let mut crowd = Self::nobody(plan, shops).await?;
        let bar = bar("sockets", "opening");
        bar.set_length(u64::from(plan.connections));
        let mut next = 1;
        for step in plan.steps().into_iter().map(u64::from) {
            let began = Instant::now();
            crowd.begin(next..=step, &bar).await;
            crowd.decide(step, &bar).await;
            crowd.took += began.elapsed();
            next = step + 1;
            crowd.weigh(shops).await;
        }
        bar.finish_and_clear();
        Ok(crowd)
    }

    async fn nobody(plan: Plan, shops: &[Server]) -> Result<Self, Failure> {
        let pushes = Arc::new(Pushes::of(plan.connections)?);
        let (tell, told) = mpsc::unbounded_channel();
        let (mut places, mut processes) = (Vec::new(), Vec::new());
        for shop in shops {
            places.push(found(shop.target()).await?);
            let Reading { build, memory, .. } = shop.reading().await;
            processes.push(Process { build, before: memory, steps: Vec::new() });
        }
        let common = Arc::new(Common { plan, shops: places, pushes, told: tell });
        let (sockets, roll) = (JoinSet::new(), Roll::new(plan)?);
        Ok(Self { common, sockets, told, roll, took: Duration::ZERO, processes })
    }

    pub(super) fn plan(&self) -> Plan {
        self.common.plan
    }

    pub(super) fn pushes(&self) -> Arc<Pushes> {
        Arc::clone(&self.common.pushes)
    }

    /// Notes what was told meanwhile.
    pub(super) fn hear(&mut self) {
        while let Ok(told) = self.told.try_recv() {
            self.roll.note(told);
        }
    }

    /// What a socket tells next.
    pub(super) async fn next(&mut self) -> Option<Told> {
        self.told.recv().await
    }

    /// Lets a socket that was closed come back on its own, as many others as do so, too.
    pub(super) fn bring_back(&mut self, socket: u64, closed: Instant) {
        self.sockets.spawn(Arc::clone(&self.common).come_back(socket, closed));
    }

    /// Begins sockets, no faster and no more at a time than is good.
    async fn begin(&mut self, sockets: RangeInclusive<u64>, bar: &ProgressBar) {
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        let mut pace = tokio::time::interval(Duration::from_secs(1) / BEGUN_PER_SECOND);
        for socket in sockets {
            pace.tick().await;
            // It is never closed.
            let Ok(turn) = Arc::clone(&turns).acquire_owned().await else { return };
            self.sockets.spawn(Arc::clone(&self.common).follow(socket, turn));
            self.hear();
            bar.set_position(self.roll.decided());
        }
    }

    /// Waits until so many sockets are open or have failed to be.
    async fn decide(&mut self, sockets: u64, bar: &ProgressBar) {
        while self.roll.decided() < sockets {
            // One sender is always there: the sockets' common one.
            let Some(told) = self.next().await else { return };
            self.roll.note(told);
            bar.set_position(self.roll.decided());
        }
    }

    /// Reads the shops' memory.
    async fn weigh(&mut self, shops: &[Server]) {
        tokio::time::sleep(SETTLED_AFTER).await;
        self.hear();
        let processes = self.processes.iter_mut().zip(shops);
        for ((process, shop), sockets) in processes.zip(&self.roll.open_at) {
            if let Some(bytes) = shop.reading().await.memory {
                process.steps.push(Point { sockets: *sockets, bytes });
            }
        }
    }
}

/// Where a shop is: of the addresses of its host the one that takes connections.
async fn found(target: Target) -> Result<(Target, SocketAddr), Failure> {
    let stream = TcpStream::connect(target.address()).await;
    let address = stream.and_then(|stream| stream.peer_addr());
    let what = || format!("{} takes no connections", target.address());
    let address = address.map_err(|source| Failure::failed(what(), source))?;
    Ok((target, address))
}
