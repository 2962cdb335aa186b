//! What a product costs in other currencies than its own, and what it is called in other languages.
//! Knows no product.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::money::{Currency, Decimal, Priced};

/// Prices as JSON: digits by currency code.
pub type PricesWire = BTreeMap<String, Decimal>;
/// Names as JSON: by language tag.
pub type NamesWire = BTreeMap<String, String>;

/// What a thing costs in other currencies than its own, in the order of their codes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Prices(Vec<Priced>);

impl Prices {
    /// Prices of one thing beside its own: more currencies than any shop we know of sells in, and few
    /// enough to travel in every command.
    pub const MAX: usize = 32;

    /// The price in one other currency, if any: a shop of two countries.
    #[must_use]
    pub fn of(other: Option<Priced>) -> Self {
        Self(other.into_iter().collect())
    }

    /// Each price.
    #[must_use]
    pub fn all(&self) -> &[Priced] {
        &self.0
    }

    /// Each price as its own currency prints it.
    #[must_use]
    pub fn wire(&self) -> PricesWire {
        let digits = |Priced { currency, price }: &Priced| {
            (currency.code().to_owned(), price.decimal(*currency))
        };
        self.0.iter().map(digits).collect()
    }

    /// Checks prices beside one in `own`, each against its own currency's decimals.
    pub(crate) fn check(
        wire: PricesWire,
        own: Currency,
        at: &str,
        faults: &mut Faults,
    ) -> Option<Self> {
        if wire.len() > Self::MAX {
            let expected = format!("expected at most {} prices", Self::MAX);
            faults.check::<(), _>(at, Err(expected));
            return None;
        }
        let mut prices = Vec::with_capacity(wire.len());
        for (code, digits) in wire {
            let at = format!("{at}/{}", escaped(&code));
            let Some(currency) = faults.check(at.clone(), code.parse::<Currency>()) else {
                continue;
            };
            if currency == own {
                faults.check::<(), _>(at, Err("expected another currency than the price's own"));
                continue;
            }
            let Some(price) = faults.check_price(at, &digits, currency) else { continue };
            prices.push(Priced { currency, price });
        }
        Some(Self(prices))
    }
}

/// A language tag of BCP 47, without extensions: `de`, `fr-CA`, `zh-Hant-TW`. Case counts for
/// nothing; it is kept in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Language(String);

/// The text is no language tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a language tag such as de or fr-CA")]
pub struct InvalidLanguage;

impl Language {
    /// What tags look like, as they are kept.
    pub const PATTERN: &str = "^[a-z]{2,3}(-[a-z0-9]{2,8})*$";

    /// The tag.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether whoever reads this language reads `other`: it is the same, or this one says more of
    /// it (RFC 4647, lookup).
    #[must_use]
    pub fn reads(&self, other: &Self) -> bool {
        let rest = self.0.strip_prefix(&other.0);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    }
}

impl FromStr for Language {
    type Err = InvalidLanguage;

    fn from_str(text: &str) -> Result<Self, InvalidLanguage> {
        let mut parts = text.split('-');
        let first = parts.next().unwrap_or_default();
        let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphabetic());
        let later = |part: &str| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        };
        let is_tag = (2..=3).contains(&first.len()) && letters(first) && parts.all(later);
        if !is_tag || text.len() > 35 {
            return Err(InvalidLanguage);
        }
        Ok(Self(text.to_ascii_lowercase()))
    }
}

impl TryFrom<String> for Language {
    type Error = InvalidLanguage;

    fn try_from(text: String) -> Result<Self, InvalidLanguage> {
        text.parse()
    }
}

impl From<Language> for String {
    fn from(language: Language) -> Self {
        language.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a thing is called in other languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Names(BTreeMap<Language, String>);

impl Names {
    /// Names of one thing beside its own.
    pub const MAX: usize = 64;

    /// The name for a reader of these languages, the best first, and its language; `None` if no name
    /// is in any of them.
    #[must_use]
    pub fn for_reader(&self, languages: &[Language]) -> Option<(&Language, &str)> {
        languages.iter().find_map(|language| {
            let fits = self.0.iter().filter(|(of, _)| language.reads(of));
            let closest = fits.max_by_key(|(of, _)| of.as_str().len());
            closest.map(|(of, name)| (of, name.as_str()))
        })
    }

    /// Each name by its language.
    #[must_use]
    pub fn wire(&self) -> NamesWire {
        self.0.iter().map(|(language, name)| (language.to_string(), name.clone())).collect()
    }

    pub(crate) fn check(wire: NamesWire, at: &str, faults: &mut Faults) -> Option<Self> {
        if wire.len() > Self::MAX {
            let expected = format!("expected at most {} names", Self::MAX);
            faults.check::<(), _>(at, Err(expected));
            return None;
        }
        let mut names = BTreeMap::new();
        for (tag, name) in wire {
            let at = format!("{at}/{}", escaped(&tag));
            let language = faults.check(at.clone(), tag.parse::<Language>());
            let name = faults.check_name(at.clone(), name);
            let Some((language, name)) = language.zip(name) else { continue };
            if names.insert(language, name).is_some() {
                faults.check::<(), _>(at, Err("expected each language once"));
            }
        }
        Some(Self(names))
    }
}

/// A key as a JSON pointer names it (RFC 6901).
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Price;

    fn prices(json: &str) -> Result<Prices, Vec<String>> {
        let mut faults = Faults::default();
        let wire = serde_json::from_str(json).unwrap();
        let checked = Prices::check(wire, "USD".parse().unwrap(), "/prices", &mut faults);
        faults.or(checked).map_err(|faults| faults.into_iter().map(|one| one.pointer).collect())
    }

    fn names(json: &str) -> Result<Names, Vec<String>> {
        let mut faults = Faults::default();
        let checked = Names::check(serde_json::from_str(json).unwrap(), "/names", &mut faults);
        faults.or(checked).map_err(|faults| faults.into_iter().map(|one| one.pointer).collect())
    }

    #[test]
    fn each_price_has_the_decimals_of_its_own_currency() {
        let all = prices(r#"{"JPY":3000,"KWD":9.225,"EUR":27.9}"#).unwrap();

        let printed = serde_json::to_string(&all.wire()).unwrap();
        assert_eq!(printed, r#"{"EUR":27.90,"JPY":3000,"KWD":9.225}"#);
        let minor = |code: &str| Priced::among(all.all(), code.parse().unwrap()).map(Price::minor);
        assert_eq!((minor("KWD"), minor("USD")), (Some(9_225), None));
    }

    #[test]
    fn what_is_no_price_of_another_currency_is_named() {
        for (json, pointers) in [
            (r#"{"JPY":3000.5}"#, vec!["/prices/JPY"]),
            (r#"{"KWD":1.0001,"EUR":1.001}"#, vec!["/prices/EUR", "/prices/KWD"]),
            (r#"{"USD":1}"#, vec!["/prices/USD"]),
            (r#"{"XXX":1,"eur":1,"a/b":1}"#, vec!["/prices/XXX", "/prices/a~1b", "/prices/eur"]),
        ] {
            assert_eq!(prices(json).unwrap_err(), pointers, "{json}");
        }
    }

    #[test]
    fn a_name_is_found_by_the_language_that_says_least_less() {
        let all = names(r#"{"de":"Hemd","de-AT":"Leiberl","zh-Hant":"襯衫"}"#).unwrap();
        let read = |tags: &[&str]| {
            let tags: Vec<Language> = tags.iter().map(|tag| tag.parse().unwrap()).collect();
            all.for_reader(&tags).map(|(_, name)| name)
        };

        assert_eq!(read(&["de-at"]), Some("Leiberl"));
        assert_eq!(read(&["de-CH"]), Some("Hemd"));
        assert_eq!(read(&["fr", "zh-Hant-TW"]), Some("襯衫"));
        assert_eq!(read(&["fr", "zh", "den"]), None);
        assert_eq!(read(&[]), None);
    }

    #[test]
    fn what_is_no_language_or_no_name_is_named() {
        for (json, pointers) in [
            (
                r#"{"d":"x","de_AT":"x","":"x","de-":"x"}"#,
                vec!["/names/", "/names/d", "/names/de-", "/names/de_AT"],
            ),
            (r#"{"de":""}"#, vec!["/names/de"]),
            (r#"{"de":"a","DE":"b"}"#, vec!["/names/de"]),
        ] {
            assert_eq!(names(json).unwrap_err(), pointers, "{json}");
        }
    }
}
