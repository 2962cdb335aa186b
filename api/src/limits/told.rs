//! What an answer says of its caller's budget: the fields `RateLimit-Policy` and `RateLimit` of
//! draft-ietf-httpapi-ratelimit-headers-11. The only file that knows the draft.

use std::sync::{Arc, Mutex, PoisonError};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::buckets::Left;
use super::budget::Budget;

/// The budgets there are.
pub(crate) const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// What is left of them.
pub(crate) const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What became of a budget with one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(super) policy: &'static str,
    pub(super) budget: Budget,
    pub(super) left: Left,
}

/// Where whoever finds out who asks leaves word for the layer that answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Account(Arc<Mutex<Option<Standing>>>);

impl Account {
    /// Notes the standing of the caller.
    pub(crate) fn note(&self, standing: Standing) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(standing);
    }

    /// The standing, if the caller has a budget.
    pub(crate) fn standing(&self) -> Option<Standing> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Standing {
    /// Adds both fields. A policy's window is the time in which all of it comes back. What is left may
    /// be asked before all of it is back again, or, with nothing left, nothing before the next.
    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        let Self { policy, budget, left } = *self;
        let (burst, window) = (budget.burst().get(), budget.refills_in(budget.burst().get()));
        let (left, wait) = match left {
            Left::Some(left) => (left, budget.refills_in(burst.saturating_sub(left))),
            Left::Nothing { seconds } => (0, seconds),
        };
        // Names of ours and digits: always a string of structured fields, and a header's value.
        insert(headers, POLICY, format!("\"{policy}\";q={burst};w={window}"));
        insert(headers, LIMIT, format!("\"{policy}\";r={left};t={wait}"));
    }
}

fn insert(headers: &mut HeaderMap, name: HeaderName, text: String) {
    if let Ok(value) = HeaderValue::try_from(text) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(left: Left) -> [String; 2] {
        let budget = Budget::new(50, 100).unwrap();
        let mut headers = HeaderMap::new();
        Standing { policy: "writes", budget, left }.tell(&mut headers);
        [POLICY, LIMIT].map(|name| headers[name].to_str().unwrap().to_owned())
    }

    #[test]
    fn an_answer_says_the_budget_and_what_is_left_of_it() {
        assert_eq!(told(Left::Some(99)), [r#""writes";q=100;w=2"#, r#""writes";r=99;t=1"#]);
        assert_eq!(told(Left::Some(0)), [r#""writes";q=100;w=2"#, r#""writes";r=0;t=2"#]);
        assert_eq!(
            told(Left::Nothing { seconds: 1 }),
            [r#""writes";q=100;w=2"#, r#""writes";r=0;t=1"#]
        );
    }

    #[test]
    fn whoever_answers_reads_what_was_noted() {
        let account = Account::default();
        let budget = Budget::new(50, 100).unwrap();
        let standing = Standing { policy: "reads", budget, left: Left::Some(1) };
        assert_eq!(account.standing(), None);

        account.note(standing);

        assert_eq!(account.standing(), Some(standing));
    }
}
