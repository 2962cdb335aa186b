//! The body that asks for a merge. Knows no HTTP, and no rule of merging.

use cart_schemas::command::Intent;
use cart_schemas::id::{CartKey, UserId};
use cart_schemas::merge::MergePolicy;
use serde::Deserialize;
use utoipa::ToSchema;

use super::payload::Form;
use crate::problem::{Code, Problem};

/// Move every item of another cart into this one.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct MergeCarts {
    /// Whose cart the items leave, say the guest's.
    #[serde(rename = "fromUserID")]
    #[schema(pattern = "^[A-Za-z0-9._:@-]{1,128}$", example = "guest-7f3a")]
    from: String,
    /// How many an item holds that both carts have: `sum`, `max`, `keepUser` or `keepGuest`; `sum`
    /// if absent.
    #[serde(default)]
    #[schema(pattern = "^(sum|max|keepUser|keepGuest)$", example = "sum")]
    policy: Option<String>,
    /// A token of the user whose items they are; a customer may not take another's without.
    #[serde(default, rename = "fromToken")]
    from_token: Option<String>,
}

impl Form for MergeCarts {}

impl MergeCarts {
    /// What is asked of the cart at `into`, once the other cart's user has consented.
    pub(crate) fn intent(
        &self,
        into: &CartKey,
        consent: impl FnOnce(&CartKey, Option<&str>) -> Result<(), Problem>,
    ) -> Result<Intent, Problem> {
        let user: Result<UserId, _> = self.from.parse();
        let user = user.map_err(|error| Problem::at(Code::InvalidUserId, "/fromUserID", &error))?;
        let policy = match self.policy.as_deref() {
            None => MergePolicy::default(),
            Some(name) => policy(name).ok_or_else(|| {
                let expected = "expected sum, max, keepUser or keepGuest";
                Problem::at(Code::InvalidMerge, "/policy", &expected)
            })?,
        };
        let from = CartKey::new(into.tenant().cloned(), user);
        consent(&from, self.from_token.as_deref())?;
        Ok(Intent::Merge { from, into: into.clone(), policy })
    }
}

fn policy(name: &str) -> Option<MergePolicy> {
    match name {
        "sum" => Some(MergePolicy::Sum),
        "max" => Some(MergePolicy::Max),
        "keepUser" => Some(MergePolicy::KeepUser),
        "keepGuest" => Some(MergePolicy::KeepGuest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intent(from: &str, policy: Option<&str>) -> Result<Intent, Code> {
        let policy = policy.map(str::to_owned);
        let form = MergeCarts { from: from.to_owned(), policy, from_token: None };
        form.intent(&"ann".parse().unwrap(), |_, _| Ok(())).map_err(|problem| problem.code())
    }

    #[test]
    fn the_body_names_the_other_cart_and_perhaps_a_policy() {
        let merge = |policy| {
            let (from, into) = ("guest-1".parse().unwrap(), "ann".parse().unwrap());
            Ok(Intent::Merge { from, into, policy })
        };

        assert_eq!(intent("guest-1", None), merge(MergePolicy::Sum));
        for named in [MergePolicy::Sum, MergePolicy::Max, MergePolicy::KeepUser] {
            let name = serde_json::to_value(named).unwrap();
            assert_eq!(intent("guest-1", name.as_str()), merge(named));
        }
        assert_eq!(intent("guest-1", Some("keepGuest")), merge(MergePolicy::KeepGuest));
    }

    #[test]
    fn a_user_or_policy_that_is_none_is_refused() {
        assert_eq!(intent("a/b", Some("most")), Err(Code::InvalidUserId));
        for policy in ["", "most", "Sum", "keep_user"] {
            assert_eq!(intent("guest-1", Some(policy)), Err(Code::InvalidMerge), "{policy}");
        }
    }
}
