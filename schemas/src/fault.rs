//! What is wrong with something that came from outside, field by field. Knows no field.

use crate::money::{Currency, Decimal, Price};

/// The longest name of a product, a variant or a line, in bytes: names travel in every command and
/// event.
pub const NAME_MAX: usize = 256;

/// Whether a text may name a product, a variant or a line.
pub(crate) fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len()) && !text.chars().any(char::is_control)
}

/// One thing wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{pointer}: {detail}")]
pub struct Fault {
    /// JSON pointer to the field.
    pub pointer: String,
    /// What is expected there.
    pub detail: String,
    /// Whether the field is a price, which has its own problem code.
    pub is_price: bool,
}

/// Everything found wrong so far. Checking goes on behind a fault, so that all are told at once.
#[derive(Debug, Default)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// What a field was parsed to; a fault there says what is expected.
    pub fn check<T, E: ToString>(
        &mut self,
        pointer: impl Into<String>,
        value: Result<T, E>,
    ) -> Option<T> {
        value.map_err(|expected| self.add(pointer.into(), expected.to_string(), false)).ok()
    }

    /// A name of 1 to 256 bytes without control characters.
    pub fn check_name(&mut self, pointer: impl Into<String>, name: String) -> Option<String> {
        let expected = || format!("expected 1 to {NAME_MAX} bytes without control characters");
        let name = if is_name(&name) { Ok(name) } else { Err(expected()) };
        self.check(pointer, name)
    }

    /// A price of this currency.
    pub fn check_price(
        &mut self,
        pointer: impl Into<String>,
        digits: &Decimal,
        currency: Currency,
    ) -> Option<Price> {
        let price = Price::parse(digits.as_str(), currency);
        price.map_err(|expected| self.add(pointer.into(), expected.to_string(), true)).ok()
    }

    fn add(&mut self, pointer: String, detail: String, is_price: bool) {
        self.0.push(Fault { pointer, detail, is_price });
    }

    /// What was parsed, if nothing is wrong.
    ///
    /// # Errors
    /// Everything wrong, in the order it was found.
    pub fn or<T>(self, parsed: Option<T>) -> Result<T, Vec<Fault>> {
        parsed.filter(|_| self.0.is_empty()).ok_or(self.0)
    }
}
