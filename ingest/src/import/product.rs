//! Rows of products: a table with a header, or JSON as the API takes it. The rules of a product are
//! the contract's; here are only the two forms it comes in.

use std::io::{BufRead, Read};

use cart_schemas::money::Currency;
use cart_schemas::product::{Product, ProductWire};
use cart_schemas::strict;

use super::json_rows::JsonRows;
use super::row::{ReadError, Reason, Row, Says};
use super::table::{Fields, TableRows};

mod form;

/// The columns of a table, and whether it must have them; others are passed over.
const COLUMNS: [(&str, bool); 7] = [
    ("id", true),
    ("name", true),
    ("price", true),
    ("stock", true),
    ("currency", false),
    ("available", false),
    ("variants", false),
];

/// The products of a file of JSON Lines; `currency` is that of prices that do not say theirs.
pub fn json_rows(
    reader: impl BufRead,
    currency: Currency,
) -> impl Iterator<Item = Result<Row<Product>, ReadError>> {
    JsonRows::new(reader, Product::JSON_BYTES_MAX, move |text: &[u8]| {
        let wire = strict::parse(text).map_err(|error| Reason::malformed(&error));
        Says::from(wire.and_then(|wire| product(wire, currency)))
    })
}

/// The products of a table as comma-separated values; `currency` is that of prices that do not say
/// theirs.
///
/// # Errors
/// It has no header, or the header lacks a column.
pub fn table_rows(
    reader: impl Read,
    currency: Currency,
) -> Result<impl Iterator<Item = Result<Row<Product>, ReadError>>, ReadError> {
    TableRows::open(reader, &COLUMNS, move |fields: &Fields<'_>| {
        Says::from(form::wire(fields).and_then(|wire| product(wire, currency)))
    })
}

fn product(mut wire: ProductWire, currency: Currency) -> Result<Product, Reason> {
    wire.currency.get_or_insert_with(|| currency.code().to_owned());
    Product::parse(wire).map_err(Reason::Faulty)
}

#[cfg(test)]
mod tests;
