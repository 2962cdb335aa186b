//! Sockets and event streams: each follows one cart. Who gets an event is the hub's, when the follow
//! rule's; what is said over a socket is carried out as the routes would.

mod command;
mod end;
mod frame;
mod hub;
mod notifier;
mod session;
mod stream;

pub(crate) use self::hub::{Hub, Seat};
pub(crate) use self::notifier::notify;
pub(crate) use self::session::{Followed, INBOUND_MAX, accept};
pub(crate) use self::stream::stream;
