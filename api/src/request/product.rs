//! A product as a caller puts it: its JSON's shape here, its rules in `cart_schemas`.

use cart_schemas::fault::Fault;
use cart_schemas::money::Decimal;
use cart_schemas::prices::{NamesWire, PricesWire};
use cart_schemas::product::{Product, ProductWire, VariantWire};
use cart_schemas::strict;
use serde::Deserialize;
use utoipa::ToSchema;

use super::payload::Form;
use crate::openapi::{names, price, prices};
use crate::problem::{Code, FieldError, Problem};

/// A product of the catalog.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Product)]
pub(crate) struct ProductForm {
    /// Its id; in a request the path's, or absent.
    #[serde(default)]
    #[schema(read_only, example = "prod_456")]
    id: Option<String>,
    /// Its name: at most 256 bytes of UTF-8, and no control characters.
    #[schema(pattern = r"^[^\u0000-\u001f\u007f-\u009f]{1,256}$", example = "T-Shirt")]
    name: String,
    /// The price of the bare product.
    #[schema(schema_with = price)]
    price: Decimal,
    /// Pieces of the bare product in stock.
    #[schema(value_type = u32)]
    stock: Decimal,
    /// Its variants, each with its own price and stock.
    #[serde(default, deserialize_with = "strict::objects")]
    #[schema(max_items = 200)]
    variants: Option<Vec<VariantForm>>,
    /// Whether it is for sale; true unless said otherwise.
    #[serde(default)]
    available: Option<bool>,
    /// The currency of its prices; USD unless said otherwise.
    #[serde(default)]
    #[schema(pattern = "^[A-Z]{3}$", example = "USD")]
    currency: Option<String>,
    /// What the bare product costs in other currencies, by their codes.
    #[serde(default)]
    #[schema(schema_with = prices, required = false)]
    prices: Option<PricesWire>,
    /// What it is called in other languages, by their tags.
    #[serde(default)]
    #[schema(schema_with = names, required = false)]
    names: Option<NamesWire>,
}

/// A variant of a product.
#[derive(Debug, Deserialize, ToSchema)]
#[schema(as = Variant)]
pub(crate) struct VariantForm {
    /// Its id within the product.
    #[schema(pattern = "^[A-Za-z0-9._:@-]{1,64}$", example = "large-red")]
    id: String,
    /// Its name: at most 256 bytes of UTF-8, and no control characters.
    #[schema(pattern = r"^[^\u0000-\u001f\u007f-\u009f]{1,256}$", example = "Large Red")]
    name: String,
    /// Its price.
    #[schema(schema_with = price)]
    price: Decimal,
    /// Pieces in stock.
    #[schema(value_type = u32)]
    stock: Decimal,
    /// What it costs in other currencies, by their codes.
    #[serde(default)]
    #[schema(schema_with = prices, required = false)]
    prices: Option<PricesWire>,
}

impl Form for ProductForm {
    const LIMIT: usize = Product::JSON_BYTES_MAX;
}

impl ProductForm {
    /// The product at `id`.
    pub(crate) fn product(self, id: String) -> Result<Product, Problem> {
        if self.id.as_ref().is_some_and(|own| *own != id) {
            return Err(Problem::at(Code::Malformed, "/id", &"expected the path's id, or none"));
        }
        let variant = |form: VariantForm| VariantWire {
            id: form.id,
            name: form.name,
            price: form.price,
            stock: form.stock,
            prices: form.prices,
        };
        let wire = ProductWire {
            id,
            name: self.name,
            price: self.price,
            stock: self.stock,
            variants: self.variants.map(|all| all.into_iter().map(variant).collect()),
            available: self.available,
            currency: self.currency,
            prices: self.prices,
            names: self.names,
        };
        Product::parse(wire).map_err(faulty)
    }
}

fn faulty(faults: Vec<Fault>) -> Problem {
    let price = faults.iter().any(|fault| fault.is_price);
    let code = if price { Code::InvalidPrice } else { Code::InvalidProduct };
    let detail = faults.first().map_or_else(String::new, ToString::to_string);
    let error = |fault: Fault| FieldError { pointer: fault.pointer.into(), detail: fault.detail };
    Problem::new(code, detail).with_errors(faults.into_iter().map(error).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::strict;

    fn put(json: &str) -> Result<Product, (Code, String)> {
        let product = strict::parse::<ProductForm>(json.as_bytes())
            .and_then(|form| form.product("p".to_owned()));
        product.map_err(|problem| {
            let errors = serde_json::to_value(problem.view()).unwrap()["errors"].take();
            let pointers = errors.as_array().into_iter().flatten().map(|error| &error["pointer"]);
            (problem.code(), pointers.filter_map(|pointer| pointer.as_str()).collect())
        })
    }

    #[test]
    fn a_product_comes_back_as_it_was_put_with_its_defaults() {
        let put = put(r#"{"name":"T-Shirt","price":29.9,"stock":3,"variants":null,"x":1}"#);

        assert_eq!(
            String::from_utf8(put.unwrap().encode()).unwrap(),
            r#"{"id":"p","name":"T-Shirt","price":29.90,"stock":3,"variants":[],"available":true,"currency":"USD"}"#
        );
    }

    #[test]
    fn every_faulty_field_is_named_and_a_price_outranks_the_rest() {
        let faults = put(r#"{"name":"","price":1.00,"stock":-1,"variants":[
            {"id":"v","name":"V","price":1.00,"stock":1.5}]}"#);
        assert_eq!(faults, Err((Code::InvalidProduct, "/name/stock/variants/0/stock".to_owned())));

        let faults = put(r#"{"name":"","price":1.001,"stock":1}"#);
        assert_eq!(faults, Err((Code::InvalidPrice, "/name/price".to_owned())));
        assert!(put(r#"{"name":"a","price":-1,"stock":1}"#).is_err());
    }

    #[test]
    fn another_id_than_the_paths_or_another_shape_is_malformed() {
        let id = put(r#"{"id":"q","name":"a","price":1,"stock":1}"#);
        assert_eq!(id, Err((Code::Malformed, "/id".to_owned())));

        for json in [
            r#"{"name":"a","price":"1.00","stock":1}"#,
            r#"{"name":"a","stock":1}"#,
            r#"{"name":"a","price":1,"stock":1,"variants":[["v","V",1,1]]}"#,
            r#"{"name":"a","price":1,"stock":1,"variants":[{"id":"v","id":"w","name":"V","price":1,"stock":1}]}"#,
        ] {
            assert_eq!(put(json).map_err(|(code, _)| code), Err(Code::Malformed), "{json}");
        }
    }
}
