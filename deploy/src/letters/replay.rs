//! `cartstream dlq replay`: appends commands again as they were, where they lay, if nobody can have
//! decided them. Deletes nothing, and knows no reason against a letter.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, HashSet};

use cart_schemas::envelope::Envelope;
use cart_schemas::generation::CommandLog;
use cart_schemas::partition::Partition;
use cart_schemas::record::Position;
use cart_schemas::topic::Topic;
use cart_storage::log::{Lane, Log, TopicPartition};
use cart_storage::store::Store;
use serde::Serialize;

use super::letter::{Letter, Origin};
use super::objection::{self, Objection, Weight};
use super::pages::Pages;
use super::recall;
use super::waiting::Waiting;
use crate::answer::{self, Form};
use crate::cli::ReplayArgs;
use crate::exit::Failure;
use crate::place::{Errand, Installation, Opened};
use crate::{backlog, inspect, standing};

/// Letters to be replayed.
pub(super) struct Replay {
    which: Which,
    risk: bool,
    form: Form,
}

enum Which {
    One(Origin),
    All { class: Option<String> },
}

impl Replay {
    pub(super) fn new(args: ReplayArgs) -> Self {
        let ReplayArgs { partition, offset, all: _, class, risk_deciding_twice: risk, form } = args;
        let which = match partition.zip(offset) {
            Some((partition, offset)) => {
                Which::One(Origin { partition: Partition::new(partition), offset })
            }
            None => Which::All { class },
        };
        Self { which, risk, form }
    }
}

impl Errand for Replay {
    type Outcome = ();

    async fn run<I: Installation>(self, at: &I) -> Result<(), Failure> {
        let at = Opened::open(at).await?;
        if let Some(reason) = standing::absence(&at.standing.state) {
            return Err(Failure::Usage(reason));
        }
        let partitions = backlog::partitions(&at.log).await?;
        let log = CommandLog { generation: at.standing.generation, partitions };
        let (waiting, sum) = (HashMap::new(), Sum::default());
        let mut replaying = Replaying { at: &at, log, request: &self, waiting, sum };
        match &self.which {
            Which::One(place) => replaying.take(&super::find(&at.log, *place).await?).await?,
            Which::All { class } => replaying.take_all(class.as_deref()).await?,
        }
        replaying.sum.told(self.form)
    }
}

struct Replaying<'a, L, S> {
    at: &'a Opened<L, S>,
    log: CommandLog,
    request: &'a Replay,
    /// What waits on each partition that was looked at, and what was appended since.
    waiting: HashMap<Partition, Waiting>,
    sum: Sum,
}

#[derive(Debug, Default)]
struct Sum {
    appended: u64,
    needless: u64,
    refused: u64,
}

/// What was done about one letter.
#[derive(Debug, Serialize)]
#[serde(tag = "outcome", rename_all = "snake_case", rename_all_fields = "camelCase")]
enum Done {
    Appended { appended_at: i64 },
    Needless { reason: String },
    Refused { reason: String, may_be_risked: bool },
}

#[derive(Debug, Serialize)]
struct Row {
    partition: u16,
    offset: i64,
    #[serde(flatten)]
    done: Done,
}

impl<L: Log, S: Store> Replaying<'_, L, S> {
    /// Each command once, however often it was dead-lettered.
    async fn take_all(&mut self, class: Option<&str>) -> Result<(), Failure> {
        let mut taken = HashSet::new();
        let at = self.at;
        let mut pages = Pages::open(&at.log).await?;
        while let Some(letters) = pages.next().await? {
            for letter in letters {
                if letter.is_of(class) && taken.insert(letter.origin) {
                    self.take(&letter).await?;
                }
            }
        }
        Ok(())
    }

    async fn take(&mut self, letter: &Letter) -> Result<(), Failure> {
        let done = match objection::read(letter, self.log) {
            Ok(envelope) => self.consider(letter, &envelope).await?,
            Err(objection) => Done::not(&objection),
        };
        self.sum.count(&done);
        let Origin { partition, offset } = letter.origin;
        let row = Row { partition: partition.number(), offset, done };
        if self.request.form.json { answer::line(&row) } else { answer::write(&row.text()) }
    }

    /// What waits is asked before the row: every other decision is in it by then.
    async fn consider(&mut self, letter: &Letter, envelope: &Envelope) -> Result<Done, Failure> {
        let Origin { partition, offset } = letter.origin;
        if let Some(place) = self.waiting(partition).await?.place(envelope.id) {
            return Ok(Done::not(&Objection::Waits(place)));
        }
        let lay_at = Position { generation: self.log.generation, offset };
        let record = inspect::cart(&self.at.store, &envelope.cart).await?;
        match recall::recall(envelope, lay_at, record.as_ref()) {
            Err(objection) if !self.is_risked(&objection) => Ok(Done::not(&objection)),
            Ok(()) | Err(_) => {
                let appended_at = self.append(letter).await?;
                self.waiting(partition).await?.add(envelope.id, appended_at);
                Ok(Done::Appended { appended_at })
            }
        }
    }

    fn is_risked(&self, objection: &Objection) -> bool {
        self.request.risk && objection.weight() == Weight::Risky
    }

    async fn waiting(&mut self, partition: Partition) -> Result<&mut Waiting, Failure> {
        match self.waiting.entry(partition) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                Ok(unknown.insert(Waiting::on(&self.at.log, partition).await?))
            }
        }
    }

    async fn append(&self, letter: &Letter) -> Result<i64, Failure> {
        let to = TopicPartition { topic: Topic::Commands, partition: letter.origin.partition };
        let ack = self.at.log.append(Lane::Commands, to, letter.original.clone()).await;
        let ack = ack.map_err(|source| {
            let place = letter.origin;
            let what = format!("the command of {place} may not be appended: replay it again");
            Failure::failed(what, source)
        })?;
        Ok(ack.offset)
    }
}

impl Done {
    fn not(objection: &Objection) -> Self {
        let reason = objection.to_string();
        match objection.weight() {
            Weight::Needless => Self::Needless { reason },
            Weight::Risky => Self::Refused { reason, may_be_risked: true },
            Weight::Final => Self::Refused { reason, may_be_risked: false },
        }
    }
}

impl Row {
    fn text(&self) -> String {
        let said = match &self.done {
            Done::Appended { appended_at } => format!("appended again at offset {appended_at}"),
            Done::Needless { reason } => format!("nothing to do: {reason}"),
            Done::Refused { reason, may_be_risked: false } => format!("refused: {reason}"),
            Done::Refused { reason, may_be_risked: true } => {
                format!("refused: {reason}; if not, --risk-deciding-twice appends it")
            }
        };
        let (partition, offset) = (self.partition, self.offset);
        format!("partition {partition}, offset {offset}: {}\n", answer::plain(&said))
    }
}

impl Sum {
    const fn count(&mut self, done: &Done) {
        match done {
            Done::Appended { .. } => self.appended += 1,
            Done::Needless { .. } => self.needless += 1,
            Done::Refused { .. } => self.refused += 1,
        }
    }

    fn told(&self, form: Form) -> Result<(), Failure> {
        let Self { appended, needless, refused } = self;
        if !form.json {
            let sum = format!("appended {appended}, nothing to do {needless}, refused {refused}\n");
            answer::write(&sum)?;
        }
        match refused {
            0 => Ok(()),
            _ => Err(Failure::Incomplete(format!("letters refused: {refused}"))),
        }
    }
}
