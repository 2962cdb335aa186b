//! How a cluster is reached: few connections that mend themselves, a quorum of one data centre.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use scylla::client::execution_profile::ExecutionProfile;
use scylla::client::session::Session;
use scylla::client::session_builder::SessionBuilder;
use scylla::statement::Consistency;

use crate::cql::fault::{self, OneOtherNode};
use crate::cql::{CqlSettings, OpenError, tls};

/// How long a node has to accept a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// A connection without an answer for both of these together is replaced; a peer that vanished
/// without closing it is noticed no other way.
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a question about the cluster itself may take.
const METADATA_TIMEOUT: Duration = Duration::from_secs(10);

/// Connects. The pool has the driver's size, one connection per shard and so one per node of
/// Cassandra: fewer would lose `ScyllaDB`'s routing to the shard, more only split the batches.
pub(super) async fn connect(
    settings: &CqlSettings,
    request_timeout: Duration,
) -> Result<Session, OpenError> {
    let profile = ExecutionProfile::builder()
        .consistency(Consistency::LocalQuorum)
        .request_timeout(Some(request_timeout))
        .retry_policy(Arc::new(OneOtherNode))
        .build();
    let mut builder = SessionBuilder::new()
        .known_nodes(&settings.nodes)
        .default_execution_profile_handle(profile.into_handle())
        .tcp_nodelay(true)
        .connection_timeout(CONNECT_TIMEOUT)
        .keepalive_interval(KEEPALIVE_INTERVAL)
        .keepalive_timeout(KEEPALIVE_TIMEOUT)
        .metadata_request_serverside_timeout(METADATA_TIMEOUT)
        // What routing by key needs, and no more: of one keyspace, without its columns.
        .keyspaces_to_fetch([settings.namespace.keyspace()])
        .fetch_full_schema_metadata(false)
        .refresh_metadata_on_auto_schema_agreement(false);
    if let Some((name, password)) = &settings.user {
        builder = builder.user(name, password);
    }
    if let Some(authorities) = &settings.authorities {
        builder = tls::over(builder, authorities)?;
    }
    if let Some(datacenter) = &settings.datacenter {
        builder = builder.prefer_datacenter(datacenter.clone());
    }
    let session = builder.build().await.map_err(fault::connect_error)?;
    check_datacenter(&session, settings.datacenter.as_deref())?;
    Ok(session)
}

/// A local quorum is local to the node that is asked, so all must be asked in one data centre.
fn check_datacenter(session: &Session, wanted: Option<&str>) -> Result<(), OpenError> {
    let state = session.get_cluster_state();
    let nodes = state.get_nodes_info().iter();
    let known: BTreeSet<&str> = nodes.filter_map(|node| node.datacenter.as_deref()).collect();
    if fits(&known, wanted) {
        Ok(())
    } else {
        Err(OpenError::Datacenter(known.into_iter().map(str::to_owned).collect()))
    }
}

fn fits(known: &BTreeSet<&str>, wanted: Option<&str>) -> bool {
    wanted.map_or(known.len() <= 1, |wanted| known.is_empty() || known.contains(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_data_centre_is_asked_and_it_must_exist() {
        let one = BTreeSet::from(["north"]);
        let two = BTreeSet::from(["north", "south"]);

        assert!(fits(&one, None) && fits(&one, Some("north")) && fits(&two, Some("south")));
        assert!(!fits(&two, None) && !fits(&one, Some("south")));
    }
}
