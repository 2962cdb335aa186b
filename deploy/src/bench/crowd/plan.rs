//! Who is who: which sockets there are, on whose carts, at which shop, and when memory is read on
//! the way to all of them. Opens none.

use super::super::mix::product_of;

/// How often memory is read on the way: a line through eight points shows whether it is one.
const STEPS: u32 = 8;
/// What a process takes once, not per socket, is taken by then; where there are eight times as many.
const FIRST_STEP: u32 = 1_000;

/// The sockets of a run, numbered from 1.
#[derive(Debug, Clone, Copy)]
pub(super) struct Plan {
    pub(super) first_user: u32,
    pub(super) connections: u32,
    /// How many of them are slow.
    pub(super) slow: u32,
    pub(super) shops: usize,
}

impl Plan {
    /// Whose cart a socket follows.
    pub(super) fn user(self, socket: u64) -> String {
        format!("socket-{}", self.number(socket))
    }

    /// What is in that cart, however the carts are shared among processes.
    pub(super) fn product(self, socket: u64) -> String {
        product_of(self.number(socket))
    }

    /// The same for no two sockets, however they are shared among processes.
    pub(super) fn number(self, socket: u64) -> u64 {
        u64::from(self.first_user) + socket.saturating_sub(1)
    }

    /// Where a socket is opened: at one shop after another.
    pub(super) fn shop(self, socket: u64) -> usize {
        let turn = usize::try_from(socket.saturating_sub(1)).unwrap_or_default();
        turn % self.shops.max(1)
    }

    /// Whether it does not read: the last ones do not, since a shop closes in time what answers no
    /// pings.
    pub(super) fn is_slow(self, socket: u64) -> bool {
        socket > u64::from(self.connections.saturating_sub(self.slow))
    }

    /// The sockets at a shop.
    pub(super) fn carts_at(self, shop: usize) -> impl Iterator<Item = u64> {
        (1..=u64::from(self.connections)).filter(move |socket| self.shop(*socket) == shop)
    }

    /// How many sockets are open when memory is read, evenly spaced.
    pub(super) fn steps(self) -> Vec<u32> {
        let all = self.connections;
        let first = if all >= STEPS * FIRST_STEP { FIRST_STEP } else { all.div_ceil(STEPS) };
        let step = |number| first + (all - first) * number / (STEPS - 1);
        let mut steps: Vec<u32> = (0..STEPS).map(step).collect();
        steps.dedup();
        steps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(connections: u32, slow: u32, shops: usize) -> Plan {
        Plan { first_user: 101, connections, slow, shops }
    }

    #[test]
    fn memory_is_read_at_eight_evenly_spaced_steps() {
        assert_eq!(plan(200, 0, 1).steps(), [25, 50, 75, 100, 125, 150, 175, 200]);
        assert_eq!(
            plan(15_000, 0, 1).steps(),
            [1_000, 3_000, 5_000, 7_000, 9_000, 11_000, 13_000, 15_000]
        );
        assert_eq!(plan(8_000, 0, 1).steps()[..2], [1_000, 2_000]);
        assert_eq!(plan(7_999, 0, 1).steps()[0], 1_000);
    }

    #[test]
    fn so_few_sockets_have_as_many_steps() {
        assert_eq!(plan(1, 0, 1).steps(), [1]);
        assert_eq!(plan(3, 0, 1).steps(), [1, 2, 3]);
    }

    #[test]
    fn shops_take_the_sockets_in_turn() {
        let plan = plan(5, 0, 2);

        assert_eq!(plan.carts_at(0).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(plan.carts_at(1).collect::<Vec<_>>(), [2, 4]);
    }

    #[test]
    fn carts_begin_with_the_first_user_and_the_last_sockets_are_slow() {
        let plan = plan(5, 2, 1);

        assert_eq!((plan.user(1), plan.user(5)), ("socket-101".into(), "socket-105".into()));
        assert_eq!((1..=5).map(|socket| plan.is_slow(socket)).filter(|slow| *slow).count(), 2);
        assert!(plan.is_slow(4) && !plan.is_slow(3));
    }
}
