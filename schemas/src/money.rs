//! Exact money: integer minor units and a currency; decimals only as text. Floats do not exist here.

#![deny(clippy::arithmetic_side_effects)]

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::quantity::Quantity;

/// An ISO 4217 currency that has minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency {
    code: iso_currency::Currency,
    exponent: u8,
}

/// The text is not the code of a currency one can pay in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected an ISO 4217 currency code such as EUR")]
pub struct InvalidCurrency;

impl Currency {
    /// The three-letter code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.code.code()
    }

    /// How many decimals its amounts print: 2 for EUR, 0 for JPY, 3 for KWD.
    #[must_use]
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl FromStr for Currency {
    type Err = InvalidCurrency;

    fn from_str(text: &str) -> Result<Self, InvalidCurrency> {
        let code = iso_currency::Currency::from_code(text).ok_or(InvalidCurrency)?;
        let exponent = code.exponent().and_then(|digits| u8::try_from(digits).ok());
        exponent.map(|exponent| Self { code, exponent }).ok_or(InvalidCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;

    fn try_from(text: String) -> Result<Self, InvalidCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

/// What one piece costs, in minor units: 0 to [`Price::MAX`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Price(i64);

/// The price is negative, too large, or has more decimals than its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected a decimal from 0 to 10^10 minor units with no more decimals than the currency has"
)]
pub struct InvalidPrice;

impl Price {
    /// The highest price, in minor units.
    pub const MAX: i64 = 10_000_000_000;

    /// A price of so many minor units.
    ///
    /// # Errors
    /// The number is negative or above [`Price::MAX`].
    pub fn from_minor(minor: i64) -> Result<Self, InvalidPrice> {
        if (0..=Self::MAX).contains(&minor) { Ok(Self(minor)) } else { Err(InvalidPrice) }
    }

    /// Parses the digits of a JSON number exactly; an exponent or a sign is not accepted.
    ///
    /// # Errors
    /// The text is no plain decimal, too large, or finer than the currency's minor unit.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, InvalidPrice> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let exponent = usize::from(currency.exponent());
        let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let no_fraction = fraction.is_empty() && text.contains('.');
        if whole.is_empty() || no_fraction || fraction.len() > exponent {
            return Err(InvalidPrice);
        }
        if !digits(whole) || !digits(fraction) || whole.len() > 11 {
            return Err(InvalidPrice);
        }
        let minor = format!("{whole}{fraction:0<exponent$}");
        Self::from_minor(minor.parse().map_err(|_| InvalidPrice)?)
    }

    /// The price in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// What `quantity` pieces cost. Exact: 10^10 x 10^6 fits.
    #[must_use]
    pub fn times(self, quantity: Quantity) -> Amount {
        Amount(self.0.saturating_mul(i64::from(quantity.get())))
    }

    /// The price as its currency prints it.
    #[must_use]
    pub fn decimal(self, currency: Currency) -> Decimal {
        Amount(self.0).decimal(Some(currency))
    }
}

impl TryFrom<i64> for Price {
    type Error = InvalidPrice;

    fn try_from(minor: i64) -> Result<Self, InvalidPrice> {
        Self::from_minor(minor)
    }
}

impl From<Price> for i64 {
    fn from(price: Price) -> Self {
        price.0
    }
}

/// What one piece costs in a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priced {
    /// The currency.
    pub currency: Currency,
    /// What one piece costs in it.
    pub price: Price,
}

impl Priced {
    /// What one piece costs in this currency; `None` if it is not among these.
    #[must_use]
    pub fn among(prices: &[Self], currency: Currency) -> Option<Price> {
        prices.iter().find(|priced| priced.currency == currency).map(|priced| priced.price)
    }
}

/// A sum of money in minor units; never negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Amount(i64);

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The sum in minor units.
    #[must_use]
    pub const fn minor(self) -> i64 {
        self.0
    }

    /// Both together. Saturates, which no cart within [`Quantity::MAX`] and 900 lines reaches.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The sum as its currency prints it; without a currency there is nothing to sum and it is `0`.
    #[must_use]
    pub fn decimal(self, currency: Option<Currency>) -> Decimal {
        let exponent = currency.map_or(0, |currency| usize::from(currency.exponent()));
        let mut digits = format!("{:0>width$}", self.0, width = exponent.saturating_add(1));
        if exponent > 0 {
            digits.insert(digits.len().saturating_sub(exponent), '.');
        }
        Decimal(digits)
    }

    /// Reads what [`Amount::decimal`] printed.
    ///
    /// # Errors
    /// The digits are not an amount of this currency, or not as one is printed.
    pub fn parse(text: &str, currency: Option<Currency>) -> Result<Self, InvalidPrice> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let minor: i64 = format!("{whole}{fraction}").parse().map_err(|_| InvalidPrice)?;
        let amount = Self::try_from(minor)?;
        let printed = amount.decimal(currency);
        if printed.as_str() == text { Ok(amount) } else { Err(InvalidPrice) }
    }
}

impl TryFrom<i64> for Amount {
    type Error = InvalidPrice;

    fn try_from(minor: i64) -> Result<Self, InvalidPrice> {
        if minor >= 0 { Ok(Self(minor)) } else { Err(InvalidPrice) }
    }
}

impl From<Amount> for i64 {
    fn from(amount: Amount) -> Self {
        amount.0
    }
}

/// The exact digits of a JSON number, as in `59.98` or `30.00`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decimal(String);

impl Decimal {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Decimal {
    /// The whole number these digits spell; `None` for one beyond an `i64`, an exponent, or a fraction
    /// that is not zero: `2.0` is how some languages write a 2.
    #[must_use]
    pub fn whole(&self) -> Option<i64> {
        let (text, fraction) = self.as_str().split_once('.').unwrap_or((self.as_str(), ""));
        if text.contains(['e', 'E']) || fraction.bytes().any(|digit| digit != b'0') {
            return None;
        }
        text.parse().ok()
    }
}

impl From<u32> for Decimal {
    fn from(number: u32) -> Self {
        Self(number.to_string())
    }
}

/// The text is no JSON number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a number")]
pub struct InvalidDecimal;

impl FromStr for Decimal {
    type Err = InvalidDecimal;

    /// Takes exactly what a JSON number looks like.
    fn from_str(text: &str) -> Result<Self, InvalidDecimal> {
        // JSON allows blanks around a number; a text that is one has none.
        let number: Result<Self, _> = serde_json::from_str(text);
        number.ok().filter(|number| number.0 == text).ok_or(InvalidDecimal)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.0.clone()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if !raw.get().starts_with(|first: char| first.is_ascii_digit() || first == '-') {
            return Err(D::Error::custom("expected a number"));
        }
        Ok(Self(raw.get().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    #[test]
    fn an_amount_prints_its_currencys_exponent() {
        let printed = |minor, code| Amount(minor).decimal(Some(currency(code))).to_string();

        assert_eq!(printed(5_998, "USD"), "59.98");
        assert_eq!(printed(3_000, "EUR"), "30.00");
        assert_eq!(printed(5, "USD"), "0.05");
        assert_eq!(printed(30, "JPY"), "30");
        assert_eq!(printed(1_500, "KWD"), "1.500");
    }

    #[test]
    fn an_amount_is_read_as_it_is_printed_and_no_other_way() {
        let read = |text, code| Amount::parse(text, Some(currency(code))).map(i64::from);

        assert_eq!((read("59.98", "USD"), read("30", "JPY")), (Ok(5_998), Ok(30)));
        for text in [".-203", "-.203", "-1.000", "+1.000", "01.000", ".203", "1", "1.0", "1.0000"] {
            assert_eq!(read(text, "KWD"), Err(InvalidPrice), "{text}");
        }
        assert_eq!((read("30.", "JPY"), read("", "JPY")), (Err(InvalidPrice), Err(InvalidPrice)));
    }

    #[test]
    fn a_price_is_read_from_its_digits() {
        let read = |text, code| Price::parse(text, currency(code)).map(Price::minor);

        assert_eq!(read("29.99", "USD"), Ok(2_999));
        assert_eq!(read("30", "USD"), Ok(3_000));
        assert_eq!(read("30.5", "USD"), Ok(3_050));
        assert_eq!(read("0", "JPY"), Ok(0));
        assert_eq!(read("100000000.00", "USD"), Ok(Price::MAX));
    }

    #[test]
    fn a_price_finer_than_its_currency_or_out_of_range_is_refused() {
        for (text, code) in [
            ("29.999", "USD"),
            ("1.5", "JPY"),
            ("-1", "USD"),
            ("1e3", "USD"),
            ("", "USD"),
            ("1.", "USD"),
            (".5", "USD"),
            ("100000000.01", "USD"),
            ("99999999999999999999", "USD"),
        ] {
            assert_eq!(Price::parse(text, currency(code)), Err(InvalidPrice), "{text} {code}");
        }
    }

    #[test]
    fn a_decimal_keeps_its_digits_through_json() {
        let json = serde_json::to_string(&Amount(3_000).decimal(Some(currency("USD")))).unwrap();

        assert_eq!(json, "30.00");
        assert_eq!(serde_json::from_str::<Decimal>(&json).unwrap().as_str(), "30.00");
        assert!(serde_json::from_str::<Decimal>("\"30.00\"").is_err());
    }

    #[test]
    fn a_decimal_is_read_from_text_as_from_json() {
        let digits = |text: &str| text.parse::<Decimal>().map(|read| read.as_str().to_owned());

        assert_eq!(digits("29.90"), Ok("29.90".to_owned()));
        for text in ["", "abc", "+1", "01", "1,5", "\"1\"", "null", "1 2", " 1", "1\n"] {
            assert_eq!(digits(text), Err(InvalidDecimal), "{text}");
        }
    }

    #[test]
    fn a_whole_number_has_no_exponent_and_no_fraction_but_zero() {
        let whole = |text: &str| text.parse::<Decimal>().unwrap().whole();

        assert_eq!((whole("7"), whole("-7")), (Some(7), Some(-7)));
        assert_eq!((whole("7.0"), whole("-7.000")), (Some(7), Some(-7)));
        assert_eq!((whole("7.01"), whole("7e0"), whole("7.0e0")), (None, None, None));
        assert_eq!((whole("9223372036854775808"), whole("-9223372036854775809")), (None, None));
    }
}
