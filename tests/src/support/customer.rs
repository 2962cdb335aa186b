//! A customer who sends one command after another, keeps books, and never takes "maybe" for an
//! answer: a pending command is asked for, and sent again under its key, until its outcome is known.
//! An answer that says nothing was appended is believed: the command is then sent under another key,
//! so that a lie would change the cart twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use cart_schemas::id::CommandId;
use reqwest::{Client, Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

use super::answers::{Answers, Asked, Kind};

/// How long the outcome of one command may be unknown: while both engines start on a busy machine,
/// and a take-over, twice.
const KNOWN_WITHIN: Duration = Duration::from_secs(180);
/// How long a pending command is asked for before it is sent again.
const ASKED_FOR: Duration = Duration::from_secs(3);

/// What became of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Carried out.
    Applied,
    /// A rule said no.
    Rejected,
    /// Not known within the time.
    Unknown,
}

/// What is known after one try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Learned {
    /// It was decided.
    Outcome(Known),
    /// It was not appended and will not be.
    Nothing,
    /// It may be in the log, or come there.
    Maybe,
}

/// A customer and the lines their cart must have.
#[derive(Debug)]
pub struct Customer {
    user: String,
    http: Client,
    answers: Arc<Answers>,
    /// Pieces by product, from the outcomes alone.
    pub lines: BTreeMap<String, u64>,
    /// Commands applied.
    pub applied: u64,
    /// Commands whose outcome is unknown.
    pub unknown: u64,
    random: u64,
}

/// The products customers buy: those of the source document, without variants.
const PRODUCTS: [&str; 3] = ["prod_1", "prod_2", "prod_456"];

impl Customer {
    /// A customer whose choices follow from `seed`.
    #[must_use]
    pub fn new(user: &str, http: Client, seed: u64) -> Self {
        let (lines, answers) = (BTreeMap::new(), Arc::default());
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { user: user.to_owned(), http, answers, lines, applied: 0, unknown: 0, random }
    }

    /// The same customer, who tells every answer there.
    #[must_use]
    pub fn telling(self, answers: Arc<Answers>) -> Self {
        Self { answers, ..self }
    }

    /// The customer's key.
    #[must_use]
    pub fn user(&self) -> &str {
        &self.user
    }

    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    /// Sends one command of a shop's mix to the node at `url` and books its outcome.
    ///
    /// # Errors
    /// An answer that no storefront could understand.
    pub async fn act(&mut self, url: &str) -> Result<()> {
        let product = PRODUCTS.get(usize::try_from(self.draw(3))?).copied().unwrap_or("prod_1");
        let quantity = self.draw(3) + 1;
        let held = self.lines.get(product).copied();
        let choice = self.draw(20);
        match choice {
            0 => self.clear(url).await,
            1..=2 => self.remove(url, product).await,
            3..=6 if held.is_some() => self.set(url, product, quantity).await,
            _ => self.add(url, product, quantity).await,
        }
    }

    /// Adds so many pieces, one of the products after the other.
    ///
    /// # Errors
    /// See [`Customer::act`].
    pub async fn add_some(&mut self, url: &str) -> Result<()> {
        let product = PRODUCTS.get(usize::try_from(self.draw(3))?).copied().unwrap_or("prod_1");
        let quantity = self.draw(2) + 1;
        self.add(url, product, quantity).await
    }

    /// Merges another's cart into this one. The books have none of it.
    ///
    /// # Errors
    /// See [`Customer::act`].
    pub async fn merge(&mut self, url: &str, from: &str) -> Result<Known> {
        let path = format!("/api/cart/{}/merge", self.user);
        self.outcome(url, Method::POST, &path, json!({"fromUserID": from})).await
    }

    /// Undoes a merge. The books have none of it.
    ///
    /// # Errors
    /// See [`Customer::act`].
    pub async fn undo(&mut self, url: &str, merge: &str) -> Result<Known> {
        let path = format!("/api/cart/{}/merge/{merge}/undo", self.user);
        self.outcome(url, Method::POST, &path, Value::Null).await
    }

    /// Puts one piece into the cart. The books have none of it.
    ///
    /// # Errors
    /// See [`Customer::act`].
    pub async fn hold(&mut self, url: &str, product: &str) -> Result<Known> {
        let body = json!({"productID": product, "quantity": 1});
        let path = format!("/api/cart/{}/items", self.user);
        self.outcome(url, Method::POST, &path, body).await
    }

    /// Checks the cart out and pays; whether it is paid. The books have none of it.
    ///
    /// # Errors
    /// See [`Customer::act`]; or what was ready could not be paid.
    pub async fn buy(&mut self, url: &str, order: &str) -> Result<bool> {
        let path = format!("/api/cart/{}/checkout", self.user);
        let (known, key) = self.outcome_and_key(url, Method::POST, &path, Value::Null).await?;
        if known != Known::Applied {
            return Ok(false);
        }
        let checkout = CommandId::from_idempotency_key(&self.user.parse()?, &key);
        let paid = json!({"orderID": order});
        let path = format!("{path}/{checkout}/complete");
        let known = self.outcome(url, Method::POST, &path, paid).await?;
        ensure!(known == Known::Applied, "{checkout} was ready and is {known:?}");
        Ok(true)
    }

    async fn add(&mut self, url: &str, product: &str, quantity: u64) -> Result<()> {
        let body = json!({"productID": product, "quantity": quantity});
        let path = format!("/api/cart/{}/items", self.user);
        if self.outcome(url, Method::POST, &path, body).await? == Known::Applied {
            *self.lines.entry(product.to_owned()).or_default() += quantity;
        }
        Ok(())
    }

    async fn set(&mut self, url: &str, product: &str, quantity: u64) -> Result<()> {
        let path = format!("/api/cart/{}/items/{}", self.user, item_id(product)?);
        let body = json!({"quantity": quantity});
        if self.outcome(url, Method::PUT, &path, body).await? == Known::Applied {
            self.lines.insert(product.to_owned(), quantity);
        }
        Ok(())
    }

    async fn remove(&mut self, url: &str, product: &str) -> Result<()> {
        let path = format!("/api/cart/{}/items/{}", self.user, item_id(product)?);
        if self.outcome(url, Method::DELETE, &path, Value::Null).await? == Known::Applied {
            self.lines.remove(product);
        }
        Ok(())
    }

    async fn clear(&mut self, url: &str) -> Result<()> {
        let path = format!("/api/cart/{}/clear", self.user);
        if self.outcome(url, Method::POST, &path, Value::Null).await? == Known::Applied {
            self.lines.clear();
        }
        Ok(())
    }

    fn key(&mut self) -> String {
        Uuid::from_u64_pair(self.draw(u64::MAX), self.draw(u64::MAX)).to_string()
    }

    /// Sends a command until its outcome is known: under the same key while it may have been
    /// appended, under another one when it was not.
    async fn outcome(
        &mut self,
        url: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Known> {
        let (known, _) = self.outcome_and_key(url, method, path, body).await?;
        Ok(known)
    }

    /// The same, with the key that it was known under.
    async fn outcome_and_key(
        &mut self,
        url: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<(Known, String)> {
        let (mut key, mut in_doubt) = (self.key(), false);
        let started = Instant::now();
        let mut known = Known::Unknown;
        while known == Known::Unknown && started.elapsed() < KNOWN_WITHIN {
            let mut request = self.http.request(method.clone(), format!("{url}{path}"));
            request = request.header("Idempotency-Key", &key);
            if !body.is_null() {
                request = request.json(&body);
            }
            match self.attempt(url, request, &mut in_doubt).await? {
                Learned::Outcome(outcome) => known = outcome,
                Learned::Nothing if !in_doubt => key = self.key(),
                Learned::Nothing | Learned::Maybe => {}
            }
            if known == Known::Unknown {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        match known {
            Known::Applied => self.applied += 1,
            Known::Rejected => {}
            Known::Unknown => self.unknown += 1,
        }
        self.answers.settled(started, known != Known::Unknown);
        Ok((known, key))
    }

    /// Sends it once. `in_doubt` becomes true while an attempt with this key may have been appended.
    async fn attempt(
        &self,
        url: &str,
        request: RequestBuilder,
        in_doubt: &mut bool,
    ) -> Result<Learned> {
        let sent = Instant::now();
        let Ok(answer) = request.send().await else {
            self.answers.took(Asked::Change, Kind::Failed, sent);
            *in_doubt = true;
            return Ok(Learned::Maybe);
        };
        self.answers.took(Asked::Change, Kind::of(answer.status()), sent);
        match answer.status() {
            StatusCode::OK => Ok(Learned::Outcome(Known::Applied)),
            StatusCode::ACCEPTED => {
                let location = answer.headers().get("location").context("202 without Location")?;
                let status = format!("{url}{}", location.to_str()?);
                let learned = self.ask(&status).await?;
                // Its status speaks for every attempt with this key.
                *in_doubt = learned == Learned::Maybe;
                Ok(learned)
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                ensure!(answer.headers().contains_key("retry-after"), "503 without Retry-After");
                Ok(Learned::Nothing)
            }
            status if status.is_client_error() => Ok(Learned::Outcome(Known::Rejected)),
            status => bail!("{status}: {}", answer.text().await?),
        }
    }

    /// Asks for a pending command's status until it is told, or for a while.
    async fn ask(&self, status: &str) -> Result<Learned> {
        let started = Instant::now();
        while started.elapsed() < ASKED_FOR {
            if let Ok(answer) = self.http.get(status).send().await
                && let Some(learned) = told(answer).await?
            {
                return Ok(learned);
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(Learned::Maybe)
    }
}

/// What the status of a command says; `None` while it is pending.
async fn told(answer: Response) -> Result<Option<Learned>> {
    match answer.status() {
        StatusCode::OK => {
            let told: Value = answer.json().await?;
            let applied = told.get("status").is_some_and(|status| status == "applied");
            Ok(Some(Learned::Outcome(if applied { Known::Applied } else { Known::Rejected })))
        }
        StatusCode::NOT_FOUND => Ok(Some(Learned::Nothing)),
        StatusCode::ACCEPTED | StatusCode::SERVICE_UNAVAILABLE => Ok(None),
        other => bail!("{other}: {}", answer.text().await?),
    }
}

/// The item id of a bare product.
///
/// # Errors
/// It is no product id.
pub fn item_id(product: &str) -> Result<String> {
    Ok(cart_schemas::id::ItemId::new(product.parse()?, None).to_string())
}
