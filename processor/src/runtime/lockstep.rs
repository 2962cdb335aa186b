//! Another shell for the same workers, scanners and effects: for whoever has the clock. Nothing happens here by
//! itself. Timers are looked for and commands decided when it is said, all of them and in one order, so that
//! two runs over the same commands come to the same. Waits out no outage: what stops a partition ends the run.

mod hearing;

use std::collections::BTreeMap;

use cart_schemas::generation::CommandLog;
use cart_schemas::partition::Partition;
use cart_schemas::record::Owner;
use cart_schemas::timestamp::Timestamp;
use cart_storage::log::{Log, LogError, Record, Tail as _, TailEvent};
use cart_storage::store::Store;
use futures::future::{join_all, try_join_all};

use self::hearing::{records_of, until};
use super::Settings;
use super::assignment::{Entering, Refusal, examine};
use super::carrier::Carrier;
use super::cursors::Cursors;
use super::wakes::Ringer;
use crate::defects::NoDefects;
use crate::fold::Fold;
use crate::intake::Home;
use crate::timers::Shelf;
use crate::timers::scanner::Scanner;
use crate::worker::{Action, Effect, Input, StopReason, Worker};

/// Why a run cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum Halt {
    /// The log cannot be asked.
    #[error("the log cannot be asked")]
    Log(#[source] LogError),
    /// The log's tail has ended.
    #[error("the command log's tail has ended")]
    Ended(#[source] Option<LogError>),
    /// A partition must not begin.
    #[error("a partition must not begin")]
    Refused(#[source] Refusal),
    /// A partition cannot go on.
    #[error("partition {0} cannot go on: {1}")]
    Stopped(Partition, StopReason),
    /// A partition would have to begin anew, which a running processor does.
    #[error("partition {0} is not as it was left")]
    Forgotten(Partition),
    /// Timers cannot be looked for.
    #[error("timers cannot be scanned: {0}")]
    Timers(String),
}

/// The processor of a fold that decides when it is told to. It has all partitions.
#[derive(Debug)]
pub struct Lockstep<F: Fold, L: Log, S: Store> {
    log: L,
    tail: L::Tail,
    worker: Worker<F>,
    carrier: Carrier<L, S>,
    parts: BTreeMap<Partition, Part<L, S>>,
}

/// A partition.
#[derive(Debug)]
struct Part<L, S> {
    /// The offset of the record to be read next.
    next: i64,
    /// Everything before it is done.
    frontier: i64,
    timers: Option<Timers<L, S>>,
}

#[derive(Debug)]
struct Timers<L, S> {
    scanner: Scanner<NoDefects>,
    ringer: Ringer<L, S>,
}

impl<F: Fold, L: Log, S: Store> Lockstep<F, L, S> {
    /// Joins the fold's group, in which nobody else may be, and begins every partition at this time.
    ///
    /// # Errors
    /// See [`Halt`].
    pub async fn begin(
        (log, store): (L, S),
        settings: Settings<F>,
        now: Timestamp,
    ) -> Result<Self, Halt> {
        let partitions = log.partitions(F::SITE.commands).await.map_err(Halt::Log)?;
        let command_log = CommandLog { generation: settings.generation, partitions };
        let mut tail = log.subscribe(F::SITE.group, F::SITE.commands).map_err(Halt::Log)?;
        until(&mut tail, |event| matches!(event, TailEvent::Assigned(_))).await?;
        let cursors = Cursors::default();
        let carrier = Carrier {
            log: log.clone(),
            store,
            site: F::SITE,
            generation: settings.generation,
            cursors: cursors.clone(),
            ignores_interruptions: false,
        };
        let worker = Worker::new(settings.fold.clone(), command_log, settings.cache_bytes);
        let mut run = Self { log, tail, worker, carrier, parts: BTreeMap::new() };
        for partition in partitions.partitions() {
            run.enter(Home { log: command_log, partition }, &settings, now).await?;
        }
        Ok(run)
    }

    async fn enter(
        &mut self,
        home: Home,
        settings: &Settings<F>,
        now: Timestamp,
    ) -> Result<(), Halt> {
        let partition = home.partition;
        let owner = Owner::new((settings.ambient.fresh_id)());
        let (ports, entering) =
            ((&self.log, &self.carrier.store), Entering { number: 1, owner, now });
        let found = examine(ports, home, entering, &settings.fold).await.map_err(Halt::Refused)?;
        let shelf = Shelf { generation: settings.generation, partition };
        let frontier = found.begin.frontier;
        let timers = F::WAKE.zip(found.slot).map(|(wake, slot)| {
            self.carrier.cursors.set(partition, slot);
            let ringer = Ringer {
                log: self.log.clone(),
                store: self.carrier.store.clone(),
                to: F::SITE.at(partition),
                shelf,
                wake,
                policies: settings.policies.clone(),
                ambient: settings.ambient,
                cursors: self.carrier.cursors.clone(),
            };
            Timers { scanner: Scanner::new(shelf, slot, frontier), ringer }
        });
        self.tail.start(&[(F::SITE.at(partition), found.read_from)]);
        self.parts.insert(partition, Part { next: found.read_from, frontier, timers });
        let effects = self.worker.on(Input::Begin(partition, found.begin));
        self.carry_out(effects).await
    }

    /// Appends a Wake for every timer that came due until now.
    ///
    /// # Errors
    /// See [`Halt`].
    pub async fn wake(&mut self, now: Timestamp) -> Result<(), Halt> {
        let looks = self.parts.values_mut().map(async |part| {
            let Some(Timers { scanner, ringer }) = &mut part.timers else { return Ok(()) };
            let mut ask = scanner.tick(now, part.frontier);
            while let Some(asked) = ask {
                ask = scanner.on(ringer.answer(asked).await.map_err(Halt::Timers)?);
            }
            Ok(())
        });
        try_join_all(looks).await.map(drop)
    }

    /// Decides whatever there is in the log, and gives how many commands that were.
    ///
    /// # Errors
    /// See [`Halt`].
    pub async fn settle(&mut self) -> Result<usize, Halt> {
        let read = self.read().await?;
        let count = read.values().map(Vec::len).sum();
        let mut effects = Vec::new();
        for (partition, records) in read {
            effects.extend(self.worker.on(Input::Records(partition, records)));
        }
        self.carry_out(effects).await.map(|()| count)
    }

    /// Commits what is decided, and leaves the group.
    ///
    /// # Errors
    /// See [`Halt`].
    pub async fn end(mut self) -> Result<(), Halt> {
        let offsets = self.parts.iter().map(|(at, part)| (F::SITE.at(*at), part.frontier));
        self.tail.commit(&offsets.collect::<Vec<_>>());
        until(&mut self.tail, |event| matches!(event, TailEvent::Committed)).await?;
        self.tail.close().await;
        Ok(())
    }

    /// Everything that was appended since it was last read.
    async fn read(&mut self) -> Result<BTreeMap<Partition, Vec<Record>>, Halt> {
        let mut ends = BTreeMap::new();
        for partition in self.parts.keys() {
            let bounds = self.log.bounds(F::SITE.at(*partition)).await.map_err(Halt::Log)?;
            ends.insert(*partition, bounds.end);
        }
        let is_behind = |(at, part): (&Partition, &Part<L, S>)| {
            ends.get(at).is_some_and(|end| part.next < *end)
        };
        let mut read: BTreeMap<Partition, Vec<Record>> = BTreeMap::new();
        while self.parts.iter().any(is_behind) {
            let Some((at, records)) = records_of(self.tail.next().await)? else { continue };
            if let Some(part) = self.parts.get_mut(&at.partition) {
                part.next = records.last().map_or(part.next, |last| last.offset + 1);
            }
            read.entry(at.partition).or_default().extend(records);
        }
        Ok(read)
    }

    /// Carries effects out side by side, those that follow from them in the next round, and so on.
    async fn carry_out(&mut self, mut effects: Vec<Effect>) -> Result<(), Halt> {
        while !effects.is_empty() {
            let mut under_way = Vec::new();
            for Effect { partition, ticket, action, .. } in effects {
                if action.is_answered() {
                    let carried = self.carrier.clone().carry_out(partition, action);
                    under_way.push(async move { Input::Done(partition, ticket, carried.await) });
                } else {
                    self.take_note(partition, action)?;
                }
            }
            // Asked in this order, so that what they append lies in this order, too.
            let done = join_all(under_way).await;
            effects = done.into_iter().flat_map(|input| self.worker.on(input)).collect();
        }
        Ok(())
    }

    fn take_note(&mut self, partition: Partition, action: Action) -> Result<(), Halt> {
        match action {
            Action::Advance(frontier) => {
                if let Some(part) = self.parts.get_mut(&partition) {
                    part.frontier = frontier;
                }
                Ok(())
            }
            Action::Stop(reason) => Err(Halt::Stopped(partition, reason)),
            Action::BeginAnew | Action::Rewind(_) => Err(Halt::Forgotten(partition)),
            // All there is has been read before anything was decided, and the rest is carried out.
            Action::Pause
            | Action::Resume
            | Action::Drained
            | Action::Load(_)
            | Action::Arm(_)
            | Action::Store(_)
            | Action::Mark(_)
            | Action::Emit(_) => Ok(()),
        }
    }
}
