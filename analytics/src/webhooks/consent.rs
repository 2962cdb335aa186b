//! Whether a customer may be written to, and how often they were. Pure.

use cart_schemas::id::CartKey;
use cart_schemas::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

use super::endpoint::{EndpointId, Frequency};

/// How far back invitations are counted, in seconds: a week.
const COUNTED_FOR: u32 = 7 * 24 * 60 * 60;

/// What a customer said. Who said nothing did not agree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Consent {
    /// Whether they may be reminded of what they left.
    pub recovery: bool,
    /// When they said so.
    pub ts: Timestamp,
}

impl Consent {
    /// The cell.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell.
    ///
    /// # Errors
    /// The bytes are no consent this build knows.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// The invitations to one customer by one endpoint in the last week, by what told of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Invited {
    times: Vec<(String, Timestamp)>,
    pub(super) ts: Timestamp,
}

impl Invited {
    /// The key of the row; no cart's begins with a slash.
    pub(super) fn key(endpoint: EndpointId, cart: &CartKey) -> String {
        format!("/invited/{endpoint}/{cart}")
    }

    /// Whether another one is welcome. One that was made before is the same one.
    pub(super) fn allows(&self, id: &str, frequency: Frequency, now: Timestamp) -> bool {
        let since = now.minus_seconds(COUNTED_FOR);
        let others = self.times.iter().filter(|(told, at)| told != id && *at > since);
        others.count() < frequency.a_week()
    }

    /// One more; forgets those of before.
    pub(super) fn note(&mut self, id: &str, now: Timestamp) {
        let since = now.minus_seconds(COUNTED_FOR);
        self.times.retain(|(told, at)| told != id && *at > since);
        self.times.push((id.to_owned(), now));
        self.ts = now.max(self.ts.next());
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        // Serializing a plain struct into memory has no way to fail.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// Reads a cell. One that cannot be read says nothing: it counts for a week only.
    pub(super) fn decode(cell: Option<&[u8]>) -> Self {
        cell.and_then(|cell| serde_json::from_slice(cell).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customer_is_written_to_so_often_in_a_week() {
        let (twice, now) =
            (Frequency::try_from(2).unwrap(), Timestamp::from_millis(1_700_000_000_000));
        let mut invited = Invited::default();
        invited.note("a", now);
        invited.note("a", now.plus_seconds(60));
        invited.note("b", now.plus_seconds(120));

        assert!(!invited.allows("c", twice, now.plus_seconds(180)));
        assert!(invited.allows("a", twice, now.plus_seconds(180)), "the same again is the same");
        assert!(invited.allows("c", twice, now.plus_seconds(61 + COUNTED_FOR)));
        let known = Invited::decode(Some(&invited.encode()));
        assert_eq!(known, invited);
    }

    #[test]
    fn who_said_nothing_did_not_agree() {
        assert!(!Consent::default().recovery);
    }
}
