//! The cart that is there already, compared with the one that comes. Reads; changes nothing.

use cart_schemas::cart::Cart;
use cart_schemas::id::{CartKey, ItemId};
use cart_schemas::import::ImportedCart;
use cart_schemas::money::{Currency, Price};
use cart_schemas::quantity::Quantity;
use cart_schemas::reply::Snapshot;
use cart_storage::store::Store;

use super::AGAIN;
use super::cart::NewCart;
use super::outcome::{Outcome, Refusal};
use crate::read;

/// What comes of a cart where somebody has changed the one that is there; `None` where nobody has.
pub(super) async fn compared<S: Store>(store: &S, new: &NewCart) -> Option<Outcome> {
    let snapshot = there(store, &new.key).await;
    let same = || holds(&snapshot.cart) == brings(&new.cart);
    (snapshot.version > 0).then(|| {
        if same() {
            Outcome::AlreadyThere
        } else {
            Outcome::Refused(Refusal::CartExists(new.key.to_string()))
        }
    })
}

/// The cart that is there; waits for as long as the store does not give it.
async fn there<S: Store>(store: &S, key: &CartKey) -> Snapshot {
    loop {
        match read::snapshot(store, key).await {
            Ok(snapshot) => return snapshot,
            Err(error) => tracing::debug!(%error, "the cart that is there cannot be read now"),
        }
        tokio::time::sleep(AGAIN).await;
    }
}

fn holds(cart: &Cart) -> String {
    let lines = cart.lines.iter();
    content(cart.currency, lines.map(|line| (&line.item, &*line.name, line.price, line.quantity)))
}

/// What a cart brings, as a text that two carts share exactly if they hold the same lines, in
/// whatever order. Times are left out: each shop has its own.
pub(super) fn brings(cart: &ImportedCart) -> String {
    let lines =
        cart.lines().iter().map(|line| (&line.item, &*line.name, line.price, line.quantity));
    content(Some(cart.currency()), lines)
}

/// No name has a line break, so the text is unambiguous.
fn content<'a>(
    currency: Option<Currency>,
    lines: impl Iterator<Item = (&'a ItemId, &'a str, Price, Quantity)>,
) -> String {
    let line = |(item, name, price, quantity): (&ItemId, &str, Price, Quantity)| {
        format!("{item} {} {} {name}", price.minor(), quantity.get())
    };
    let mut lines: Vec<_> = lines.map(line).collect();
    lines.sort_unstable();
    format!("{}\n{}", currency.map(|money| money.code()).unwrap_or_default(), lines.join("\n"))
}
