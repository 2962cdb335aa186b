//! One Parquet file: the events that a partition appended in an hour. It has its name once it is complete, and
//! until then another one. Knows no log, and not which hours are asked for.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::ColumnPath;

use super::columns::{COLUMNS, UNALIKE, schema};
use super::extent::{Course, Extent};
use super::row::Row;
use crate::draft::{Draft, DraftError};

/// Bytes of events a row group is made of, some 20,000 of them: they wait in memory, decoded, for the group to be
/// written, and an event may have 900 lines. A reader's threads take a group at a time.
const GROUP_BYTES: usize = 16 << 20;

/// Why a file is not written, or not known to be whole.
#[derive(Debug, thiserror::Error)]
pub(super) enum PartError {
    /// It cannot be begun or completed.
    #[error(transparent)]
    Draft(#[from] DraftError),
    /// It cannot be written.
    #[error("{0} cannot be written")]
    Write(PathBuf, #[source] ParquetError),
    /// What there is cannot be opened.
    #[error("{0} cannot be opened")]
    Open(PathBuf, #[source] io::Error),
    /// What there is cannot be read.
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] ParquetError),
    /// What there is does not say what it holds.
    #[error("{0} was not written by an export")]
    Foreign(PathBuf),
    /// What there is holds events that would be lost.
    #[error("{0} holds more of its hour than the log gives now: it is kept, move it away first")]
    Fuller(PathBuf),
}

/// What the file at this path holds; `None` if there is none.
pub(super) fn held(path: &Path) -> Result<Option<Extent>, PartError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(PartError::Open(path.to_owned(), error)),
    };
    let read = SerializedFileReader::new(file);
    let read = read.map_err(|source| PartError::Read(path.to_owned(), source))?;
    let told = read.metadata().file_metadata().key_value_metadata();
    let extent = told.and_then(|told| Extent::read(told));
    extent.map(Some).ok_or_else(|| PartError::Foreign(path.to_owned()))
}

/// A file that is being written.
pub(super) struct Part {
    draft: Draft,
    writer: SerializedFileWriter<File>,
    /// The next row group.
    rows: Vec<Row>,
    bytes: usize,
    first: i64,
    next: i64,
}

impl Part {
    /// Begins the file that will have this path, at an offset.
    pub(super) fn begin(path: PathBuf, first: i64) -> Result<Self, PartError> {
        let (draft, file) = Draft::begin_in_its_folder(path)?;
        let writer = schema()
            .and_then(|schema| SerializedFileWriter::new(file, schema, Arc::new(properties())))
            .map_err(|source| PartError::Write(draft.partial().to_owned(), source))?;
        let (rows, bytes, next) = (Vec::new(), 0, first);
        Ok(Self { draft, writer, rows, bytes, first, next })
    }

    /// Adds what is at an offset: a row, or nothing.
    pub(super) fn add(&mut self, offset: i64, row: Option<Row>) -> Result<(), PartError> {
        self.next = offset.saturating_add(1);
        let Some(row) = row else { return Ok(()) };
        self.bytes = self.bytes.saturating_add(row.data.len());
        self.rows.push(row);
        if self.bytes < GROUP_BYTES { Ok(()) } else { self.write_group() }
    }

    fn write_group(&mut self) -> Result<(), PartError> {
        let written = write(&mut self.writer, &self.rows);
        self.rows.clear();
        self.bytes = 0;
        written.map_err(|source| PartError::Write(self.draft.partial().to_owned(), source))
    }

    /// Completes the file, and lets it have its name. One that is there and holds more is not written over: the
    /// log forgets events, a file does not.
    pub(super) fn complete(mut self, course: Course) -> Result<(), PartError> {
        if !self.rows.is_empty() {
            self.write_group()?;
        }
        let Self { draft, mut writer, first, next, .. } = self;
        if held(draft.path())?.is_some_and(|held| held.first < first || held.next > next) {
            return Err(PartError::Fuller(draft.path().to_owned()));
        }
        for told in (Extent { first, next, course }).told() {
            writer.append_key_value_metadata(told);
        }
        let unwritten = |source| PartError::Write(draft.partial().to_owned(), source);
        writer.finish().map_err(unwritten)?;
        Ok(draft.complete(writer.inner())?)
    }
}

fn properties() -> WriterProperties {
    let set = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::Chunk);
    let plain = |set: WriterPropertiesBuilder, name: &str| {
        set.set_column_dictionary_enabled(ColumnPath::from(name), false)
    };
    UNALIKE.into_iter().fold(set, plain).build()
}

fn write(to: &mut SerializedFileWriter<File>, rows: &[Row]) -> Result<(), ParquetError> {
    let mut group = to.next_row_group()?;
    for column in &COLUMNS {
        if let Some(writer) = group.next_column()? {
            column.write(rows, writer)?;
        }
    }
    group.close().map(drop)
}
