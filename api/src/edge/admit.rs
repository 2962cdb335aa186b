//! Turns away who asks too much, or more than there is room for; says how a caller stands.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use crate::admission::{self, Admission};
use crate::limits::{Account, Standing};
use crate::problem::Problem;

/// Lets a request in, or answers it at once. The address is looked at first: it costs least, and who
/// floods is to cost least.
pub(super) async fn admit(
    State(admission): State<Arc<Admission>>,
    mut request: Request,
    next: Next,
) -> Response {
    if admission::is_open(request.uri().path()) {
        return next.run(request).await;
    }
    let address = admission.arrive(&request);
    if let Err(problem) = may_come(&admission, &request, address.as_ref()) {
        return told(problem.into_response(), address.as_ref());
    }
    let account = Account::default();
    request.extensions_mut().insert(account.clone());
    let response = next.run(request).await;
    told(response, account.standing().or(address).as_ref())
}

fn may_come(
    admission: &Admission,
    request: &Request,
    address: Option<&Standing>,
) -> Result<(), Problem> {
    address.map_or(Ok(()), Standing::refusal)?;
    admission.peek(request)
}

fn told(mut response: Response, standing: Option<&Standing>) -> Response {
    if let Some(standing) = standing {
        standing.tell(response.headers_mut());
    }
    response
}
