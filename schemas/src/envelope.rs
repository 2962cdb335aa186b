//! A command as it lies on the topic: bytes to [`Envelope`] and back.
//!
//! Decoding tells apart what can never be understood (quarantine it) from what a newer build may
//! understand (stop the partition rather than skip it).

use serde::{Deserialize, Serialize};

use crate::cart::Line;
use crate::command::{Absorb, Command, Offer};
use crate::digest::Digest;
use crate::fault::NAME_MAX;
use crate::id::{CartKey, CommandId};
use crate::money::Priced;
use crate::policy::{Policy, Rules};
use crate::prices::Prices;

/// The schema version of envelopes.
pub const SCHEMA: u16 = 1;
/// Every command kind of [`SCHEMA`].
pub const KINDS: [&str; 19] = [
    "add_item",
    "set_quantity",
    "remove_item",
    "clear",
    "extend",
    "change_currency",
    "import",
    "restore",
    "merge",
    "absorb",
    "settle",
    "undo_merge",
    "return",
    "checkout",
    "complete",
    "cancel_checkout",
    "reserved",
    "refresh",
    "wake",
];

/// The longest command: 900 imported lines with the longest names are about 730 KB, and the topic
/// takes a megabyte.
const BYTES_MAX: usize = 768 * 1024;

/// A command with everything its decision depends on, except its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Envelope {
    /// The command's identity.
    pub id: CommandId,
    /// The cart it is for.
    pub cart: CartKey,
    /// The logic it is to be decided by.
    pub rules: Rules,
    /// What is asked, for telling a retry from a reused key.
    pub digest: Digest,
    /// `If-Match`: the version the caller saw.
    pub expected_version: Option<u64>,
    /// The shop's limits and times.
    pub policy: Policy,
    /// The command.
    pub command: Command,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<C, K> {
    schema: u16,
    rules: Rules,
    id: CommandId,
    cart: K,
    digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none", default = "Option::default")]
    expected_version: Option<u64>,
    policy: Policy,
    command: C,
}

/// The part of every schema version, past and future, that says how to read the rest.
#[derive(Deserialize)]
struct Head {
    schema: u16,
    rules: Rules,
}

/// The bytes are no command this build can decide.
#[derive(Debug, thiserror::Error)]
pub enum DecodeError {
    /// Not JSON, or not shaped as its schema version demands.
    #[error("malformed command")]
    Malformed(#[source] serde_json::Error),
    /// Larger than any command of ours: what came of it might not fit the topics behind it.
    #[error("beyond the limits: {0}")]
    BeyondLimits(&'static str),
    /// Written by a newer build.
    #[error("unknown schema version {0}")]
    UnknownSchema(u16),
    /// To be decided by rules this build does not have.
    #[error("unknown rules {0}")]
    UnknownRules(Rules),
    /// A command this build does not have.
    #[error("unknown command kind {0:?}")]
    UnknownKind(String),
}

/// What to do with a record that cannot be decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// It can never succeed: dead-letter it and go on.
    Quarantine,
    /// A newer build may know it: stop the partition.
    Stop,
}

impl DecodeError {
    /// What to do with the record.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::Malformed(_) | Self::BeyondLimits(_) => Disposition::Quarantine,
            Self::UnknownSchema(_) | Self::UnknownRules(_) | Self::UnknownKind(_) => {
                Disposition::Stop
            }
        }
    }
}

impl Envelope {
    /// The canonical JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let wire = Wire {
            schema: SCHEMA,
            rules: self.rules,
            id: self.id,
            cart: &self.cart,
            digest: self.digest,
            expected_version: self.expected_version,
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
            return Err(DecodeError::BeyondLimits("more than 768 KiB"));
        }
        match serde_json::from_slice::<Wire<Command, CartKey>>(bytes) {
            Ok(wire) if wire.schema == SCHEMA && wire.rules.is_known() => Self {
                id: wire.id,
                cart: wire.cart,
                rules: wire.rules,
                digest: wire.digest,
                expected_version: wire.expected_version,
                policy: wire.policy.under(wire.rules),
                command: wire.command,
            }
            .within_limits(),
            Ok(wire) => Err(unknown_head(wire.schema, wire.rules)),
            Err(error) => Err(classify(bytes, error, &KINDS)),
        }
    }

    /// Anyone may write to the topic; what is decided from a command must fit a record and an
    /// event all the same.
    fn within_limits(self) -> Result<Self, DecodeError> {
        let name = match &self.command {
            Command::AddItem { offer: Offer::Listed { name, others, .. }, .. }
            | Command::SetQuantity { offer: Offer::Listed { name, others, .. }, .. } => {
                check_prices(others)?;
                name.as_str()
            }
            Command::AddItem { .. }
            | Command::SetQuantity { .. }
            | Command::RemoveItem { .. }
            | Command::Clear
            | Command::Extend { .. }
            | Command::Import(_)
            | Command::Restore
            | Command::Merge { .. }
            | Command::Settle { .. }
            | Command::UndoMerge { .. }
            | Command::Complete { .. }
            | Command::CancelCheckout { .. }
            | Command::Reserved { .. }
            | Command::Wake { .. } => "",
            Command::Refresh { others, .. } => {
                check_prices(others)?;
                ""
            }
            Command::Checkout { differing: quotes, .. }
            | Command::ChangeCurrency { quotes, .. } => {
                if quotes.len() > usize::from(Policy::LINES_MAX) {
                    return Err(DecodeError::BeyondLimits("more than 900 lines"));
                }
                ""
            }
            Command::Absorb(Absorb { moved, .. }) => longest_name(moved.lines())?,
            Command::Return { lines, .. } => longest_name(lines)?,
        };
        if name.len() > NAME_MAX {
            return Err(DecodeError::BeyondLimits("a name of more than 256 bytes"));
        }
        if self.rules < self.command.since() {
            return Err(DecodeError::BeyondLimits("a command its rules do not know"));
        }
        if self.policy.max_lines > Policy::LINES_MAX {
            return Err(DecodeError::BeyondLimits("a policy of more than 900 lines"));
        }
        Ok(self)
    }
}

fn check_prices(others: &[Priced]) -> Result<(), DecodeError> {
    if others.len() > Prices::MAX {
        return Err(DecodeError::BeyondLimits("prices in more than 32 currencies"));
    }
    Ok(())
}

/// The longest name of lines that come from another cart.
fn longest_name(lines: &[Line]) -> Result<&str, DecodeError> {
    if lines.len() > usize::from(Policy::LINES_MAX) {
        return Err(DecodeError::BeyondLimits("more than 900 lines"));
    }
    let names = lines.iter().map(|line| line.name.as_str());
    Ok(names.max_by_key(|name| name.len()).unwrap_or(""))
}

/// Why a head that parsed is none of this build's.
pub(crate) fn unknown_head(schema: u16, rules: Rules) -> DecodeError {
    if schema == SCHEMA {
        DecodeError::UnknownRules(rules)
    } else {
        DecodeError::UnknownSchema(schema)
    }
}

/// A record that did not parse: from a newer build, or plainly broken? `kinds` are those of
/// [`SCHEMA`].
pub(crate) fn classify(bytes: &[u8], error: serde_json::Error, kinds: &[&str]) -> DecodeError {
    let Ok(head) = serde_json::from_slice::<Head>(bytes) else {
        return DecodeError::Malformed(error);
    };
    if head.schema != SCHEMA || !head.rules.is_known() {
        return unknown_head(head.schema, head.rules);
    }
    match kind_of(bytes) {
        Some(kind) if !kinds.contains(&kind.as_str()) => DecodeError::UnknownKind(kind),
        Some(_) | None => DecodeError::Malformed(error),
    }
}

/// The kind a command names: the text itself, or the only key of an object.
fn kind_of(bytes: &[u8]) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(bytes).ok()?;
    let command = value.get("command")?;
    let keyed = command.as_object().and_then(|object| object.keys().next());
    command.as_str().or_else(|| keyed.map(String::as_str)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cart::LineState;
    use crate::command::{Asked, Moved};
    use crate::id::{CartId, ItemId, MergeId};
    use crate::import::{ImportedCart, ImportedLine};
    use crate::merge::MergePolicy;
    use crate::money::Price;
    use crate::quantity::Quantity;
    use crate::timestamp::Timestamp;

    fn envelope(command: Command) -> Envelope {
        Envelope {
            id: "018cbb42-2f31-7000-8000-000000000001".parse().unwrap(),
            cart: "user123".parse().unwrap(),
            rules: Rules::CURRENT,
            digest: Digest::of(b"intent"),
            expected_version: None,
            policy: Policy::default(),
            command,
        }
    }

    fn decode_changed(from: &str, to: &str) -> DecodeError {
        let text = String::from_utf8(envelope(Command::Clear).encode()).unwrap();
        assert!(text.contains(from), "{text}");
        Envelope::decode(text.replace(from, to).as_bytes()).unwrap_err()
    }

    #[test]
    fn an_envelope_is_read_back_as_it_was_written() {
        let written = envelope(Command::Extend { seconds: 60 });

        assert_eq!(Envelope::decode(&written.encode()).unwrap(), written);
    }

    #[test]
    fn what_a_newer_build_may_know_stops_and_what_nobody_can_read_is_quarantined() {
        let newer = [
            decode_changed("\"schema\":1", "\"schema\":2"),
            decode_changed("\"rules\":4", "\"rules\":9"),
            decode_changed("\"clear\"", "\"reserve\""),
            decode_changed("\"clear\"", "{\"reserve\":{}}"),
        ];
        let broken = [
            decode_changed("\"schema\":1", "\"schema\":\"x\""),
            decode_changed("\"clear\"", "{\"add_item\":{}}"),
            decode_changed("\"cart\":\"user123\"", "\"cart\":\"no spaces\""),
            Envelope::decode(b"not json").unwrap_err(),
            decode_changed("\"clear\"", "{\"import\":{\"currency\":\"USD\",\"lines\":[]}}"),
            decode_changed("\"maxLines\":250", "\"maxLines\":901"),
        ];

        assert!(newer.iter().all(|error| error.disposition() == Disposition::Stop));
        assert!(broken.iter().all(|error| error.disposition() == Disposition::Quarantine));
    }

    #[test]
    fn the_largest_import_there_can_be_is_a_command_and_anything_larger_is_none() {
        let line = |number| ImportedLine {
            item: ItemId::new(
                format!("{number:x>64}").parse().unwrap(),
                Some("v".repeat(64).parse().unwrap()),
            ),
            name: "\"".repeat(NAME_MAX),
            price: Price::MAX.try_into().unwrap(),
            quantity: Quantity::MAX.try_into().unwrap(),
            added_at: Some(Timestamp::from_micros(i64::MAX)),
            last_modified: Some(Timestamp::from_micros(i64::MAX)),
        };
        let lines = (0..Policy::LINES_MAX).map(line).collect();
        let end = Some(Timestamp::from_micros(i64::MAX));
        let cart = ImportedCart::new("USD".parse().unwrap(), lines, end).unwrap();
        let cart = format!("{}/{}", "t".repeat(64), "u".repeat(128)).parse().map(|key| Envelope {
            cart: key,
            expected_version: Some(u64::MAX),
            ..envelope(Command::Import(cart))
        });
        let largest = cart.unwrap();

        let bytes = largest.encode();

        assert_eq!(Envelope::decode(&bytes).unwrap(), largest);
        assert!(bytes.len() > BYTES_MAX * 9 / 10, "{}", bytes.len());
        let padded = [bytes, vec![b' '; BYTES_MAX]].concat();
        assert!(matches!(Envelope::decode(&padded), Err(DecodeError::BeyondLimits(_))));
    }

    #[test]
    fn the_largest_cart_there_can_be_can_be_merged() {
        let end = Timestamp::from_micros(i64::MAX);
        let line = |number| Line {
            item: ItemId::new(
                format!("{number:x>64}").parse().unwrap(),
                Some("v".repeat(64).parse().unwrap()),
            ),
            name: "\"".repeat(NAME_MAX),
            price: Price::MAX.try_into().unwrap(),
            quantity: Quantity::MAX.try_into().unwrap(),
            state: LineState::Updated,
            added_at: end,
            last_modified: end,
        };
        let lines: Vec<_> = (0..Policy::LINES_MAX).map(line).collect();
        let (tenant, user) = ("t".repeat(64), "u".repeat(128));
        let cart: CartKey = format!("{tenant}/{user}").parse().unwrap();
        let merge = MergeId::new(CartId::of(&cart, 0), u64::MAX);
        let (command, digest) =
            (CommandId::follow_up(envelope(Command::Clear).id, 0), Digest::of(b""));
        let absorb = Command::Absorb(Absorb {
            merge,
            from: user.parse().unwrap(),
            policy: MergePolicy::KeepGuest,
            moved: Moved::Lines { currency: "USD".parse().unwrap(), lines, left: end },
            asked: Asked { command, digest },
        });
        let expected_version = Some(u64::MAX);
        let largest = Envelope { cart, expected_version, ..envelope(absorb) };

        let bytes = largest.encode();

        assert_eq!(Envelope::decode(&bytes).unwrap(), largest);
        assert!(bytes.len() > BYTES_MAX * 9 / 10, "{}", bytes.len());
    }
}
