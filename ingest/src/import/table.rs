//! Comma-separated values: a header, and rows of as many fields. Reads rows of a bounded length;
//! knows no column by itself.

use std::io::{self, Read};

use csv::{ByteRecord, StringRecord};

use super::row::{ReadError, Reason, Row, Says};

/// The longest row in bytes, also of one whose quotes are never closed: what the API takes of a
/// product as JSON.
const ROW_BYTES_MAX: usize = 256 * 1024;

/// The rows of a table.
#[derive(Debug)]
pub(super) struct TableRows<R, F> {
    reader: csv::Reader<Bounded<R>>,
    /// Fields of the header.
    width: usize,
    columns: Vec<Column>,
    parse: F,
}

/// A column that is asked for, and where it is.
#[derive(Debug, Clone, Copy)]
struct Column {
    name: &'static str,
    at: Option<usize>,
}

/// The fields of one row.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    columns: &'a [Column],
    record: StringRecord,
}

impl Fields<'_> {
    /// The text of a column without the blanks around it; `None` where there is none.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let column = self.columns.iter().find(|column| column.name == name)?;
        Some(self.record.get(column.at?)?.trim()).filter(|text| !text.is_empty())
    }
}

impl<R: Read, F> TableRows<R, F> {
    /// A table with columns of these names, of which those that are marked must be there. The
    /// header may name them in upper case.
    pub(super) fn open(
        reader: R,
        names: &[(&'static str, bool)],
        parse: F,
    ) -> Result<Self, ReadError> {
        let reader = Bounded { inner: reader, left: ROW_BYTES_MAX };
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(reader);
        let header = reader.byte_headers().map_err(broken)?.clone();
        let columns = names.iter().map(|(name, required)| {
            let is = |field: &[u8]| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes());
            let mut found = header.iter().enumerate().filter(|(_, field)| is(field));
            let at = found.next().map(|(at, _)| at);
            if found.next().is_some() {
                return Err(ReadError::TwoColumns(name));
            }
            if at.is_none() && *required {
                return Err(ReadError::NoColumn(name));
            }
            Ok(Column { name, at })
        });
        let columns = columns.collect::<Result<_, _>>()?;
        Ok(Self { reader, width: header.len(), columns, parse })
    }
}

impl<R: Read, T, F: Fn(&Fields<'_>) -> Says<T>> Iterator for TableRows<R, F> {
    type Item = Result<Row<T>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.reader.get_mut().left = ROW_BYTES_MAX;
        let mut record = ByteRecord::new();
        match self.reader.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(error) => return Some(Err(broken(error))),
        }
        let line = record.position().map_or(0, csv::Position::line);
        let read = self.reader.position().byte();
        Some(Ok(Row { line, read, says: self.says(record) }))
    }
}

impl<R, T, F: Fn(&Fields<'_>) -> Says<T>> TableRows<R, F> {
    fn says(&self, record: ByteRecord) -> Says<T> {
        if record.len() != self.width {
            let (expected, found) = (self.width, record.len());
            return Says::Bad(Reason::Fields { expected, found });
        }
        match StringRecord::from_byte_record(record) {
            Ok(record) => (self.parse)(&Fields { columns: &self.columns, record }),
            Err(_) => Says::Bad(Reason::NotUtf8),
        }
    }
}

fn broken(error: csv::Error) -> ReadError {
    ReadError::File(io::Error::from(error))
}

/// A reader that gives no more than so many bytes until it is told to go on.
#[derive(Debug)]
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            let what = "a row is longer than 256 KiB; is a quote left open?";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let most = buffer.len().min(self.left);
        let read = self.inner.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.left -= read;
        Ok(read)
    }
}
