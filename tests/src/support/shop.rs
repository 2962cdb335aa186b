//! A shop of the test's own: a namespace on the local engines, which are started if they are not
//! up, or a data folder.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use cart_schemas::partition::PartitionCount;
use cart_schemas::topic::Namespace;
use cart_storage::cql::{CqlSettings, CqlStore};
use cart_storage::embedded::{Embedded, EmbeddedSettings};
use cart_storage::kafka::{KafkaLog, KafkaSettings};
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::folder::Folder;
use super::node::Node;

/// Where the local engines listen.
const KAFKA: &str = "127.0.0.1:9092";
pub(crate) const CQL: &str = "127.0.0.1:9042";

/// Asks until there is an answer; the error names what was waited for.
///
/// # Errors
/// There is none within `limit`.
pub async fn eventually<T, F>(what: &str, limit: Duration, mut ask: impl FnMut() -> F) -> Result<T>
where
    F: Future<Output = Option<T>>,
{
    let started = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return Ok(answer);
        }
        if started.elapsed() > limit {
            bail!("waited {limit:?} in vain: {what}");
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Starts the local engines if they are not up; once a test binary.
///
/// # Errors
/// They do not come up.
pub async fn engines_up(binary: &str) -> Result<()> {
    static UP: OnceCell<()> = OnceCell::const_new();
    UP.get_or_try_init(|| run(Path::new(binary), &["engines", "up"])).await?;
    Ok(())
}

/// A shop: topics, tables and processes that no other test touches.
#[derive(Debug)]
pub struct Shop {
    binary: PathBuf,
    namespace: String,
}

/// A shop in a data folder, served by one process at a time.
#[derive(Debug)]
pub struct SmallShop {
    binary: PathBuf,
    folder: Folder,
}

impl SmallShop {
    /// A shop in a folder that is not there yet.
    #[must_use]
    pub fn new(binary: &str, name: &str) -> Self {
        Self { binary: PathBuf::from(binary), folder: Folder::new(name) }
    }

    /// What a move calls it.
    #[must_use]
    pub fn site(&self) -> String {
        format!("embedded:{}", self.folder().display())
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// What leads a command to its folder.
    #[must_use]
    pub fn engine_args(&self) -> Vec<String> {
        let folder = self.folder.path().to_string_lossy();
        ["--engine", "embedded", "--data", &folder].map(str::to_owned).to_vec()
    }

    /// Starts the process at an address, with further arguments, and waits until it is ready.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn ready(&self, http: &str, more: &[&str]) -> Result<Node> {
        let folder = self.folder.path().to_string_lossy();
        let args = ["--engine", "embedded", "--data", &folder, "--roles", "api,processor"];
        let node = Node::start_at(&self.binary, &[&args[..], more].concat(), http).await?;
        node.ready().await?;
        Ok(node)
    }

    /// Opens the folder itself; no process may have it.
    ///
    /// # Errors
    /// It cannot be opened.
    pub fn engine(&self) -> Result<Embedded> {
        let settings = EmbeddedSettings::new(self.folder.path().to_owned(), PartitionCount::ONE);
        Ok(Embedded::open(&settings)?)
    }
}

impl Shop {
    /// Opens a shop with four partitions on the real engines.
    ///
    /// # Errors
    /// The engines do not come up, or the topics and tables cannot be made.
    pub async fn open(binary: &str, name: &str) -> Result<Self> {
        let shop = Self {
            binary: PathBuf::from(binary),
            namespace: format!("{name}{}", std::process::id()),
        };
        engines_up(binary).await?;
        shop.migrate().await?;
        Ok(shop)
    }

    /// What leads a command to its engines.
    #[must_use]
    pub fn engine_args(&self) -> Vec<String> {
        ["--engine", "kafka", "--namespace", &self.namespace].map(str::to_owned).to_vec()
    }

    /// Starts a process with these roles and further arguments. Nobody is asked who they are, unless these
    /// say whose keys are known.
    ///
    /// # Errors
    /// It does not start.
    pub async fn start(&self, roles: &str, more: &[&str]) -> Result<Node> {
        let namespace = self.namespace.as_str();
        let args = ["--engine", "kafka", "--namespace", namespace, "--roles", roles];
        let open = if more.contains(&"--api-keys") { None } else { Some("--insecure-no-auth") };
        Node::start(&self.binary, &[&args[..], open.as_slice(), more].concat()).await
    }

    /// Starts a process and waits until it is ready.
    ///
    /// # Errors
    /// It does not get ready.
    pub async fn ready(&self, roles: &str, more: &[&str]) -> Result<Node> {
        let node = self.start(roles, more).await?;
        node.ready().await?;
        Ok(node)
    }

    /// Its namespace.
    #[must_use]
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What a move calls it.
    #[must_use]
    pub fn site(&self) -> String {
        format!("kafka:{}", self.namespace)
    }

    fn parsed_namespace(&self) -> Namespace {
        self.namespace.parse().expect("test names are namespaces")
    }

    /// The shop's log, beside the processes.
    ///
    /// # Errors
    /// The client cannot be made.
    pub fn log(&self) -> Result<KafkaLog> {
        Ok(KafkaLog::open(KafkaSettings::new(KAFKA, self.parsed_namespace()))?)
    }

    /// The shop's store, beside the processes.
    ///
    /// # Errors
    /// It cannot be opened.
    pub async fn store(&self) -> Result<CqlStore> {
        let settings = CqlSettings::new(vec![CQL.to_owned()], self.parsed_namespace());
        Ok(CqlStore::open(settings).await?)
    }

    /// Deletes the topics and makes them anew, as an operator might who forgets that carts were
    /// stored from them.
    ///
    /// # Errors
    /// Kafka refuses.
    pub async fn recreate_topics(&self) -> Result<()> {
        let settings = KafkaSettings::new(KAFKA, self.parsed_namespace());
        cart_storage::kafka::admin::drop_all(&settings).await?;
        self.migrate().await
    }

    async fn migrate(&self) -> Result<()> {
        let plan = ["--partitions", "4", "--replication", "1", "--min-insync", "1"];
        let args = [&["migrate", "--namespace", self.namespace.as_str()][..], &plan].concat();
        run(&self.binary, &args).await
    }

    /// Deletes the shop's topics and tables.
    ///
    /// # Errors
    /// An engine refuses.
    pub async fn close(self) -> Result<()> {
        cart_storage::kafka::admin::drop_all(&KafkaSettings::new(KAFKA, self.parsed_namespace()))
            .await?;
        let settings = CqlSettings::new(vec![CQL.to_owned()], self.parsed_namespace());
        cart_storage::cql::admin::drop_all(&settings).await?;
        Ok(())
    }
}

async fn run(binary: &Path, args: &[&str]) -> Result<()> {
    let output = Command::new(binary).args(args).output().await?;
    if !output.status.success() {
        bail!("{args:?} failed: {}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(())
}
