//! An edge node: the real way in, run over simulated ports, and the sockets beside it.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use cart_ingest::commands::{Commands, Pending, Request, Sent, Settings};
use cart_ingest::status::{Between, Status, StatusError};
use cart_schemas::partition::PartitionCount;
use cart_schemas::policies::Policies;
use cart_schemas::policy::Policy;

use super::mutant::{Sabotage, Subject};
use super::node::Node;
use super::orders::Question;
use super::socket::{Socket, Sockets};
use super::surroundings;
use super::tampered::Tampered;

/// What a customer heard, and about which order.
#[derive(Debug)]
pub enum Answer {
    /// To a request.
    Sent(Box<Sent>),
    /// To a question about a command.
    Status(Result<Status, StatusError>),
}

type Way = Commands<Tampered, Tampered>;

/// The software of an edge node.
#[derive(Debug, Clone)]
pub struct Edge {
    commands: Arc<OnceLock<Way>>,
    answers: Arc<Mutex<Vec<(usize, Answer)>>>,
    sockets: Arc<Sockets>,
    subject: Subject,
}

impl Edge {
    /// Starts it on a node: it opens as soon as the log answers, and then serves.
    #[must_use]
    pub fn start(node: &Node, subject: Subject, policy: Policy, count: PartitionCount) -> Self {
        let ports = Tampered::of_edge(node.client().clone(), subject);
        let commands = Arc::new(OnceLock::new());
        node.spawn(open(ports.clone(), policy, Arc::clone(&commands)));
        let sockets = Arc::new(Sockets::default());
        let notifier = Arc::clone(&sockets);
        node.spawn(async move { notifier.notify(ports, count, subject).await });
        Self { commands, answers: Arc::default(), sockets, subject }
    }

    /// Whether outcomes can come back: only then is it given requests.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.commands.get().is_some_and(|commands| commands.missing().is_empty())
    }

    /// The product table, as this edge knows it.
    #[must_use]
    pub fn knows_goods(&self) -> bool {
        self.commands.get().is_some_and(|commands| !commands.catalog().all(None).is_empty())
    }

    /// Sends an order; its answer comes with the order's number.
    pub fn send(&self, node: &Node, number: usize, request: Request) {
        let Some(commands) = self.commands.get().cloned() else { return };
        let answers = Arc::clone(&self.answers);
        node.spawn(async move {
            let sent = Box::pin(commands.send(request)).await;
            tell(&answers, number, Answer::Sent(Box::new(sent)));
        });
    }

    /// Asks what became of a command.
    pub fn ask(&self, node: &Node, number: usize, about: Question) {
        let Some(commands) = self.commands.get().cloned() else { return };
        let answers = Arc::clone(&self.answers);
        let tells_time = !self.subject.is(Sabotage::SendingTimeForgotten);
        node.spawn(async move {
            let Question { cart, home, pending: Pending { command, sent } } = about;
            let sent = tells_time.then_some(sent);
            let status = if home == cart {
                commands.status(&cart, command, sent).await
            } else {
                let between = Between { from: &home, into: &cart };
                commands.merge_status(between, command, sent).await
            };
            tell(&answers, number, Answer::Status(status));
        });
    }

    /// Opens a socket.
    pub fn join(&self, node: &Node, socket: Arc<Socket>) {
        let (sockets, subject) = (Arc::clone(&self.sockets), self.subject);
        let store = Tampered::of_edge(node.client().clone(), subject);
        node.spawn(async move { sockets.serve(socket, store, subject).await });
    }

    /// What customers heard since it was last asked.
    #[must_use]
    pub fn take_answers(&self) -> Vec<(usize, Answer)> {
        std::mem::take(&mut self.answers.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn tell(answers: &Mutex<Vec<(usize, Answer)>>, number: usize, answer: Answer) {
    answers.lock().unwrap_or_else(PoisonError::into_inner).push((number, answer));
}

async fn open(ports: Tampered, policy: Policy, commands: Arc<OnceLock<Way>>) {
    let policies = Policies::same(policy);
    let settings = Settings { policies, fresh_id: surroundings::fresh_id };
    loop {
        if let Ok(open) = Commands::open(ports.clone(), ports.clone(), settings.clone()).await {
            // Set once, by this task alone.
            drop(commands.set(open));
            return;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}
