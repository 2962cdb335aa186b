//! How much a caller may ask: what an operator sets. Knows no clock and no caller.

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

/// The highest rate and burst: more than a machine answers, and small enough that no sum overflows.
const HIGHEST: u32 = 1_000_000;

/// A token bucket: so many requests at once, refilled by so many a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    rate: NonZeroU32,
    burst: NonZeroU32,
}

/// A budget, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// Nothing is counted.
    Off,
    /// A caller has this much.
    Each(Budget),
}

/// The text is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected requests a second and how many at once, as in 50/100, or off")]
pub struct InvalidLimit;

impl Budget {
    /// A bucket of `burst` requests, refilled by `rate` a second; `None` if one is 0, above a million, or
    /// the burst is less than a second's requests.
    #[must_use]
    pub const fn new(rate: u32, burst: u32) -> Option<Self> {
        if burst < rate || burst > HIGHEST {
            return None;
        }
        match (NonZeroU32::new(rate), NonZeroU32::new(burst)) {
            (Some(rate), Some(burst)) => Some(Self { rate, burst }),
            (_, _) => None,
        }
    }

    /// Requests a second.
    pub(crate) const fn rate(self) -> NonZeroU32 {
        self.rate
    }

    /// Requests at once.
    pub(crate) const fn burst(self) -> NonZeroU32 {
        self.burst
    }

    /// Seconds in which so many requests come back, rounded up.
    pub(crate) const fn refills_in(self, requests: u32) -> u32 {
        requests.div_ceil(self.rate.get())
    }
}

impl Limit {
    /// The limit of a budget that is one; otherwise none.
    pub(crate) const fn of(rate: u32, burst: u32) -> Self {
        match Budget::new(rate, burst) {
            Some(budget) => Self::Each(budget),
            None => Self::Off,
        }
    }
}

impl FromStr for Limit {
    type Err = InvalidLimit;

    fn from_str(text: &str) -> Result<Self, InvalidLimit> {
        if text == "off" {
            return Ok(Self::Off);
        }
        let (rate, burst) = text.split_once('/').ok_or(InvalidLimit)?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| InvalidLimit);
        Budget::new(number(rate)?, number(burst)?).map(Self::Each).ok_or(InvalidLimit)
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("off"),
            Self::Each(Budget { rate, burst }) => write!(f, "{rate}/{burst}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_read_as_it_is_shown() {
        for text in ["off", "50/100", "1/1", "1000000/1000000"] {
            assert_eq!(text.parse::<Limit>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_limit_that_nobody_could_keep_or_meet_is_refused() {
        for text in
            ["", "50", "0/100", "50/0", "100/50", "1/1000001", "a/b", "-1/2", "1/2/3", "Off"]
        {
            assert_eq!(text.parse::<Limit>(), Err(InvalidLimit), "{text}");
        }
    }

    #[test]
    fn what_was_spent_is_back_after_whole_seconds() {
        let budget = Budget::new(50, 100).unwrap();

        assert_eq!([0, 1, 50, 51, 100].map(|spent| budget.refills_in(spent)), [0, 1, 1, 2, 2]);
    }
}
