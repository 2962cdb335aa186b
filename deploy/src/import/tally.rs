//! What came of the rows so far: how many of each kind, and how that is said. Knows no row.

use std::fmt;

use cart_ingest::import::outcome::Outcome;

/// Whether rows are brought in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// They are.
    Import,
    /// They are only checked.
    DryRun,
}

/// How many rows came to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    mode: Mode,
    imported: u64,
    already_there: u64,
    empty: u64,
    refused: u64,
    bad: u64,
}

impl Tally {
    /// No row yet.
    pub(super) const fn new(mode: Mode) -> Self {
        Self { mode, imported: 0, already_there: 0, empty: 0, refused: 0, bad: 0 }
    }

    /// One more.
    pub(super) const fn add(&mut self, outcome: &Outcome) {
        let count = match outcome {
            Outcome::Imported => &mut self.imported,
            Outcome::AlreadyThere => &mut self.already_there,
            Outcome::Nothing => &mut self.empty,
            Outcome::Refused(_) => &mut self.refused,
            Outcome::Bad(_) => &mut self.bad,
        };
        *count += 1;
    }

    /// All rows so far.
    pub(super) const fn rows(&self) -> u64 {
        self.imported + self.already_there + self.empty + self.left_out()
    }

    /// Rows that say something and were not brought in.
    pub(super) const fn left_out(&self) -> u64 {
        self.refused + self.bad
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, imported, already_there, empty, refused, bad } = self;
        let verb = match mode {
            Mode::Import => "imported",
            Mode::DryRun => "would import",
        };
        write!(f, "{verb} {imported}, already there {already_there}")?;
        if *empty > 0 {
            write!(f, ", empty {empty}")?;
        }
        write!(f, ", refused {refused}, bad {bad}")
    }
}

#[cfg(test)]
mod tests {
    use cart_ingest::import::outcome::Refusal;
    use cart_ingest::import::row::Reason;

    use super::*;

    #[test]
    fn every_row_is_counted_and_those_left_out_are_told_apart() {
        let mut tally = Tally::new(Mode::Import);
        for outcome in [
            Outcome::Imported,
            Outcome::Imported,
            Outcome::AlreadyThere,
            Outcome::Refused(Refusal::Conflict),
            Outcome::Bad(Reason::NotUtf8),
        ] {
            tally.add(&outcome);
        }

        assert_eq!(tally.to_string(), "imported 2, already there 1, refused 1, bad 1");
        assert_eq!((tally.rows(), tally.left_out()), (5, 2));
        tally.add(&Outcome::Nothing);
        assert_eq!(tally.to_string(), "imported 2, already there 1, empty 1, refused 1, bad 1");
        assert_eq!((tally.rows(), tally.left_out()), (6, 2));
    }

    #[test]
    fn a_dry_run_never_says_that_it_imported() {
        let mut tally = Tally::new(Mode::DryRun);
        tally.add(&Outcome::Imported);

        assert_eq!(tally.to_string(), "would import 1, already there 0, refused 0, bad 0");
    }
}
