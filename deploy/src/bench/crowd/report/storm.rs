//! The figures of a storm, as JSON has them and for people.

#![expect(clippy::float_arithmetic, clippy::cast_precision_loss, reason = "only to be read")]

use std::fmt;
use std::time::Instant;

use serde::Serialize;

use super::super::super::report::or_none;
use super::super::plan::Plan;
use super::super::storm::{Storm, named};
use super::table::{HEADS, Told, or_no};
use super::{Reasons, Spread};

/// What became of the sockets of an instance that was started anew.
#[derive(Debug, Serialize)]
pub(super) struct Stormed {
    /// How many were cut; whoever was cut twice counts twice.
    cut: u64,
    /// How many were shown their cart again.
    served: u64,
    /// How long after the first cut all were to be.
    within_seconds: u64,
    /// From the first cut until the first handshake was answered that led to a cart.
    outage_seconds: Option<f64>,
    /// From then until the last cart was read.
    recovery_seconds: Option<f64>,
    /// From the first cut until the last cart was read.
    all_served_seconds: Option<f64>,
    /// From the cut of a socket until its cart was read again.
    wait: Option<Spread>,
    /// Until a socket was served, on average and at most.
    tries_mean: Option<f64>,
    tries_max: u32,
    /// Tries that led to no cart, by reason.
    refused: Reasons,
    /// Whose sockets were not served in time.
    not_served: Vec<String>,
    /// Carts that were older than before.
    lost: Vec<Loss>,
}

/// A cart of a smaller version than its socket knew.
#[derive(Debug, Serialize)]
struct Loss {
    user: String,
    known: u64,
    shown: u64,
}

impl Stormed {
    pub(super) fn of(storm: &Storm, plan: Plan) -> Self {
        let served = storm.waits.len();
        let lost = storm.lost.iter().map(|(socket, (known, shown))| Loss {
            user: plan.user(*socket),
            known: *known,
            shown: *shown,
        });
        Self {
            cut: storm.cut,
            served,
            within_seconds: storm.within.as_secs(),
            outage_seconds: seconds(storm.first_cut, storm.first_accepted),
            recovery_seconds: seconds(storm.first_accepted, storm.last_served),
            all_served_seconds: seconds(storm.first_cut, storm.last_served),
            wait: Spread::of(&storm.waits),
            tries_mean: (served > 0).then(|| storm.tries as f64 / served as f64),
            tries_max: storm.most_tries,
            refused: storm.refused.clone(),
            not_served: storm.away.iter().map(|socket| plan.user(*socket)).collect(),
            lost: lost.collect(),
        }
    }
}

fn seconds(from: Option<Instant>, to: Option<Instant>) -> Option<f64> {
    from.zip(to).map(|(from, to)| to.saturating_duration_since(from).as_secs_f64())
}

impl fmt::Display for Stormed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { cut, served, within_seconds, tries_max, not_served, lost, .. } = self;
        let told = |figure: Option<f64>| or_none(figure.map(|figure| format!("{figure:.1}")));
        writeln!(f, "storm: {cut} sockets cut, {served} served again\n")?;
        writeln!(f, "{HEADS}")?;
        writeln!(f, "| cut to cart | {} |\n", or_no(self.wait.as_ref()))?;
        let (outage, recovery) = (told(self.outage_seconds), told(self.recovery_seconds));
        let (all, tries) = (told(self.all_served_seconds), told(self.tries_mean));
        writeln!(f, "s from the first cut: taken again {outage}, last served {all}")?;
        writeln!(f, "s from the first handshake to the last cart: {recovery}")?;
        writeln!(f, "tries of a socket: {tries} on average, {tries_max} at most")?;
        writeln!(f, "refused: {}", Told(&self.refused))?;
        let not_served = counted(not_served.iter().cloned());
        writeln!(f, "not served within {within_seconds} s: {not_served}")?;
        write!(f, "carts older than before: {}", counted(lost.iter().map(Loss::to_string)))
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, known, shown } = self;
        write!(f, "{user} ({known}, now {shown})")
    }
}

/// How many names there are, and the first ones.
fn counted(names: impl ExactSizeIterator<Item = String>) -> String {
    match names.len() {
        0 => "0".to_owned(),
        count => format!("{count} ({})", named(names)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn what_never_was_has_no_figure() {
        let storm = Storm::new(Duration::from_secs(60)).unwrap();
        let plan = Plan { first_user: 1, connections: 1, slow: 0, shops: 1 };

        let table = Stormed::of(&storm, plan).to_string();

        assert!(table.starts_with("storm: 0 sockets cut, 0 served again\n"), "{table}");
        assert!(table.contains("| cut to cart | 0 | | | | |  |"), "{table}");
        assert!(table.contains("taken again none, last served none"), "{table}");
        assert!(
            table.ends_with("not served within 60 s: 0\ncarts older than before: 0"),
            "{table}"
        );
    }

    #[test]
    fn a_storm_is_told_from_its_first_cut_with_everybody_who_lost_something() {
        let plan = Plan { first_user: 5, connections: 3, slow: 0, shops: 1 };
        let mut storm = Storm::new(Duration::from_secs(60)).unwrap();
        let at = Instant::now();
        let (accepted, served) = (at + Duration::from_secs(2), at + Duration::from_millis(4_500));
        (storm.cut, storm.first_cut) = (3, Some(at));
        (storm.first_accepted, storm.last_served) = (Some(accepted), Some(served));
        storm.waits.saturating_record(4_500_000);
        storm.waits.saturating_record(2_100_000);
        (storm.tries, storm.most_tries) = (7, 4);
        storm.away.insert(3);
        storm.lost.insert(1, (9, 8));

        let table = Stormed::of(&storm, plan).to_string();

        for part in [
            "storm: 3 sockets cut, 2 served again",
            "taken again 2.0, last served 4.5",
            "from the first handshake to the last cart: 2.5",
            "3.5 on average, 4 at most",
            "not served within 60 s: 1 (socket-7)",
            "carts older than before: 1 (socket-5 (9, now 8))",
        ] {
            assert!(table.contains(part), "{part}: {table}");
        }
    }
}
