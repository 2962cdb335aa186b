//! A stock command as it lies on the topic: bytes to [`StockEnvelope`] and back, with the same
//! choice as for carts between what nobody can read and what a newer build may.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::envelope::{DecodeError, SCHEMA, classify, unknown_head};
use crate::id::{CommandId, SkuKey};
use crate::policy::{Policy, Rules};
use crate::stock::StockCommand;

/// Every command kind of [`SCHEMA`].
pub const STOCK_KINDS: [&str; 5] = ["put", "adjust", "reserve", "commit", "release"];

/// The longest command: a Reserve with the longest ids takes about 1 KiB.
const BYTES_MAX: usize = 4 * 1024;

/// A stock command with everything its decision depends on, except its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockEnvelope {
    /// The command's identity.
    pub id: CommandId,
    /// The sku it is for.
    pub sku: SkuKey,
    /// The logic it is to be decided by.
    pub rules: Rules,
    /// What is asked, for telling a retry from a reused key.
    pub digest: Digest,
    /// The shop's limits and times, which what follows from it is decided by.
    pub policy: Policy,
    /// The command.
    pub command: StockCommand,
}

#[derive(Serialize, Deserialize)]
struct Wire<C, K> {
    schema: u16,
    rules: Rules,
    id: CommandId,
    sku: K,
    digest: Digest,
    policy: Policy,
    command: C,
}

impl StockEnvelope {
    /// The canonical JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            schema: SCHEMA,
            rules: self.rules,
            id: self.id,
            sku: &self.sku,
            digest: self.digest,
            policy: self.policy,
            command: &self.command,
        };
        // Serializing plain structs with string keys into memory has no way to fail.
        serde_json::to_vec(&wire).unwrap_or_default()
    }

    /// Reads an envelope.
    ///
    /// # Errors
    /// See [`DecodeError`]; its disposition says what to do.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        if bytes.len() > BYTES_MAX {
            return Err(DecodeError::BeyondLimits("more than 4 KiB"));
        }
        match serde_json::from_slice::<Wire<StockCommand, SkuKey>>(bytes) {
            Ok(wire) if wire.schema == SCHEMA && wire.rules.is_known() => Ok(Self {
                id: wire.id,
                sku: wire.sku,
                rules: wire.rules,
                digest: wire.digest,
                policy: wire.policy,
                command: wire.command,
            }),
            Ok(wire) => Err(unknown_head(wire.schema, wire.rules)),
            Err(error) => Err(classify(bytes, error, &STOCK_KINDS)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::envelope::Disposition;
    use crate::id::{CheckoutId, ItemId};
    use crate::quantity::Quantity;
    use crate::timestamp::Timestamp;

    fn envelope(command: StockCommand) -> StockEnvelope {
        StockEnvelope {
            id: "018cbb42-2f31-7000-8000-000000000001".parse().unwrap(),
            sku: "i_cHJvZF80NTYAbGFyZ2UtcmVk".parse().unwrap(),
            rules: Rules::CURRENT,
            digest: command.digest(),
            policy: Policy::default(),
            command,
        }
    }

    fn decode_changed(from: &str, to: &str) -> DecodeError {
        let text = String::from_utf8(envelope(StockCommand::Adjust { delta: -3 }).encode());
        let text = text.unwrap();
        assert!(text.contains(from), "{text}");
        StockEnvelope::decode(text.replace(from, to).as_bytes()).unwrap_err()
    }

    #[test]
    fn the_longest_stock_command_is_read_back_as_it_was_written() {
        let checkout = "018cbb42-2f31-7000-8000-000000000002".parse().unwrap();
        let mut written = envelope(StockCommand::Reserve {
            checkout: CheckoutId::from_command(checkout),
            cart: format!("{}/{}", "t".repeat(64), "u".repeat(128)).parse().unwrap(),
            quantity: Quantity::MAX.try_into().unwrap(),
            until: Timestamp::from_micros(i64::MAX),
        });
        let item = ItemId::new("p".repeat(64).parse().unwrap(), "v".repeat(64).parse().ok());
        written.sku = SkuKey::new("t".repeat(64).parse().ok(), item);

        let bytes = written.encode();

        assert_eq!(StockEnvelope::decode(&bytes).unwrap(), written);
        assert!(bytes.len() < BYTES_MAX / 2, "{}", bytes.len());
    }

    #[test]
    fn what_a_newer_build_may_know_stops_and_what_nobody_can_read_is_quarantined() {
        let newer = [
            decode_changed("\"schema\":1", "\"schema\":2"),
            decode_changed("\"rules\":4", "\"rules\":9"),
            decode_changed("\"adjust\"", "\"count\""),
        ];
        let broken = [
            decode_changed("\"schema\":1", "\"schema\":\"x\""),
            decode_changed("{\"delta\":-3}", "{}"),
            decode_changed("{\"adjust\":{\"delta\":-3}}", "{\"put\":{\"units\":1000000001}}"),
            decode_changed("i_cHJvZF80NTYAbGFyZ2UtcmVk", "prod_456"),
            StockEnvelope::decode(b"not json").unwrap_err(),
            StockEnvelope::decode(&[b' '; BYTES_MAX + 1]).unwrap_err(),
        ];

        assert!(newer.iter().all(|error| error.disposition() == Disposition::Stop));
        assert!(broken.iter().all(|error| error.disposition() == Disposition::Quarantine));
    }
}
