//! A log in memory: what is appended reaches whoever reads the topic, and a canned decision answers
//! commands.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::SkuKey;
use cart_schemas::partition::{Partition, PartitionCount};
use cart_schemas::reply::{Answer, Reply, Snapshot};
use cart_schemas::stock::{
    Stock, StockAnswer, StockCommand, StockEnvelope, StockRecord, StockRejection, StockReply, Units,
};
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::{Topic, header};
use cart_storage::log::{
    Ack, AppendError, Bounds, Header, Lane, Log, LogError, NewRecord, Record, Run, Start, Tail,
    TailEvent, TopicPartition,
};
use tokio::sync::mpsc;

/// What becomes of a command; `None` leaves it undecided.
pub(crate) type Decide = Arc<dyn Fn(&Envelope) -> Option<(Answer, Snapshot)> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct MemoryLog(Arc<Mutex<Shared>>);

struct Shared {
    decide: Decide,
    commands: Vec<(Envelope, Vec<Header>)>,
    tails: Vec<(Vec<TopicPartition>, mpsc::UnboundedSender<TailEvent>)>,
    products: Vec<Record>,
    stock: BTreeMap<SkuKey, Units>,
    /// Appends are refused because the queue is full.
    is_full: bool,
    /// Appends are never acknowledged.
    is_hung: bool,
    /// Tails are not live, as with a broker that does not answer.
    is_silent: bool,
}

impl MemoryLog {
    pub(crate) fn new() -> Self {
        let shared = Shared {
            decide: Arc::new(|_| None),
            commands: Vec::new(),
            tails: Vec::new(),
            products: Vec::new(),
            stock: BTreeMap::new(),
            is_full: false,
            is_hung: false,
            is_silent: false,
        };
        Self(Arc::new(Mutex::new(shared)))
    }

    pub(crate) fn decide(&self, decide: Decide) {
        self.0.lock().unwrap().decide = decide;
    }

    pub(crate) fn set_full(&self) {
        self.0.lock().unwrap().is_full = true;
    }

    pub(crate) fn set_hung(&self, is_hung: bool) {
        self.0.lock().unwrap().is_hung = is_hung;
    }

    pub(crate) fn set_silent(&self) {
        self.0.lock().unwrap().is_silent = true;
    }

    /// The commands appended so far and their headers.
    pub(crate) fn commands(&self) -> Vec<(Envelope, Vec<Header>)> {
        self.0.lock().unwrap().commands.clone()
    }

    /// Puts an event on the topic.
    pub(crate) fn event(&self, cart: &str, json: &str) {
        self.tell(cart, json, Vec::new());
    }

    /// The same, of a command that belongs to a trace.
    pub(crate) fn traced_event(&self, cart: &str, json: &str, trace: &str) {
        self.tell(cart, json, vec![Header::text("ce_traceparent", trace)]);
    }

    fn tell(&self, cart: &str, json: &str, headers: Vec<Header>) {
        let at = TopicPartition { topic: Topic::Events, partition: Partition::new(0) };
        let (key, value) = (Bytes::from(cart.to_owned()), Bytes::from(json.to_owned()));
        let record = NewRecord { key: Some(key), value: Some(value), headers };
        self.0.lock().unwrap().deliver(at, &record, 0);
    }

    /// Ends every tail of a topic.
    pub(crate) fn end(&self, topic: Topic) {
        let mut shared = self.0.lock().unwrap();
        shared.tails.retain(|(of, tail)| {
            let ends = of.iter().any(|at| at.topic == topic);
            if ends {
                tail.send(TailEvent::Ended(None)).unwrap();
            }
            !ends
        });
    }
}

impl Shared {
    fn append(&mut self, to: TopicPartition, record: &NewRecord) -> Result<Ack, AppendError> {
        if self.is_full {
            return Err(AppendError::Full);
        }
        let mut offset = 0;
        match to.topic {
            Topic::Commands => self.command(record),
            Topic::Products => {
                offset = i64::try_from(self.products.len()).unwrap();
                self.products.push(stored(record.clone(), offset));
                self.deliver(to, record, offset);
            }
            Topic::InventoryCommands => self.stock_command(record),
            Topic::Replies
            | Topic::Events
            | Topic::CommandsDeadLetters
            | Topic::InventoryLevels
            | Topic::InventoryDeadLetters
            | Topic::Analytics => {
                self.deliver(to, record, offset);
            }
        }
        Ok(Ack { offset })
    }

    fn command(&mut self, record: &NewRecord) {
        let envelope = Envelope::decode(record.value.as_deref().unwrap()).unwrap();
        let decided = (self.decide)(&envelope);
        let named = record.headers.iter().find(|h| h.name == header::REPLY_PARTITION).unwrap();
        let partition = std::str::from_utf8(&named.value).unwrap().parse().unwrap();
        self.commands.push((envelope.clone(), record.headers.clone()));
        let Some((answer, after)) = decided else { return };
        let reply = Reply { command: envelope.id, digest: envelope.digest, answer, after };
        let value = Some(Bytes::from(reply.encode()));
        let to = TopicPartition { topic: Topic::Replies, partition: Partition::new(partition) };
        self.deliver(to, &NewRecord { value, ..NewRecord::default() }, 0);
    }

    /// Stock is decided as the processor does, of a sku that has no memory.
    fn stock_command(&mut self, record: &NewRecord) {
        let StockEnvelope { id, sku, digest, command, .. } =
            StockEnvelope::decode(record.value.as_deref().unwrap()).unwrap();
        let named = record.headers.iter().find(|h| h.name == header::REPLY_PARTITION);
        let Some(partition) = named.map(|h| std::str::from_utf8(&h.value).unwrap()) else { return };
        let to = TopicPartition {
            topic: Topic::Replies,
            partition: Partition::new(partition.parse().unwrap()),
        };
        let on_hand = self.stock.entry(sku.clone()).or_default();
        let changed = match command {
            StockCommand::Put { units } => Some(units),
            StockCommand::Adjust { delta } => on_hand.changed_by(delta),
            StockCommand::Reserve { .. }
            | StockCommand::Commit { .. }
            | StockCommand::Release { .. } => panic!("no cart is in checkout here"),
        };
        *on_hand = changed.unwrap_or(*on_hand);
        let stock = match changed {
            Some(_) => StockAnswer::Applied,
            None => StockAnswer::Rejected(StockRejection::InvalidStock),
        };
        let stored = Stock { on_hand: *on_hand, ..Stock::default() };
        let level = StockRecord { stock: stored, ..StockRecord::default() }.level(&sku);
        let reply = StockReply { command: id, digest, stock, level };
        let value = Some(Bytes::from(reply.encode()));
        self.deliver(to, &NewRecord { value, ..NewRecord::default() }, 0);
    }

    fn deliver(&self, at: TopicPartition, record: &NewRecord, offset: i64) {
        for (_, tail) in self.tails.iter().filter(|(of, _)| of.contains(&at)) {
            // A tail whose reader is gone hears nothing.
            drop(tail.send(TailEvent::Records(at, vec![stored(record.clone(), offset)])));
        }
    }
}

fn stored(record: NewRecord, offset: i64) -> Record {
    let NewRecord { key, value, headers } = record;
    Record { offset, appended: Timestamp::default(), key, value, headers }
}

impl Log for MemoryLog {
    type Tail = MemoryTail;

    fn append(
        &self,
        _: Lane,
        to: TopicPartition,
        record: NewRecord,
    ) -> impl Future<Output = Result<Ack, AppendError>> + Send + 'static {
        let mut shared = self.0.lock().unwrap_or_else(|e| e.into_inner());
        let hangs = shared.is_hung;
        let appended = (!hangs).then(|| shared.append(to, &record));
        async move {
            match appended {
                Some(appended) => appended,
                None => std::future::pending().await,
            }
        }
    }

    fn append_run(
        &self,
        _: Lane,
        _: Vec<(TopicPartition, NewRecord)>,
    ) -> impl Future<Output = Run> + Send + 'static {
        // The way in appends single commands.
        std::future::pending()
    }

    fn subscribe(&self, _: &str, topic: Topic) -> Result<MemoryTail, LogError> {
        Err(LogError::NoTopic(topic.to_string()))
    }

    fn assign(&self, starts: Vec<(TopicPartition, Start)>) -> Result<MemoryTail, LogError> {
        let mut shared = self.0.lock().unwrap();
        let (sender, receiver) = mpsc::unbounded_channel();
        let of: Vec<_> = starts.iter().map(|(at, _)| *at).collect();
        if !shared.is_silent {
            sender.send(TailEvent::Assigned(of.clone())).unwrap();
            let catalog = |(at, _): &&(TopicPartition, Start)| at.topic == Topic::Products;
            for (at, _) in starts.iter().filter(catalog) {
                sender.send(TailEvent::Records(*at, shared.products.clone())).unwrap();
            }
            shared.tails.push((of, sender.clone()));
        }
        Ok(MemoryTail { receiver, _open: sender })
    }

    async fn partitions(&self, _: Topic) -> Result<PartitionCount, LogError> {
        Ok(PartitionCount::new(2).unwrap())
    }

    async fn bounds(&self, at: TopicPartition) -> Result<Bounds, LogError> {
        let shared = self.0.lock().unwrap();
        let end = match at.topic {
            Topic::Commands => shared.commands.len(),
            Topic::Products if shared.is_silent => 1,
            Topic::Products | Topic::Replies | Topic::Events | Topic::CommandsDeadLetters => {
                shared.products.len()
            }
            Topic::InventoryCommands
            | Topic::InventoryLevels
            | Topic::InventoryDeadLetters
            | Topic::Analytics => 0,
        };
        Ok(Bounds { start: 0, end: i64::try_from(end).unwrap() })
    }

    /// Everything but the last command is decided and committed.
    async fn committed(&self, _: &str, _: TopicPartition) -> Result<Option<i64>, LogError> {
        Ok(Some(0))
    }
}

pub(crate) struct MemoryTail {
    receiver: mpsc::UnboundedReceiver<TailEvent>,
    /// Keeps the tail of a silent log open.
    _open: mpsc::UnboundedSender<TailEvent>,
}

impl Tail for MemoryTail {
    async fn next(&mut self) -> TailEvent {
        self.receiver.recv().await.unwrap_or(TailEvent::Ended(None))
    }

    fn start(&mut self, _: &[(TopicPartition, i64)]) {}
    fn commit(&mut self, _: &[(TopicPartition, i64)]) {}
    fn pause(&mut self, _: TopicPartition) {}
    fn resume(&mut self, _: TopicPartition) {}
    fn rewind(&mut self, _: TopicPartition, _: i64) {}
    fn release(&mut self, _: &[TopicPartition]) {}
    async fn close(self) {}
}
