//! Sends lines that are written to the tool whose words they are: of each partition in their order, a window at a
//! time, from where the last one that was taken ends. After a crash a window is told again. Knows no log.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use cart_analytics::vocabulary::{OtherWords, Parcel, Vocabulary};
use cart_schemas::partition::Partition;
use futures::{StreamExt as _, TryStreamExt as _};

use super::lines::KIND;
use super::marks::{self, Marks, MarksError};
use super::tool::{Tool, Untaken};
use crate::hourly::{Folder, FolderError, Hour};
use crate::progress::Progress;

/// What the tool refused, beside what is written.
const REFUSED: &str = "refused.jsonl";
/// Lines of a window: so many may be told twice after a crash or a run that ended; few enough of them to be dropped
/// by their ids, and enough for a request of Snowplow's.
const WINDOW: usize = 500;
/// Bytes of a window, which wait in memory: more than any request takes.
const WINDOW_BYTES: u64 = 4 << 20;
/// Requests under way: as many as keep a tool at the other end of the world busy, and none of them annoyed.
const AT_ONCE: usize = 8;

/// Why not all was sent. What was is kept, and the rest is sent another time.
#[derive(Debug, thiserror::Error)]
pub(super) enum SendError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Marks(#[from] MarksError),
    #[error("{0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    #[error("{0} has other words than those of this tool")]
    Words(PathBuf, #[source] OtherWords),
    #[error("{0} does not take what it is told")]
    Untaken(String, #[source] Untaken),
    #[error("{0}, where what it refuses is kept, cannot be written")]
    Aside(PathBuf, #[source] io::Error),
}

/// What became of what was not sent before.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    /// Lines the tool took.
    pub(super) taken: usize,
    /// Lines it refused, or takes none of that size of.
    pub(super) refused: usize,
}

/// Sends what is in a folder and was not sent from it.
pub(super) async fn send(
    folder: &Folder,
    vocabulary: Vocabulary,
    tool: &Tool,
) -> Result<Sent, SendError> {
    let marks = Marks::read(&folder.file(marks::NAME))?;
    let mut sender = Sender { folder, vocabulary, tool, marks, sent: Sent::default() };
    let mut count = Progress::on_stderr().count("acts sent", None);
    for hour in folder.hours()? {
        for partition in folder.parts(hour, KIND)? {
            while let Some(window) = sender.next(partition, hour)? {
                count.add(window.lines.len());
                sender.send(window).await?;
            }
        }
    }
    count.done();
    Ok(sender.sent)
}

struct Sender<'a> {
    folder: &'a Folder,
    vocabulary: Vocabulary,
    tool: &'a Tool,
    marks: Marks,
    sent: Sent,
}

/// Lines of a file that were not sent.
struct Window {
    of: (Partition, Hour),
    path: PathBuf,
    lines: Vec<String>,
    /// Where they end in it.
    end: u64,
}

impl Sender<'_> {
    /// What comes next of an hour of a partition; `None` if all of it is sent.
    fn next(&self, partition: Partition, hour: Hour) -> Result<Option<Window>, SendError> {
        let Some(sent) = self.marks.sent(partition, hour) else { return Ok(None) };
        let path = self.folder.part(hour, partition, KIND);
        let read = read(&path, sent).map_err(|source| SendError::Read(path.clone(), source))?;
        let (lines, end) = read;
        let window = Window { of: (partition, hour), path, lines, end };
        Ok((!window.lines.is_empty()).then_some(window))
    }

    /// Tells it, puts aside what is refused, and remembers that, in this order: whoever ends in between tells it again,
    /// and may have put the same aside before.
    async fn send(&mut self, window: Window) -> Result<(), SendError> {
        let Window { of, path, lines, end } = window;
        let lines: Vec<_> = lines.iter().map(String::as_str).collect();
        let packed = self.vocabulary.pack(&lines);
        let packed = packed.map_err(|source| SendError::Words(path, source))?;
        let told = futures::stream::iter(packed.parcels).map(|parcel| tell(self.tool, parcel));
        let refused: Vec<_> = told.buffer_unordered(AT_ONCE).try_collect().await?;
        let mut refused: Vec<_> = refused.into_iter().flatten().chain(packed.oversized).collect();
        refused.sort_unstable();
        let aside: Vec<_> = refused.iter().filter_map(|number| lines.get(*number)).collect();
        let file = self.folder.file(REFUSED);
        put_aside(&file, &aside).map_err(|source| SendError::Aside(file, source))?;
        self.marks.advance(&self.folder.file(marks::NAME), of, end)?;
        self.sent.refused += aside.len();
        self.sent.taken += lines.len().saturating_sub(aside.len());
        Ok(())
    }
}

/// Tells the tool a request; gives the lines it refused.
async fn tell(tool: &Tool, Parcel { body, lines }: Parcel) -> Result<Vec<usize>, SendError> {
    match tool.tell(body.into()).await {
        Ok(()) => Ok(Vec::new()),
        Err(Untaken::Content(status)) => {
            tracing::warn!(status, acts = lines.len(), "the tool refuses what it is told");
            Ok(lines)
        }
        Err(untaken @ (Untaken::Place(_) | Untaken::Away(..))) => {
            Err(SendError::Untaken(tool.to_string(), untaken))
        }
    }
}

/// Lines of a file from a byte on, and where they end.
fn read(path: &Path, from: u64) -> io::Result<(Vec<String>, u64)> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let (mut file, mut lines, mut end) = (BufReader::new(file), Vec::new(), from);
    while lines.len() < WINDOW && end.saturating_sub(from) < WINDOW_BYTES {
        let mut line = String::new();
        let bytes = file.read_line(&mut line)?;
        if bytes == 0 {
            break;
        }
        end = end.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX));
        lines.push(line.trim_end().to_owned());
    }
    Ok((lines, end))
}

fn put_aside(path: &Path, lines: &[&&str]) -> io::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let mut file = OpenOptions::new().create(true).append(true).open(path)?;
    for line in lines {
        writeln!(file, "{line}")?;
    }
    file.sync_all()
}

#[cfg(test)]
mod tests;
