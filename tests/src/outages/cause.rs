//! An outage as something that begins and ends.

use anyhow::{Result, ensure};

use super::disk::Disk;
use super::engines::Engines;
use super::slow::SlowWay;

/// What brings an outage about.
#[derive(Debug)]
pub(super) enum Cause {
    /// Engines that are killed.
    Crash(Engines),
    /// Answers that come late.
    Slow(SlowWay),
    /// A disk that is full, and the process on it.
    Full(Disk, u32),
}

impl Cause {
    /// Begins it; it is there when this returns.
    pub(super) async fn begin(&mut self) -> Result<()> {
        match self {
            Self::Crash(engines) => engines.kill().await,
            Self::Slow(way) => {
                way.slow_down();
                Ok(())
            }
            Self::Full(disk, pid) => disk.fill(*pid),
        }
    }

    /// Ends it; what was broken works again when this returns.
    pub(super) async fn end(&mut self) -> Result<()> {
        match self {
            Self::Crash(engines) => engines.start().await,
            Self::Slow(way) => {
                way.speed_up();
                ensure!(way.held() > 0, "the shop went another way to its store");
                Ok(())
            }
            Self::Full(disk, pid) => disk.free(*pid),
        }
    }
}
