//! A cart as it was: the fold of its history up to a version or a time.

use cart_schemas::event::Event;
use cart_schemas::id::CartKey;
use cart_schemas::record::CartRecord;
use cart_schemas::reply::Snapshot;
use cart_schemas::timestamp::Timestamp;
use cart_schemas::told::Told;
use cart_storage::store::Store;

use super::query::{Chronicle, HistoryError};

/// Events folded for one answer: a few hundred milliseconds of a core, and more than a person
/// brings about in years. A state that takes more is not told.
pub const FOLDED_MAX: usize = 10_000;

/// Which moment of a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// When it had this version.
    Version(u64),
    /// At this time, by the cart's own clock.
    Time(Timestamp),
}

/// A cart as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// What it held.
    pub snapshot: Snapshot,
    /// The moment it is seen at: the time asked for, or when the version came about. `None` where
    /// nobody knows when that was, which is so of a cart nobody had changed.
    pub at: Option<Timestamp>,
}

/// The cart at `key` as it was then. `None` if it never had that version, or if that lies before what
/// is kept, or more than [`FOLDED_MAX`] events after it.
///
/// # Errors
/// See [`HistoryError`].
pub async fn as_of<S: Store>(
    store: &S,
    key: &CartKey,
    when: When,
) -> Result<Option<Past>, HistoryError> {
    let chronicle = Chronicle::open(store, key).await?;
    let Some(chronicle) = chronicle else {
        return Ok(untouched(key, when));
    };
    if let Some(present) = present(&chronicle, key, when) {
        return Ok(present);
    }
    let cart_id = chronicle.cart;
    let begun = chronicle.snapshot().await?.filter(|snapshot| when.may_follow(snapshot.version));
    for came in begun.into_iter().map(Some).chain([None]) {
        if let Some((told, at)) = fold(&chronicle, came, when).await? {
            let (version, cart) = (told.version(), told.cart().clone());
            return Ok(Some(Past { snapshot: Snapshot { cart_id, version, cart }, at }));
        }
    }
    Ok(None)
}

impl When {
    /// Whether it may lie after this version.
    const fn may_follow(self, version: u64) -> bool {
        match self {
            Self::Version(asked) => asked >= version,
            Self::Time(_) => true,
        }
    }

    /// Whether an event had come about by then.
    fn is_after(self, event: &Event) -> bool {
        match self {
            Self::Version(version) => event.place.version <= version,
            Self::Time(time) => event.at <= time,
        }
    }
}

/// A cart nobody has seen always was the empty one.
fn untouched(key: &CartKey, when: When) -> Option<Past> {
    let snapshot = CartRecord::default().into_snapshot(key);
    match when {
        When::Version(0) => Some(Past { snapshot, at: None }),
        When::Version(_) => None,
        When::Time(time) => Some(Past { snapshot, at: Some(time) }),
    }
}

/// What needs no fold: the version there is, and those there never were.
fn present<S: Store>(
    chronicle: &Chronicle<'_, S>,
    key: &CartKey,
    when: When,
) -> Option<Option<Past>> {
    let record = &chronicle.record;
    let past = |at| Some(Past { snapshot: record.snapshot(key), at });
    match when {
        When::Version(version) if version > record.version => Some(None),
        When::Version(version) if version == record.version => {
            let mut events = record.ledger.iter().flat_map(|entry| &entry.events);
            let last = events.rfind(|event| event.place.version == version);
            let changed = record.cart.lifespan.map(|lifespan| lifespan.last_modified);
            Some(past(last.map(|event| event.at).or(changed)))
        }
        When::Time(time) if time >= record.ts => Some(past(Some(time))),
        When::Version(_) | When::Time(_) => None,
    }
}

/// Folds the events up to then, after the snapshot the cart came with from another installation, or
/// from the cart nobody has changed. `None` where they do not lead there.
async fn fold<S: Store>(
    chronicle: &Chronicle<'_, S>,
    came: Option<Snapshot>,
    when: When,
) -> Result<Option<(Told, Option<Timestamp>)>, HistoryError> {
    let since = |Snapshot { version, cart, .. }| Told::since(version, cart);
    let mut told = came.map_or_else(Told::default, since);
    let (begun, mut folded, mut at) = (told.version(), 0, None);
    loop {
        let page = chronicle.page(told.version()).await?;
        if page.from.is_some() {
            return Ok(None);
        }
        folded += page.events.len();
        if folded > FOLDED_MAX {
            return Ok(None);
        }
        for kept in &page.events {
            let event = Event::decode(kept.json.as_bytes()).map_err(HistoryError::Event)?;
            if !when.is_after(&event) {
                return Ok(arrived(told, begun, at, when));
            }
            told.hear(&event);
            at = Some(event.at);
        }
        match page.next {
            None => return Ok(arrived(told, begun, at, when)),
            Some(_) if page.events.is_empty() => return Err(HistoryError::Behind),
            Some(_) => {}
        }
    }
}

/// What a fold came to, if that is what was asked for.
fn arrived(
    told: Told,
    begun: u64,
    at: Option<Timestamp>,
    when: When,
) -> Option<(Told, Option<Timestamp>)> {
    match when {
        When::Version(version) => {
            let changed = told.cart().lifespan.map(|lifespan| lifespan.last_modified);
            (told.version() == version).then(|| (told, at.or(changed)))
        }
        // When a cart that came from elsewhere got the version it came with, nobody knows here.
        When::Time(time) => {
            let is_known = begun == 0 || told.version() > begun;
            is_known.then_some((told, Some(time)))
        }
    }
}
