//! One cart or product on its way in: sent, sent again while nothing was appended, asked about
//! while it is pending, until its outcome is known. Its caller ends the waiting.

use std::time::Duration;

use cart_schemas::command::Intent;
use cart_schemas::id::CartKey;
use cart_schemas::product::Product;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::Answer;
use cart_storage::log::{AppendError, Log};
use cart_storage::store::Store;

use super::cart::NewCart;
use super::feed::Outcome;
use super::row::Reason;
use crate::catalog::Catalog;
use crate::commands::{Commands, Pending, Request, Sent};
use crate::status::Status;

/// How soon something that did not go is tried again, and a pending outcome asked for.
const AGAIN: Duration = Duration::from_millis(500);

/// Brings a cart in. Its command's id follows from the cart's key and content, so that a repeated
/// import repeats its commands and brings in nothing twice.
pub async fn bring_cart<L: Log, S: Store>(commands: &Commands<L, S>, new: NewCart) -> Outcome {
    let intent = Intent::Import(new.cart);
    let request = Request {
        cart: new.key,
        idempotency_key: Some(format!("import:{}", intent.digest(None))),
        intent,
        expected_version: None,
        traceparent: None,
        respond_async: false,
    };
    loop {
        match Box::pin(commands.send(request.clone())).await {
            Sent::Decided(reply) => return answered(&reply.answer),
            Sent::Pending(pending) => {
                if let Some(outcome) = settled(commands, &request.cart, pending).await {
                    return outcome;
                }
            }
            Sent::Unavailable => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// What came of a pending command; `None` if it is known to be nowhere.
async fn settled<L: Log, S: Store>(
    commands: &Commands<L, S>,
    cart: &CartKey,
    pending: Pending,
) -> Option<Outcome> {
    loop {
        tokio::time::sleep(AGAIN).await;
        match commands.status(cart, pending.command, Some(pending.sent)).await {
            Ok(Status::Applied { .. }) => return Some(Outcome::Imported),
            Ok(Status::Rejected(code)) => return Some(rejected(code)),
            Ok(Status::Unknown) => return None,
            Ok(Status::Pending) => {}
            Err(error) => tracing::debug!(%error, "an import's status cannot be told now"),
        }
    }
}

fn answered(answer: &Answer) -> Outcome {
    match answer {
        Answer::Applied { .. } => Outcome::Imported,
        Answer::Rejected(rejection) => rejected(rejection.code()),
        Answer::Remembered { rejected: None, .. } => Outcome::AlreadyThere,
        Answer::Remembered { rejected: Some(code), .. } => rejected(*code),
        Answer::Conflict => Outcome::Bad(Reason::Conflict),
    }
}

fn rejected(code: RejectionCode) -> Outcome {
    if code == RejectionCode::CartExists {
        Outcome::AlreadyThere
    } else {
        Outcome::Bad(Reason::Rejected(code))
    }
}

/// Brings a product in, in the place of the one of its id. `catalog` must be live: a product that
/// is there as it should be is not put again.
pub async fn bring_product<L: Log>(catalog: &Catalog, log: &L, product: Product) -> Outcome {
    if catalog.get(&product.id).is_some_and(|known| *known == product) {
        return Outcome::AlreadyThere;
    }
    loop {
        match catalog.put(log, &product).await {
            Ok(()) => return Outcome::Imported,
            Err(AppendError::Refused(cause)) => {
                return Outcome::Bad(Reason::Refused(cause.to_string()));
            }
            Err(AppendError::Full | AppendError::Unknown(_) | AppendError::Broken(_)) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}
