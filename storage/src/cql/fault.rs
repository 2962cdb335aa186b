//! What an error of the driver means for the caller, and the one quick retry. Knows no statement.

use scylla::errors::{
    ConnectionError, ConnectionPoolError, ConnectionSetupRequestErrorKind, DbError, ExecutionError,
    MetadataError, NewSessionError, PrepareError, RequestAttemptError,
};
use scylla::policies::retry::{RequestInfo, RetryDecision, RetryPolicy, RetrySession};

use crate::cql::OpenError;
use crate::store::StoreError;

/// Who is to blame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// This node or the way to it: another one may answer at once.
    Node,
    /// The cluster, for now: it may answer later. A write may have happened.
    Cluster,
    /// The request, or what we are allowed to: it will be refused again.
    Request,
}

/// The port's error for one of the driver's.
pub(super) fn store_error(error: ExecutionError) -> StoreError {
    match execution(&error) {
        Fault::Node | Fault::Cluster if is_away(&error) => StoreError::Away(error.into()),
        Fault::Node | Fault::Cluster => StoreError::Unavailable(error.into()),
        Fault::Request => StoreError::Refused(error.into()),
    }
}

/// Whether there is no connection to any node that could answer.
pub(super) const fn is_cut(error: &ExecutionError) -> bool {
    matches!(error, ExecutionError::ConnectionPoolError(_))
}

/// Whether nobody answered because nobody was there, and not because somebody was slow.
const fn is_away(error: &ExecutionError) -> bool {
    matches!(
        error,
        ExecutionError::EmptyPlan
            | ExecutionError::ConnectionPoolError(_)
            | ExecutionError::LastAttemptError(RequestAttemptError::BrokenConnectionError(_))
    )
}

/// The error of opening for one of connecting.
pub(super) fn connect_error(error: NewSessionError) -> OpenError {
    let denied = match &error {
        NewSessionError::MetadataError(MetadataError::ConnectionPoolError(error)) => {
            is_denied(error)
        }
        NewSessionError::EmptyKnownNodesList | NewSessionError::IllegalConfig(_) => true,
        NewSessionError::FailedToResolveAnyHostname(_)
        | NewSessionError::MetadataError(_)
        | NewSessionError::UseKeyspaceError(_)
        | _ => false,
    };
    if denied { OpenError::Denied(error.into()) } else { OpenError::Unreachable(error.into()) }
}

/// The error of opening for one of preparing.
pub(super) fn prepare_error(error: PrepareError) -> OpenError {
    match prepare(&error) {
        Fault::Node | Fault::Cluster => OpenError::Unreachable(error.into()),
        Fault::Request => OpenError::Prepare(error.into()),
    }
}

fn is_denied(error: &ConnectionPoolError) -> bool {
    let ConnectionPoolError::Broken { last_connection_error } = error else { return false };
    let ConnectionError::ConnectionSetupRequestError(setup) = last_connection_error else {
        return false;
    };
    match setup.get_error() {
        ConnectionSetupRequestErrorKind::DbError(error, _) => db(error) == Fault::Request,
        ConnectionSetupRequestErrorKind::MissingAuthentication
        | ConnectionSetupRequestErrorKind::StartAuthSessionError(_)
        | ConnectionSetupRequestErrorKind::AuthChallengeEvaluationError(_)
        | ConnectionSetupRequestErrorKind::AuthFinishError(_) => true,
        // An endpoint that is no CQL server, or one that breaks off while it starts.
        ConnectionSetupRequestErrorKind::CqlRequestSerialization(_)
        | ConnectionSetupRequestErrorKind::BodyExtensionsParseError(_)
        | ConnectionSetupRequestErrorKind::UnableToAllocStreamId
        | ConnectionSetupRequestErrorKind::BrokenConnection(_)
        | ConnectionSetupRequestErrorKind::UnexpectedResponse(_)
        | ConnectionSetupRequestErrorKind::CqlSupportedParseError(_)
        | ConnectionSetupRequestErrorKind::CqlAuthenticateParseError(_)
        | ConnectionSetupRequestErrorKind::CqlAuthSuccessParseError(_)
        | ConnectionSetupRequestErrorKind::CqlAuthChallengeParseError(_)
        | ConnectionSetupRequestErrorKind::CqlErrorParseError(_)
        | _ => false,
    }
}

fn execution(error: &ExecutionError) -> Fault {
    match error {
        ExecutionError::BadQuery(_) | ExecutionError::UseKeyspaceError(_) => Fault::Request,
        ExecutionError::PrepareError(error) => prepare(error),
        ExecutionError::LastAttemptError(error) => attempt(error),
        ExecutionError::EmptyPlan
        | ExecutionError::ConnectionPoolError(_)
        | ExecutionError::RequestTimeout(_)
        | ExecutionError::SchemaAgreementError(_)
        | ExecutionError::MetadataError(_)
        | _ => Fault::Cluster,
    }
}

fn prepare(error: &PrepareError) -> Fault {
    match error {
        PrepareError::AllAttemptsFailed { first_attempt } => attempt(first_attempt),
        // Nodes of two versions during an upgrade disagree on ids for a while.
        PrepareError::ConnectionPoolError(_) | PrepareError::PreparedStatementIdsMismatch | _ => {
            Fault::Cluster
        }
    }
}

fn attempt(error: &RequestAttemptError) -> Fault {
    match error {
        RequestAttemptError::DbError(error, _) => db(error),
        RequestAttemptError::BrokenConnectionError(_)
        | RequestAttemptError::UnableToAllocStreamId => Fault::Node,
        RequestAttemptError::SerializationError(_)
        | RequestAttemptError::CqlRequestSerialization(_)
        | RequestAttemptError::RepreparedIdChanged { .. }
        | RequestAttemptError::RepreparedIdMissingInBatch
        | RequestAttemptError::NonfinishedPagingState => Fault::Request,
        // An answer we cannot read says nothing about what happened.
        RequestAttemptError::BodyExtensionsParseError(_)
        | RequestAttemptError::CqlResultParseError(_)
        | RequestAttemptError::CqlErrorParseError(_)
        | RequestAttemptError::UnexpectedResponse(_)
        | _ => Fault::Cluster,
    }
}

fn db(error: &DbError) -> Fault {
    match error {
        DbError::Unavailable { .. }
        | DbError::Overloaded
        | DbError::IsBootstrapping
        | DbError::ServerError => Fault::Node,
        DbError::SyntaxError
        | DbError::Invalid
        | DbError::AlreadyExists { .. }
        | DbError::FunctionFailure { .. }
        | DbError::AuthenticationError
        | DbError::Unauthorized
        | DbError::ConfigError
        | DbError::ProtocolError => Fault::Request,
        DbError::ReadTimeout { .. }
        | DbError::WriteTimeout { .. }
        | DbError::ReadFailure { .. }
        | DbError::WriteFailure { .. }
        | DbError::TruncateError
        | DbError::Unprepared { .. }
        | DbError::RateLimitReached { .. }
        | DbError::Other(_)
        | _ => Fault::Cluster,
    }
}

/// Asks one other node, once, if the first one is to blame. A request that timed out has used up
/// its time, so it is the caller who sends it again.
#[derive(Debug)]
pub(super) struct OneOtherNode;

impl RetryPolicy for OneOtherNode {
    fn new_session(&self) -> Box<dyn RetrySession> {
        Box::new(Attempts { retried: false })
    }
}

struct Attempts {
    retried: bool,
}

impl RetrySession for Attempts {
    fn decide_should_retry(&mut self, request: RequestInfo<'_>) -> RetryDecision {
        let first = !std::mem::replace(&mut self.retried, true);
        if first && request.is_idempotent && attempt(request.error) == Fault::Node {
            RetryDecision::RetryNextTarget(None)
        } else {
            RetryDecision::DontRetry
        }
    }

    fn reset(&mut self) {
        self.retried = false;
    }
}

#[cfg(test)]
mod tests {
    use scylla::errors::WriteType;
    use scylla::frame::types::Consistency;

    use super::*;
    use crate::store::Disposition;

    fn disposition(error: DbError) -> Disposition {
        let attempt = RequestAttemptError::DbError(error, String::new());
        store_error(ExecutionError::LastAttemptError(attempt)).disposition()
    }

    fn write_timeout() -> DbError {
        DbError::WriteTimeout {
            consistency: Consistency::LocalQuorum,
            received: 1,
            required: 2,
            write_type: WriteType::Simple,
        }
    }

    #[test]
    fn a_cluster_in_trouble_is_asked_again() {
        assert_eq!(disposition(write_timeout()), Disposition::Retry);
        assert_eq!(disposition(DbError::Overloaded), Disposition::Retry);
        assert_eq!(disposition(DbError::IsBootstrapping), Disposition::Retry);
        assert_eq!(disposition(DbError::ServerError), Disposition::Retry);
        assert_eq!(disposition(DbError::Other(0x1700)), Disposition::Retry);
        assert_eq!(store_error(ExecutionError::EmptyPlan).disposition(), Disposition::Retry);
    }

    #[test]
    fn only_a_store_that_was_away_may_have_forgotten() {
        let timed_out = RequestAttemptError::DbError(write_timeout(), String::new());
        let timed_out = store_error(ExecutionError::LastAttemptError(timed_out));

        assert!(store_error(ExecutionError::EmptyPlan).may_have_forgotten());
        assert!(!timed_out.may_have_forgotten());
    }

    #[test]
    fn a_request_that_is_wrong_is_not_sent_again() {
        assert_eq!(disposition(DbError::Invalid), Disposition::Stop);
        assert_eq!(disposition(DbError::SyntaxError), Disposition::Stop);
        assert_eq!(disposition(DbError::Unauthorized), Disposition::Stop);
        assert_eq!(disposition(DbError::ConfigError), Disposition::Stop);
    }
}
