//! The parts of the product that decide and remember, on a folder whose clock is set: everything in lockstep
//! with it. Knows no customer.

use cart_ingest::commands::Commands;
use cart_processor::fold::{Carts, Skus};
use cart_processor::runtime::{Halt, Lockstep, Settings};
use cart_schemas::policies::Policies;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::Topic;
use cart_storage::embedded::{DrivenClock, Embedded, Unwritten};
use cart_storage::log::{AppendError, Lane, Log as _, LogError, NewRecord, TopicPartition};

/// Why a simulation cannot go on.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    #[error("a processor has halted")]
    Halt(#[from] Halt),
    #[error("the log cannot be asked")]
    Log(#[from] LogError),
    #[error("the log does not take what is asked")]
    Append(#[from] AppendError),
    #[error("the folder is not complete")]
    Unwritten(#[from] Unwritten),
}

/// Everything between a request and its events.
#[derive(Debug)]
pub(super) struct Works {
    engine: Embedded,
    clock: DrivenClock,
    carts: Lockstep<Carts, Embedded, Embedded>,
    skus: Lockstep<Skus, Embedded, Embedded>,
    commands: Commands<Embedded, Embedded>,
}

impl Works {
    /// Starts them on a folder that was made with this clock.
    pub(super) async fn start(
        engine: Embedded,
        clock: DrivenClock,
        policies: Policies,
    ) -> Result<Self, Broken> {
        let (now, ports) = (clock.now(), (engine.clone(), engine.clone()));
        let carts = Settings { policies: policies.clone(), ..Settings::of(Carts::new()) };
        let skus = Settings { policies: policies.clone(), ..Settings::of(Skus::new()) };
        let carts = Lockstep::begin(ports.clone(), carts, now).await?;
        let skus = Lockstep::begin(ports, skus, now).await?;
        let commands = Commands::open(engine.clone(), engine.clone(), policies.into()).await?;
        commands.live().await;
        Ok(Self { engine, clock, carts, skus, commands })
    }

    /// The way in.
    pub(super) const fn commands(&self) -> &Commands<Embedded, Embedded> {
        &self.commands
    }

    /// Log and store.
    pub(super) const fn engine(&self) -> &Embedded {
        &self.engine
    }

    /// The time now.
    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// It is this time: whatever came due by itself happens.
    pub(super) async fn advance(&mut self, time: Timestamp) -> Result<(), Broken> {
        self.clock.set(time);
        self.carts.wake(time).await?;
        self.settle().await
    }

    /// Appends commands and has them decided, with all that follows from them.
    pub(super) async fn decide(
        &mut self,
        mut commands: Vec<(TopicPartition, NewRecord)>,
    ) -> Result<(), Broken> {
        while !commands.is_empty() {
            let run = self.engine.append_run(Lane::Facts, commands.clone()).await;
            commands.drain(..run.acknowledged.min(commands.len()));
            match run.failure {
                // The rest is for the next run.
                None | Some(AppendError::Full) => {}
                Some(error) => return Err(error.into()),
            }
        }
        self.settle().await
    }

    /// Until nobody has anything to decide.
    async fn settle(&mut self) -> Result<(), Broken> {
        while self.carts.settle().await? + self.skus.settle().await? > 0 {}
        Ok(self.commands.catalog().caught_up(&self.engine).await?)
    }

    /// How many records a topic was ever given.
    pub(super) async fn appended(&self, topic: Topic) -> Result<i64, Broken> {
        let mut sum = 0;
        for partition in self.engine.partitions(topic).await?.partitions() {
            sum += self.engine.bounds(TopicPartition { topic, partition }).await?.end;
        }
        Ok(sum)
    }

    /// Commits what is decided and closes the folder.
    pub(super) async fn stop(self) -> Result<(), Broken> {
        self.carts.end().await?;
        self.skus.end().await?;
        drop(self.commands);
        Ok(self.engine.close().await?)
    }
}
