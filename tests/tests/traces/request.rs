//! What a trace's log is made of: the model's `a:A` is `add("a")`, its `r:R` is `remove("r")`.

use cart_processor::timers::Timer;
use cart_schemas::command::{Command, Intent, Offer};
use cart_schemas::digest::Digest;
use cart_schemas::envelope::Envelope;
use cart_schemas::id::{CartKey, CommandId, ItemId};
use cart_schemas::policy::{Policy, Rules};
use cart_schemas::quantity::Quantity;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::topic::header;
use cart_storage::log::{Header, Record};

/// A point in time, in seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// The only cart.
pub(crate) fn cart() -> CartKey {
    "ann".parse().unwrap()
}

/// A command before it lies in the log. Two of one name have one id.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    name: String,
    digest: Digest,
    command: Command,
    appended: Option<i64>,
    ttl: u32,
    awaited: bool,
}

/// Puts one more of the only product into the cart.
pub(crate) fn add(name: &str) -> Request {
    let intent =
        Intent::AddItem { item: item(), quantity: Quantity::new(1).unwrap(), currency: None };
    request(name, intent)
}

/// Takes the only product out of the cart; rejected if it is not in it.
pub(crate) fn remove(name: &str) -> Request {
    request(name, Intent::RemoveItem { item: item() })
}

/// A due timer's Wake: fresh each time, and nobody waits for it.
pub(crate) fn wake(number: i64, timer: &Timer) -> Request {
    Request {
        name: format!("wake {number}"),
        digest: Digest::of(b"wake"),
        command: Command::Wake { due: timer.due },
        appended: None,
        ttl: Policy::default().ttl_seconds,
        awaited: false,
    }
}

/// Adds of so many different names.
pub(crate) fn adds(count: usize) -> Vec<Request> {
    (0..count).map(|number| add(&format!("filler {number}"))).collect()
}

fn item() -> ItemId {
    ItemId::new("prod_1".parse().unwrap(), None)
}

fn request(name: &str, intent: Intent) -> Request {
    let offer = Offer::Listed {
        name: "T-Shirt".to_owned(),
        price: 2_999.try_into().unwrap(),
        currency: "USD".parse().unwrap(),
        available: true,
        stock: 999,
        others: Vec::new(),
    };
    Request {
        name: name.to_owned(),
        digest: intent.digest(None),
        command: intent.with_offer(offer),
        appended: None,
        ttl: Policy::default().ttl_seconds,
        awaited: true,
    }
}

impl Request {
    /// Appended at this second; otherwise ten seconds after the one before it.
    pub(crate) fn at(self, seconds: i64) -> Self {
        Self { appended: Some(seconds), ..self }
    }

    /// Keeps the cart so many seconds.
    pub(crate) fn keeping(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// Nobody waits for its answer.
    pub(crate) fn unawaited(self) -> Self {
        Self { awaited: false, ..self }
    }

    pub(crate) fn id(&self) -> CommandId {
        CommandId::from_idempotency_key(&cart(), &self.name)
    }

    /// The command, as decided by whoever reads it.
    pub(crate) fn envelope(&self) -> Envelope {
        let (ttl_seconds, empty_ttl_seconds) = (self.ttl, self.ttl);
        Envelope {
            id: self.id(),
            cart: cart(),
            rules: Rules::CURRENT,
            digest: self.digest,
            expected_version: None,
            policy: Policy { ttl_seconds, empty_ttl_seconds, ..Policy::default() },
            command: self.command.clone(),
        }
    }

    /// When it is appended at this offset.
    pub(crate) fn appended(&self, offset: i64) -> Timestamp {
        at(self.appended.unwrap_or(10 * (offset + 1)))
    }

    /// The record at this offset. Its reply partition is its offset, so that each record's answer
    /// is told from those of its repeats.
    pub(crate) fn record(&self, offset: i64) -> Record {
        let reply = Header::text(header::REPLY_PARTITION, offset.to_string());
        Record {
            offset,
            appended: self.appended(offset),
            key: Some(cart().as_str().to_owned().into()),
            value: Some(self.envelope().encode().into()),
            headers: if self.awaited { vec![reply] } else { Vec::new() },
        }
    }
}
