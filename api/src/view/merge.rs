//! What became of a merge: right after it, and whenever somebody asks.

use cart_schemas::dealings::{Arrival, Arrived, Dealings};
use cart_schemas::id::{MergeId, UserId};
use cart_schemas::merge::{MergeReport, Warning};
use cart_schemas::timestamp::{Timestamp, rfc3339};
use serde::Serialize;
use utoipa::ToSchema;

use super::warning::WarningView;
use super::{CartView, Lens};
use crate::problem::{Problem, ProblemView};

fn warnings(warnings: &[Warning]) -> Vec<WarningView<'_>> {
    warnings.iter().map(WarningView::cut).collect()
}

/// The cart the items came to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = MergedCart)]
pub(crate) struct MergedView<'a> {
    #[serde(flatten)]
    cart: CartView<'a>,
    /// Names the merge, to ask about it and to undo it.
    #[serde(rename = "mergeID")]
    #[schema(value_type = String)]
    merge: MergeId,
    /// Every item that holds fewer than the policy says; null once that is forgotten.
    #[schema(required = true)]
    warnings: Option<Vec<WarningView<'a>>>,
}

impl<'a> MergedView<'a> {
    /// The cart and what was reported of the merge.
    pub(crate) fn of(cart: CartView<'a>, report: &'a MergeReport) -> Self {
        let MergeReport { merge, warnings: cut } = report;
        let cart = cart.unwarned();
        Self { cart, merge: *merge, warnings: cut.as_deref().map(warnings) }
    }
}

/// The state of a merge.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schema(as = MergeStatus)]
pub(crate) enum MergeView<'a> {
    /// The items have left this cart, and the other one has not answered yet.
    Pending,
    /// They are in this cart.
    Merged {
        /// Whose cart they left.
        #[serde(rename = "fromUserID")]
        #[schema(value_type = String)]
        from: &'a UserId,
        /// When they came.
        #[serde(rename = "mergedAt", with = "rfc3339")]
        #[schema(value_type = String, format = DateTime)]
        merged_at: Timestamp,
        /// This cart's version after it.
        version: u64,
        /// Every item that holds fewer than the policy says; null once that is forgotten.
        #[schema(required = true)]
        warnings: Option<Vec<WarningView<'a>>>,
        /// Until when it can be undone, while its items are untouched; null if it cannot.
        #[serde(rename = "undoableUntil", with = "rfc3339::optional")]
        #[schema(value_type = Option<String>, format = DateTime, required = true)]
        undoable_until: Option<Timestamp>,
    },
    /// They went back later.
    Undone {
        /// Whose cart they went back to.
        #[serde(rename = "fromUserID")]
        #[schema(value_type = String)]
        from: &'a UserId,
    },
    /// They went back at once.
    Refused {
        /// Whose cart they went back to.
        #[serde(rename = "fromUserID")]
        #[schema(value_type = String)]
        from: &'a UserId,
        /// Why.
        problem: ProblemView<'a>,
    },
}

impl<'a> MergeView<'a> {
    /// What a cart knows of a merge; `None` if it knows none. `why` is the problem of a refusal, see
    /// [`refusal`].
    pub(crate) fn of(
        dealings: &'a Dealings,
        merge: MergeId,
        why: Option<&'a Problem>,
        lens: &Lens<'_>,
    ) -> Option<Self> {
        let Some(arrived) = dealings.arrived(merge) else {
            return dealings.outgoing(merge).map(|_| Self::Pending);
        };
        let from = &arrived.from;
        match &arrived.arrival {
            Arrival::Undone => Some(Self::Undone { from }),
            Arrival::Refused(_) => why.map(|why| Self::Refused { from, problem: why.view() }),
            Arrival::Merged(whole) => {
                let until = arrived.at.plus_seconds(lens.policy.undo_seconds);
                let undoable = whole.is_some() && until > lens.now;
                Some(Self::Merged {
                    from,
                    merged_at: arrived.at,
                    version: arrived.version,
                    warnings: whole.as_ref().map(|whole| warnings(&whole.warnings)),
                    undoable_until: undoable.then_some(until),
                })
            }
        }
    }

    /// Whether asking again will tell more.
    pub(crate) const fn is_pending(&self) -> bool {
        matches!(self, Self::Pending)
    }
}

/// Why a merge was refused, if it was.
pub(crate) fn refusal(dealings: &Dealings, merge: MergeId) -> Option<Problem> {
    dealings.arrived(merge).and_then(|Arrived { arrival, .. }| match arrival {
        Arrival::Refused(rejection) => Some(Problem::from(rejection)),
        Arrival::Merged(_) | Arrival::Undone => None,
    })
}
