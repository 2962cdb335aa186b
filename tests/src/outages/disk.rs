//! A disk that can be full: a small file system where one may be mounted, and elsewhere a limit on
//! how long a file of the process may be. Knows nothing of the data folder.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};

/// Room for the data folder: what a minute of the load takes, several times over.
const SIZE: &str = "size=256m";
/// Bytes written at a time to use up what is left.
const PIECE: [u8; 4_096] = [0; 4_096];

/// How long a file may be under a limit, in bytes. A full disk still takes what lies in a file
/// already, as its head does, which is written whenever the file is opened; what is new lies behind.
const FULL_AT: &str = "65536";

/// A disk beneath a folder.
#[derive(Debug)]
pub(super) enum Disk {
    /// A file system of its own, gone with this.
    Mounted(Mount),
    /// A limit of the process.
    Limited,
}

/// A folder with a file system of its own.
#[derive(Debug)]
pub(super) struct Mount(PathBuf);

impl Disk {
    /// Puts a folder on a disk of its own, if that is wanted and allowed.
    pub(super) fn under(folder: &Path, mounted: bool) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", SIZE, "cartstream"]).arg(folder);
        if mounted && succeeds(&mut mount) {
            return Ok(Self::Mounted(Mount(folder.to_owned())));
        }
        Ok(Self::Limited)
    }

    /// Leaves no room to this process.
    pub(super) fn fill(&self, pid: u32) -> Result<()> {
        match self {
            Self::Mounted(mount) => {
                let mut ballast = fs::File::create(mount.ballast())?;
                while ballast.write_all(&PIECE).is_ok() {}
                Ok(())
            }
            Self::Limited => limit(pid, FULL_AT),
        }
    }

    /// Gives the room back.
    pub(super) fn free(&self, pid: u32) -> Result<()> {
        match self {
            Self::Mounted(mount) => Ok(fs::remove_file(mount.ballast())?),
            Self::Limited => limit(pid, "unlimited"),
        }
    }

    /// Which of the two it is.
    pub(super) const fn kind(&self) -> &'static str {
        match self {
            Self::Mounted(_) => "a small file system",
            Self::Limited => "a limit on the process's files",
        }
    }
}

impl Mount {
    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Lazily: the process may still have it open.
        succeeds(Command::new("umount").arg("--lazy").arg(&self.0));
    }
}

/// Sets the soft limit and leaves the hard one, so that it can be lifted again.
fn limit(pid: u32, bytes: &str) -> Result<()> {
    let mut prlimit = Command::new("prlimit");
    prlimit.args(["--pid", &pid.to_string(), &format!("--fsize={bytes}:")]);
    ensure!(succeeds(&mut prlimit), "the length of files cannot be limited");
    Ok(())
}

/// Runs a program to its end; whether it did what it should.
fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|ended| ended.success())
}
