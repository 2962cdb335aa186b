//! Who may come in at all: what a caller may ask, and what there is room for. One for all routes of an
//! instance; knows none of them but those nobody is kept from.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};

use crate::gate::Gate;
use crate::limits::{Allowances, Kind, Limits, Standing};
use crate::problem::Problem;

/// What an operator's tools ask while nothing else is answered: neither counted nor turned away.
const OPEN: [&str; 3] = ["/livez", "/readyz", "/metrics"];
/// The routes behind which an engine is asked for a cart.
const CARTS: &str = "/api/cart/";

/// The address a connection came from.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer(pub(crate) IpAddr);

/// The limits of everybody, and the gate before the engines: one for changes and reads. They wait for the
/// same store and the same processors, and where each had its own, reads, which are answered soonest,
/// would take what changes are turned away for.
pub(crate) struct Admission {
    pub(crate) limits: Limits,
    pub(crate) gate: Gate,
}

impl Admission {
    pub(crate) fn new(allowed: &Allowances) -> Self {
        Self { limits: Limits::new(allowed), gate: Gate::new() }
    }

    /// Counts a request for its address; nothing where that is not counted.
    pub(crate) fn arrive(&self, request: &Request) -> Option<Standing> {
        let Peer(peer) = request.extensions().get()?;
        self.limits.arrive(*peer, request.headers())
    }

    /// Turns away what would have to wait for an engine, before anything is made of it.
    pub(crate) fn peek(&self, request: &Request) -> Result<(), Problem> {
        if request.uri().path().starts_with(CARTS) { self.gate.peek() } else { Ok(()) }
    }
}

/// Whether nobody is kept from a path.
pub(crate) fn is_open(path: &str) -> bool {
    OPEN.contains(&path)
}

/// What a request of these headers spends from.
pub(crate) fn kind(parts: &Parts, streams: impl FnOnce(&HeaderMap) -> bool) -> Kind {
    match parts.method {
        Method::GET if streams(&parts.headers) => Kind::Socket,
        Method::GET | Method::HEAD => Kind::Read,
        _ => Kind::Write,
    }
}
