//! How much each caller and each address may ask of this process. Knows no route and no cart.

mod address;
mod buckets;
mod budget;
mod memory;
mod told;

use std::hash::{BuildHasher as _, RandomState};
use std::net::IpAddr;

use axum::http::HeaderMap;
use governor::clock::MonotonicClock;

use self::buckets::{Buckets, Left};
pub use self::budget::{Budget, InvalidLimit, Limit};
pub(crate) use self::told::{Account, LIMIT, POLICY, Standing};
use crate::identity::Caller;
use crate::problem::Problem;

/// How much may be asked, as an operator sets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowances {
    /// Reads of one user or guest.
    pub reads: Limit,
    /// Changes of one user or guest, by requests and over sockets.
    pub writes: Limit,
    /// Sockets and streams that one user or guest opens.
    pub sockets: Limit,
    /// Requests of all kinds from one address.
    pub address: Limit,
    /// Proxies of the shop's own before this process, whose `X-Forwarded-For` is believed.
    pub trusted_proxies: u8,
}

impl Default for Allowances {
    /// What no person and no program that shops for one comes near, and a loop does at once. An address
    /// has a hundred times as much: behind one there is an office, a carrier's network or the shop's own
    /// backend, and all sockets of an instance come back from it at once after a restart.
    fn default() -> Self {
        Self {
            reads: Limit::of(100, 200),
            writes: Limit::of(50, 100),
            sockets: Limit::of(5, 20),
            address: Limit::of(10_000, 20_000),
            trusted_proxies: 0,
        }
    }
}

impl Allowances {
    /// Nothing is counted.
    pub const NONE: Self = Self {
        reads: Limit::Off,
        writes: Limit::Off,
        sockets: Limit::Off,
        address: Limit::Off,
        trusted_proxies: 0,
    };
}

/// What a caller spends from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    Write,
    Socket,
}

impl Kind {
    /// What callers and operators know it by.
    pub(crate) const fn policy(self) -> &'static str {
        match self {
            Self::Read => "reads",
            Self::Write => "writes",
            Self::Socket => "sockets",
        }
    }
}

/// The budgets of everybody.
#[derive(Debug)]
pub(crate) struct Limits {
    reads: Option<Buckets>,
    writes: Option<Buckets>,
    sockets: Option<Buckets>,
    addresses: Option<Buckets>,
    trusted_proxies: u8,
    /// Keyed, so that nobody can choose a name that shares another's bucket.
    names: RandomState,
}

impl Limits {
    pub(crate) fn new(allowed: &Allowances) -> Self {
        Self {
            reads: buckets(allowed.reads),
            writes: buckets(allowed.writes),
            sockets: buckets(allowed.sockets),
            addresses: buckets(allowed.address),
            trusted_proxies: allowed.trusted_proxies,
            names: RandomState::new(),
        }
    }

    /// Counts a request for the address it came from; nothing where addresses are not counted.
    pub(crate) fn arrive(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Standing> {
        let addresses = self.addresses.as_ref()?;
        let lines = headers.get_all("x-forwarded-for").iter();
        let lines = lines.filter_map(|line| line.to_str().ok());
        let sender = address::sender(peer, self.trusted_proxies, lines);
        let left = addresses.take(self.names.hash_one(address::counted(sender)?));
        Some(Standing { policy: "address", budget: addresses.budget(), left })
    }

    /// Counts what a caller asks; nothing for one who is not counted. A shop's own staff and services
    /// are not: they ask for all of its customers, and what they may not exceed is what the process can
    /// do, which is not a limit of theirs but of everybody's.
    pub(crate) fn spend(&self, caller: &Caller, kind: Kind) -> Option<Standing> {
        let Caller::Customer { tenant, user } = caller else { return None };
        let buckets = match kind {
            Kind::Read => &self.reads,
            Kind::Write => &self.writes,
            Kind::Socket => &self.sockets,
        };
        let buckets = buckets.as_ref()?;
        let left = buckets.take(self.names.hash_one((tenant, user)));
        Some(Standing { policy: kind.policy(), budget: buckets.budget(), left })
    }
}

fn buckets(limit: Limit) -> Option<Buckets> {
    match limit {
        Limit::Off => None,
        Limit::Each(budget) => Some(Buckets::new(budget, MonotonicClock)),
    }
}

impl Standing {
    /// The refusal, if nothing is left.
    pub(crate) fn refusal(&self) -> Result<(), Problem> {
        match self.left {
            Left::Some(_) => Ok(()),
            Left::Nothing { seconds } => {
                let Self { policy, budget, .. } = self;
                let (rate, burst) = (budget.rate(), budget.burst());
                let detail = format!("{policy}: expected at most {rate} a second, {burst} at once");
                Err(Problem::rate_limited(detail, seconds))
            }
        }
    }
}

#[cfg(test)]
mod tests;
