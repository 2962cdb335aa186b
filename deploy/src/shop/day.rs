//! The times of a simulated shop: seconds since it opened, and when in a day its customers come. Knows no
//! calendar but the hour.

use cart_schemas::timestamp::Timestamp;

use super::chance::{Chance, Weights};

/// How busy each hour is, from midnight UTC: nearly nobody at four, a peak at noon and a higher one in the
/// evening, as shops of one time zone see it.
const HOURS: [u64; 24] =
    [14, 8, 5, 3, 3, 5, 10, 20, 34, 45, 52, 58, 62, 56, 50, 48, 50, 56, 66, 78, 84, 76, 52, 28];
const SECONDS_AN_HOUR: u32 = 3_600;
const SECONDS_A_DAY: u32 = 24 * SECONDS_AN_HOUR;
const SECONDS_A_MINUTE: u32 = 60;
const MICROS_A_SECOND: i64 = 1_000_000;

/// Seconds since the shop opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(u32);

/// A minute of the simulation: what is asked within one lies in the log together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Minute(u32);

impl Moment {
    /// So many seconds after it.
    pub(super) const fn after(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// The minute it lies in.
    pub(super) const fn minute(self) -> Minute {
        Minute(self.0 / SECONDS_A_MINUTE)
    }
}

impl Minute {
    /// Every minute of so many days.
    pub(super) fn of_days(days: u16) -> impl Iterator<Item = Self> {
        (0..u32::from(days).saturating_mul(SECONDS_A_DAY / SECONDS_A_MINUTE)).map(Self)
    }

    /// The day that begins with it, if one does.
    pub(super) fn begins_day(self) -> Option<u32> {
        let minutes = SECONDS_A_DAY / SECONDS_A_MINUTE;
        self.0.is_multiple_of(minutes).then_some(self.0 / minutes)
    }

    /// Whether a stretch of so many minutes begins with it.
    pub(super) const fn begins(self, minutes: u32) -> bool {
        self.0.is_multiple_of(minutes)
    }

    /// Its end.
    pub(super) const fn end(self) -> Moment {
        Moment(self.0.saturating_add(1).saturating_mul(SECONDS_A_MINUTE))
    }
}

/// When a shop opened, and when its customers come.
#[derive(Debug, Clone)]
pub(super) struct Calendar {
    opened: Timestamp,
    hours: Weights,
}

impl Calendar {
    pub(super) fn from(opened: Timestamp) -> Self {
        Self { opened, hours: Weights::of(HOURS) }
    }

    /// The time of a moment.
    pub(super) const fn time(&self, moment: Moment) -> Timestamp {
        self.opened.plus_seconds(moment.0)
    }

    /// When on a day somebody comes.
    pub(super) fn visit(&self, day: u32, chance: &mut Chance) -> Moment {
        let hour = u32::try_from(chance.place(&self.hours)).unwrap_or(0);
        self.on(day, hour * SECONDS_AN_HOUR + chance.number(0..=SECONDS_AN_HOUR - 1))
    }

    /// The hour of the clock on a day.
    pub(super) fn hour(&self, day: u32, hour: u32) -> Moment {
        self.on(day, hour.saturating_mul(SECONDS_AN_HOUR))
    }

    /// This second after midnight on a day that began when the shop opened: it may be past midnight.
    fn on(&self, day: u32, second: u32) -> Moment {
        let opened = self.opened.micros().div_euclid(MICROS_A_SECOND);
        let opened = u32::try_from(opened.rem_euclid(SECONDS_A_DAY.into())).unwrap_or(0);
        let since = (second % SECONDS_A_DAY + SECONDS_A_DAY - opened) % SECONDS_A_DAY;
        Moment(day.saturating_mul(SECONDS_A_DAY).saturating_add(since))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calendar() -> Calendar {
        Calendar::from("2026-03-01T18:30:00Z".parse().unwrap())
    }

    #[test]
    fn a_day_begins_at_the_time_the_shop_opened_at() {
        let calendar = calendar();

        assert_eq!(calendar.time(calendar.hour(0, 19)).to_string(), "2026-03-01T19:00:00Z");
        assert_eq!(calendar.time(calendar.hour(0, 6)).to_string(), "2026-03-02T06:00:00Z");
        assert_eq!(calendar.time(calendar.hour(1, 18)).to_string(), "2026-03-03T18:00:00Z");
    }

    #[test]
    fn many_come_in_the_evening_and_few_at_night() {
        let (calendar, mut chance) = (calendar(), Chance::of(1, 0, 0));
        let mut hours = [0_u32; 24];
        for _ in 0..50_000 {
            let time = calendar.time(calendar.visit(3, &mut chance)).to_string();
            hours[time.get(11..13).unwrap().parse::<usize>().unwrap()] += 1;
        }

        assert!(hours[20] > 10 * hours[3], "{hours:?}");
        assert!(hours.iter().all(|visits| *visits > 0), "{hours:?}");
    }

    #[test]
    fn minutes_follow_each_other_through_the_days() {
        let minutes: Vec<_> = Minute::of_days(2).collect();

        assert_eq!(minutes.len(), 2 * 24 * 60);
        assert_eq!(minutes.iter().filter_map(|minute| minute.begins_day()).max(), Some(1));
        assert!(minutes.windows(2).all(|pair| pair[0].end().minute() == pair[1]));
    }
}
