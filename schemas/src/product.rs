//! The catalog's products, as the source document shapes them, with a currency.

use serde::{Deserialize, Serialize};

use crate::command::Offer;
use crate::id::{ProductId, VariantId};
use crate::money::{Currency, Decimal, Price};

/// Pieces in stock never exceed this, so that they fit every client's integer.
const STOCK_MAX: u32 = 1_000_000_000;
/// The longest name of a product or a variant, in bytes: names travel in every command and event.
pub(crate) const NAME_MAX: usize = 256;
/// Variants of one product: a product is one record of at most a quarter of a mebibyte.
const VARIANTS_MAX: usize = 200;

/// A product.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(into = "ProductWire")]
pub struct Product {
    /// Its id.
    pub id: ProductId,
    /// Its name.
    pub name: String,
    /// The currency of its prices.
    pub currency: Currency,
    /// The price of the bare product.
    pub price: Price,
    /// Pieces of the bare product in stock.
    pub stock: u32,
    /// Its variants, each with its own price and stock.
    pub variants: Vec<Variant>,
    /// Whether it is for sale.
    pub available: bool,
}

/// A variant of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Its id within the product.
    pub id: VariantId,
    /// Its name.
    pub name: String,
    /// Its price.
    pub price: Price,
    /// Pieces in stock.
    pub stock: u32,
}

/// A product as JSON, not yet checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ProductWire {
    /// The id; a request may leave it to the path.
    #[serde(default)]
    pub id: String,
    /// The name.
    pub name: String,
    /// The price's digits.
    pub price: Decimal,
    /// Pieces in stock.
    pub stock: u32,
    /// The variants.
    #[serde(default)]
    pub variants: Vec<VariantWire>,
    /// Whether it is for sale.
    #[serde(default = "available_by_default")]
    pub available: bool,
    /// The currency's code.
    #[serde(default = "currency_by_default")]
    pub currency: String,
}

/// A variant as JSON, not yet checked.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct VariantWire {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The price's digits.
    pub price: Decimal,
    /// Pieces in stock.
    pub stock: u32,
}

fn available_by_default() -> bool {
    true
}

fn currency_by_default() -> String {
    "USD".to_owned()
}

/// One thing wrong with a product, and where.
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

fn check<T, E: ToString>(
    faults: &mut Vec<Fault>,
    pointer: String,
    value: Result<T, E>,
) -> Option<T> {
    value.map_err(|e| faults.push(Fault { pointer, detail: e.to_string(), is_price: false })).ok()
}

fn check_name(faults: &mut Vec<Fault>, pointer: String, name: String) -> Option<String> {
    let fits = (1..=NAME_MAX).contains(&name.len()) && !name.chars().any(char::is_control);
    let expected = format!("expected 1 to {NAME_MAX} bytes without control characters");
    check(faults, pointer, if fits { Ok(name) } else { Err(expected) })
}

fn check_stock(faults: &mut Vec<Fault>, pointer: String, stock: u32) -> Option<u32> {
    let expected = format!("expected 0 to {STOCK_MAX}");
    check(faults, pointer, if stock <= STOCK_MAX { Ok(stock) } else { Err(expected) })
}

fn check_price(
    faults: &mut Vec<Fault>,
    pointer: String,
    digits: &Decimal,
    currency: Currency,
) -> Option<Price> {
    let price = Price::parse(digits.as_str(), currency);
    price.map_err(|e| faults.push(Fault { pointer, detail: e.to_string(), is_price: true })).ok()
}

impl Product {
    /// Checks a product field by field.
    ///
    /// # Errors
    /// Everything wrong with it, in the order of its fields.
    pub fn parse(wire: ProductWire) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let product = Self::check(wire, &mut faults);
        product.filter(|_| faults.is_empty()).ok_or(faults)
    }

    fn check(wire: ProductWire, faults: &mut Vec<Fault>) -> Option<Self> {
        let id = check(faults, "/id".to_owned(), wire.id.parse());
        let name = check_name(faults, "/name".to_owned(), wire.name);
        let currency = check(faults, "/currency".to_owned(), wire.currency.parse())?;
        let price = check_price(faults, "/price".to_owned(), &wire.price, currency);
        let stock = check_stock(faults, "/stock".to_owned(), wire.stock);
        if wire.variants.len() > VARIANTS_MAX {
            let expected = format!("expected at most {VARIANTS_MAX} variants");
            check::<(), _>(faults, "/variants".to_owned(), Err(expected));
            return None;
        }
        let mut variants: Vec<Variant> = Vec::with_capacity(wire.variants.len());
        for (index, wire) in wire.variants.into_iter().enumerate() {
            let at = format!("/variants/{index}");
            let Some(variant) = Variant::check(wire, &at, currency, faults) else { continue };
            if variants.iter().any(|other| other.id == variant.id) {
                check::<(), _>(faults, format!("{at}/id"), Err("expected each id once"));
            }
            variants.push(variant);
        }
        let available = wire.available;
        Some(Self {
            id: id?,
            name: name?,
            currency,
            price: price?,
            stock: stock?,
            variants,
            available,
        })
    }

    /// Reads a record of the catalog topic.
    ///
    /// # Errors
    /// The bytes are no product, or a faulty one.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let wire = serde_json::from_slice(bytes).map_err(DecodeError::Malformed)?;
        Self::parse(wire).map_err(DecodeError::Faulty)
    }

    /// The JSON of the catalog topic and of the API.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// What is offered under this variant; the bare product for `None`.
    #[must_use]
    pub fn offer(&self, variant: Option<&VariantId>) -> Offer {
        let (price, stock) = match variant {
            None => (self.price, self.stock),
            Some(id) => match self.variants.iter().find(|variant| variant.id == *id) {
                Some(variant) => (variant.price, variant.stock),
                None => return Offer::NoVariant,
            },
        };
        Offer::Listed {
            name: self.name.clone(),
            price,
            currency: self.currency,
            available: self.available,
            stock,
        }
    }
}

/// A record of the catalog topic is no product.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or fields missing.
    #[error("malformed product")]
    Malformed(#[source] serde_json::Error),
    /// Fields that break a rule.
    #[error("faulty product: {0:?}")]
    Faulty(Vec<Fault>),
}

impl Variant {
    fn check(
        wire: VariantWire,
        at: &str,
        currency: Currency,
        faults: &mut Vec<Fault>,
    ) -> Option<Self> {
        let id = check(faults, format!("{at}/id"), wire.id.parse());
        let name = check_name(faults, format!("{at}/name"), wire.name);
        let price = check_price(faults, format!("{at}/price"), &wire.price, currency);
        let stock = check_stock(faults, format!("{at}/stock"), wire.stock);
        Some(Self { id: id?, name: name?, price: price?, stock: stock? })
    }
}

impl From<Product> for ProductWire {
    fn from(product: Product) -> Self {
        let currency = product.currency;
        let wire = |variant: Variant| VariantWire {
            id: variant.id.to_string(),
            name: variant.name,
            price: variant.price.decimal(currency),
            stock: variant.stock,
        };
        Self {
            id: product.id.to_string(),
            name: product.name,
            price: product.price.decimal(currency),
            stock: product.stock,
            variants: product.variants.into_iter().map(wire).collect(),
            available: product.available,
            currency: currency.code().to_owned(),
        }
    }
}
