//! The folder of one engine: where everything in it lies, and writing there. Knows nothing of what
//! the files mean.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::engine::Engine;
use super::error::Error;

/// What an error shows of a log.
const TAIL_LINES: usize = 25;
const TAIL_BYTES: u64 = 8 * 1024;

/// One engine's folder, by its absolute path.
#[derive(Debug, Clone)]
pub(super) struct Home {
    engine: Engine,
    path: PathBuf,
}

impl Home {
    /// `dir` is the engines' resolved folder.
    pub(super) fn of(engine: Engine, dir: &Path) -> Self {
        Self { engine, path: dir.join(engine.name()) }
    }

    pub(super) const fn engine(&self) -> Engine {
        self.engine
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn jars(&self) -> PathBuf {
        self.path.join("jars")
    }

    pub(super) fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    pub(super) fn pid_file(&self) -> PathBuf {
        self.path.join("pid")
    }

    /// A file of this folder, which is made if need be.
    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        self.make(&self.path)?;
        let path = self.path.join(name);
        fs::write(&path, text).map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(path)
    }

    /// A folder under this one.
    pub(super) fn make(&self, folder: &Path) -> Result<(), Error> {
        fs::create_dir_all(folder)
            .map_err(|source| Error::Write { path: folder.to_owned(), source })
    }

    /// An empty file to direct output to; the one that was there is kept under `.old`, since it may
    /// tell of a crash.
    pub(super) fn fresh_log(&self, path: &Path) -> Result<File, Error> {
        let written = |source| Error::Write { path: path.to_owned(), source };
        self.make(&self.path)?;
        if path.exists() {
            fs::rename(path, path.with_extension("log.old")).map_err(written)?;
        }
        File::create(path).map_err(written)
    }

    pub(super) fn log_tail(&self) -> String {
        tail(&self.log())
    }

    /// Deletes the server's data, and nothing else.
    pub(super) fn wipe(&self) -> Result<(), Error> {
        remove_all(&self.data())
    }
}

/// Deletes a folder that may not exist.
pub(super) fn remove_all(folder: &Path) -> Result<(), Error> {
    match fs::remove_dir_all(folder) {
        Err(source) if source.kind() != io::ErrorKind::NotFound => {
            Err(Error::Write { path: folder.to_owned(), source })
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The last lines of a file, for a person to read; of an unreadable file, that it is unreadable.
/// Java's stack frames are left out, since they would push out the message they belong to.
pub(super) fn tail(path: &Path) -> String {
    let text = last_bytes(path).unwrap_or_else(|error| format!("({error})"));
    let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("\tat ")).collect();
    let skipped = lines.len().saturating_sub(TAIL_LINES);
    lines.into_iter().skip(skipped).map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn last_bytes(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_of_a_long_log_is_its_last_lines() {
        let path = std::env::temp_dir().join(format!("cartstream-tail-{}.log", std::process::id()));
        let log: String = (0..5000).map(|n| format!("line {n}\n\tat frame\n")).collect();
        fs::write(&path, log).expect("the temporary folder is writable");

        let tail = tail(&path);

        fs::remove_file(&path).expect("the file was just written");
        assert_eq!(tail.lines().count(), TAIL_LINES);
        assert_eq!(tail.lines().last(), Some("  line 4999"));
    }

    #[test]
    fn the_tail_of_a_missing_log_says_so() {
        assert!(tail(Path::new("/nowhere/server.log")).contains("No such file"));
    }
}
