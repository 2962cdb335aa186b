//! Kafka and a CQL store as one installation: how they are created and opened, and what to say
//! when they are not there.

use cart_schemas::generation::Generation;
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Namespace;
use cart_storage::cql::{self, CqlStore};
use cart_storage::kafka::admin::TopicPlan;
use cart_storage::kafka::{self, KafkaLog, KafkaSettings};

use crate::cli::{Connections, Plan};
use crate::exit::Failure;
use crate::place::Installation;

/// Copies of each topic and row of a new installation: one may be lost, and one may be late.
const REPLICATION: u16 = 3;

/// A namespace of a Kafka and a CQL cluster.
#[derive(Debug)]
pub(crate) struct KafkaCql {
    connections: Connections,
}

/// How many copies there are to be, and how many must acknowledge.
#[derive(Debug, Clone, Copy)]
struct Copies {
    replication: u16,
    min_insync: u16,
}

impl KafkaCql {
    /// The one these settings lead to.
    pub(crate) const fn at(connections: Connections) -> Self {
        Self { connections }
    }

    fn kafka(&self, generation: Generation) -> KafkaSettings {
        KafkaSettings { generation, ..self.connections.kafka_settings() }
    }

    async fn copies(&self, plan: &Plan) -> Result<Copies, Failure> {
        let cluster = kafka::admin::cluster(&self.connections.kafka_settings()).await;
        let cluster = cluster.map_err(|source| self.silent_kafka(source))?;
        let replication = plan.replication.or(cluster.replication).unwrap_or(REPLICATION);
        let min_insync = plan.min_insync.unwrap_or_else(|| replication.saturating_sub(1).max(1));
        if min_insync > replication {
            let text =
                "--min-insync must not exceed --replication: no append could be acknowledged";
            return Err(Failure::Usage(text.to_owned()));
        }
        if usize::from(replication) > cluster.brokers {
            let text = format!(
                "--replication {replication} needs as many brokers, and {} answer at --kafka {}",
                cluster.brokers, self.connections.kafka
            );
            return Err(Failure::Usage(text));
        }
        Ok(Copies { replication, min_insync })
    }

    async fn missing_topics(&self, generation: Generation) -> Result<Vec<String>, Failure> {
        let missing = kafka::admin::missing(&self.kafka(generation)).await;
        missing.map_err(|source| self.silent_kafka(source))
    }

    fn silent_kafka(&self, source: kafka::admin::AdminError) -> Failure {
        let at = &self.connections.kafka;
        Failure::failed(format!("Kafka at --kafka {at} does not answer"), source)
    }

    fn nodes(&self) -> String {
        self.connections.cql.join(",")
    }
}

fn lacking(missing: &[String]) -> Failure {
    let names = missing.join(", ");
    Failure::Usage(format!("missing: {names}; run `cartstream migrate` with the same settings"))
}

impl Installation for KafkaCql {
    type Log = KafkaLog;
    type Store = CqlStore;

    const ALONE: bool = false;

    fn name(&self) -> String {
        let at = format!("kafka at {}", self.connections.kafka);
        if self.connections.namespace == Namespace::default() {
            return at;
        }
        format!("{at}, keyspace {}", self.connections.namespace.keyspace())
    }

    async fn create_store(&self, plan: &Plan) -> Result<Vec<String>, Failure> {
        let copies = self.copies(plan).await?;
        let settings = self.connections.cql_settings();
        let created = cql::admin::migrate(&settings, copies.replication).await;
        created.map_err(|source| {
            Failure::failed(format!("the tables at {} cannot be made", self.nodes()), source)
        })
    }

    async fn create_log(
        &self,
        generation: Generation,
        plan: &Plan,
    ) -> Result<Vec<String>, Failure> {
        let Copies { replication, min_insync } = self.copies(plan).await?;
        let partitions = plan.partitions.and_then(PartitionCount::new);
        let plan = TopicPlan { partitions, replication, min_insync };
        let created = kafka::admin::migrate(&self.kafka(generation), plan).await;
        let at = &self.connections.kafka;
        created
            .map_err(|source| Failure::failed(format!("the topics at {at} cannot be made"), source))
    }

    async fn store(&self) -> Result<CqlStore, Failure> {
        let settings = self.connections.cql_settings();
        let missing = cql::admin::missing(&settings).await.map_err(|source| {
            let nodes = self.nodes();
            Failure::failed(format!("the store at --cql {nodes} does not answer"), source)
        })?;
        if !missing.is_empty() {
            // Topics are likely to be missing, too; one command makes both.
            let topics = self.missing_topics(Generation::FIRST).await?;
            return Err(lacking(&[topics, missing].concat()));
        }
        let store = CqlStore::open(settings).await;
        store.map_err(|source| Failure::failed("the store cannot be opened", source))
    }

    async fn log(&self, generation: Generation) -> Result<KafkaLog, Failure> {
        let missing = self.missing_topics(generation).await?;
        if !missing.is_empty() {
            return Err(lacking(&missing));
        }
        let log = KafkaLog::open(self.kafka(generation));
        log.map_err(|source| Failure::failed("the Kafka client cannot be made", source))
    }

    /// Each append and each write says so by itself.
    fn is_writable(&self) -> bool {
        true
    }
}
