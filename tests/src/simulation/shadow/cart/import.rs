//! The cart of another shop, told line by line.

use cart_schemas::cart::LineState;
use cart_schemas::event::{Fact, Summary};
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::policy::Policy;
use cart_schemas::rejection::Rejection;

use super::line::Line;
use super::{Cart, later};

impl Cart {
    /// Taken only by a cart that never changed. `seen` is its version.
    pub(super) fn import(
        &mut self,
        theirs: &ImportedCart,
        seen: u64,
        policy: &Policy,
    ) -> Result<Vec<(Fact, Summary)>, Rejection> {
        if seen != 0 {
            return Err(Rejection::CartExists);
        }
        let too_much = |line: &ImportedLine| line.quantity.get() > policy.max_quantity;
        let too_many = theirs.lines().len() > usize::from(policy.max_lines);
        if too_many || theirs.lines().iter().any(too_much) {
            return Err(Rejection::CartLimit);
        }
        self.currency = Some(theirs.currency());
        self.last_modified = self.ts;
        let own = later(self.ts, policy.ttl_seconds);
        let furthest = later(self.ts, policy.max_extension_seconds);
        self.expires_at = Some(match theirs.expires_at().map(|end| end.micros()) {
            Some(end) if end > furthest => furthest.max(own),
            Some(end) if end > own => end,
            Some(_) | None => own,
        });
        let mut told = Vec::new();
        for line in theirs.lines() {
            let line = self.arrived(line);
            let fact = Fact::ItemAdded(line.content());
            self.lines.push(line);
            told.push((fact, self.summary(None)));
        }
        Ok(told)
    }

    /// A line with its own times; what lies ahead happened now, and nothing changed before it was
    /// there.
    fn arrived(&self, theirs: &ImportedLine) -> Line {
        let past = |time: i64| if time > self.ts { self.ts } else { time };
        let [added, modified] = [theirs.added_at, theirs.last_modified]
            .map(|time| time.map(|time| past(time.micros())));
        let (added, modified) = match (added, modified) {
            (None, None) => (self.ts, self.ts),
            (Some(only), None) | (None, Some(only)) => (only, only),
            (Some(added), Some(modified)) if modified < added => (added, added),
            (Some(added), Some(modified)) => (added, modified),
        };
        Line {
            item: theirs.item.clone(),
            name: theirs.name.clone(),
            price: theirs.price,
            quantity: theirs.quantity,
            state: if modified == added { LineState::Added } else { LineState::Updated },
            added,
            modified,
        }
    }
}
