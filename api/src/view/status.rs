//! What became of a command.

use cart_schemas::id::CommandId;
use serde::Serialize;
use utoipa::ToSchema;

use crate::problem::ProblemView;

/// The state of a command.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "status", rename_all = "snake_case")]
#[schema(as = CommandStatus)]
pub(crate) enum StatusView<'a> {
    /// It was carried out.
    Applied {
        /// The cart's version after it.
        version: u64,
    },
    /// It changed nothing.
    Rejected {
        /// Why.
        problem: ProblemView<'a>,
    },
    /// It may still be decided.
    Pending,
}

/// A change that is, or may be, in the log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Pending)]
pub(crate) struct PendingView {
    /// Always `pending`.
    #[schema(example = "pending")]
    status: &'static str,
    /// The command; its status tells what becomes of it.
    #[serde(rename = "commandID")]
    #[schema(value_type = String, format = "uuid")]
    command: CommandId,
}

impl PendingView {
    /// Of this command.
    pub(crate) fn of(command: CommandId) -> Self {
        Self { status: "pending", command }
    }
}
