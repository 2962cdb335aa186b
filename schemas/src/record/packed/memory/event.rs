//! An event in a packed record, without what its entry says.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Raw;
use super::merge::{Merge, Undone, Warning};
use crate::event::{self, Place, ReturnReason, Summary};
use crate::id::{CartId, UserId};
use crate::money::Amount;
use crate::record::packed::Malformed;
use crate::record::packed::cart::{Item, Line};
use crate::timestamp::Timestamp;

/// Whose an event is: a life of a cart, and its user.
pub(super) type Owner = (CartId, UserId);

/// The owners of a record's events in the order of their first event; nearly always one.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Owners<'a>(#[serde(borrow)] Vec<(Raw, &'a str)>);

impl<'a> Owners<'a> {
    /// The number of an event's owner, who is listed if he was not.
    fn number(&mut self, event: &'a event::Event) -> usize {
        let owner = (event.place.cart.as_uuid().into_bytes(), event.user.as_str());
        let known = self.0.iter().position(|other| *other == owner);
        known.unwrap_or_else(|| {
            self.0.push(owner);
            self.0.len().saturating_sub(1)
        })
    }

    pub(super) fn read(self) -> Result<Vec<Owner>, Malformed> {
        let owner = |(cart, user): (Raw, &str)| {
            Ok((CartId::from_uuid(Uuid::from_bytes(cart)), user.parse()?))
        };
        self.0.into_iter().map(owner).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Event<'a> {
    owner: usize,
    at: Timestamp,
    #[serde(borrow)]
    currency: Option<&'a str>,
    total: Amount,
    item_count: u64,
    expires_at: Timestamp,
    #[serde(borrow)]
    fact: Fact<'a>,
}

impl<'a> Event<'a> {
    pub(super) fn of(event: &'a event::Event, owners: &mut Owners<'a>) -> Self {
        let Summary { currency, total, item_count, expires_at } = event.after;
        Self {
            owner: owners.number(event),
            at: event.at,
            currency: currency.map(|currency| currency.code()),
            total,
            item_count,
            expires_at,
            fact: Fact::of(&event.fact),
        }
    }

    /// The event at this version, number and count of its entry.
    pub(super) fn read(
        self,
        owners: &[Owner],
        (version, n, of): (u64, u16, u16),
    ) -> Result<event::Event, Malformed> {
        let (cart, user) = owners.get(self.owner).ok_or(Malformed::Owner)?;
        let currency = self.currency.map(str::parse).transpose()?;
        let Self { at, total, item_count, expires_at, .. } = self;
        Ok(event::Event {
            place: Place { cart: *cart, version, n, of },
            user: user.clone(),
            at,
            after: Summary { currency, total, item_count, expires_at },
            fact: self.fact.read()?,
        })
    }
}

#[derive(Serialize, Deserialize)]
enum Fact<'a> {
    #[serde(borrow)]
    ItemAdded(Line<'a>),
    ItemUpdated(Line<'a>),
    ItemRemoved(Item<'a>),
    CartCleared,
    ExpiryExtended,
    CartExpired(Vec<Line<'a>>),
    CartRestored(Vec<Line<'a>>),
    ExpiryWarned,
    CartAbandoned {
        tier: u8,
        since: Timestamp,
        value: Amount,
    },
    CartRecovered {
        tier: u8,
    },
    CartMergedOut {
        merge: Merge,
        to: &'a str,
        lines: Vec<Line<'a>>,
    },
    CartMergedIn {
        merge: Merge,
        from: &'a str,
        lines: Vec<Line<'a>>,
        warnings: Vec<Warning<'a>>,
    },
    MergeReturned {
        merge: Merge,
        undone: bool,
        restorable: Option<&'a str>,
        lines: Vec<Line<'a>>,
        warnings: Vec<Warning<'a>>,
    },
    MergeUndone(Box<Undone<'a>>),
}

impl<'a> Fact<'a> {
    fn of(fact: &'a event::Fact) -> Self {
        match fact {
            event::Fact::ItemAdded(line) => Self::ItemAdded(Line::of(line)),
            event::Fact::ItemUpdated(line) => Self::ItemUpdated(Line::of(line)),
            event::Fact::ItemRemoved(item) => Self::ItemRemoved(Item::of(item)),
            event::Fact::CartCleared => Self::CartCleared,
            event::Fact::ExpiryExtended => Self::ExpiryExtended,
            event::Fact::CartExpired(lines) => Self::CartExpired(Line::all(lines)),
            event::Fact::CartRestored(lines) => Self::CartRestored(Line::all(lines)),
            event::Fact::ExpiryWarned => Self::ExpiryWarned,
            event::Fact::CartAbandoned { tier, since, value } => {
                Self::CartAbandoned { tier: *tier, since: *since, value: *value }
            }
            event::Fact::CartRecovered { tier } => Self::CartRecovered { tier: *tier },
            event::Fact::CartMergedOut { merge, to, lines } => Self::CartMergedOut {
                merge: Merge::of(*merge),
                to: to.as_str(),
                lines: Line::all(lines),
            },
            event::Fact::CartMergedIn { merge, from, lines, warnings } => Self::CartMergedIn {
                merge: Merge::of(*merge),
                from: from.as_str(),
                lines: Line::all(lines),
                warnings: warnings.iter().map(Warning::of).collect(),
            },
            event::Fact::MergeReturned { merge, reason, restorable, lines, warnings } => {
                Self::MergeReturned {
                    merge: Merge::of(*merge),
                    undone: *reason == ReturnReason::Undone,
                    restorable: restorable.as_ref().map(|currency| currency.code()),
                    lines: Line::all(lines),
                    warnings: warnings.iter().map(Warning::of).collect(),
                }
            }
            event::Fact::MergeUndone { merge, from, lines, removed, returned } => {
                Self::MergeUndone(Box::new(Undone {
                    merge: Merge::of(*merge),
                    from: from.as_str(),
                    lines: Line::all(lines),
                    removed: removed.iter().map(Item::of).collect(),
                    returned: Line::all(returned),
                }))
            }
        }
    }

    fn read(self) -> Result<event::Fact, Malformed> {
        Ok(match self {
            Self::ItemAdded(line) => event::Fact::ItemAdded(line.read()?),
            Self::ItemUpdated(line) => event::Fact::ItemUpdated(line.read()?),
            Self::ItemRemoved(item) => event::Fact::ItemRemoved(item.read()?),
            Self::CartCleared => event::Fact::CartCleared,
            Self::ExpiryExtended => event::Fact::ExpiryExtended,
            Self::CartExpired(lines) => event::Fact::CartExpired(Line::read_all(lines)?),
            Self::CartRestored(lines) => event::Fact::CartRestored(Line::read_all(lines)?),
            Self::ExpiryWarned => event::Fact::ExpiryWarned,
            Self::CartAbandoned { tier, since, value } => {
                event::Fact::CartAbandoned { tier, since, value }
            }
            Self::CartRecovered { tier } => event::Fact::CartRecovered { tier },
            Self::CartMergedOut { merge, to, lines } => event::Fact::CartMergedOut {
                merge: merge.read(),
                to: to.parse()?,
                lines: Line::read_all(lines)?,
            },
            Self::CartMergedIn { merge, from, lines, warnings } => event::Fact::CartMergedIn {
                merge: merge.read(),
                from: from.parse()?,
                lines: Line::read_all(lines)?,
                warnings: warnings.into_iter().map(Warning::read).collect::<Result<_, _>>()?,
            },
            Self::MergeReturned { merge, undone, restorable, lines, warnings } => {
                event::Fact::MergeReturned {
                    merge: merge.read(),
                    reason: if undone { ReturnReason::Undone } else { ReturnReason::Refused },
                    restorable: restorable.map(str::parse).transpose()?,
                    lines: Line::read_all(lines)?,
                    warnings: warnings.into_iter().map(Warning::read).collect::<Result<_, _>>()?,
                }
            }
            Self::MergeUndone(undone) => undone.read()?,
        })
    }
}
