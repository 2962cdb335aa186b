//! A customer's device: holds the cart as its socket tells it, and notices when it is told wrong.

use std::sync::Arc;

use cart_schemas::cart::Cart;
use cart_schemas::event::Event;
use cart_schemas::evolve::evolve;
use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;

use super::audit::{Audit, Broken, Invariant};
use super::shadow::Shadow;
use super::socket::{Heard, Socket};

/// What a device shows.
#[derive(Debug, Default)]
struct View {
    version: u64,
    cart: Cart,
    /// The event of this version that comes next; `None` when it is whole.
    next: Option<u16>,
}

/// A device with one open socket, or none.
#[derive(Debug)]
pub struct Device {
    /// Whose cart it shows.
    pub key: CartKey,
    /// How long it takes for a message.
    pub pace: i64,
    /// The edge node it is connected to, and which start of it.
    pub connected: Option<(usize, u64)>,
    /// Whether its owner is gone.
    pub vanished: bool,
    socket: Option<Arc<Socket>>,
    view: Option<View>,
    /// The highest version an event told it of: that is stored for good, so no connection may show
    /// less. A read may show a write that nobody acknowledged, and the next read need not.
    highest: u64,
    /// Since when it has its connection.
    since: Timestamp,
    /// Whether it was told anything on it.
    is_told: bool,
}

impl Device {
    /// A device that is not connected.
    #[must_use]
    pub fn new(key: CartKey, pace: i64) -> Self {
        let since = Timestamp::default();
        let (connected, socket, view) = (None, None, None);
        let (vanished, is_told) = (false, false);
        Self { key, pace, connected, vanished, socket, view, highest: 0, since, is_told }
    }

    /// The version it says it has when it comes back; of half a version it knows nothing.
    pub fn comes_back_with(&mut self) -> Option<u64> {
        self.view.take_if(|view| view.next.is_some());
        self.view.as_ref().map(|view| view.version)
    }

    /// It has a new connection.
    pub fn connect(&mut self, socket: Arc<Socket>, to: (usize, u64), now: Timestamp) {
        (self.since, self.is_told) = (now, false);
        (self.socket, self.connected) = (Some(socket), Some(to));
    }

    /// Its connection is gone; what it shows stays.
    pub fn disconnect(&mut self) {
        if let Some(socket) = &self.socket {
            socket.vanish();
        }
        (self.socket, self.connected) = (None, None);
    }

    /// Takes what it was told.
    ///
    /// # Errors
    /// It was told wrong.
    pub fn hear(&mut self, audit: &Audit) -> Result<(), Broken> {
        let heard = self.socket.as_ref().map(|socket| socket.take_heard()).unwrap_or_default();
        for heard in heard {
            match heard {
                Heard::State(version, cart) => self.show(audit, version, cart)?,
                Heard::Event(event) => self.take(&event)?,
                Heard::GivenUp => self.disconnect(),
            }
            self.is_told = true;
        }
        Ok(())
    }

    fn show(&mut self, audit: &Audit, version: u64, cart: Cart) -> Result<(), Broken> {
        let shown = self.view.as_ref().filter(|_| self.is_told).map_or(0, |view| view.version);
        // A new connection reads the row, which a kill of the store may have set back since the
        // device was told of more; within one connection nothing goes back.
        let set_back = audit.was_owed(&self.key, self.since);
        let highest = if set_back { shown } else { self.highest.max(shown) };
        if version < highest {
            return self.broken(&format!("shows version {version} after {highest}"));
        }
        let content = match audit.shadow().cart(&self.key) {
            Some(history) => history.content(version),
            None => (version == 0).then(Cart::default),
        };
        if content.as_ref() != Some(&cart) {
            return self.broken(&format!("shows {cart:?} at version {version}, not {content:?}"));
        }
        self.view = Some(View { version, cart, next: None });
        Ok(())
    }

    fn take(&mut self, event: &Event) -> Result<(), Broken> {
        let place = &event.place;
        let Some(view) = &mut self.view else {
            return self.broken(&format!("heard {place} before the cart"));
        };
        let due = view.next.map_or((view.version + 1, 0), |n| (view.version, n));
        if (place.version, place.n) != due {
            return self.broken(&format!("heard {place} where {due:?} is next"));
        }
        view.cart = evolve(std::mem::take(&mut view.cart), event);
        view.version = place.version;
        view.next = (place.n + 1 < place.of).then_some(place.n + 1);
        self.highest = self.highest.max(place.version);
        Ok(())
    }

    /// Once everything is quiet, what it shows is what there is.
    ///
    /// # Errors
    /// It shows something else.
    pub fn settled(&self, shadow: &Shadow) -> Result<(), Broken> {
        let Some(view) = &self.view else {
            return self.broken("shows nothing though everything is quiet");
        };
        let Some(history) = shadow.cart(&self.key) else { return Ok(()) };
        let content = history.content(history.version());
        if view.version == history.version() && content.as_ref() == Some(&view.cart) {
            return Ok(());
        }
        self.broken(&format!("shows version {} of {}", view.version, history.version()))
    }

    fn broken(&self, what: &str) -> Result<(), Broken> {
        let what = format!("a device of {} {what}", self.key);
        Err(Broken { invariant: Invariant::Stream, what })
    }
}
