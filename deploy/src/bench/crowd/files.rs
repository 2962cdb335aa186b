//! How many files this process may have open, of which a socket is one.

use std::fmt;

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use serde::Serialize;

use crate::exit::Failure;

/// What is open besides sockets and senders: the standard streams, the runtime's own, readings of
/// `/metrics`; a dozen, and some in hand.
const OTHERS: u64 = 64;

/// The limit of this process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct OpenFiles {
    /// What it was.
    soft_before: u64,
    /// What it is.
    soft: u64,
    /// How far it can be raised.
    hard: u64,
}

impl OpenFiles {
    /// Raises the limit as far as it goes.
    pub(super) fn raise() -> Result<Self, Failure> {
        let limit = getrlimit(Resource::RLIMIT_NOFILE);
        let failed = |source| Failure::failed("the limit of open files cannot be read", source);
        let (soft_before, hard) = limit.map_err(failed)?;
        // A system that refuses leaves it as it was, which is then what counts.
        let raised = setrlimit(Resource::RLIMIT_NOFILE, hard, hard).is_ok();
        Ok(Self { soft_before, soft: if raised { hard } else { soft_before }, hard })
    }

    /// Refuses what does not fit.
    pub(super) fn hold(self, sockets: u32, senders: u32) -> Result<(), Failure> {
        let others = OTHERS + u64::from(senders);
        if u64::from(sockets) + others <= self.soft {
            return Ok(());
        }
        let room = self.soft.saturating_sub(others);
        Err(Failure::Usage(format!(
            "{sockets} sockets and {others} other files are more than this process may open: \
             {self}. {room} sockets fit; raise the hard limit (ulimit -Hn) or share the sockets \
             among several processes (--first-user)"
        )))
    }
}

impl fmt::Display for OpenFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { soft_before, soft, hard } = self;
        write!(f, "open files: soft limit {soft} (was {soft_before}), hard limit {hard}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: OpenFiles = OpenFiles { soft_before: 1_024, soft: 4_096, hard: 4_096 };

    #[test]
    fn sockets_fit_beside_everything_else_that_is_open() {
        assert!(LIMIT.hold(4_096 - 64 - 128, 128).is_ok());
        assert!(LIMIT.hold(4_096 - 64 - 127, 128).is_err());
    }

    #[test]
    fn who_is_refused_is_told_both_limits_and_what_would_fit() {
        let refusal = LIMIT.hold(19_000, 128).unwrap_err();

        assert!(matches!(refusal, Failure::Usage(_)), "{refusal}");
        let text = refusal.to_string();
        for part in ["soft limit 4096 (was 1024)", "hard limit 4096", "3904 sockets fit"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_limit_that_leaves_no_room_is_no_overflow() {
        let limit = OpenFiles { soft_before: 16, soft: 16, hard: 16 };

        assert!(limit.hold(1, 1).unwrap_err().to_string().contains("0 sockets fit"));
        let endless = OpenFiles { soft_before: 1_024, soft: u64::MAX, hard: u64::MAX };
        assert!(endless.hold(24_000, 128).is_ok());
    }

    #[test]
    fn the_limit_of_this_process_is_raised_as_far_as_it_goes() {
        let limit = OpenFiles::raise().unwrap();

        assert!(limit.soft_before <= limit.soft && limit.soft <= limit.hard, "{limit}");
        assert_eq!(OpenFiles::raise().unwrap().soft_before, limit.soft);
    }
}
