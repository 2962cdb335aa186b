//! The keyspace and its tables: made, looked for, dropped. For the CLI and tests; no service
//! changes a schema.

use std::collections::BTreeSet;
use std::time::Duration;

use cart_schemas::cql::{Index, Table, create_keyspace, create_tables};
use cart_schemas::topic::Namespace;
use scylla::client::session::Session;

use crate::cql::{CqlSettings, OpenError, fault, session};
use crate::store::StoreError;

/// How long one change of the schema may take: Cassandra is in no hurry.
const DDL_TIMEOUT: Duration = Duration::from_secs(60);

const KEYSPACES: &str = "SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?";
const TABLES: &str = "SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?";

/// The schema could not be changed or read.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// The cluster could not be reached.
    #[error("the cql cluster cannot be opened")]
    Open(#[source] OpenError),
    /// A statement failed.
    #[error("the statement failed: {statement}")]
    Statement {
        /// The statement.
        statement: String,
        /// Why.
        source: StoreError,
    },
    /// The nodes did not agree on the schema in time.
    #[error("the nodes of the cql cluster do not agree on the schema")]
    Disagreement(#[source] StoreError),
}

/// Makes what is missing, each range on `replication` nodes of a data centre, and tells what that
/// was. It changes nothing that is there, so it may run again; but one at a time, since two nodes
/// of Cassandra that make one table at once may make two of it.
///
/// # Errors
/// The cluster cannot be reached or refuses; running it again goes on where it stopped.
pub async fn migrate(settings: &CqlSettings, replication: u16) -> Result<Vec<String>, AdminError> {
    let session = open(settings).await?;
    let created = missing_in(&session, &settings.namespace).await?;
    run(&session, create_keyspace(&settings.namespace, replication)).await?;
    for statement in create_tables(&settings.namespace) {
        run(&session, statement).await?;
    }
    // The driver waits after a change it made; this is for one that a run before did not await.
    let agreed = session.await_schema_agreement().await;
    agreed.map_err(|error| AdminError::Disagreement(StoreError::Unavailable(error.into())))?;
    Ok(created)
}

/// The keyspace and tables that are not there.
///
/// # Errors
/// The cluster cannot be asked.
pub async fn missing(settings: &CqlSettings) -> Result<Vec<String>, AdminError> {
    let session = open(settings).await?;
    missing_in(&session, &settings.namespace).await
}

/// Drops the namespace's keyspace with everything in it.
///
/// # Errors
/// The cluster cannot be reached or refuses.
pub async fn drop_all(settings: &CqlSettings) -> Result<(), AdminError> {
    let session = open(settings).await?;
    run(&session, format!("DROP KEYSPACE IF EXISTS {}", settings.namespace.keyspace())).await
}

/// What of a namespace's keyspace and tables is not there.
pub(super) async fn absent(session: &Session, of: &Namespace) -> Result<Vec<String>, StoreError> {
    let keyspace = of.keyspace();
    let keyspaces = names(session, KEYSPACES, &keyspace).await?;
    let there = names(session, TABLES, &keyspace).await?;
    let tables = Table::ALL.map(Table::name).into_iter().chain(Index::ALL.map(Index::name));
    let absent = tables.filter(|name| !there.contains(*name));
    let absent = absent.map(|name| format!("{keyspace}.{name}")).collect::<Vec<_>>();
    let keyspace = keyspaces.is_empty().then_some(keyspace);
    Ok(keyspace.into_iter().chain(absent).collect())
}

async fn open(settings: &CqlSettings) -> Result<Session, AdminError> {
    session::connect(settings, DDL_TIMEOUT).await.map_err(AdminError::Open)
}

async fn missing_in(session: &Session, of: &Namespace) -> Result<Vec<String>, AdminError> {
    let absent = absent(session, of).await;
    absent.map_err(|source| AdminError::Statement { statement: TABLES.to_owned(), source })
}

async fn run(session: &Session, statement: String) -> Result<(), AdminError> {
    match session.query_unpaged(statement.as_str(), ()).await {
        Ok(_) => Ok(()),
        Err(error) => Err(AdminError::Statement { statement, source: fault::store_error(error) }),
    }
}

async fn names(
    session: &Session,
    question: &str,
    keyspace: &str,
) -> Result<BTreeSet<String>, StoreError> {
    let answer = session.query_unpaged(question, (keyspace,)).await.map_err(fault::store_error)?;
    let rows = answer.into_rows_result().map_err(|error| StoreError::Refused(error.into()))?;
    let rows = rows.rows::<(String,)>().map_err(|error| StoreError::Refused(error.into()))?;
    let names = rows.map(|row| row.map(|(name,)| name)).collect::<Result<_, _>>();
    names.map_err(|error| StoreError::Refused(error.into()))
}
