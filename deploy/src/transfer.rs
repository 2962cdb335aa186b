//! `cartstream move`: every cart and the catalog from one set of engines into another, without
//! losing a cart. The order of its steps is here; each step is a module of its own.
//!
//! The store that is left says *leaving* before the other says anything, and *moved* before the
//! other says *live*: whenever this process dies, at most one of them is served from.

mod abandon;
mod catalog;
mod compare;
mod copy;
pub(crate) mod drain;
mod journey;
mod plan;
mod timers;

use cart_processor::runtime::Ambient;
use cart_schemas::generation::Generation;
use cart_schemas::standing::{Journey, MoveId, Stage, Standing, State};
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::Log;
use cart_storage::store::Store;

use crate::cli::{Connections, MoveArgs, Plan as Layout, Serving};
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened, Place};
use crate::progress::Progress;
use crate::{clock, standing};
use abandon::Abandonment;
use catalog::Catalog;
use plan::Plan;

/// Moves, or takes an unfinished move back.
pub(crate) async fn run(
    args: MoveArgs,
    serving: &Serving,
    connections: &Connections,
) -> Result<(), Failure> {
    let from = args.from.unwrap_or_else(|| args.to.other());
    let source = from.place(&serving.data, connections);
    if args.abandon {
        return source.run(Abandonment).await;
    }
    let mut there = connections.clone();
    there.kafka = args.to_kafka.unwrap_or(there.kafka);
    there.cql = args.to_cql.unwrap_or(there.cql);
    let target = args.to.place(&serving.data, &there);
    source.run(Departure { target, layout: &args.plan }).await
}

/// Opens what the carts leave, then what they go to.
struct Departure<'a> {
    target: Place,
    layout: &'a Layout,
}

impl Errand for Departure<'_> {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let source = Opened::open(at).await?;
        let arrival = Arrival { source, from: at.name(), layout: self.layout };
        Box::pin(self.target.run(arrival)).await
    }
}

struct Arrival<'a, L, S> {
    source: Opened<L, S>,
    /// What people call the source.
    from: String,
    layout: &'a Layout,
}

impl<L: Log, S: Store> Errand for Arrival<'_, L, S> {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        if self.from == at.name() {
            return Err(Failure::Usage(format!("the carts are in {} already", self.from)));
        }
        at.create_store(self.layout).await?;
        let store = at.store().await?;
        let standing = standing::read(&store).await?;
        let is_empty = copy::holds_nothing(&store).await?;
        let planned = plan::plan(&self.source.standing.state, &standing.state, is_empty);
        let planned = planned.map_err(|refusal| Failure::Usage(refusal.to_string()))?;
        let mut crossing = Crossing {
            source: self.source,
            target: store,
            standing,
            names: Names { from: self.from, to: at.name() },
            progress: Progress::on_stderr(),
        };
        crossing.carry_out(planned, (at, self.layout)).await
    }
}

/// What people call both ends.
struct Names {
    from: String,
    to: String,
}

/// A move under way.
struct Crossing<L, S, T> {
    source: Opened<L, S>,
    target: T,
    /// What the target says of its carts.
    standing: Standing,
    names: Names,
    progress: Progress,
}

impl<L: Log, S: Store, T: Store> Crossing<L, S, T> {
    async fn carry_out<I: Installation<Store = T>>(
        &mut self,
        planned: Plan,
        (at, layout): (&I, &Layout),
    ) -> Result<(), Failure> {
        match planned {
            Plan::Begin => {
                let id = MoveId::from_uuid((Ambient::default().fresh_id)());
                let generation = self.source.standing.generation.max(self.standing.generation);
                let arrived = match self.source.standing.state {
                    State::Live { arrived } | State::Leaving { arrived, .. } => arrived,
                    State::Moving { .. } | State::Moved { .. } => None,
                };
                self.leave(State::Leaving { id, to: self.names.to.clone(), arrived }).await?;
                let journey = self.set_out(id, generation.next(), (at, layout)).await?;
                self.travel(journey, (at, layout)).await
            }
            Plan::Resume(id) => {
                self.progress.say("going on with the move that was begun");
                let journey = match journey::read(&self.target).await? {
                    Some(journey) if journey.id == id => journey,
                    Some(_) | None => {
                        self.set_out(id, self.standing.generation, (at, layout)).await?
                    }
                };
                self.travel(journey, (at, layout)).await
            }
            Plan::Finish(id) => self.finish(id).await,
            Plan::Done => {
                self.progress.say(&format!("the carts are in {} already", self.names.to));
                Ok(())
            }
        }
    }

    /// Drains the source and begins a generation on the target.
    async fn set_out<I: Installation<Store = T>>(
        &mut self,
        id: MoveId,
        generation: Generation,
        (at, layout): (&I, &Layout),
    ) -> Result<Journey, Failure> {
        self.progress.say(&format!("draining {}: every command is decided first", self.names.from));
        let drained = drain::drain(&self.source).await?;
        let fresh = matches!(self.standing.state, State::Live { .. });
        at.create_log(generation, layout).await?;
        if fresh && !drain::is_unused(&at.log(generation).await?).await? {
            return Err(Failure::Usage(plan::Refusal::TargetHoldsCarts.to_string()));
        }
        let state = State::Moving { id, from: self.names.from.clone() };
        self.say(generation, state).await?;
        let stage = Stage::Copying { after: None };
        let journey = Journey { id, drained, copied: 0, stage, ts: clock::now() };
        journey::begin(&self.target, &journey).await?;
        Ok(journey)
    }

    /// Copies everything, proves that it is the same, and has the target take over.
    async fn travel<I: Installation<Store = T>>(
        &mut self,
        mut journey: Journey,
        (at, layout): (&I, &Layout),
    ) -> Result<(), Failure> {
        loop {
            self.progress.say(&format!("copying to {}", self.names.to));
            let log = at.log(self.standing.generation).await?;
            let shelves =
                timers::Shelves::open(&log, &self.target, self.standing.generation).await?;
            journey = copy::carts(&self.source.store, &self.target, (&shelves, journey)).await?;
            copy::beside_carts(&self.source.store, &self.target).await?;
            let catalog = catalog::copy(&self.source.log, &log).await?;
            if self.is_at_rest(&journey, &catalog).await? {
                let same =
                    compare::stores(&self.source.store, &self.target, &shelves, self.progress);
                let same = same.await;
                // What came during the comparison explains any difference.
                if self.is_at_rest(&journey, &catalog).await? {
                    let (carts, products) = (same?, catalog.products);
                    self.progress.say(&format!(
                        "verified: {carts} carts, their snapshots and timers, and {products} \
                         products with their stock are the same in both"
                    ));
                    if self.let_go(&journey, &catalog).await? {
                        return self.arrive(journey.id).await;
                    }
                }
            }
            // Whoever appended was not told in time that the carts leave. What was armed for the
            // carts as they were lies on shelves of this generation: the next one has its own.
            self.progress.say("something came while the carts were copied: once more");
            let generation = self.standing.generation.next();
            journey = self.set_out(journey.id, generation, (at, layout)).await?;
        }
    }

    /// Whether nothing came since the source was drained and its catalog read.
    async fn is_at_rest(&self, journey: &Journey, catalog: &Catalog) -> Result<bool, Failure> {
        Ok(drain::ends(&self.source.log).await? == journey.drained
            && catalog::end(&self.source.log).await? == catalog.end)
    }

    /// The source lets go; unless something came in that very moment: then it has them still.
    async fn let_go(&mut self, journey: &Journey, catalog: &Catalog) -> Result<bool, Failure> {
        let leaving = self.source.standing.state.clone();
        let to = self.names.to.clone();
        self.leave(State::Moved { id: journey.id, to }).await?;
        let at_rest = self.is_at_rest(journey, catalog).await?;
        if !at_rest {
            self.leave(leaving).await?;
        }
        Ok(at_rest)
    }

    /// Goes on where a move ended after its source had let go.
    async fn finish(&mut self, id: MoveId) -> Result<(), Failure> {
        let journey = journey::read(&self.target).await?;
        let drained = journey.filter(|journey| journey.id == id).map(|journey| journey.drained);
        if drained != Some(drain::ends(&self.source.log).await?) {
            self.progress.say("something came after the carts were let go: once more");
            let to = self.names.to.clone();
            self.leave(State::Leaving { id, to, arrived: None }).await?;
            return Err(Failure::Usage("run the same move again".to_owned()));
        }
        self.arrive(id).await
    }

    /// The target takes over from a source that has let go.
    async fn arrive(&mut self, id: MoveId) -> Result<(), Failure> {
        self.say(self.standing.generation, State::Live { arrived: Some(id) }).await?;
        let Names { from, to } = &self.names;
        self.progress.say(&format!("moved: the carts are in {to}; {from} keeps an old copy"));
        Ok(())
    }

    /// The source says where its carts are.
    async fn leave(&mut self, state: State) -> Result<(), Failure> {
        let said = &self.source.standing;
        let standing = next(said, said.generation, state);
        standing::replace(&self.source.store, said, &standing).await?;
        self.source.standing = standing;
        Ok(())
    }

    /// The target says where its carts are.
    async fn say(&mut self, generation: Generation, state: State) -> Result<(), Failure> {
        let standing = next(&self.standing, generation, state);
        standing::replace(&self.target, &self.standing, &standing).await?;
        self.standing = standing;
        Ok(())
    }
}

/// What a store says next.
fn next(said: &Standing, generation: Generation, state: State) -> Standing {
    let ts: Timestamp = clock::now().max(said.ts.next());
    Standing { generation, state, ts }
}
