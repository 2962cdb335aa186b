//! What a sku asks of a cart, and the command it becomes on the carts' log.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::envelope::SCHEMA;
use crate::id::{CartKey, CheckoutId, CommandId, ItemId};
use crate::policy::{Policy, Rules};
use crate::stock::StockEnvelope;

/// A sku asks one thing of a cart at a time: the first follow-up of a decision.
const NUMBER: u32 = 0;

/// What a sku asks of a cart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockFollowUp {
    /// What became of the cart's Reserve.
    Told {
        /// The cart.
        cart: CartKey,
        /// The checkout.
        checkout: CheckoutId,
        /// Whether the sku holds what was asked for.
        granted: bool,
        /// How many are left for others.
        available: u32,
    },
}

#[derive(Serialize)]
struct Wire<'a> {
    schema: u16,
    rules: Rules,
    id: CommandId,
    cart: &'a CartKey,
    digest: Digest,
    policy: Policy,
    command: Command<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Command<'a> {
    Reserved { checkout: CheckoutId, item: &'a ItemId, granted: bool, available: u32 },
}

impl StockFollowUp {
    /// The cart it is asked of.
    #[must_use]
    pub const fn cart(&self) -> &CartKey {
        match self {
            Self::Told { cart, .. } => cart,
        }
    }

    /// The id of the command it becomes.
    #[must_use]
    pub fn id(parent: &StockEnvelope) -> CommandId {
        CommandId::follow_up(parent.id, NUMBER)
    }

    /// The cart's command, canonical JSON. It is decided by its parent's policy and rules.
    #[must_use]
    pub fn encode(&self, parent: &StockEnvelope) -> Vec<u8> {
        let Self::Told { cart, checkout, granted, available } = self;
        let (checkout, granted, available) = (*checkout, *granted, *available);
        let command = Command::Reserved { checkout, item: parent.sku.item(), granted, available };
        // Serializing plain structs with string keys into memory has no way to fail.
        let asked = serde_json::to_vec(&command).unwrap_or_default();
        let wire = Wire {
            schema: SCHEMA,
            rules: parent.rules,
            id: Self::id(parent),
            cart,
            digest: Digest::of(&asked),
            policy: parent.policy,
            command,
        };
        serde_json::to_vec(&wire).unwrap_or_default()
    }
}
