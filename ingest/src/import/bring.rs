//! One cart or product on its way in: sent, sent again while nothing was appended, asked about
//! while it is pending, until its outcome is known. Its caller ends the waiting.

use cart_schemas::command::Intent;
use cart_schemas::id::TenantId;
use cart_schemas::product::Product;
use cart_schemas::rejection::RejectionCode;
use cart_schemas::reply::Answer;
use cart_storage::log::{AppendError, Log};
use cart_storage::store::Store;

use super::AGAIN;
use super::cart::NewCart;
use super::check::check_product;
use super::outcome::{Outcome, Refusal};
use super::seen::Seen;
use super::standing::compared;
use crate::catalog::Catalog;
use crate::commands::{Commands, Pending, Request, Sent};
use crate::shelves::Shelves;
use crate::status::Status;

/// Brings a cart in. Its command's id follows from the cart's key and content, so that a repeated
/// import repeats its commands and brings in nothing twice.
pub async fn bring_cart<L: Log, S: Store>(commands: &Commands<L, S>, new: NewCart) -> Outcome {
    let intent = Intent::Import(new.cart.clone());
    let request = Request {
        cart: new.key.clone(),
        idempotency_key: Some(format!("import:{}", intent.digest(None))),
        intent,
        expected_version: None,
        traceparent: None,
        respond_async: false,
    };
    let rejected = loop {
        let decided = match Box::pin(commands.send(request.clone())).await {
            Sent::Decided(reply) => Some(answered(&reply.answer)),
            Sent::Pending(pending) => settled(commands, &new, pending).await,
            Sent::Unavailable => None,
        };
        match decided {
            Some(Decided::Is(outcome)) => return outcome,
            Some(Decided::No(code)) => break code,
            None => tokio::time::sleep(AGAIN).await,
        }
    };
    let there = match rejected == RejectionCode::CartExists {
        true => compared(commands.store(), &new).await,
        false => None,
    };
    there.unwrap_or(Outcome::Refused(Refusal::Rejected(rejected)))
}

/// What is decided about a cart.
enum Decided {
    /// This comes of it.
    Is(Outcome),
    /// It was rejected.
    No(RejectionCode),
}

/// What came of a pending command; `None` if it is known to be nowhere.
async fn settled<L: Log, S: Store>(
    commands: &Commands<L, S>,
    new: &NewCart,
    pending: Pending,
) -> Option<Decided> {
    loop {
        tokio::time::sleep(AGAIN).await;
        match commands.status(&new.key, pending.command, Some(pending.sent)).await {
            Ok(Status::Applied { .. }) => return Some(Decided::Is(Outcome::Imported)),
            Ok(Status::Rejected(code)) => return Some(Decided::No(code)),
            Ok(Status::Unknown) => return None,
            Ok(Status::Pending) => {}
            Err(error) => tracing::debug!(%error, "an import's status cannot be told now"),
        }
    }
}

fn answered(answer: &Answer) -> Decided {
    match answer {
        Answer::Applied { .. } => Decided::Is(Outcome::Imported),
        Answer::Rejected(rejection) => Decided::No(rejection.code()),
        Answer::Remembered { rejected: None, .. } => Decided::Is(Outcome::AlreadyThere),
        Answer::Remembered { rejected: Some(code), .. } => Decided::No(*code),
        // An import merges and buys nothing: what was done under its id is somebody else's.
        Answer::Conflict | Answer::Merged { .. } | Answer::Short { .. } => {
            Decided::Is(Outcome::Refused(Refusal::Conflict))
        }
    }
}

/// Brings a product into a shop, in the place of the one of its id, and tells its skus. `catalog` must be
/// live: a product that is there as it should be is not put again.
pub async fn bring_product<L: Log>(
    catalog: &Catalog,
    (log, shelves): (&L, &Shelves),
    seen: &Seen,
    (tenant, product): (Option<&TenantId>, Product),
) -> Outcome {
    let outcome = check_product(Some(catalog), seen, (tenant, &product));
    if !matches!(outcome, Outcome::Imported) {
        return outcome;
    }
    loop {
        let put = async {
            catalog.put(log, (tenant, &product)).await?;
            shelves.tell(log, (tenant, &product)).await
        };
        match put.await {
            Ok(()) => return Outcome::Imported,
            Err(AppendError::Refused(cause)) => {
                return Outcome::Refused(Refusal::Log(cause.to_string()));
            }
            Err(AppendError::Full | AppendError::Unknown(_) | AppendError::Broken(_)) => {}
        }
        tokio::time::sleep(AGAIN).await;
    }
}
