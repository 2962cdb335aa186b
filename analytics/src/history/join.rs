//! Joins what was kept with what the cart's own row remembers, and says what lies between. Pure.

use std::collections::BTreeMap;
use std::ops::Bound;

use super::entry::Kept;

/// Events of a page: some hundred KiB of the usual ones. A version is never divided, so one version
/// alone may be more (an import of 900 lines).
pub(super) const PAGE_EVENTS: usize = 500;
/// Bytes after which a page ends with its version, where events are large.
pub(super) const PAGE_BYTES: usize = 1024 * 1024;

/// Events of a cart in order, whole versions only, without a hole.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The events.
    pub events: Vec<Kept>,
    /// The version to ask after for more; `None` when this is all there is. It may be the one that
    /// was asked after, when what follows is not kept yet: ask again.
    pub next: Option<u64>,
    /// Set when versions between the one asked after and this one are not kept any more: history
    /// goes on here.
    pub from: Option<u64>,
}

impl Page {
    /// Up to which version it tells a reader who knew everything up to `after`.
    #[must_use]
    pub fn reaches(&self, after: u64) -> u64 {
        let told = self.events.last().map(|kept| kept.place.version);
        let begun = self.from.map(|from| from.saturating_sub(1));
        told.or(begun).unwrap_or(after).max(after)
    }
}

/// What is known of a cart.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// What was kept after the version asked after, in order; maybe not all of it.
    pub(super) kept: Vec<Kept>,
    /// The last version that was seen before `kept` was looked for: what is missing before it is gone.
    pub(super) settled: u64,
    /// What the row remembers, in order.
    pub(super) ledger: Vec<Kept>,
    /// The version the row begins with here: no event up to it will be kept any more.
    pub(super) floor: u64,
    /// The row's version.
    pub(super) newest: u64,
}

/// Whether the first thing kept is not what follows.
pub(super) fn begins_late(after: u64, kept: &[Kept]) -> bool {
    let follows =
        |first: &Kept| (first.place.version, first.place.n) == (after.saturating_add(1), 0);
    !kept.first().is_some_and(follows)
}

/// The page that follows a version.
///
/// Events of a cart are kept in their order. So what is missing before one that had been kept by then is
/// gone, and what is missing after the last one is on its way, unless it lies below the floor.
pub(super) fn join(after: u64, known: Known) -> Page {
    let Known { kept, settled, ledger, floor, newest } = known;
    let (kept, mut all) = (whole(kept), whole(ledger));
    let last_kept = kept.keys().next_back().copied().unwrap_or(0);
    all.extend(kept);
    let (mut page, mut last, mut bytes) = (Page::default(), after, 0);
    while page.events.len() < PAGE_EVENTS && bytes < PAGE_BYTES {
        if let Some(events) = last.checked_add(1).and_then(|next| all.remove(&next)) {
            bytes += events.iter().map(|kept| kept.json.len()).sum::<usize>();
            page.events.extend(events);
            last += 1;
        } else if page.events.is_empty() && page.from.is_none() && last < settled.max(floor) {
            let later = (Bound::Excluded(last), Bound::Unbounded);
            let next = all.range(later).next().map(|(version, _)| *version);
            let gone = next.map_or(floor, |next| next.saturating_sub(1));
            // Between the floor and the ledger something may still be on its way.
            last = if gone < settled { gone } else { gone.min(floor) };
            page.from = Some(last.saturating_add(1));
        } else {
            break;
        }
    }
    page.next = (last < newest.max(last_kept)).then_some(last);
    page
}

/// The last version that is there to its end; 0 if none is.
pub(super) fn last_whole(kept: Vec<Kept>) -> u64 {
    whole(kept).keys().next_back().copied().unwrap_or(0)
}

/// Events by version; of a version that lacks one, none.
fn whole(events: Vec<Kept>) -> BTreeMap<u64, Vec<Kept>> {
    let mut versions: BTreeMap<u64, Vec<Kept>> = BTreeMap::new();
    for event in events {
        versions.entry(event.place.version).or_default().push(event);
    }
    versions.retain(|_, events| {
        let numbered = events.iter().zip(0_u16..).all(|(event, n)| event.place.n == n);
        numbered && events.last().is_some_and(|last| usize::from(last.place.of) == events.len())
    });
    versions
}

#[cfg(test)]
mod tests;
