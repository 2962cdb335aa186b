//! A scan in the order of tokens: how a place in it is written down, and how answers of nodes become
//! a page. Knows no session.

use bytes::Bytes;
use cart_schemas::timestamp::Timestamp;
use scylla::response::query_result::QueryRowsResult;

use crate::store::{Cursor, PAGE_BYTES, Page, Row, StoreError};

/// Rows a node gives at once: Cassandra counts rows and not bytes, and the largest carts have some
/// 2 MB.
const ROWS_AT_ONCE: usize = 32;

/// The cursor was not made by this engine.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no place in a scan of this store")]
struct NoPlace(String);

/// The place after a row. Rows lie in the order of their keys' tokens and, at one token, of the
/// keys' bytes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    token: i64,
    key: String,
}

impl Place {
    fn read(cursor: &Cursor) -> Result<Self, StoreError> {
        let parts = cursor.as_str().split_once(':');
        let place = parts.and_then(|(token, key)| {
            Some(Self { token: token.parse().ok()?, key: key.to_owned() })
        });
        place.ok_or_else(|| StoreError::Refused(NoPlace(cursor.as_str().to_owned()).into()))
    }

    fn cursor(&self) -> Cursor {
        Cursor::from_text(format!("{}:{}", self.token, self.key))
    }
}

/// A page in the making.
#[derive(Debug)]
pub(super) struct Scan {
    after: Option<Place>,
    limit: usize,
    bytes: usize,
    rows: Vec<Row>,
}

impl Scan {
    /// A page of up to `limit` rows, and at least one.
    pub(super) fn new(after: Option<&Cursor>, limit: u16) -> Result<Self, StoreError> {
        let after = after.map(Place::read).transpose()?;
        Ok(Self { after, limit: usize::from(limit.max(1)), bytes: 0, rows: Vec::new() })
    }

    /// The token to ask from. Keys of one token may lie on two pages, so it is asked for again.
    pub(super) fn from(&self) -> i64 {
        self.after.as_ref().map_or(i64::MIN, |after| after.token)
    }

    /// How many rows to ask for at once; the first one may have been on the page before.
    pub(super) fn rows_at_once(&self) -> i32 {
        i32::try_from(ROWS_AT_ONCE.min(self.limit + 1)).unwrap_or(i32::MAX)
    }

    /// Takes what a node gave; whether there is room for more.
    pub(super) fn take(&mut self, rows: &QueryRowsResult) -> Result<bool, StoreError> {
        let rows = rows.rows::<(i64, String, Option<Bytes>, Option<i64>)>();
        for row in rows.map_err(|error| StoreError::Refused(error.into()))? {
            let (token, key, cell, ts) = row.map_err(|error| StoreError::Refused(error.into()))?;
            let (Some(cell), Some(ts)) = (cell, ts) else { continue };
            let place = Place { token, key };
            if self.after.as_ref().is_some_and(|after| place <= *after) {
                continue;
            }
            if !self.has_room() {
                return Ok(false);
            }
            self.bytes += cell.len();
            self.rows.push(Row { key: place.key.clone(), cell, ts: Timestamp::from_micros(ts) });
            self.after = Some(place);
        }
        Ok(true)
    }

    fn has_room(&self) -> bool {
        self.rows.len() < self.limit && self.bytes < PAGE_BYTES
    }

    /// The page; `at_end` if the nodes had nothing more to give.
    pub(super) fn page(self, at_end: bool) -> Page {
        let next = self.after.filter(|_| !at_end).map(|after| after.cursor());
        Page { rows: self.rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_read_back_whatever_the_key() {
        for key in ["", "a:b", "-1:x", "line\nbreak"] {
            let place = Place { token: -42, key: key.to_owned() };

            assert_eq!(Place::read(&place.cursor()).unwrap(), place);
        }
        assert!(Place::read(&Cursor::from_text("user123")).is_err());
    }

    #[test]
    fn rows_of_one_token_lie_in_the_order_of_their_keys() {
        let place = |token, key: &str| Place { token, key: key.to_owned() };

        assert!(place(1, "a") < place(1, "b") && place(-1, "z") < place(1, "a"));
    }
}
