//! `cartstream migrate`: the topics and tables, created where they are missing.

use cart_schemas::partition::PartitionCount;
use cart_storage::cql;
use cart_storage::kafka::admin::{self, TopicPlan};

use crate::cli::{Connections, Plan};
use crate::exit::Failure;

/// Creates what is missing and says what it was.
#[expect(clippy::print_stdout, reason = "what was created is the answer of this command")]
pub(crate) async fn run(plan: Plan, connections: Connections) -> Result<(), Failure> {
    if plan.min_insync > plan.replication {
        let text = "--min-insync must not exceed --replication: no append could be acknowledged";
        return Err(Failure::Usage(text.to_owned()));
    }
    let topics = TopicPlan {
        partitions: plan.partitions.and_then(PartitionCount::new),
        replication: plan.replication,
        min_insync: plan.min_insync,
    };
    let kafka = connections.kafka_settings();
    let created = admin::migrate(&kafka, topics).await;
    let at = &connections.kafka;
    let topics = created
        .map_err(|source| Failure::failed(format!("the topics at {at} cannot be made"), source))?;
    let created = cql::admin::migrate(&connections.cql_settings(), plan.replication).await;
    let at = connections.cql.join(",");
    let tables = created
        .map_err(|source| Failure::failed(format!("the tables at {at} cannot be made"), source))?;
    for name in topics.iter().chain(&tables) {
        println!("created {name}");
    }
    if topics.is_empty() && tables.is_empty() {
        println!("nothing to create: topics and tables are there");
    }
    Ok(())
}
