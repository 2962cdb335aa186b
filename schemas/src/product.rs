//! The catalog's products, as the source document shapes them, with a currency.

use serde::{Deserialize, Serialize};

use crate::command::Offer;
use crate::fault::{Fault, Faults};
use crate::id::{ItemId, ProductId, SkuKey, TenantId, VariantId};
use crate::money::{Currency, Decimal, Price};
use crate::prices::{Names, NamesWire, Prices, PricesWire};
use crate::stock::Units;
use crate::strict;

/// Pieces in stock never exceed this, so that they fit every client's integer.
pub(crate) const STOCK_MAX: u32 = 1_000_000_000;
/// The currency of prices that do not say theirs.
const CURRENCY_BY_DEFAULT: &str = "USD";

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
    /// What the bare product costs in other currencies.
    pub prices: Prices,
    /// What it is called in other languages.
    pub names: Names,
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
    /// What it costs in other currencies.
    pub prices: Prices,
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
    pub stock: Decimal,
    /// The variants; none unless said otherwise.
    #[serde(default, deserialize_with = "strict::objects")]
    pub variants: Option<Vec<VariantWire>>,
    /// Whether it is for sale; true unless said otherwise.
    #[serde(default)]
    pub available: Option<bool>,
    /// The currency's code; USD unless said otherwise.
    #[serde(default)]
    pub currency: Option<String>,
    /// What it costs in other currencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PricesWire>,
    /// What it is called in other languages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<NamesWire>,
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
    pub stock: Decimal,
    /// What it costs in other currencies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<PricesWire>,
}

fn check_stock(faults: &mut Faults, pointer: String, digits: &Decimal) -> Option<u32> {
    let stock = digits.whole().and_then(|stock| u32::try_from(stock).ok());
    let stock = stock.filter(|stock| *stock <= STOCK_MAX);
    faults.check(pointer, stock.ok_or_else(|| format!("expected 0 to {STOCK_MAX}")))
}

impl Product {
    /// The longest JSON a product is read from outside as.
    pub const JSON_BYTES_MAX: usize = 256 * 1024;
    /// Variants of one product: with the longest names they fit [`Product::JSON_BYTES_MAX`].
    pub const VARIANTS_MAX: usize = 200;

    /// Checks a product field by field.
    ///
    /// # Errors
    /// Everything wrong with it, in the order of its fields.
    pub fn parse(wire: ProductWire) -> Result<Self, Vec<Fault>> {
        let mut faults = Faults::default();
        let product = Self::check(wire, &mut faults);
        faults.or(product)
    }

    fn check(wire: ProductWire, faults: &mut Faults) -> Option<Self> {
        let id = faults.check("/id", wire.id.parse());
        let name = faults.check_name("/name", wire.name);
        let currency = wire.currency.as_deref().unwrap_or(CURRENCY_BY_DEFAULT);
        let currency = faults.check("/currency", currency.parse())?;
        let price = faults.check_price("/price", &wire.price, currency);
        let stock = check_stock(faults, "/stock".to_owned(), &wire.stock);
        let variants = wire.variants.unwrap_or_default();
        if variants.len() > Self::VARIANTS_MAX {
            let expected = format!("expected at most {} variants", Self::VARIANTS_MAX);
            faults.check::<(), _>("/variants", Err(expected));
            return None;
        }
        let variants = Variant::check_all(variants, currency, faults);
        let available = wire.available.unwrap_or(true);
        let prices = Prices::check(wire.prices.unwrap_or_default(), currency, "/prices", faults);
        let names = Names::check(wire.names.unwrap_or_default(), "/names", faults);
        Some(Self {
            id: id?,
            name: name?,
            currency,
            price: price?,
            stock: stock?,
            variants,
            available,
            prices: prices?,
            names: names?,
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

    /// What there is to sell of it in the shop `tenant`, the bare product first, and how many the catalog
    /// says there are.
    pub fn skus(&self, tenant: Option<&TenantId>) -> impl Iterator<Item = (SkuKey, Units)> {
        let bare = (None, self.stock);
        let variants = self.variants.iter().map(|one| (Some(one.id.clone()), one.stock));
        std::iter::once(bare).chain(variants).map(move |(variant, stock)| {
            let item = ItemId::new(self.id.clone(), variant);
            (SkuKey::new(tenant.cloned(), item), Units::at_most(stock))
        })
    }

    /// What is offered under this variant; the bare product for `None`.
    #[must_use]
    pub fn offer(&self, variant: Option<&VariantId>) -> Offer {
        let (price, stock, others) = match variant {
            None => (self.price, self.stock, &self.prices),
            Some(id) => match self.variants.iter().find(|variant| variant.id == *id) {
                Some(variant) => (variant.price, variant.stock, &variant.prices),
                None => return Offer::NoVariant,
            },
        };
        Offer::Listed {
            name: self.name.clone(),
            price,
            currency: self.currency,
            available: self.available,
            stock,
            others: others.all().to_vec(),
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
    fn check_all(wires: Vec<VariantWire>, currency: Currency, faults: &mut Faults) -> Vec<Self> {
        let mut variants: Vec<Self> = Vec::with_capacity(wires.len());
        for (index, wire) in wires.into_iter().enumerate() {
            let at = format!("/variants/{index}");
            let Some(variant) = Self::check(wire, &at, currency, faults) else { continue };
            if variants.iter().any(|other| other.id == variant.id) {
                faults.check::<(), _>(format!("{at}/id"), Err("expected each id once"));
            }
            variants.push(variant);
        }
        variants
    }

    fn check(wire: VariantWire, at: &str, currency: Currency, faults: &mut Faults) -> Option<Self> {
        let id = faults.check(format!("{at}/id"), wire.id.parse());
        let name = faults.check_name(format!("{at}/name"), wire.name);
        let price = faults.check_price(format!("{at}/price"), &wire.price, currency);
        let stock = check_stock(faults, format!("{at}/stock"), &wire.stock);
        let prices = wire.prices.unwrap_or_default();
        let prices = Prices::check(prices, currency, &format!("{at}/prices"), faults);
        Some(Self { id: id?, name: name?, price: price?, stock: stock?, prices: prices? })
    }
}

impl From<Product> for ProductWire {
    fn from(product: Product) -> Self {
        let currency = product.currency;
        let wire = |variant: Variant| VariantWire {
            id: variant.id.to_string(),
            name: variant.name,
            price: variant.price.decimal(currency),
            stock: variant.stock.into(),
            prices: Some(variant.prices.wire()).filter(|prices| !prices.is_empty()),
        };
        Self {
            id: product.id.to_string(),
            name: product.name,
            price: product.price.decimal(currency),
            stock: product.stock.into(),
            variants: Some(product.variants.into_iter().map(wire).collect()),
            available: Some(product.available),
            currency: Some(currency.code().to_owned()),
            prices: Some(product.prices.wire()).filter(|prices| !prices.is_empty()),
            names: Some(product.names.wire()).filter(|names| !names.is_empty()),
        }
    }
}
