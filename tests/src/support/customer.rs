//! A customer who sends one command after another, keeps books, and never takes "maybe" for an
//! answer: a pending command is asked for until its outcome is known.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use uuid::Uuid;

/// How long the outcome of one command may be unknown: a take-over, twice.
const KNOWN_WITHIN: Duration = Duration::from_secs(60);

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

/// A customer and the lines their cart must have.
#[derive(Debug)]
pub struct Customer {
    user: String,
    http: Client,
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
        let lines = BTreeMap::new();
        let random = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        Self { user: user.to_owned(), http, lines, applied: 0, unknown: 0, random }
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

    async fn add(&mut self, url: &str, product: &str, quantity: u64) -> Result<()> {
        let body = json!({"productID": product, "quantity": quantity});
        let path = format!("/api/cart/{}/items", self.user);
        if self.outcome(url, reqwest::Method::POST, &path, body).await? == Known::Applied {
            *self.lines.entry(product.to_owned()).or_default() += quantity;
        }
        Ok(())
    }

    async fn set(&mut self, url: &str, product: &str, quantity: u64) -> Result<()> {
        let path = format!("/api/cart/{}/items/{}", self.user, item_id(product)?);
        let body = json!({"quantity": quantity});
        if self.outcome(url, reqwest::Method::PUT, &path, body).await? == Known::Applied {
            self.lines.insert(product.to_owned(), quantity);
        }
        Ok(())
    }

    async fn remove(&mut self, url: &str, product: &str) -> Result<()> {
        let path = format!("/api/cart/{}/items/{}", self.user, item_id(product)?);
        if self.outcome(url, reqwest::Method::DELETE, &path, Value::Null).await? == Known::Applied {
            self.lines.remove(product);
        }
        Ok(())
    }

    async fn clear(&mut self, url: &str) -> Result<()> {
        let path = format!("/api/cart/{}/clear", self.user);
        if self.outcome(url, reqwest::Method::POST, &path, Value::Null).await? == Known::Applied {
            self.lines.clear();
        }
        Ok(())
    }

    /// Sends a command until its outcome is known: the same key again while nothing was appended,
    /// its status while it is pending.
    async fn outcome(
        &mut self,
        url: &str,
        method: reqwest::Method,
        path: &str,
        body: Value,
    ) -> Result<Known> {
        let key = Uuid::from_u64_pair(self.draw(u64::MAX), self.draw(u64::MAX)).to_string();
        let started = Instant::now();
        let mut known = Known::Unknown;
        while known == Known::Unknown && started.elapsed() < KNOWN_WITHIN {
            let mut request = self.http.request(method.clone(), format!("{url}{path}"));
            request = request.header("Idempotency-Key", &key);
            if !body.is_null() {
                request = request.json(&body);
            }
            known = match request.send().await {
                Ok(answer) => self.read(url, answer, started).await?,
                Err(_) => Known::Unknown,
            };
            if known == Known::Unknown {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        match known {
            Known::Applied => self.applied += 1,
            Known::Rejected => {}
            Known::Unknown => self.unknown += 1,
        }
        Ok(known)
    }

    async fn read(&self, url: &str, answer: reqwest::Response, since: Instant) -> Result<Known> {
        match answer.status() {
            StatusCode::OK => Ok(Known::Applied),
            StatusCode::ACCEPTED => {
                let location = answer.headers().get("location").context("202 without Location")?;
                let status = format!("{url}{}", location.to_str()?);
                self.ask(&status, since).await
            }
            StatusCode::SERVICE_UNAVAILABLE => Ok(Known::Unknown),
            status if status.is_client_error() => Ok(Known::Rejected),
            status => bail!("{status}: {}", answer.text().await?),
        }
    }

    /// Asks for a pending command's status until it is told. One that is not found was never
    /// appended, and is sent again.
    async fn ask(&self, status: &str, since: Instant) -> Result<Known> {
        while since.elapsed() < KNOWN_WITHIN {
            if let Ok(answer) = self.http.get(status).send().await {
                match answer.status() {
                    StatusCode::OK => {
                        let told: Value = answer.json().await?;
                        let applied = told.get("status").is_some_and(|status| status == "applied");
                        return Ok(if applied { Known::Applied } else { Known::Rejected });
                    }
                    StatusCode::NOT_FOUND => return Ok(Known::Unknown),
                    StatusCode::ACCEPTED | StatusCode::SERVICE_UNAVAILABLE => {}
                    other => bail!("{other}: {}", answer.text().await?),
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        Ok(Known::Unknown)
    }
}

/// The item id of a bare product.
///
/// # Errors
/// It is no product id.
pub fn item_id(product: &str) -> Result<String> {
    Ok(cart_schemas::id::ItemId::new(product.parse()?, None).to_string())
}
