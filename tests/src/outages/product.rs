//! The product as a program of its own: this very binary under the product's name, so that one
//! `cargo run` builds both.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::support::folder::Folder;

/// What the product is called.
const NAME: &str = "cartstream";
/// Starts it with the signal of a broken limit ignored: a write beyond the limit then fails, as on
/// a full disk.
const UNDER_A_LIMIT: &str = "#!/bin/sh\ntrap '' XFSZ\nexec cartstream \"$@\"\n";

/// Whether this process was started under the product's name.
#[must_use]
pub fn is_product() -> bool {
    let name = std::env::args_os().next().map(PathBuf::from);
    name.as_deref().and_then(Path::file_name) == Some(OsStr::new(NAME))
}

/// A link to this binary, deleted in the end.
#[derive(Debug)]
pub(super) struct Product {
    folder: Folder,
    link: String,
}

impl Product {
    /// Links this binary under the product's name.
    pub(super) fn linked() -> Result<Self> {
        let folder = Folder::new("product");
        fs::create_dir_all(folder.path())?;
        let link = folder.path().join(NAME);
        std::os::unix::fs::symlink(std::env::current_exe()?, &link)?;
        let link = link.to_str().context("a temporary folder of plain letters")?.to_owned();
        Ok(Self { folder, link })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &str {
        &self.link
    }

    /// A program that starts it so that it survives a limit on its files.
    pub(super) fn under_a_limit(&self) -> Result<String> {
        let script = self.folder.path().join("under-a-limit");
        fs::write(&script, UNDER_A_LIMIT.replace(NAME, &self.link))?;
        fs::set_permissions(&script, fs::Permissions::from_mode(0o755))?;
        Ok(script.to_str().context("a temporary folder of plain letters")?.to_owned())
    }
}
