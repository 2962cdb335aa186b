//! The file that is imported: opened, measured, and its form told from its first character. Knows
//! no row.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};

use crate::exit::Failure;

/// What some editors put before the first character of a file.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What stands for standard input.
const STANDARD_INPUT: &str = "-";

/// A file to be read once, from its beginning.
#[derive(Debug)]
pub(super) struct Source {
    /// Reads it.
    pub(super) reader: BufReader<File>,
    /// How long it is; a pipe does not say.
    pub(super) bytes: Option<u64>,
    path: PathBuf,
}

/// How the rows of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// One JSON object a line.
    JsonLines,
    /// A header, and comma-separated values.
    Table,
}

impl Source {
    /// Opens a file; `-` is standard input.
    pub(super) fn open(path: &Path) -> Result<Self, Failure> {
        let opened = if path == Path::new(STANDARD_INPUT) {
            io::stdin().as_fd().try_clone_to_owned().map(File::from)
        } else {
            File::open(path)
        };
        let file = opened.map_err(|source| {
            Failure::failed(format!("{} cannot be opened", path.display()), source)
        })?;
        let bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|file| file.len());
        Ok(Self { reader: BufReader::new(file), bytes, path: path.to_owned() })
    }

    /// How its rows are written. Waits for the first of a pipe.
    pub(super) fn form(&mut self) -> Result<Form, Failure> {
        let head = self.reader.fill_buf().map_err(|source| {
            Failure::failed(format!("{} cannot be read", self.path.display()), source)
        })?;
        Ok(told(head))
    }
}

/// No name of a column begins with a bracket, and an empty file has no header to lack.
fn told(head: &[u8]) -> Form {
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head).trim_ascii_start();
    match text.first() {
        None | Some(b'{' | b'[') => Form::JsonLines,
        Some(_) => Form::Table,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_character_tells_the_form() {
        assert_eq!(told(b"{\"id\":\"mug\"}"), Form::JsonLines);
        assert_eq!(told(b"\xef\xbb\xbf\n {}"), Form::JsonLines);
        assert_eq!(told(b"[{}]"), Form::JsonLines);
        assert_eq!(told(b""), Form::JsonLines);
        assert_eq!(told(b"id,name,price,stock"), Form::Table);
        assert_eq!(told(b"\xef\xbb\xbf\"id\",name"), Form::Table);
    }
}
