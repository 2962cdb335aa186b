//! What this program was built from; `build.rs` finds out.

/// The commit; ends with `-dirty` if something was changed since. None outside a checkout.
pub(crate) const COMMIT: Option<&str> = option_env!("CARTSTREAM_COMMIT");

/// The version, and the commit where it is known.
pub(crate) const VERSION: &str = env!("CARTSTREAM_VERSION");
