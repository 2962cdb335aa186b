//! What people do with carts, in the words of the tools shops already have: GA4, Segment and Snowplow. Pure.
//!
//! Those tools count what is put in and taken out, and know no line whose quantity is set: an [`Act`] is the
//! difference. A merge, an expiry and a restore move what somebody put in before and are no acts.

mod act;
mod ga4;
mod pack;
mod segment;
mod snowplow;

pub use self::act::{Act, Deed, Piece};
pub use self::pack::{OtherWords, Packed, Parcel};

use cart_schemas::event::Event;
use serde::Serialize;

/// A tool's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vocabulary {
    /// Google Analytics 4, Measurement Protocol.
    Ga4,
    /// Segment, ecommerce spec v2, as `track` calls.
    Segment,
    /// Snowplow, ecommerce actions as self-describing events of its tracker protocol.
    Snowplow,
}

impl Vocabulary {
    /// The act, as JSON on one line. The same act is the same text, and has the same id where the tool knows
    /// ids: a tool that is told twice counts once.
    #[must_use]
    pub fn say(self, event: &Event, act: &Act) -> Vec<u8> {
        match self {
            Self::Ga4 => json(&ga4::Call::of(event, act)),
            Self::Segment => json(&segment::Call::of(event, act)),
            Self::Snowplow => json(&snowplow::Call::of(event, act)),
        }
    }
}

fn json(call: &impl Serialize) -> Vec<u8> {
    // Serializing plain structs into memory has no way to fail.
    serde_json::to_vec(call).unwrap_or_default()
}

#[cfg(test)]
mod tests;
