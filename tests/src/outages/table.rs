//! Figures as lines of a Markdown table.

use std::time::Duration;

use super::figures::{Counts, Memory};
use super::promises::Verdict;

/// The first two lines of the table.
#[must_use]
pub const fn heading() -> &'static str {
    "| outage | changes: 200, 202, 503, other | reads: 200, 503, other | definitive outside % | \
     first change s | recovered s | backlog s | lost | doubled | MiB before, peak, after |\n\
     |---|---|---|---|---|---|---|---|---|---|"
}

/// A line of it.
pub(super) fn row(verdict: &Verdict) -> String {
    let Verdict { trouble, figures, books, .. } = verdict;
    let Counts { definitive, pending, unavailable, failed } = figures.changes;
    let reads = figures.reads;
    let Memory { before, peak, after } = figures.memory;
    format!(
        "| {trouble} | {definitive}, {pending}, {unavailable}, {failed} | {}, {}, {} | {} | {} | \
         {} | {} | {} | {} | {before}, {peak}, {after} |",
        reads.definitive,
        reads.unavailable,
        reads.failed + reads.pending,
        per_cent(figures.outside),
        figures.first_change.map_or_else(|| "never".to_owned(), seconds),
        figures.recovered.map_or_else(|| "never".to_owned(), seconds),
        seconds(figures.backlog),
        books.lost,
        books.doubled,
    )
}

fn seconds(duration: Duration) -> String {
    format!("{}.{}", duration.as_secs(), duration.subsec_millis() / 100)
}

/// The share of definitive answers with two decimals, rounded down: 100 means all of them.
fn per_cent(counts: Counts) -> String {
    let share = counts.definitive * 10_000 / counts.all().max(1);
    format!("{}.{:02}", share / 100, share % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hundred_per_cent_means_all() {
        let counts = |definitive, pending| Counts { definitive, pending, ..Counts::default() };

        assert_eq!(per_cent(counts(20_000, 0)), "100.00");
        assert_eq!(per_cent(counts(19_999, 1)), "99.99");
        assert_eq!(per_cent(counts(0, 0)), "0.00");
    }
}
