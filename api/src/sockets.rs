//! Sockets: each follows one cart. Who gets an event is the hub's, when the follow rule's.

mod frame;
mod hub;
mod notifier;
mod session;

pub(crate) use self::hub::Hub;
pub(crate) use self::notifier::notify;
pub(crate) use self::session::accept;
