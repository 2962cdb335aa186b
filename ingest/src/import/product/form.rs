//! A row of a table as a product not yet checked: text becomes numbers, and one cell becomes
//! variants. Knows no rule of a product.

use cart_schemas::fault::Faults;
use cart_schemas::money::{Decimal, InvalidDecimal};
use cart_schemas::product::{ProductWire, VariantWire};

use super::{Fields, Reason};

/// Between variants.
const BETWEEN_VARIANTS: char = '|';
/// Between the fields of a variant, which no id contains.
const BETWEEN_FIELDS: char = ';';

/// The product a row tells of.
pub(super) fn wire(fields: &Fields<'_>) -> Result<ProductWire, Reason> {
    let mut faults = Faults::default();
    let wire = read(fields, &mut faults);
    faults.or(wire).map_err(Reason::Faulty)
}

fn read(fields: &Fields<'_>, faults: &mut Faults) -> Option<ProductWire> {
    let text = |column| fields.get(column).unwrap_or_default();
    let price = faults.check("/price", number(text("price")));
    let stock = faults.check("/stock", number(text("stock")));
    let available = fields.get("available").map(truth);
    let available = available.and_then(|told| faults.check("/available", told));
    let (price, stock) = (price?, stock?);
    let cell = fields.get("variants").unwrap_or_default();
    let cells = cell.split(BETWEEN_VARIANTS).map(str::trim).filter(|one| !one.is_empty());
    let variants: Vec<_> = cells
        .enumerate()
        .map(|(index, cell)| {
            let read = variant(cell, &price, &stock);
            faults.check(format!("/variants/{index}"), read)
        })
        .collect();
    Some(ProductWire {
        id: text("id").to_owned(),
        name: text("name").to_owned(),
        price,
        stock,
        variants: variants.into_iter().collect(),
        available,
        currency: fields.get("currency").map(str::to_owned),
        // A cell holds one price; rows of JSON say the others.
        prices: None,
        names: None,
    })
}

/// `id;name;price;stock`. What is left out is the product's own; the name, the id.
fn variant(cell: &str, price: &Decimal, stock: &Decimal) -> Result<VariantWire, String> {
    let parts: Vec<_> = cell.split(BETWEEN_FIELDS).map(str::trim).collect();
    let part = |at: usize| parts.get(at).copied().filter(|text| !text.is_empty());
    if parts.len() > 4 {
        return Err("expected id;name;price;stock".to_owned());
    }
    let own = |at: usize, what: &str, products: &Decimal| match part(at) {
        None => Ok(products.clone()),
        Some(text) => number(text).map_err(|expected| format!("{what}: {expected}")),
    };
    let id = part(0).unwrap_or_default();
    Ok(VariantWire {
        id: id.to_owned(),
        name: part(1).unwrap_or(id).to_owned(),
        price: own(2, "price", price)?,
        stock: own(3, "stock", stock)?,
        prices: None,
    })
}

fn number(text: &str) -> Result<Decimal, InvalidDecimal> {
    text.parse()
}

fn truth(text: &str) -> Result<bool, &'static str> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err("expected true or false"),
    }
}
