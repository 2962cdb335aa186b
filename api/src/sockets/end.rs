//! Why a socket ends, and what its client is told of that: the close codes of RFC 6455.

use axum::extract::ws::{CloseCode, close_code};
use tokio_tungstenite::tungstenite::Error as Broken;
use tokio_tungstenite::tungstenite::error::ProtocolError;

/// Why a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The other side is gone, or has said goodbye.
    Gone,
    /// This instance stops.
    Away,
    /// The client cannot keep up.
    Slow,
    /// The cart cannot be read now.
    Unreadable,
    /// What the client was let in by has ended.
    Expired,
    /// The client does not answer pings.
    Idle,
    /// The client says too much that is no command.
    Noise,
    /// The client sends what RFC 6455 forbids.
    Violation,
    /// The client sends a binary message.
    Binary,
    /// The client sends a text that is none.
    Garbled,
    /// The client sends more at once than is taken.
    TooLarge,
}

impl End {
    /// The code and the reason the client is told; none if nobody is there to be told.
    pub(super) const fn told(self) -> Option<(CloseCode, &'static str)> {
        match self {
            Self::Gone => None,
            Self::Away => Some((close_code::AWAY, "going away")),
            Self::Slow => Some((close_code::AGAIN, "too slow; come back for what was missed")),
            Self::Unreadable => Some((close_code::AGAIN, "the cart cannot be read now")),
            Self::Expired => Some((close_code::POLICY, "the token has expired")),
            Self::Idle => Some((close_code::POLICY, "pings are not answered")),
            Self::Noise => Some((close_code::POLICY, "too many messages that are no commands")),
            Self::Violation => Some((close_code::PROTOCOL, "not as RFC 6455 has it")),
            Self::Binary => Some((close_code::UNSUPPORTED, "messages are text")),
            Self::Garbled => Some((close_code::INVALID, "a text that is not UTF-8")),
            Self::TooLarge => Some((close_code::SIZE, "a message of at most 4096 bytes is taken")),
        }
    }

    /// Whether the client's bytes can be read no more, though it is there.
    pub(super) const fn is_broken(self) -> bool {
        match self {
            Self::Violation | Self::Garbled | Self::TooLarge => true,
            Self::Gone
            | Self::Away
            | Self::Slow
            | Self::Unreadable
            | Self::Expired
            | Self::Idle
            | Self::Noise
            | Self::Binary => false,
        }
    }

    /// What it means that a socket cannot be read any more.
    pub(super) fn of(error: axum::Error) -> Self {
        match error.into_inner().downcast_ref() {
            Some(Broken::Protocol(ProtocolError::ResetWithoutClosingHandshake)) | None => {
                Self::Gone
            }
            Some(Broken::Protocol(_) | Broken::AttackAttempt) => Self::Violation,
            Some(Broken::Capacity(_)) => Self::TooLarge,
            Some(Broken::Utf8(_)) => Self::Garbled,
            Some(
                Broken::ConnectionClosed
                | Broken::AlreadyClosed
                | Broken::Io(_)
                | Broken::Tls(_)
                | Broken::WriteBufferFull(_)
                | Broken::Url(_)
                | Broken::Http(_)
                | Broken::HttpFormat(_),
            ) => Self::Gone,
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio_tungstenite::tungstenite::error::CapacityError;

    use super::*;

    #[test]
    fn every_end_but_a_lost_client_says_why() {
        assert_eq!(End::Gone.told(), None);
        assert_eq!(End::Away.told().map(|(code, _)| code), Some(1001));
        let all = [End::Slow, End::Unreadable, End::Idle, End::Noise, End::Violation, End::Binary];
        for end in all.into_iter().chain([End::Garbled, End::TooLarge, End::Expired]) {
            assert!(end.told().is_some_and(|(_, reason)| reason.len() <= 123), "{end:?}");
        }
    }

    #[test]
    fn what_broke_a_socket_is_told_apart() {
        let end = |error: Broken| End::of(axum::Error::new(error));
        let message = CapacityError::MessageTooLong { size: 5_000, max_size: 4_096 };

        assert_eq!(end(Broken::Capacity(message)), End::TooLarge);
        assert_eq!(end(Broken::Utf8(String::new())), End::Garbled);
        assert_eq!(end(Broken::Protocol(ProtocolError::UnmaskedFrameFromClient)), End::Violation);
        assert_eq!(end(Broken::ConnectionClosed), End::Gone);
        let reset = ProtocolError::ResetWithoutClosingHandshake;
        assert_eq!(end(Broken::Protocol(reset)), End::Gone);
        assert_eq!(End::of(axum::Error::new(std::fmt::Error)), End::Gone);
    }
}
