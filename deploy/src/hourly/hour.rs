//! Hours of the log's clock: what files are parted by, and what a person may ask for. Knows no file.

use std::fmt;
use std::str::FromStr;

use cart_schemas::timestamp::Timestamp;
use serde::{Deserialize, Serialize};

const MICROS: i64 = 3_600_000_000;

/// An hour in UTC. Its text is the folder it has: `date=2026-11-17/hour=05`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Hour(i64);

impl Hour {
    /// The hour a time lies in.
    pub(crate) const fn of(time: Timestamp) -> Self {
        Self(time.micros().div_euclid(MICROS))
    }

    /// The one after it.
    pub(crate) const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// When it begins.
    pub(crate) const fn begins(self) -> Timestamp {
        Timestamp::from_micros(self.0.saturating_mul(MICROS))
    }
}

impl fmt::Display for Hour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.begins().to_string();
        let (date, time) = text.split_once('T').unwrap_or((&text, ""));
        let (hour, _) = time.split_once(':').unwrap_or((time, ""));
        write!(f, "date={date}/hour={hour}")
    }
}

/// The text is not a folder of an hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected date=YYYY-MM-DD/hour=HH")]
pub(crate) struct NoHour;

impl FromStr for Hour {
    type Err = NoHour;

    fn from_str(text: &str) -> Result<Self, NoHour> {
        let (date, hour) = text.split_once('/').ok_or(NoHour)?;
        let date = date.strip_prefix("date=").ok_or(NoHour)?;
        let hour = hour.strip_prefix("hour=").ok_or(NoHour)?;
        let time: Timestamp = format!("{date}T{hour}:00:00Z").parse().map_err(|_| NoHour)?;
        // There is one way to write it.
        Some(Self::of(time)).filter(|hour| hour.to_string() == text).ok_or(NoHour)
    }
}

impl TryFrom<String> for Hour {
    type Error = NoHour;

    fn try_from(text: String) -> Result<Self, NoHour> {
        text.parse()
    }
}

impl From<Hour> for String {
    fn from(hour: Hour) -> Self {
        hour.to_string()
    }
}

/// Which hours are asked for: from one on, and until another one begins.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hours {
    pub(crate) from: Option<Hour>,
    pub(crate) to: Option<Hour>,
}

impl Hours {
    /// Those from the hour that `from` lies in until the one that `to` lies in, which is not one of them.
    pub(crate) fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Self {
        Self { from: from.map(Hour::of), to: to.map(Hour::of) }
    }

    /// Whether this is one of them.
    pub(crate) fn has(self, hour: Hour) -> bool {
        self.from.is_none_or(|from| from <= hour) && self.to.is_none_or(|to| hour < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hour(time: &str) -> Hour {
        Hour::of(time.parse().unwrap())
    }

    #[test]
    fn an_hour_has_a_folder_and_is_read_back_from_it() {
        let five = hour("2026-11-17T05:59:59.999999Z");

        assert_eq!(five.to_string(), "date=2026-11-17/hour=05");
        assert_eq!(five.to_string().parse(), Ok(five));
        assert_eq!(five.begins().to_string(), "2026-11-17T05:00:00Z");
        assert!(five < hour("2026-11-17T06:00:00Z"));
    }

    #[test]
    fn what_is_written_otherwise_is_no_folder_of_an_hour() {
        for text in [
            "date=2026-11-17",
            "date=2026-11-17/hour=5",
            "date=2026-11-17/hour=24",
            "date=2026-11-17/hour=05/more",
            "day=2026-11-17/hour=05",
            "date=2026-11-32/hour=05",
        ] {
            assert_eq!(text.parse::<Hour>(), Err(NoHour), "{text}");
        }
    }

    #[test]
    fn times_are_cut_to_the_hours_they_lie_in() {
        let time = |text: &str| text.parse().ok();

        let Hours { from, to } =
            Hours::between(time("2026-11-17T05:20:00Z"), time("2026-11-17T09:40:00+02:00"));

        let (five, seven) = (hour("2026-11-17T05:00:00Z"), hour("2026-11-17T07:00:00Z"));
        assert_eq!((from, to), (Some(five), Some(seven)));
        let asked = Hours { from, to };
        assert_eq!((asked.has(five), asked.has(seven)), (true, false));
        assert!(Hours::default().has(seven));
    }
}
