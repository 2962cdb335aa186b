//! What is being told of a log: each cart's in order, and how far everything is told. Pure.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use cart_schemas::id::CartKey;
use cart_schemas::notice::Notice;
use cart_schemas::partition::Partition;
use cart_schemas::timestamp::Timestamp;

/// Things under way or waiting for an earlier one of their cart: so many are told again at most after a crash,
/// and whoever is slow among them holds up no other until there are as many behind it.
const LIMIT: usize = 512;

/// Something to tell, and where it lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) at: (Partition, i64),
    pub(super) notice: Notice,
}

/// A partition, as far as it was read.
#[derive(Debug, Default)]
struct Read {
    untold: BTreeSet<i64>,
    next: i64,
    appended: Timestamp,
}

/// What is under way.
#[derive(Debug, Default)]
pub(super) struct Window {
    partitions: BTreeMap<Partition, Read>,
    /// Of carts of which something is being told, what comes after it.
    carts: HashMap<CartKey, VecDeque<Task>>,
    len: usize,
}

impl Window {
    /// Whether there should not be more of it.
    pub(super) const fn is_full(&self) -> bool {
        self.len >= LIMIT
    }

    /// Takes what lies at a place, if it is to be told; gives it back if it can be told at once.
    pub(super) fn take(
        &mut self,
        (partition, offset): (Partition, i64),
        appended: Timestamp,
        notice: Option<Notice>,
    ) -> Option<Task> {
        let read = self.partitions.entry(partition).or_default();
        (read.next, read.appended) = (offset + 1, appended);
        let notice = notice?;
        read.untold.insert(offset);
        self.len += 1;
        let task = Task { at: (partition, offset), notice };
        match self.carts.get_mut(&task.notice.cart) {
            Some(behind) => {
                behind.push_back(task);
                None
            }
            None => {
                self.carts.insert(task.notice.cart.clone(), VecDeque::new());
                Some(task)
            }
        }
    }

    /// It was told; gives what is to be told next of the same cart.
    pub(super) fn finish(&mut self, task: &Task) -> Option<Task> {
        let (partition, offset) = task.at;
        if let Some(read) = self.partitions.get_mut(&partition) {
            read.untold.remove(&offset);
        }
        self.len = self.len.saturating_sub(1);
        let behind = self.carts.get_mut(&task.notice.cart)?;
        let next = behind.pop_front();
        if next.is_none() {
            self.carts.remove(&task.notice.cart);
        }
        next
    }

    /// Up to where each partition that was read of is told, and when the log appended the last of it.
    pub(super) fn told(&self) -> impl Iterator<Item = (Partition, i64, Timestamp)> {
        self.partitions.iter().map(|(partition, read)| {
            let offset = read.untold.first().copied().unwrap_or(read.next);
            (*partition, offset, read.appended)
        })
    }
}

#[cfg(test)]
mod tests {
    use cart_schemas::event::Place;
    use cart_schemas::id::CartId;
    use cart_schemas::money::Amount;
    use cart_schemas::notice::Turn;

    use super::*;

    const HERE: Partition = Partition::new(0);

    fn notice(user: &str) -> Notice {
        let cart: CartKey = user.parse().unwrap();
        let place = Place { cart: CartId::of(&cart, 0), version: 1, n: 0, of: 1 };
        let (at, turn) = (Timestamp::default(), Turn::Expired);
        Notice { place, cart, at, turn, currency: None, value: Amount::ZERO, lines: Vec::new() }
    }

    fn take(window: &mut Window, offset: i64, user: Option<&str>) -> Option<Task> {
        window.take((HERE, offset), Timestamp::default(), user.map(notice))
    }

    fn told(window: &Window) -> Vec<i64> {
        window.told().map(|(_, offset, _)| offset).collect()
    }

    #[test]
    fn it_is_told_up_to_the_first_that_is_not() {
        let mut window = Window::default();
        let first = take(&mut window, 4, Some("ann")).unwrap();
        let second = take(&mut window, 5, Some("bob")).unwrap();
        assert_eq!(take(&mut window, 6, None), None);

        assert_eq!(window.finish(&second), None);
        assert_eq!(told(&window), [4]);
        assert_eq!(window.finish(&first), None);
        assert_eq!(told(&window), [7]);
    }

    #[test]
    fn of_one_cart_things_are_told_one_after_the_other() {
        let mut window = Window::default();
        let first = take(&mut window, 0, Some("ann")).unwrap();
        assert_eq!(take(&mut window, 1, Some("ann")), None);
        assert!(take(&mut window, 2, Some("bob")).is_some());

        let second = window.finish(&first).unwrap();

        assert_eq!(second.at, (HERE, 1));
        assert_eq!(window.finish(&second), None);
        assert!(take(&mut window, 3, Some("ann")).is_some());
    }

    #[test]
    fn it_takes_no_more_than_it_may() {
        let mut window = Window::default();
        let first = take(&mut window, 0, Some("ann")).unwrap();
        for offset in 1..i64::try_from(LIMIT).unwrap() {
            assert!(!window.is_full());
            take(&mut window, offset, Some("ann"));
        }
        assert!(window.is_full());
        window.finish(&first);
        assert!(!window.is_full());
    }
}
