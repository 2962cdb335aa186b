//! The local engines, killed and started again. Whatever happens, they run in the end.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::product::Product;
use super::trouble::Trouble;

/// The engines that are killed.
#[derive(Debug)]
pub(super) struct Engines {
    binary: String,
    /// One by name, or both.
    which: Option<&'static str>,
    down: bool,
}

impl Engines {
    /// Those of this outage.
    pub(super) fn of(product: &Product, trouble: Trouble) -> Self {
        let which = match trouble {
            Trouble::Kafka => Some("kafka"),
            Trouble::Cassandra => Some("cassandra"),
            Trouble::Both | Trouble::SlowStore | Trouble::FullDisk => None,
        };
        Self { binary: product.path().to_owned(), which, down: false }
    }

    /// Kills them; returns when they are gone.
    pub(super) async fn kill(&mut self) -> Result<()> {
        self.down = true;
        self.told(&["stop", "--kill"]).await
    }

    /// Starts them with their data; returns when they answer.
    pub(super) async fn start(&mut self) -> Result<()> {
        self.told(&["start"]).await?;
        self.down = false;
        Ok(())
    }

    async fn told(&self, action: &[&str]) -> Result<()> {
        let mut command = tokio::process::Command::from(self.command(action));
        let ended = command.status().await.context("the engines cannot be told")?;
        ensure!(ended.success(), "engines {action:?}: {ended}");
        Ok(())
    }

    fn command(&self, action: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg("engines").args(action).args(self.which);
        // A server that is started keeps what it inherits open.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }
}

impl Drop for Engines {
    fn drop(&mut self) {
        if self.down {
            // Others need them; who cannot start them finds out.
            drop(self.command(&["start"]).status());
        }
    }
}
