//! JSON Lines: one object a line. Reads lines of a bounded length; knows no fields.

use std::io::{self, BufRead, Read as _};

use super::row::{ReadError, Reason, Row, Says};

/// What some editors put before the first character of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The rows of a file of JSON Lines; blank lines are passed over.
#[derive(Debug)]
pub(super) struct JsonRows<R, F> {
    lines: Lines<R>,
    parse: F,
}

impl<R, F> JsonRows<R, F> {
    /// Lines of at most `limit` bytes, each parsed by `parse`.
    pub(super) const fn new(reader: R, limit: usize, parse: F) -> Self {
        Self { lines: Lines { reader, limit, number: 0, read: 0 }, parse }
    }
}

impl<R: BufRead, T, F: Fn(&[u8]) -> Says<T>> Iterator for JsonRows<R, F> {
    type Item = Result<Row<T>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let text = match self.lines.advance() {
                Ok(line) => line?,
                Err(error) => return Some(Err(ReadError::File(error))),
            };
            let (line, read) = (self.lines.number, self.lines.read);
            let says = match text {
                Some(text) if text.trim_ascii().is_empty() => continue,
                Some(text) => (self.parse)(&text),
                None => Says::Bad(Reason::TooLong(self.lines.limit)),
            };
            return Some(Ok(Row { line, read, says }));
        }
    }
}

#[derive(Debug)]
struct Lines<R> {
    reader: R,
    limit: usize,
    /// Of the line read last, from 1.
    number: u64,
    /// Bytes read.
    read: u64,
}

impl<R: BufRead> Lines<R> {
    /// The next line without its end; `Some(None)` is one that is too long, which is skipped.
    fn advance(&mut self) -> io::Result<Option<Option<Vec<u8>>>> {
        let mut text = Vec::new();
        // One byte more, for the end of a line that just fits.
        let most = wide(self.limit).saturating_add(1);
        let taken = self.reader.by_ref().take(most).read_until(b'\n', &mut text)?;
        if taken == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.read += wide(taken);
        let ended = text.pop_if(|last| *last == b'\n').is_some();
        if text.len() > self.limit {
            self.read += wide(if ended { 0 } else { self.reader.skip_until(b'\n')? });
            return Ok(Some(None));
        }
        let marked = self.number == 1 && text.starts_with(BYTE_ORDER_MARK);
        Ok(Some(Some(if marked { text.split_off(BYTE_ORDER_MARK.len()) } else { text })))
    }
}

/// A length of this machine as one of files.
fn wide(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Line, bytes read, and the text; `None` for a line that is too long.
    fn rows(file: &str, limit: usize) -> Vec<(u64, u64, Option<String>)> {
        let parse = |text: &[u8]| Says::Entry(String::from_utf8(text.to_vec()).unwrap());
        let rows = JsonRows::new(file.as_bytes(), limit, parse).map(Result::unwrap);
        let told = rows.map(|row| match row.says {
            Says::Entry(text) => (row.line, row.read, Some(text)),
            Says::Nothing | Says::Bad(_) => (row.line, row.read, None),
        });
        told.collect()
    }

    #[test]
    fn lines_are_numbered_and_blank_ones_passed_over() {
        let text = |text: &str| Some(text.to_owned());

        assert_eq!(rows("a\n\n \r\nbc", 9), [(1, 2, text("a")), (4, 8, text("bc"))]);
        assert_eq!(rows("", 9), []);
    }

    #[test]
    fn a_line_that_is_too_long_is_told_and_the_next_one_read() {
        let text = |text: &str| Some(text.to_owned());

        assert_eq!(
            rows("abc\nabcd\nab\n", 3),
            [(1, 4, text("abc")), (2, 9, None), (3, 12, text("ab"))]
        );
        assert_eq!(rows("abcdefgh", 3), [(1, 8, None)]);
        assert_eq!(rows("abc", 3), [(1, 3, text("abc"))]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_line() {
        assert_eq!(rows("\u{feff}{}\n", 9)[0].2, Some("{}".to_owned()));
    }
}
