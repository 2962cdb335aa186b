//! A storm: an instance is started anew, all its sockets come back, and how long each was without its
//! cart. Restarts nothing and opens no socket itself.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use tokio::time::timeout;

use super::super::run::bar;
use super::super::tally::{DIGITS, micros};
use super::opening::Crowd;
use super::plan::Plan;
use super::roll::{Back, Reasons, Told};
use crate::exit::Failure;
use crate::progress::Progress;

/// How long whoever restarts the instance may take to: a person reads the line and types a command.
const CUT_WITHIN: Duration = Duration::from_secs(120);
/// After so long without another it is taken that the last socket was cut: an instance that stops
/// closes all of them at once, and whoever is told to leave has a second to.
const LAST_CUT_WITHIN: Duration = Duration::from_secs(2);
/// Sockets named in a line; the JSON names all.
const NAMED_MAX: usize = 10;

/// What the storm came to. Whoever is cut twice counts twice.
#[derive(Debug)]
pub(super) struct Storm {
    /// How long after the first cut all are to be served again.
    pub(super) within: Duration,
    pub(super) cut: u64,
    pub(super) first_cut: Option<Instant>,
    /// When the first handshake was answered that led to a cart.
    pub(super) first_accepted: Option<Instant>,
    pub(super) last_served: Option<Instant>,
    /// Microseconds from each cut until the cart was shown again.
    pub(super) waits: Histogram<u64>,
    /// Tries of all that were served, and the most of one.
    pub(super) tries: u64,
    pub(super) most_tries: u32,
    /// Tries that led to no cart.
    pub(super) refused: Reasons,
    /// Sockets that were cut and not served again.
    pub(super) away: BTreeSet<u64>,
    /// The version each knew, and the smaller one that it was shown.
    pub(super) lost: BTreeMap<u64, (u64, u64)>,
}

/// Waits until the sockets are cut, and until they are served again.
pub(super) async fn run(crowd: &mut Crowd, within: Duration) -> Result<Storm, Failure> {
    let mut storm = Storm::new(within)?;
    let open: u64 = crowd.roll.open_at.iter().sum();
    let seconds = CUT_WITHIN.as_secs();
    let ask = format!("{open} sockets are open: restart the instance now, within {seconds} s");
    Progress::on_stderr().say(&ask);
    let bar = bar("sockets", "storm");
    bar.set_length(open);
    while let Some(told) = storm.hear(crowd).await {
        if let Told::Closed { socket, at, .. } = told {
            crowd.bring_back(socket, at);
        }
        storm.note(&told);
        crowd.roll.note(told);
        bar.set_position(storm.waits.len());
    }
    bar.finish_and_clear();
    Ok(storm)
}

impl Storm {
    pub(super) fn new(within: Duration) -> Result<Self, Failure> {
        let waits = Histogram::new_with_max(micros(within), DIGITS)
            .map_err(|source| Failure::failed("the histograms cannot be made", source))?;
        Ok(Self {
            within,
            cut: 0,
            first_cut: None,
            first_accepted: None,
            last_served: None,
            waits,
            tries: 0,
            most_tries: 0,
            refused: Reasons::new(),
            away: BTreeSet::new(),
            lost: BTreeMap::new(),
        })
    }

    /// What is told next; nothing when it is over.
    async fn hear(&self, crowd: &mut Crowd) -> Option<Told> {
        let patience = self.patience(Instant::now())?;
        timeout(patience, crowd.next()).await.ok().flatten()
    }

    /// How long it is waited for the next thing; none if that would be too late.
    fn patience(&self, now: Instant) -> Option<Duration> {
        match self.first_cut {
            None => Some(CUT_WITHIN),
            Some(_) if self.away.is_empty() => Some(LAST_CUT_WITHIN),
            Some(cut) => (cut + self.within).checked_duration_since(now),
        }
    }

    fn note(&mut self, told: &Told) {
        match told {
            Told::Closed { socket, at, .. } => {
                self.cut += 1;
                self.away.insert(*socket);
                self.first_cut = Some(self.first_cut.map_or(*at, |first| first.min(*at)));
            }
            Told::Refused { why } => *self.refused.entry(why.clone()).or_default() += 1,
            Told::Back(back) => self.serve(back),
            Told::Shown { .. } | Told::Failed { .. } => {}
        }
    }

    fn serve(&mut self, back: &Back) {
        let Back { socket, closed, accepted, served, tries, versions } = *back;
        self.away.remove(&socket);
        self.waits.saturating_record(micros(served.saturating_duration_since(closed)));
        self.first_accepted = Some(self.first_accepted.map_or(accepted, |at| at.min(accepted)));
        self.last_served = self.last_served.max(Some(served));
        self.tries += u64::from(tries);
        self.most_tries = self.most_tries.max(tries);
        let (known, shown) = versions;
        if shown < known {
            self.lost.insert(socket, versions);
        }
    }

    /// Whether there was a storm, and all came out of it with what they had.
    pub(super) fn complete(&self, plan: Plan) -> Result<(), Failure> {
        let text = if self.cut == 0 {
            format!("no socket was cut within {} s", CUT_WITHIN.as_secs())
        } else if !self.away.is_empty() {
            let (away, cut, seconds) = (self.away.len(), self.cut, self.within.as_secs());
            let names = named(self.away.iter().map(|socket| plan.user(*socket)));
            format!("{away} of {cut} sockets were not served again within {seconds} s: {names}")
        } else if !self.lost.is_empty() {
            let names = named(self.lost.keys().map(|socket| plan.user(*socket)));
            format!("carts are older than before: {names}")
        } else {
            return Ok(());
        };
        Err(Failure::Incomplete(text))
    }
}

/// Names in a line, of many the first ones.
pub(super) fn named(names: impl ExactSizeIterator<Item = String>) -> String {
    let more = names.len().saturating_sub(NAMED_MAX);
    let named: Vec<String> = names.take(NAMED_MAX).collect();
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    named.join(", ") + &more
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAN: Plan = Plan { first_user: 1, connections: 20, slow: 0, shops: 1 };

    fn after(began: Instant, millis: u64) -> Instant {
        began + Duration::from_millis(millis)
    }

    /// A storm in which these sockets were cut, each a millisecond after the one before.
    fn storm(began: Instant, sockets: impl IntoIterator<Item = u64>) -> Storm {
        let mut storm = Storm::new(Duration::from_secs(60)).unwrap();
        for socket in sockets {
            let at = after(began, socket);
            storm.note(&Told::Closed { socket, at, why: "1001".to_owned() });
        }
        storm
    }

    /// A socket served so many milliseconds after its cut; its handshake was answered one earlier.
    fn back(began: Instant, socket: u64, waited: u64) -> Back {
        let (closed, served) = (after(began, socket), after(began, socket + waited));
        let accepted = after(began, socket + waited - 1);
        Back { socket, closed, accepted, served, tries: 2, versions: (7, 7) }
    }

    #[test]
    fn a_storm_is_over_when_all_are_served_and_no_other_is_cut() {
        let began = Instant::now();
        let mut storm = storm(began, [2, 1]);
        assert_eq!(storm.patience(after(began, 1_001)), Some(Duration::from_secs(59)));

        storm.note(&Told::Back(back(began, 1, 500)));
        storm.note(&Told::Refused { why: "HTTP 503".to_owned() });
        storm.note(&Told::Back(Back { tries: 5, ..back(began, 2, 900) }));

        assert_eq!(storm.patience(after(began, 70_000)), Some(LAST_CUT_WITHIN));
        assert_eq!((storm.cut, storm.waits.len(), storm.away.len()), (2, 2, 0));
        assert_eq!((storm.tries, storm.most_tries), (7, 5));
        assert_eq!(storm.first_cut, Some(after(began, 1)), "whichever was heard of first");
        assert_eq!(storm.first_accepted, Some(after(began, 500)));
        assert_eq!(storm.last_served, Some(after(began, 902)));
        assert_eq!(storm.refused, Reasons::from([("HTTP 503".to_owned(), 1)]));
        assert!(storm.complete(PLAN).is_ok());
    }

    #[test]
    fn who_is_not_served_in_time_is_named() {
        let began = Instant::now();
        let storm = storm(began, 1..=12);

        assert_eq!(storm.patience(after(began, 60_002)), None);
        let refusal = storm.complete(PLAN).unwrap_err().to_string();
        assert!(
            refusal.starts_with("12 of 12 sockets were not served again within 60 s: "),
            "{refusal}"
        );
        assert!(refusal.ends_with(", socket-10 and 2 more"), "{refusal}");
    }

    #[test]
    fn a_cart_that_is_older_than_before_is_a_loss_and_a_newer_one_is_not() {
        let began = Instant::now();
        let mut storm = storm(began, [3, 4]);

        storm.note(&Told::Back(Back { versions: (7, 6), ..back(began, 3, 500) }));
        storm.note(&Told::Back(Back { versions: (7, 8), ..back(began, 4, 500) }));

        assert_eq!(storm.lost, BTreeMap::from([(3, (7, 6))]));
        let refusal = storm.complete(PLAN).unwrap_err().to_string();
        assert_eq!(refusal, "carts are older than before: socket-3");
    }

    #[test]
    fn who_is_cut_again_after_it_was_served_is_away_again() {
        let began = Instant::now();
        let mut storm = storm(began, [1]);
        storm.note(&Told::Back(back(began, 1, 500)));

        storm.note(&Told::Closed { socket: 1, at: after(began, 800), why: "1001".to_owned() });

        assert_eq!((storm.cut, storm.waits.len(), storm.away.len()), (2, 1, 1));
        assert!(storm.complete(PLAN).is_err());
    }

    #[test]
    fn without_a_cut_there_was_no_storm() {
        let storm = Storm::new(Duration::from_secs(60)).unwrap();

        assert_eq!(storm.patience(Instant::now()), Some(CUT_WITHIN));
        let refusal = storm.complete(PLAN).unwrap_err();
        assert!(matches!(&refusal, Failure::Incomplete(text) if text.contains("120 s")));
    }
}
