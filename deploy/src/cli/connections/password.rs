//! Passwords, and small files that hold what is no flag's business. Shows none.

use std::convert::Infallible;
use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::str::FromStr;

/// The most bytes of a file: a bundle of every authority a browser knows has a third of it.
const FILE_MAX: u64 = 1024 * 1024;

/// A password. It is shown to nobody.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Password(String);

impl Password {
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// The one that is given: on the command line or in the environment, or else in a file, which ends
    /// with a line break or not.
    pub(super) fn given(
        given: Option<&Self>,
        file: Option<&Path>,
        flag: &str,
    ) -> Result<Option<Self>, String> {
        match (given, file) {
            (Some(_), Some(_)) => Err(format!("leave out either {flag} or {flag}-file")),
            (given, None) => Ok(given.cloned()),
            (None, Some(file)) => {
                let text = text(file)?;
                let line = text.strip_suffix('\n').unwrap_or(&text);
                let line = line.strip_suffix('\r').unwrap_or(line);
                if line.is_empty() {
                    return Err(format!("{flag}-file: {} is empty", file.display()));
                }
                Ok(Some(Self(line.to_owned())))
            }
        }
    }
}

impl FromStr for Password {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(***)")
    }
}

/// What a file holds.
pub(super) fn text(file: &Path) -> Result<String, String> {
    let mut text = String::new();
    let read = File::open(file).and_then(|file| file.take(FILE_MAX + 1).read_to_string(&mut text));
    match read {
        Err(error) => Err(format!("{} cannot be read: {error}", file.display())),
        Ok(_) if u64::try_from(text.len()).is_ok_and(|length| length <= FILE_MAX) => Ok(text),
        Ok(_) => Err(format!("{} has more than {FILE_MAX} bytes", file.display())),
    }
}
