//! The parts of events about merges in a packed record.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Raw;
use crate::event;
use crate::id::{CartId, MergeId};
use crate::merge::{self, WarningCode};
use crate::record::packed::Malformed;
use crate::record::packed::cart::{Item, Line};

/// The source and its version.
#[derive(Serialize, Deserialize)]
pub(super) struct Merge(Raw, u64);

impl Merge {
    pub(super) const fn of(merge: MergeId) -> Self {
        Self(merge.source().as_uuid().into_bytes(), merge.version())
    }

    pub(super) const fn read(self) -> MergeId {
        MergeId::new(CartId::from_uuid(Uuid::from_bytes(self.0)), self.1)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(remote = "WarningCode")]
enum WarningNumber {
    QuantityCapped,
    LineLimit,
}

#[derive(Serialize, Deserialize)]
pub(super) struct Warning<'a> {
    #[serde(with = "WarningNumber")]
    code: WarningCode,
    #[serde(borrow)]
    item: Item<'a>,
    requested: u32,
    applied: u32,
}

impl<'a> Warning<'a> {
    fn of(warning: &'a merge::Warning) -> Self {
        let merge::Warning { code, ref item, requested, applied } = *warning;
        Self { code, item: Item::of(item), requested, applied }
    }

    fn read(self) -> Result<merge::Warning, Malformed> {
        let Self { code, item, requested, applied } = self;
        Ok(merge::Warning { code, item: item.read()?, requested, applied })
    }

    pub(super) fn all(warnings: &'a [merge::Warning]) -> Vec<Self> {
        warnings.iter().map(Self::of).collect()
    }

    pub(super) fn read_all(warnings: Vec<Self>) -> Result<Vec<merge::Warning>, Malformed> {
        warnings.into_iter().map(Self::read).collect()
    }
}

#[derive(Serialize, Deserialize)]
pub(super) struct Undone<'a> {
    pub(super) merge: Merge,
    pub(super) from: &'a str,
    #[serde(borrow)]
    pub(super) lines: Vec<Line<'a>>,
    #[serde(borrow)]
    pub(super) removed: Vec<Item<'a>>,
    #[serde(borrow)]
    pub(super) returned: Vec<Line<'a>>,
}

impl Undone<'_> {
    pub(super) fn read(self) -> Result<event::Fact, Malformed> {
        Ok(event::Fact::MergeUndone {
            merge: self.merge.read(),
            from: self.from.parse()?,
            lines: Line::read_all(self.lines)?,
            removed: self.removed.into_iter().map(Item::read).collect::<Result<_, _>>()?,
            returned: Line::read_all(self.returned)?,
        })
    }
}
