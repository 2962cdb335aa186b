//! The server that is tried: where it listens, and what it says over plain HTTP.

use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use cart_tests::support::node::Node;

/// A product of which nobody takes the last piece.
pub(super) const PLENTY: &str = "ball";

#[derive(Debug, Clone)]
pub(super) struct Place {
    url: String,
    http: Client,
}

impl Place {
    pub(super) fn of(node: &Node) -> Self {
        Self { url: node.url().to_owned(), http: Client::new() }
    }

    /// Where to connect to.
    pub(super) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Puts a product with these variants, and plenty of each. It has a long name, so that what is
    /// told of it is long.
    pub(super) async fn sells(&self, variants: &[String]) {
        let variant = |id: &String| json!({"id": id, "name": id, "price": 1, "stock": 100_000});
        let variants: Vec<_> = variants.iter().map(variant).collect();
        let name = "Ball ".repeat(50);
        let body =
            json!({"name": name.trim_end(), "price": 1, "stock": 100_000, "variants": variants});
        let url = format!("{}/api/products/{PLENTY}", self.url);
        let answer = self.http.put(url).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }

    /// Adds one piece to a cart; the cart then.
    pub(super) async fn add(&self, user: &str, variant: &str) -> Value {
        let mut body = json!({"productID": PLENTY, "quantity": 1});
        if !variant.is_empty() {
            body["variant"] = json!(variant);
        }
        let url = format!("{}/api/cart/{user}/items", self.url);
        let answer = self.http.post(url).json(&body).send().await.unwrap();
        let status = answer.status();
        let cart: Value = answer.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{cart}");
        cart
    }

    /// How many pieces are in a cart.
    pub(super) async fn pieces(&self, user: &str) -> u64 {
        let answer = self.http.get(format!("{}/api/cart/{user}", self.url)).send().await.unwrap();
        let cart: Value = answer.json().await.unwrap();
        cart["itemCount"].as_u64().unwrap()
    }

    /// Comes back when the server has had a turn: it has seen what was sent before.
    pub(super) async fn turn(&self) {
        self.says_ok("/livez").await;
    }

    /// Asks for a path that has to be there.
    pub(super) async fn says_ok(&self, path: &str) -> String {
        let answer = self.http.get(format!("{}{path}", self.url)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        answer.text().await.unwrap()
    }

    /// How many sockets the server counts.
    pub(super) async fn sockets(&self) -> u64 {
        let metrics = self.says_ok("/metrics").await;
        let mut lines = metrics.lines();
        lines
            .find_map(|line| {
                line.strip_prefix(r#"cartstream_sockets{tenant="default"} "#)?.parse().ok()
            })
            .unwrap()
    }
}
