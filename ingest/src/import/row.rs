//! One row of a file: where it stands, and what it says or why it says nothing. Knows no format.

use std::io;

use cart_schemas::fault::Fault;
use tokio::sync::mpsc;

/// Rows read before they are needed: as many as may be on their way.
const AHEAD_MAX: usize = 256;
/// Characters of a parser's message: it quotes what it did not expect, however long that is.
const TOLD_CHARS: usize = 200;
/// Faults of one row that are told; the others are counted.
const FAULTS_TOLD: usize = 3;

/// A row.
#[derive(Debug)]
pub struct Row<T> {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Bytes of the file up to its end.
    pub read: u64,
    /// What it says.
    pub says: Says<T>,
}

/// What a row says.
#[derive(Debug)]
pub enum Says<T> {
    /// Something to bring in.
    Entry(T),
    /// There is nothing in it to bring in: an empty cart.
    Nothing,
    /// Nothing good.
    Bad(Reason),
}

/// Why a row was not brought in.
#[derive(Debug, thiserror::Error)]
pub enum Reason {
    /// It is longer than any row can be.
    #[error("longer than {0} bytes")]
    TooLong(usize),
    /// It is not JSON, or not shaped as a row is.
    #[error("{0}")]
    Malformed(String),
    /// It is not UTF-8.
    #[error("not UTF-8; save the file as UTF-8")]
    NotUtf8,
    /// It has another number of fields than the header.
    #[error("expected {expected} fields as in the header, there are {found}")]
    Fields {
        /// Fields of the header.
        expected: usize,
        /// Fields of the row.
        found: usize,
    },
    /// Fields break a rule.
    #[error("{}", told(.0))]
    Faulty(Vec<Fault>),
}

impl Reason {
    /// What the parser says of a row. A row is one line, and the parser only ever sees its first:
    /// the column alone tells something.
    pub(super) fn malformed(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let what = text.rsplit_once(" at line ").map_or(&*text, |(what, _)| what);
        let what: String = what.chars().take(TOLD_CHARS).collect();
        Self::Malformed(format!("{what} (column {})", error.column()))
    }

    /// The problem code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong(_) => "too_long",
            Self::Malformed(_) | Self::NotUtf8 | Self::Fields { .. } => "malformed",
            Self::Faulty(_) => "invalid",
        }
    }
}

/// The file cannot be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Reading failed.
    #[error("the file cannot be read on")]
    File(#[source] io::Error),
    /// The table's header lacks a column.
    #[error("the header has no column {0:?}; its first row names the columns")]
    NoColumn(&'static str),
    /// A column of the table's header is there more than once.
    #[error("the header has the column {0:?} twice")]
    TwoColumns(&'static str),
}

impl<T> From<Result<T, Reason>> for Says<T> {
    fn from(parsed: Result<T, Reason>) -> Self {
        parsed.map_or_else(Self::Bad, Self::Entry)
    }
}

fn told(faults: &[Fault]) -> String {
    let first: Vec<_> = faults.iter().take(FAULTS_TOLD).map(ToString::to_string).collect();
    let more = faults.len() - first.len();
    let told = first.join("; ");
    if more == 0 { told } else { format!("{told}; and {more} more") }
}

/// The rows as a thread of its own reads and parses them, a bounded number ahead. It ends with the
/// rows, at the first error, or when nobody takes them any more.
///
/// # Errors
/// The machine has no room for a thread.
pub fn read_ahead<T: Send + 'static>(
    rows: impl Iterator<Item = Result<Row<T>, ReadError>> + Send + 'static,
) -> io::Result<mpsc::Receiver<Result<Row<T>, ReadError>>> {
    let (sender, receiver) = mpsc::channel(AHEAD_MAX);
    // Not one of the runtime's: a read from a terminal never ends, and must not hold up the end.
    let thread = std::thread::Builder::new().name("import-rows".to_owned());
    thread.spawn(move || {
        for row in rows {
            let last = row.is_err();
            if sender.blocking_send(row).is_err() || last {
                return;
            }
        }
    })?;
    Ok(receiver)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn rows_are_read_ahead_until_the_first_error() {
        let row = |line| Ok(Row { line, read: line, says: Says::Entry(line) });
        let rows = [row(1), row(2), Err(ReadError::NoColumn("id")), row(3)];

        let mut ahead = read_ahead(rows.into_iter()).unwrap();

        assert_eq!(ahead.recv().await.unwrap().unwrap().line, 1);
        assert_eq!(ahead.recv().await.unwrap().unwrap().line, 2);
        assert!(ahead.recv().await.unwrap().is_err());
        assert!(ahead.recv().await.is_none());
    }
}
