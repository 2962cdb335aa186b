//! A cart that comes from another shop, with every fact its decision needs, so that no catalog is
//! asked. Checked where it is made and where it is read; knows no file and no rule about carts.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::fault::is_name;
use crate::id::ItemId;
use crate::money::{Currency, Price};
use crate::policy::Policy;
use crate::quantity::Quantity;
use crate::timestamp::Timestamp;

/// A line as the other shop had it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportedLine {
    /// Product and variant; the catalog need not know them.
    pub item: ItemId,
    /// The name it was added under.
    pub name: String,
    /// The price it was added at.
    pub price: Price,
    /// How many.
    pub quantity: Quantity,
    /// When it was added, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub added_at: Option<Timestamp>,
    /// When it last changed, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_modified: Option<Timestamp>,
}

/// A whole cart of another shop: 1 to [`Policy::LINES_MAX`] lines in one currency, no two of the
/// same item, each with a name, none from before 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire")]
pub struct ImportedCart {
    currency: Currency,
    lines: Vec<ImportedLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
}

/// The lines are not those of one cart. Lines are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidImport {
    /// There is no line.
    #[error("expected a line")]
    Empty,
    /// There are more lines than any shop allows.
    #[error("expected at most {max} lines", max = Policy::LINES_MAX)]
    TooManyLines,
    /// The name of this line is empty, too long, or has control characters.
    #[error("expected a name of 1 to 256 bytes without control characters")]
    Name(usize),
    /// This line is the same product and variant as one before it.
    #[error("expected each product and variant once")]
    Repeated(usize),
    /// A time of this line lies before 1970.
    #[error("expected times from 1970 on")]
    Time(usize),
}

impl InvalidImport {
    /// The line that is wrong, if it is one.
    #[must_use]
    pub const fn line(self) -> Option<usize> {
        match self {
            Self::Empty | Self::TooManyLines => None,
            Self::Name(line) | Self::Repeated(line) | Self::Time(line) => Some(line),
        }
    }
}

/// The cart as it travels, not yet checked.
#[derive(Deserialize)]
struct Wire {
    currency: Currency,
    lines: Vec<ImportedLine>,
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

impl ImportedCart {
    /// A cart of these lines, to be kept until `expires_at` if that is later than the shop's rule
    /// would have it.
    ///
    /// # Errors
    /// The first thing wrong with the lines.
    pub fn new(
        currency: Currency,
        lines: Vec<ImportedLine>,
        expires_at: Option<Timestamp>,
    ) -> Result<Self, InvalidImport> {
        if lines.is_empty() {
            return Err(InvalidImport::Empty);
        }
        if lines.len() > usize::from(Policy::LINES_MAX) {
            return Err(InvalidImport::TooManyLines);
        }
        let mut seen = HashSet::new();
        for (number, line) in lines.iter().enumerate() {
            if !is_name(&line.name) {
                return Err(InvalidImport::Name(number));
            }
            if !seen.insert(&line.item) {
                return Err(InvalidImport::Repeated(number));
            }
            let times = line.added_at.into_iter().chain(line.last_modified);
            if times.into_iter().any(|time| time < Timestamp::default()) {
                return Err(InvalidImport::Time(number));
            }
        }
        Ok(Self { currency, lines, expires_at })
    }

    /// The currency of every line.
    #[must_use]
    pub const fn currency(&self) -> Currency {
        self.currency
    }

    /// The lines in their order; at least one.
    #[must_use]
    pub fn lines(&self) -> &[ImportedLine] {
        &self.lines
    }

    /// Until when the other shop kept it.
    #[must_use]
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

impl TryFrom<Wire> for ImportedCart {
    type Error = InvalidImport;

    fn try_from(wire: Wire) -> Result<Self, InvalidImport> {
        Self::new(wire.currency, wire.lines, wire.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(product: &str) -> ImportedLine {
        ImportedLine {
            item: ItemId::new(product.parse().unwrap(), None),
            name: "T-Shirt".to_owned(),
            price: 2_999.try_into().unwrap(),
            quantity: 2.try_into().unwrap(),
            added_at: Some(Timestamp::from_micros(0)),
            last_modified: None,
        }
    }

    fn cart(lines: Vec<ImportedLine>) -> Result<ImportedCart, InvalidImport> {
        ImportedCart::new("USD".parse().unwrap(), lines, None)
    }

    #[test]
    fn lines_that_are_not_those_of_one_cart_are_refused() {
        let before = Some(Timestamp::from_micros(-1));
        let nameless = ImportedLine { name: String::new(), ..line("b") };
        let early = ImportedLine { last_modified: before, ..line("b") };
        let many = (0..=Policy::LINES_MAX).map(|number| line(&format!("p{number}"))).collect();

        assert_eq!(cart(Vec::new()), Err(InvalidImport::Empty));
        assert_eq!(cart(many), Err(InvalidImport::TooManyLines));
        assert_eq!(cart(vec![line("a"), nameless]), Err(InvalidImport::Name(1)));
        assert_eq!(cart(vec![line("a"), line("b"), line("a")]), Err(InvalidImport::Repeated(2)));
        assert_eq!(cart(vec![line("a"), early]), Err(InvalidImport::Time(1)));
        assert!(cart(vec![line("a"), line("b")]).is_ok());
    }

    #[test]
    fn what_is_read_is_checked_as_what_is_made() {
        let good = serde_json::to_string(&cart(vec![line("a"), line("b")]).unwrap()).unwrap();
        let twice = good.replace(&line("b").item.to_string(), &line("a").item.to_string());

        assert!(serde_json::from_str::<ImportedCart>(&good).is_ok());
        assert!(serde_json::from_str::<ImportedCart>(&twice).is_err());
    }
}
