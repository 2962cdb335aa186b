//! One process of the product: started, asked, paused, killed.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::shop::eventually;

/// How long a process may take from its start to readiness on a busy machine.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// Log lines kept for a failing test.
const LINES_KEPT: usize = 200;

/// A running process.
#[derive(Debug)]
pub struct Node {
    child: Child,
    url: String,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Node {
    /// Starts the binary with these arguments on a free port.
    ///
    /// # Errors
    /// It ends, or does not say where it listens.
    pub async fn start(binary: &Path, args: &[&str]) -> Result<Self> {
        Self::start_at(binary, args, "127.0.0.1:0").await
    }

    /// Starts the binary with these arguments at an address.
    ///
    /// # Errors
    /// It ends, or does not say where it listens.
    pub async fn start_at(binary: &Path, args: &[&str], http: &str) -> Result<Self> {
        let mut child = Command::new(binary)
            .args(args)
            .args(["--http", http])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .context("the binary does not start")?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (out, err) = (child.stdout.take(), child.stderr.take());
        if let Some(pipe) = out {
            follow(pipe, Arc::clone(&lines));
        }
        if let Some(pipe) = err {
            follow(pipe, Arc::clone(&lines));
        }
        let mut node = Self { child, url: String::new(), lines };
        node.url = eventually("the process says where it listens", READY_WITHIN, || {
            let found = node.url_in_banner();
            async move { found }
        })
        .await?;
        Ok(node)
    }

    fn url_in_banner(&self) -> Option<String> {
        let lines = self.lines.lock().expect("no reader panics");
        let banner = lines.iter().find_map(|line| line.strip_prefix("Cartstream is up: "));
        banner.map(str::to_owned)
    }

    /// Waits for `/readyz`.
    ///
    /// # Errors
    /// It is not ready in time; the error holds its last words.
    pub async fn ready(&self) -> Result<()> {
        let readyz = format!("{}/readyz", self.url);
        let ready = eventually("the process is ready", READY_WITHIN, || async {
            let answer = reqwest::get(&readyz).await.ok()?;
            answer.status().is_success().then_some(())
        });
        ready.await.with_context(|| self.last_words())
    }

    /// Where it listens, as in `http://127.0.0.1:8080`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of a path.
    #[must_use]
    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Kills it as a crash would (`kill -9`).
    pub fn kill(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }

    /// Stops it in the middle of whatever it does, as a long pause of the machine would.
    ///
    /// # Errors
    /// It has ended.
    pub fn pause(&self) -> Result<()> {
        Ok(kill(self.pid()?, Signal::SIGSTOP)?)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// It has ended.
    pub fn resume(&self) -> Result<()> {
        Ok(kill(self.pid()?, Signal::SIGCONT)?)
    }

    /// Asks it to stop, and waits until it has.
    ///
    /// # Errors
    /// It does not end in time, or not with success.
    pub async fn stop(mut self) -> Result<()> {
        kill(self.pid()?, Signal::SIGTERM)?;
        let code = self.ends().await?;
        if code != Some(0) {
            bail!("it ended with {code:?}: {}", self.last_words());
        }
        Ok(())
    }

    /// Waits until it ends by itself, and gives its exit code.
    ///
    /// # Errors
    /// It does not end in time.
    pub async fn ends(&mut self) -> Result<Option<i32>> {
        let child = &mut self.child;
        let status = eventually("the process ends", Duration::from_secs(20), || {
            let ended = child.try_wait().ok().flatten();
            async move { ended }
        });
        Ok(status.await?.code())
    }

    /// The number of its process.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    fn pid(&self) -> Result<Pid> {
        Ok(Pid::from_raw(i32::try_from(self.child.id())?))
    }

    /// The last lines it wrote.
    #[must_use]
    pub fn last_words(&self) -> String {
        self.lines.lock().expect("no reader panics").join("\n")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.kill();
    }
}

fn follow(pipe: impl std::io::Read + Send + 'static, lines: Arc<Mutex<Vec<String>>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            let mut lines = lines.lock().expect("no reader panics");
            lines.push(line);
            let surplus = lines.len().saturating_sub(LINES_KEPT);
            lines.drain(..surplus);
        }
    });
}
