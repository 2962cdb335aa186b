//! Rows of carts: JSON as the API shows a cart, checked as far as it can be without the log. Knows
//! neither the catalog nor which carts are there.

use std::io::BufRead;

use cart_schemas::fault::Faults;
use cart_schemas::id::{CartKey, ItemId, ProductId, TenantId, UserId, VariantId};
use cart_schemas::import::{ImportedCart, ImportedLine};
use cart_schemas::money::{Currency, Decimal};
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;
use cart_schemas::quantity::Quantity;
use cart_schemas::strict;
use cart_schemas::timestamp::Timestamp;
use serde::Deserialize;

use super::json_rows::JsonRows;
use super::row::{ReadError, Reason, Row, Says};

/// The longest row in bytes: 900 lines as the API shows them, with the longest names, are 1.1 MB,
/// and twice that leaves room for another shop's own fields.
const ROW_BYTES_MAX: usize = 2 * 1024 * 1024;

/// A cart to bring in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCart {
    /// Whose it is.
    pub key: CartKey,
    /// What is in it.
    pub cart: ImportedCart,
}

/// What rows are held to.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The shop of carts that do not say theirs; `None` is the default one.
    pub tenant: Option<TenantId>,
    /// The currency of a cart that does not say its own.
    pub currency: Currency,
    /// The limits of each shop.
    pub policies: Policies,
}

/// A cart as the API shows it; unknown fields are passed over.
#[derive(Debug, Deserialize)]
struct CartForm {
    #[serde(rename = "userID")]
    user: String,
    #[serde(default)]
    tenant: Option<String>,
    #[serde(deserialize_with = "strict::objects")]
    items: Option<Vec<ItemForm>>,
    #[serde(default)]
    currency: Option<String>,
    #[serde(default, rename = "expiresAt")]
    expires_at: Option<String>,
}

#[derive(Debug, Deserialize)]
struct ItemForm {
    #[serde(rename = "productID")]
    product: String,
    #[serde(default)]
    variant: Option<String>,
    name: String,
    price: Decimal,
    quantity: Decimal,
    #[serde(default, rename = "addedAt")]
    added_at: Option<String>,
    #[serde(default, rename = "lastModified")]
    last_modified: Option<String>,
}

/// The carts of a file of JSON Lines.
pub fn rows(
    reader: impl BufRead,
    terms: Terms,
) -> impl Iterator<Item = Result<Row<NewCart>, ReadError>> {
    JsonRows::new(reader, ROW_BYTES_MAX, move |text: &[u8]| parse(text, &terms))
}

/// What one row says.
fn parse(text: &[u8], terms: &Terms) -> Says<NewCart> {
    match strict::parse::<CartForm>(text) {
        Ok(form) => form.says(terms),
        Err(error) => Says::Bad(Reason::malformed(&error)),
    }
}

impl CartForm {
    fn says(self, terms: &Terms) -> Says<NewCart> {
        let empty = self.items.as_ref().is_none_or(Vec::is_empty);
        let policy = terms.policies.of_shop(terms.tenant.as_ref());
        let mut checking = Checking { terms, faults: Faults::default(), policy, currency: None };
        let parsed = checking.cart(self);
        match checking.faults.or(parsed) {
            Ok(cart) => Says::Entry(cart),
            Err(faults) if empty && faults.is_empty() => Says::Nothing,
            Err(faults) => Says::Bad(Reason::Faulty(faults)),
        }
    }
}

/// A row under examination.
struct Checking<'a> {
    terms: &'a Terms,
    faults: Faults,
    /// The limits of its shop.
    policy: Policy,
    /// Prices are read in it.
    currency: Option<Currency>,
}

impl Checking<'_> {
    /// The cart; `None` with a fault, or of an empty one.
    fn cart(&mut self, form: CartForm) -> Option<NewCart> {
        let user: Option<UserId> = self.faults.check("/userID", form.user.parse());
        let tenant = self.tenant(form.tenant);
        self.currency = match form.currency {
            None => Some(self.terms.currency),
            Some(code) => self.faults.check("/currency", code.parse()),
        };
        let expires_at = self.time("/expiresAt".to_owned(), form.expires_at);
        let items = form.items.unwrap_or_default();
        let most = usize::from(self.policy.max_lines);
        if items.len() > most {
            let expected = format!("expected at most {most} items");
            return self.faults.check("/items", Err(expected));
        }
        let read: Vec<_> = items.into_iter().enumerate().map(|one| self.line(one)).collect();
        let lines: Option<Vec<_>> = read.into_iter().collect();
        let (user, currency) = (user?, self.currency?);
        let lines = lines.filter(|lines| !lines.is_empty())?;
        let cart = ImportedCart::new(currency, lines, expires_at);
        let at = cart.as_ref().err().and_then(|invalid| invalid.line());
        let pointer = at.map_or_else(|| "/items".to_owned(), |line| format!("/items/{line}"));
        let cart = self.faults.check(pointer, cart)?;
        Some(NewCart { key: CartKey::new(tenant?, user), cart })
    }

    /// Whose shop's it is, whose limits hold from then on; `None` with a fault.
    fn tenant(&mut self, said: Option<String>) -> Option<Option<TenantId>> {
        let tenant = match said {
            None => self.terms.tenant.clone(),
            Some(name) => Some(self.faults.check("/tenant", name.parse())?),
        };
        self.policy = self.terms.policies.of_shop(tenant.as_ref());
        Some(tenant)
    }

    fn line(&mut self, (number, form): (usize, ItemForm)) -> Option<ImportedLine> {
        let at = |field: &str| format!("/items/{number}/{field}");
        let product: Option<ProductId> = self.faults.check(at("productID"), form.product.parse());
        let variant: Option<Option<VariantId>> = match form.variant.as_deref() {
            None | Some("") => Some(None),
            Some(text) => self.faults.check(at("variant"), text.parse()).map(Some),
        };
        let name = self.faults.check_name(at("name"), form.name);
        let currency = self.currency;
        let price =
            currency.and_then(|money| self.faults.check_price(at("price"), &form.price, money));
        let quantity = self.faults.check(at("quantity"), self.quantity(&form.quantity));
        let added_at = self.time(at("addedAt"), form.added_at);
        let last_modified = self.time(at("lastModified"), form.last_modified);
        let (item, name) = (ItemId::new(product?, variant?), name?);
        let (price, quantity) = (price?, quantity?);
        Some(ImportedLine { item, name, price, quantity, added_at, last_modified })
    }

    fn quantity(&self, digits: &Decimal) -> Result<Quantity, String> {
        let most = self.policy.max_quantity;
        let number = digits.whole().and_then(|number| u32::try_from(number).ok());
        let quantity = number.and_then(|number| Quantity::new(number).ok());
        let allowed = quantity.filter(|quantity| quantity.get() <= most);
        allowed.ok_or_else(|| format!("expected a whole number from 1 to {most}"))
    }

    fn time(&mut self, pointer: String, text: Option<String>) -> Option<Timestamp> {
        self.faults.check(pointer, text?.parse())
    }
}

#[cfg(test)]
mod tests;
