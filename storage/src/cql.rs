//! The store in `ScyllaDB` or Apache Cassandra. The only place that knows the driver.
//!
//! | file | what it holds |
//! |---|---|
//! | `store` | the port: turns, requests, answers |
//! | `scan` | a page of a table in the making |
//! | `statements` | every statement, prepared once |
//! | `session` | how a cluster is reached |
//! | `tls` | how nodes are known to be the cluster's |
//! | `link` | the session in use, replaced when the cluster was away |
//! | `fault` | what an error of the driver means, and the one quick retry |
//! | `admin` | the keyspace and its tables: made, looked for, dropped |

use std::fmt;
use std::time::Duration;

use cart_schemas::topic::Namespace;

use crate::log::Source;
use crate::store::Disposition;

pub mod admin;
mod fault;
mod link;
mod scan;
mod session;
mod statements;
mod store;
mod tls;

pub use store::CqlStore;

/// Whether nodes can be spoken to over TLS.
pub const SPEAKS_TLS: bool = cfg!(feature = "cql-tls");

/// Where the cluster is, and how to talk to it.
#[derive(Clone)]
pub struct CqlSettings {
    /// Some of its nodes, `host:port`; the others are found through them.
    pub nodes: Vec<String>,
    /// The data centre whose nodes are asked. One process's reads see another's writes only
    /// where a quorum of the same data centre answers both; may be left out if there is one.
    pub datacenter: Option<String>,
    /// Which installation's keyspace.
    pub namespace: Namespace,
    /// Name and password, if the cluster wants them.
    pub user: Option<(String, String)>,
    /// The authorities, in PEM, that nodes have their certificates from; each names its node's address. In
    /// the clear if absent.
    pub authorities: Option<String>,
    /// Writes under way at once; more of them wait for their turn. Cassandra peaks near 32.
    pub writes_in_flight: usize,
    /// How long a request waits for its turn, and then for its answer.
    pub request_timeout: Duration,
}

impl CqlSettings {
    /// Settings with everything else at its default.
    #[must_use]
    pub const fn new(nodes: Vec<String>, namespace: Namespace) -> Self {
        Self {
            nodes,
            datacenter: None,
            namespace,
            user: None,
            authorities: None,
            writes_in_flight: 32,
            request_timeout: Duration::from_secs(2),
        }
    }
}

impl fmt::Debug for CqlSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let user = self.user.as_ref().map(|(name, _password)| name);
        f.debug_struct("CqlSettings")
            .field("nodes", &self.nodes)
            .field("datacenter", &self.datacenter)
            .field("namespace", &self.namespace)
            .field("user", &user)
            .field("is_tls", &self.authorities.is_some())
            .field("writes_in_flight", &self.writes_in_flight)
            .field("request_timeout", &self.request_timeout)
            .finish()
    }
}

/// The cluster could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// No node answers, or not in time.
    #[error("no node of the cql cluster answers")]
    Unreachable(#[source] Source),
    /// A node answers and does not let us in, or does not speak our language.
    #[error("the cql cluster refuses the connection")]
    Denied(#[source] Source),
    /// There is no certificate in what is said of the authorities, or this build has no use for any.
    #[error("the authorities of the cql cluster cannot be used")]
    Authorities(#[source] Source),
    /// The data centre is not one of these, or none was named where there are several.
    #[error("the cql datacenter must be one of: {}", .0.join(", "))]
    Datacenter(Vec<String>),
    /// The keyspace or some tables do not exist: they want to be migrated.
    #[error("the cql cluster has no {}", .0.join(", "))]
    MissingTables(Vec<String>),
    /// The cluster refuses a statement: the tables have another shape, or no permission.
    #[error("the cql cluster refuses a statement")]
    Prepare(#[source] Source),
}

impl OpenError {
    /// What to do about it.
    #[must_use]
    pub const fn disposition(&self) -> Disposition {
        match self {
            Self::Unreachable(_) => Disposition::Retry,
            Self::Denied(_)
            | Self::Authorities(_)
            | Self::Datacenter(_)
            | Self::MissingTables(_)
            | Self::Prepare(_) => Disposition::Stop,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_printed() {
        let mut settings = CqlSettings::new(vec!["a:9042".to_owned()], Namespace::default());
        settings.user = Some(("cart".to_owned(), "secret".to_owned()));

        let printed = format!("{settings:?}");

        assert!(printed.contains("cart") && !printed.contains("secret"), "{printed}");
    }
}
