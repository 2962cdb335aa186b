//! What became of each socket, as it tells itself. Knows nothing of connections.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use super::super::tally::{DIGITS, micros};
use super::plan::Plan;
use super::socket::OPEN_WITHIN;
use crate::exit::Failure;

/// What a socket tells: first one of the first two.
#[derive(Debug)]
pub(super) enum Told {
    /// It was shown its cart: how long after it began to connect it was a WebSocket, and shown.
    Shown { socket: u64, handshake: Duration, cart: Duration },
    /// It was not, for this reason.
    Failed { why: String },
    /// It was, and was closed, for this reason.
    Closed { socket: u64, at: Instant, why: String },
    /// It came back, and was not shown its cart, for this reason.
    Refused { why: String },
    /// It came back, and was.
    Back(Back),
}

/// A socket that was closed, and was shown its cart again.
#[derive(Debug, Clone, Copy)]
pub(super) struct Back {
    pub(super) socket: u64,
    pub(super) closed: Instant,
    /// When it was a WebSocket again.
    pub(super) accepted: Instant,
    pub(super) served: Instant,
    /// With the one that succeeded.
    pub(super) tries: u32,
    /// The version of the cart when it was closed, and now.
    pub(super) versions: (u64, u64),
}

/// How often each reason was told.
pub(super) type Reasons = BTreeMap<String, u64>;

/// What the sockets told so far.
#[derive(Debug)]
pub(super) struct Roll {
    plan: Plan,
    /// Those that were shown their cart, whatever became of them later.
    pub(super) opened: Vec<u64>,
    pub(super) failed: Reasons,
    pub(super) closed: Reasons,
    /// How many are open now, at each shop.
    pub(super) open_at: Vec<u64>,
    /// Microseconds until they were WebSockets.
    pub(super) handshakes: Histogram<u64>,
    /// Microseconds until they were shown their carts.
    pub(super) carts: Histogram<u64>,
}

impl Roll {
    pub(super) fn new(plan: Plan) -> Result<Self, Failure> {
        let histogram = || {
            Histogram::new_with_max(micros(OPEN_WITHIN), DIGITS)
                .map_err(|source| Failure::failed("the histograms cannot be made", source))
        };
        Ok(Self {
            plan,
            opened: Vec::new(),
            failed: Reasons::new(),
            closed: Reasons::new(),
            open_at: vec![0; plan.shops],
            handshakes: histogram()?,
            carts: histogram()?,
        })
    }

    pub(super) fn note(&mut self, told: Told) {
        match told {
            Told::Shown { socket, handshake, cart } => {
                self.handshakes.saturating_record(micros(handshake));
                self.carts.saturating_record(micros(cart));
                self.opened.push(socket);
                self.is_open(socket);
            }
            Told::Back(back) => self.is_open(back.socket),
            Told::Refused { .. } => {}
            Told::Failed { why } => *self.failed.entry(why).or_default() += 1,
            Told::Closed { socket, why, .. } => {
                *self.closed.entry(why).or_default() += 1;
                if let Some(open) = self.open_at(socket) {
                    *open -= 1;
                }
            }
        }
    }

    /// How many sockets were opened, or failed to be.
    pub(super) fn decided(&self) -> u64 {
        u64::try_from(self.opened.len()).unwrap_or(u64::MAX) + self.failed.values().sum::<u64>()
    }

    fn is_open(&mut self, socket: u64) {
        if let Some(open) = self.open_at(socket) {
            *open += 1;
        }
    }

    fn open_at(&mut self, socket: u64) -> Option<&mut u64> {
        self.open_at.get_mut(self.plan.shop(socket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_socket_counts_as_open_from_its_first_cart_until_it_is_closed() {
        let plan = Plan { first_user: 1, connections: 4, slow: 0, shops: 2 };
        let mut roll = Roll::new(plan).unwrap();
        let (handshake, cart) = (Duration::from_millis(2), Duration::from_millis(3));

        roll.note(Told::Shown { socket: 1, handshake, cart });
        roll.note(Told::Failed { why: "HTTP 503".to_owned() });
        roll.note(Told::Shown { socket: 3, handshake, cart });
        roll.note(Told::Shown { socket: 4, handshake, cart });
        let at = Instant::now();
        roll.note(Told::Closed { socket: 3, at, why: "1013 too slow".to_owned() });

        assert_eq!((roll.decided(), &roll.opened[..]), (4, &[1, 3, 4][..]));
        assert_eq!(roll.open_at, [1, 1]);
        assert_eq!(roll.failed, Reasons::from([("HTTP 503".to_owned(), 1)]));
        assert_eq!(roll.closed, Reasons::from([("1013 too slow".to_owned(), 1)]));
        assert_eq!((roll.handshakes.len(), roll.carts.len()), (3, 3));
    }

    #[test]
    fn a_socket_that_came_back_is_open_again_and_was_opened_once() {
        let plan = Plan { first_user: 1, connections: 1, slow: 0, shops: 1 };
        let mut roll = Roll::new(plan).unwrap();
        let (took, at) = (Duration::from_millis(2), Instant::now());
        roll.note(Told::Shown { socket: 1, handshake: took, cart: took });
        roll.note(Told::Closed { socket: 1, at, why: "1001".to_owned() });

        roll.note(Told::Refused { why: "HTTP 503".to_owned() });
        assert_eq!(roll.open_at, [0]);
        let (accepted, served, versions) = (at + took, at + took, (1, 1));
        roll.note(Told::Back(Back { socket: 1, closed: at, accepted, served, tries: 2, versions }));

        assert_eq!((&roll.open_at[..], &roll.opened[..], roll.decided()), (&[1][..], &[1][..], 1));
        assert!(roll.failed.is_empty(), "{:?}", roll.failed);
    }
}
