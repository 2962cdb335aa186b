//! Puts events together again from the entries they lie in. Pure.

use super::entry::{Chunk, InvalidEntry, Kept, Place};

/// Events gathered so far.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    kept: Vec<Kept>,
    /// The event whose first chunks were taken, and how many.
    open: Option<(Kept, usize)>,
    bytes: usize,
}

impl Gathering {
    /// Takes the next entry. One that was taken before changes nothing, and an event that lacks a
    /// part is not there: its writer is still at it.
    pub(super) fn take(&mut self, entry: &str) -> Result<(), InvalidEntry> {
        let chunk = Chunk::parse(entry)?;
        let is_new = self.kept.last().is_none_or(|last| before(last.place, chunk.place));
        match self.open.take() {
            Some((mut kept, next)) if kept.place == chunk.place => {
                if chunk.number == next {
                    kept.json.push_str(chunk.text);
                    self.put(kept, next + 1, chunk.of);
                } else {
                    self.open = Some((kept, next));
                }
            }
            _ if chunk.number == 0 && is_new => {
                let kept = Kept { place: chunk.place, json: chunk.text.to_owned() };
                self.put(kept, 1, chunk.of);
            }
            _ => {}
        }
        Ok(())
    }

    fn put(&mut self, kept: Kept, taken: usize, of: usize) {
        if taken == of {
            self.bytes += kept.json.len();
            self.kept.push(kept);
        } else {
            self.open = Some((kept, taken));
        }
    }

    /// How many events there are, and their bytes.
    pub(super) fn size(&self) -> (usize, usize) {
        (self.kept.len(), self.bytes)
    }

    /// Whether the first version is there to its end.
    pub(super) fn has_a_version(&self) -> bool {
        let Some(first) = self.kept.first() else { return false };
        self.kept.iter().any(|kept| {
            let Place { version, n, of } = kept.place;
            version > first.place.version || n.saturating_add(1) == of
        })
    }

    /// The events, in order.
    pub(super) fn into_kept(self) -> Vec<Kept> {
        self.kept
    }
}

/// Whether one event stands before another.
fn before(one: Place, other: Place) -> bool {
    (one.version, one.n) < (other.version, other.n)
}

#[cfg(test)]
mod tests {
    use super::super::entry::entries;
    use super::*;

    fn kept(version: u64, json: &str) -> Kept {
        Kept { place: Place { version, n: 0, of: 1 }, json: json.to_owned() }
    }

    fn gathered(entries: &[String]) -> Vec<Kept> {
        let mut gathering = Gathering::default();
        entries.iter().for_each(|entry| gathering.take(entry).unwrap());
        gathering.into_kept()
    }

    fn of(events: &[Kept]) -> Vec<String> {
        events.iter().flat_map(|kept| entries(kept.place, &kept.json)).collect()
    }

    #[test]
    fn events_come_back_as_they_were() {
        let events = [kept(1, "{}"), kept(2, &"é".repeat(50_000)), kept(3, "{\"a\":1}")];

        assert_eq!(gathered(&of(&events)), events);
    }

    #[test]
    fn an_event_that_lacks_a_part_is_not_there_and_takes_no_other_with_it() {
        let events = [kept(1, "{}"), kept(2, &"x".repeat(100_000)), kept(3, "{}")];
        let all = of(&events);
        for missing in 1..all.len() - 1 {
            let mut some = all.clone();
            some.remove(missing);

            assert_eq!(gathered(&some), [kept(1, "{}"), kept(3, "{}")], "without {missing}");
        }
    }

    #[test]
    fn a_part_that_came_twice_counts_once() {
        let all = of(&[kept(1, &"x".repeat(100_000)), kept(2, "{}")]);
        let twice: Vec<_> = all.iter().flat_map(|entry| [entry.clone(), entry.clone()]).collect();

        assert_eq!(gathered(&twice), gathered(&all));
    }
}
