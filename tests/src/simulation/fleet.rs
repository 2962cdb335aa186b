//! The nodes of a shop: processors and edges that start, crash, sleep, stop and start again, each
//! time with the next configuration.

use cart_processor::fold::{Carts, Fold, Skus};
use cart_processor::runtime::{self, Ambient, Health, RunError};
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_schemas::timestamp::Timestamp;
use cart_storage::simulated::World;
use fastrand::Rng;
use std::time::Duration;
use tokio::task::{JoinError, JoinHandle};
use tokio_util::sync::CancellationToken;

use super::edge::Edge;
use super::mutant::Subject;
use super::node::Node;
use super::plan::{GENERATION, SECOND, Shape};
use super::selling;
use super::surroundings;
use super::tampered::Tampered;
use super::weather::SESSION;

mod fates;

/// How far a node that has nothing to do may stay behind the others: its timers are late by this.
const LAG: i64 = 25_000;
/// How wrong a node's wall clock may be.
const SKEW: i64 = 15 * SECOND;
/// How far a processor's may be behind, or ahead, in some shops: more than the minute the scanner
/// allows for.
const SKEW_BADLY: (i64, i64) = (150 * SECOND, 290 * SECOND);
/// How soon a processor that ended by itself is started again.
const RESTART: i64 = 2 * SECOND;

/// What runs on a node.
#[derive(Debug)]
pub enum Software {
    /// A processor.
    Processor { stop: CancellationToken, run: JoinHandle<Result<(), RunError>> },
    /// The way in.
    Edge(Edge),
}

/// A node that is up.
#[derive(Debug)]
pub struct Running {
    /// The process.
    pub node: Node,
    /// What runs in it.
    pub software: Software,
    /// Which start of all this is.
    pub start: u64,
    frozen_until: Option<Timestamp>,
    /// Killed after so many more effects, for so long.
    doomed: Option<(u32, i64)>,
}

/// A place for a node.
#[derive(Debug)]
enum Place {
    Up(Box<Running>),
    Down(Timestamp),
}

/// A processor ended, and nobody had asked it to.
#[derive(Debug)]
pub enum Ended {
    /// It said why.
    By(RunError),
    /// It panicked.
    Panicked(JoinError),
}

/// What a processor of a fold goes by.
fn settings<F: Fold>(
    fold: F,
    (workers, cache_bytes, policy): (usize, usize, Policy),
) -> runtime::Settings<F> {
    runtime::Settings {
        fold,
        generation: GENERATION,
        workers,
        cache_bytes,
        session: Duration::from_micros(SESSION.into()),
        scan_every: Duration::from_secs(5),
        policies: Policies::same(policy),
        ambient: Ambient { now: surroundings::now, fresh_id: surroundings::fresh_id },
    }
}

/// Stops the other once this one has ended.
async fn ending(
    run: impl Future<Output = Result<(), RunError>>,
    stop: CancellationToken,
) -> Result<(), RunError> {
    let _ended = stop.drop_guard();
    run.await
}

/// What happened to nodes, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mishap {
    /// A node was killed.
    Crash,
    /// A node was stopped for a while and went on.
    Zombie,
    /// A node started with another configuration than the one before it had.
    ConfigChanged,
}

/// All nodes.
#[derive(Debug)]
pub struct Fleet {
    world: World,
    shape: Shape,
    subject: Subject,
    /// Whether there are processors of skus.
    sells: bool,
    rng: Rng,
    places: Vec<Place>,
    starts: u64,
    /// What each node was last configured with.
    configured: Vec<Option<usize>>,
    /// What happened to nodes so far.
    pub mishaps: Vec<Mishap>,
}

impl Fleet {
    /// The nodes of a shop, all of them down.
    #[must_use]
    pub fn new(world: World, shape: Shape, subject: Subject, seed: u64) -> Self {
        let count = shape.processors + shape.edges;
        let places = (0..count).map(|_| Place::Down(world.now())).collect();
        let rng = Rng::with_seed(seed ^ 0x5eed);
        let configured = vec![None; count];
        let (starts, mishaps) = (0, Vec::new());
        let sells = selling::are_drawn(seed);
        Self { world, shape, subject, sells, rng, places, starts, configured, mishaps }
    }

    /// Brings every node on that has something to do, or that has not run for long.
    pub fn run_until(&mut self, then: Timestamp) {
        let woken = self.world.take_woken();
        for place in &mut self.places {
            let Place::Up(running) = place else { continue };
            let idle = then.micros() - running.node.reached().micros() < LAG;
            if running.frozen_until.is_some() || (idle && !woken.contains(&running.node.id())) {
                continue;
            }
            if running.node.reached() < then {
                running.node.run_until(then);
            }
        }
    }

    /// Starts and wakes whatever is due; returns how processors ended that nobody had stopped.
    ///
    /// # Errors
    /// The machine has no room for a node.
    pub fn tend(&mut self, now: Timestamp) -> std::io::Result<Vec<Ended>> {
        let mut ended = Vec::new();
        for number in 0..self.places.len() {
            self.thaw_due(number, now);
            if let Some(how) = self.collect_ended(number, now) {
                ended.extend(how);
            }
            if matches!(self.places.get(number), Some(Place::Down(until)) if *until <= now) {
                self.start(number, now)?;
            }
        }
        Ok(ended)
    }

    fn thaw_due(&mut self, number: usize, now: Timestamp) {
        let Some(Place::Up(running)) = self.places.get_mut(number) else { return };
        if running.frozen_until.is_some_and(|until| until <= now) {
            running.frozen_until = None;
            self.world.thaw(running.node.id());
            running.node.wake_at(now);
        }
    }

    /// A processor that is done leaves its place; it is started again.
    fn collect_ended(&mut self, number: usize, now: Timestamp) -> Option<Option<Ended>> {
        let place = self.places.get_mut(number)?;
        let Place::Up(running) = place else { return None };
        let Software::Processor { stop, run } = &mut running.software else { return None };
        if !run.is_finished() {
            return None;
        }
        let asked = stop.is_cancelled();
        let outcome = futures::FutureExt::now_or_never(run)?;
        self.world.kill(running.node.id());
        *place = Place::Down(Timestamp::from_micros(now.micros() + RESTART));
        Some(match outcome {
            Ok(Ok(())) => None,
            Ok(Err(RunError::Join(_))) if asked => None,
            Ok(Err(error)) => Some(Ended::By(error)),
            Err(error) => Some(Ended::Panicked(error)),
        })
    }

    fn start(&mut self, number: usize, now: Timestamp) -> std::io::Result<()> {
        let client = self.world.client();
        let badly = self.shape.clocks_are_bad && number < self.shape.processors;
        let (behind, ahead) = if badly { SKEW_BADLY } else { (SKEW, SKEW) };
        let skew = self.rng.i64(-behind..=ahead);
        let node = Node::start(client, now, (skew, self.rng.u64(..)))?;
        self.starts += 1;
        let policy = self.next_policy(number);
        let software = if number < self.shape.processors {
            self.processor(&node, policy)
        } else {
            Software::Edge(Edge::start(&node, self.subject, policy, self.shape.partitions))
        };
        let (start, frozen_until, doomed) = (self.starts, None, None);
        let running = Running { node, software, start, frozen_until, doomed };
        if let Some(place) = self.places.get_mut(number) {
            *place = Place::Up(Box::new(running));
        }
        Ok(())
    }

    /// Each start takes the next configuration, as a roll-out does.
    fn next_policy(&mut self, number: usize) -> Policy {
        let count = u64::try_from(self.shape.policies.len()).unwrap_or(1);
        let turn = usize::try_from(self.starts % count).unwrap_or_default();
        if let Some(before) = self.configured.get_mut(number)
            && before.replace(turn).is_some_and(|before| before != turn)
        {
            self.mishaps.push(Mishap::ConfigChanged);
        }
        self.shape.policies.get(turn).copied().unwrap_or_default()
    }

    fn processor(&self, node: &Node, policy: Policy) -> Software {
        let ports = Tampered::of_processor(node.client().clone(), self.subject);
        let terms = (self.shape.workers, self.shape.cache_bytes, policy);
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let skus = self.sells.then(|| settings(Skus { defects: self.subject }, terms));
        let carts = settings(Carts { defects: self.subject }, terms);
        let run = node.spawn(async move {
            let both = (ports.clone(), ports);
            let Some(skus) = skus else {
                return Box::pin(runtime::run(both, carts, Health::default(), asked)).await;
            };
            // Neither goes on without the other.
            let asked = asked.child_token();
            let skus = runtime::run(both.clone(), skus, Health::default(), asked.clone());
            let carts = runtime::run(both, carts, Health::default(), asked.clone());
            let carts = ending(Box::pin(carts), asked.clone());
            let (carts, skus) = tokio::join!(carts, ending(Box::pin(skus), asked));
            carts.and(skus)
        });
        Software::Processor { stop, run }
    }

    /// The edges that can be talked to: place, start, node and software.
    pub fn edges(&self) -> impl Iterator<Item = (usize, u64, &Node, &Edge)> {
        self.places.iter().enumerate().filter_map(|(number, place)| match place {
            Place::Up(running) if running.frozen_until.is_none() => match &running.software {
                Software::Edge(edge) => Some((number, running.start, &running.node, edge)),
                Software::Processor { .. } => None,
            },
            Place::Up(_) | Place::Down(_) => None,
        })
    }

    /// The starts of every node that is up, asleep or not.
    pub fn all_starts(&self) -> impl Iterator<Item = u64> {
        self.places.iter().filter_map(|place| match place {
            Place::Up(running) => Some(running.start),
            Place::Down(_) => None,
        })
    }

    /// Whether this start of an edge is over.
    #[must_use]
    pub fn is_over(&self, number: usize, start: u64) -> bool {
        !matches!(self.places.get(number), Some(Place::Up(running)) if running.start == start)
    }
}
