//! One seed, from start to finish: customers, nodes and faults on virtual time, every observation
//! audited, then everything calms down and must add up.

use cart_schemas::id::{CartKey, SkuKey};
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::policy::Policy;
use cart_schemas::stock::StockCommand;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log as _, NewRecord, TopicPartition};
use cart_storage::simulated::{Observation, Simulated, What, World};
use fastrand::Rng;
use uuid::Uuid;

use super::audit::{Audit, Broken, Invariant};
use super::census::Census;
use super::currencies;
use super::device::Device;
use super::fleet::{Ended, Fleet};
use super::goods;
use super::mutant::Subject;
use super::orders::Placed;
use super::panics;
use super::plan::{Act, Plan, SECOND};
use super::selling;
use super::strays::Near;
use super::weather;

/// One tick of the nodes' clocks.
const TICK: i64 = 1_000;
/// How long nothing may happen before nodes are looked after.
pub(super) const IDLE: i64 = SECOND / 2;
/// Why a seed failed.
#[derive(Debug)]
pub enum Failure {
    /// An invariant does not hold.
    Broken(Broken),
    /// A task panicked; for a mutant that is no catch.
    Panicked(String),
    /// The machine has no room.
    Machine(std::io::Error),
}

impl From<Broken> for Failure {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Broken(broken) => broken.fmt(f),
            Self::Panicked(what) => write!(f, "a panic: {what}"),
            Self::Machine(error) => write!(f, "no room: {error}"),
        }
    }
}

/// What a seed came to.
#[derive(Debug)]
pub struct Report {
    /// What happened in it.
    pub census: Census,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// What happened, line by line, if it was asked for.
    pub trace: Vec<String>,
}

/// Runs a plan.
#[must_use]
pub fn run(plan: &Plan, subject: Subject, traced: bool) -> Report {
    // The jitter of retries is drawn from this thread's generator.
    fastrand::seed(plan.seed);
    panics::watch();
    let mut run = Run::new(plan, subject, traced);
    let failure = run.all(plan).err();
    let failure = panics::first().map(Failure::Panicked).or(failure);
    let mut census = std::mem::take(&mut run.census);
    census.close(&run.world, run.audit.shadow(), &run.fleet.mishaps);
    Report { census, failure, trace: std::mem::take(&mut run.trace) }
}

/// A run under way.
pub(super) struct Run {
    pub(super) world: World,
    pub(super) count: PartitionCount,
    pub(super) audit: Audit,
    pub(super) fleet: Fleet,
    /// Whoever is none of ours and writes to the topics.
    pub(super) outsider: Simulated,
    pub(super) orders: Vec<Placed>,
    pub(super) devices: Vec<Device>,
    pub(super) keys: Vec<CartKey>,
    pub(super) rng: Rng,
    pub(super) census: Census,
    trace: Vec<String>,
    traced: bool,
    began: Timestamp,
    pub(super) next_look: Timestamp,
    /// Whether anything is sold.
    pub(super) sells: bool,
    /// Whether most goods are sold for euros, too.
    for_euros: bool,
    /// What those who are none of ours go by.
    policy: Policy,
}

impl Run {
    fn new(plan: &Plan, subject: Subject, traced: bool) -> Self {
        let world = World::new(plan.seed, plan.shape.partitions, plan.weather.clone());
        let outsider = world.client();
        let fleet = Fleet::new(world.clone(), plan.shape.clone(), subject, plan.seed);
        let audit = Audit::new(world.clone(), plan.shape.partitions);
        let keys = (0..plan.shape.carts).filter_map(|n| format!("user{n}").parse().ok()).collect();
        let began = world.now();
        Self {
            world,
            count: plan.shape.partitions,
            audit,
            fleet,
            outsider,
            orders: Vec::new(),
            devices: Vec::new(),
            keys,
            rng: Rng::with_seed(plan.seed ^ 0xca27),
            census: Census::default(),
            trace: Vec::new(),
            traced,
            began,
            next_look: began,
            sells: selling::are_drawn(plan.seed),
            for_euros: currencies::are_drawn(plan.seed),
            policy: plan.shape.policies.first().copied().unwrap_or_default(),
        }
    }

    fn all(&mut self, plan: &Plan) -> Result<(), Failure> {
        self.stock(0);
        let mut items = plan.items.iter().peekable();
        let end = self.after(plan.shape.lasts);
        let mut storm_until = self.began;
        while self.world.now() < end {
            let now = self.world.now();
            while let Some(item) = items.next_if(|item| self.after(item.at) <= now) {
                if let Act::Outage { lasts } = item.act {
                    self.world.set_weather(weather::outage());
                    storm_until = later(now, lasts);
                } else {
                    self.act(&item.act);
                }
            }
            if storm_until > self.began && storm_until <= now {
                self.world.set_weather(plan.weather.clone());
                storm_until = self.began;
            }
            let next = items.peek().map_or(end, |item| self.after(item.at));
            self.turn(next)?;
        }
        self.settle(plan)
    }

    fn after(&self, micros: i64) -> Timestamp {
        later(self.began, micros)
    }

    /// Lets time go on to the next thing that happens, at most until `until`; returns how far it
    /// went and which processors ended meanwhile.
    pub(super) fn go_on(&mut self, until: Timestamp) -> Result<(Timestamp, Vec<Ended>), Failure> {
        let now = self.world.now();
        let next = self.world.next_at().map_or(until, |at| at.min(until));
        let next = next.min(later(now, IDLE)).max(later(now, TICK));
        let next = later(next, (TICK - next.micros() % TICK) % TICK);
        self.world.advance_to(next);
        self.fleet.run_until(next);
        let ended = self.fleet.tend(next).map_err(Failure::Machine)?;
        Ok((next, ended))
    }

    /// What happens outside next, if it happens by `now`.
    pub(super) fn step(&mut self, now: Timestamp) -> Option<Vec<Observation>> {
        let due = self.world.next_at().is_some_and(|at| at <= now);
        let observations = due.then(|| self.world.step()).flatten()?;
        self.census.steps += 1;
        if self.traced {
            for one in &observations {
                let at = seconds(one.at.micros() - self.began.micros());
                self.trace.push(format!("{at:>9.3} s  {} {}", one.client, one.what));
            }
        }
        Some(observations)
    }

    pub(super) fn turn(&mut self, until: Timestamp) -> Result<(), Failure> {
        let (now, ended) = self.go_on(until)?;
        for ended in ended {
            self.ended(ended)?;
        }
        while let Some(observations) = self.step(now) {
            for observation in &observations {
                self.observe(observation)?;
            }
        }
        self.customers(now)
    }

    fn observe(&mut self, observation: &Observation) -> Result<(), Failure> {
        self.audit.observe(observation)?;
        match &observation.what {
            What::Appended { .. }
            | What::CellTaken { .. }
            | What::Noted { .. }
            | What::SlotDropped { .. }
            | What::Committed { .. } => self.fleet.effect_of(observation.client),
            What::StoreSynced | What::StoreForgot | What::Answered(_) | What::Injected(_) => {}
        }
        Ok(())
    }

    /// A processor that ends by itself does so because it could not join; any other end is wrong.
    fn ended(&mut self, ended: Ended) -> Result<(), Failure> {
        use cart_processor::runtime::RunError;
        match ended {
            Ended::By(RunError::Join(_)) => Ok(()),
            Ended::By(RunError::Panicked(error)) | Ended::Panicked(error) => {
                Err(Failure::Panicked(error.to_string()))
            }
            Ended::By(error @ (RunError::Refused(_) | RunError::Ended(_))) => {
                let what = format!("a processor refused its own log: {}", chain(&error));
                Err(Broken { invariant: Invariant::ForeignLog, what }.into())
            }
        }
    }

    fn act(&mut self, act: &Act) {
        let now = self.world.now();
        if self.traced {
            let at = seconds(now.micros() - self.began.micros());
            self.trace.push(format!("{at:>9.3} s  * {act:?}"));
        }
        match act {
            Act::Order(order) => self.order(order),
            Act::Crash { node, after_effects, down } => {
                self.fleet.doom(*node, *after_effects, *down);
            }
            Act::Stop { node, down } => self.fleet.stop(*node, *down),
            Act::Freeze { node, lasts } => self.fleet.freeze(*node, later(now, *lasts)),
            Act::Deafen { node, lasts } => self.fleet.deafen(*node, later(now, *lasts)),
            Act::Rebalance => self.world.rebalance(),
            Act::Catalog { edition } => self.stock(*edition),
            Act::Join { cart, pace } => {
                let Some(key) = self.keys.get(*cart).cloned() else { return };
                self.census.slow_sockets += u64::from(*pace > 0);
                self.devices.push(Device::new(key, *pace));
            }
            Act::Vanish { socket } => {
                if let Some(device) = self.devices.get_mut(*socket) {
                    self.census.vanished_sockets += u64::from(!device.vanished);
                    device.vanished = true;
                    device.disconnect();
                }
            }
            Act::Stray { kind, cart, pick } => {
                let Some(key) = self.keys.get(*cart).cloned() else { return };
                self.census.strays += 1;
                let near = Near::new(&self.world, self.count, &key);
                near.append(&self.outsider, *kind, *pick);
            }
            Act::Outage { .. } => {}
            Act::Undo { cart, pick } => self.undo(*cart, *pick),
            Act::Pay { cart, pick } => self.pay(*cart, *pick),
            Act::News { cart, pick } => {
                let Some(key) = self.keys.get(*cart) else { return };
                let (to, record) = selling::news(key, (*pick, self.policy), self.count);
                drop(self.outsider.append(Lane::Facts, to, record));
            }
            Act::Deliver { pick } => {
                let (to, record) = selling::delivery(*pick, self.count);
                drop(self.outsider.append(Lane::Facts, to, record));
            }
        }
    }

    /// Writes the catalog, as an operator does.
    fn stock(&self, edition: u32) {
        for product in goods::catalog(edition, self.for_euros) {
            let to = TopicPartition { topic: Topic::Products, partition: Partition::new(0) };
            let key = Some(product.id.as_str().to_owned().into());
            let record = NewRecord { key, value: Some(product.encode().into()), headers: vec![] };
            drop(self.outsider.append(Lane::Facts, to, record));
            for (sku, units) in product.skus(None).filter(|_| self.sells && edition == 0) {
                let put = (sku, StockCommand::Put { units });
                let id = Uuid::from_u64_pair(12, Self::number_of(&put.0));
                let (to, record) = selling::stocked(put, id, self.count);
                drop(self.outsider.append(Lane::Facts, to, record));
            }
        }
    }

    /// A number of a sku's own.
    fn number_of(sku: &SkuKey) -> u64 {
        let bytes = sku.to_string().into_bytes();
        bytes.iter().fold(7, |sum: u64, byte| sum.wrapping_mul(31).wrapping_add((*byte).into()))
    }

    /// A draw that is nobody's.
    pub(super) fn draw(&mut self, below: usize) -> usize {
        self.rng.usize(0..below.max(1))
    }

    pub(super) fn note(&mut self, what: &str) {
        if self.traced {
            let at = seconds(self.world.now().micros() - self.began.micros());
            self.trace.push(format!("{at:>9.3} s  * {what}"));
        }
    }
}

/// A time so many microseconds later.
pub(super) fn later(time: Timestamp, micros: i64) -> Timestamp {
    Timestamp::from_micros(time.micros() + micros)
}

#[expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]
fn seconds(micros: i64) -> f64 {
    micros as f64 / 1_000_000.0
}

/// An error with all its sources on one line.
pub(super) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let sources = std::iter::successors(Some(error), |error| error.source());
    sources.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
