//! A cart that another shop had: it becomes one change, an added line after another. Asks no
//! catalog; knows no file.

use cart_schemas::cart::{Line, LineState};
use cart_schemas::event::Fact;
use cart_schemas::evolve::Moment;
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::rejection::Rejection;
use cart_schemas::timestamp::Timestamp;

use super::{Change, Context};

impl Context<'_> {
    /// Only a cart that nobody has changed yet is empty for sure: on any other one the lines would
    /// come twice, or come back.
    pub(super) fn import(
        &self,
        version: u64,
        imported: &ImportedCart,
    ) -> Result<Vec<Change>, Rejection> {
        if version > 0 {
            return Err(Rejection::CartExists);
        }
        let lines = imported.lines();
        if lines.len() > usize::from(self.policy.max_lines) {
            return Err(Rejection::CartLimit);
        }
        lines.iter().try_for_each(|line| self.check_limit(line.quantity))?;
        let expires_at = self.imported_end(imported.expires_at());
        let moment = Moment { at: self.at, expires_at, currency: Some(imported.currency()) };
        let added = lines.iter().map(|line| Fact::ItemAdded(self.imported_line(line)));
        Ok(added.map(|fact| Change { fact, moment }).collect())
    }

    /// The end of any cart changed now, or the other shop's if that is later; never further ahead
    /// than an extension may reach.
    fn imported_end(&self, promised: Option<Timestamp>) -> Timestamp {
        let kept = self.at.plus_seconds(self.policy.ttl_seconds);
        let latest = self.at.plus_seconds(self.policy.max_extension_seconds);
        promised.map_or(kept, |promised| promised.min(latest).max(kept))
    }

    /// The line with its own times, none of them later than now.
    fn imported_line(&self, line: &ImportedLine) -> Line {
        let added_at = line.added_at.or(line.last_modified).unwrap_or(self.at).min(self.at);
        let last_modified = line.last_modified.unwrap_or(added_at).clamp(added_at, self.at);
        let touched = last_modified > added_at;
        Line {
            item: line.item.clone(),
            name: line.name.clone(),
            price: line.price,
            quantity: line.quantity,
            state: if touched { LineState::Updated } else { LineState::Added },
            added_at,
            last_modified,
        }
    }
}
