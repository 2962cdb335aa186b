//! Commands that an operator runs: waited for, listened to, killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tokio::sync::mpsc;

/// How long a command may say nothing: the largest move says something every few seconds.
const SILENCE: Duration = Duration::from_secs(120);
/// Lines nobody has taken yet.
const LINES: usize = 1_000;

/// A command that runs.
#[derive(Debug)]
pub struct Operation {
    child: Child,
    lines: mpsc::Receiver<String>,
    /// Everything it said.
    said: Vec<String>,
}

/// How a command ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit code; `None` if it was killed.
    pub code: Option<i32>,
    /// Everything it said, on whatever stream.
    pub said: String,
}

impl Operation {
    /// Runs the binary.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(binary: &Path, args: &[&str]) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(args)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("the binary does not start")?;
        let (sender, lines) = mpsc::channel(LINES);
        if let Some(pipe) = child.stdout.take() {
            follow(pipe, sender.clone());
        }
        if let Some(pipe) = child.stderr.take() {
            follow(pipe, sender);
        }
        Ok(Self { child, lines, said: Vec::new() })
    }

    /// Runs the binary to its end; it must succeed. Gives what it said.
    ///
    /// # Errors
    /// It fails, or says nothing for a long time.
    pub async fn succeeds(binary: &Path, args: &[&str]) -> Result<String> {
        let Ended { code, said } = Self::start(binary, args)?.ends().await?;
        if code == Some(0) { Ok(said) } else { bail!("{args:?} ended with {code:?}: {said}") }
    }

    /// Waits until it says a line that begins so; whether it did before it ended.
    ///
    /// # Errors
    /// It says nothing for a long time.
    pub async fn says(&mut self, beginning: &str) -> Result<bool> {
        while let Some(line) = self.next().await? {
            if line.starts_with(beginning) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Waits until it ends by itself.
    ///
    /// # Errors
    /// It says nothing for a long time.
    pub async fn ends(mut self) -> Result<Ended> {
        while self.next().await?.is_some() {}
        let code = self.child.wait()?.code();
        Ok(Ended { code, said: self.said.join("\n") })
    }

    /// Kills it as a crash would (`kill -9`); whether it was still running.
    ///
    /// # Errors
    /// It cannot be waited for.
    pub fn kill(mut self) -> Result<bool> {
        drop(self.child.kill());
        Ok(self.child.wait()?.code().is_none())
    }

    async fn next(&mut self) -> Result<Option<String>> {
        let Ok(line) = tokio::time::timeout(SILENCE, self.lines.recv()).await else {
            bail!("it said nothing more after: {}", self.said.join("\n"));
        };
        self.said.extend(line.clone());
        Ok(line)
    }
}

impl Drop for Operation {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn follow(pipe: impl std::io::Read + Send + 'static, lines: mpsc::Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if lines.blocking_send(line).is_err() {
                return;
            }
        }
    });
}
