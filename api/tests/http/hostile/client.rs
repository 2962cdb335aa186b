//! A request as it is written to the connection, and the answer as it is read from it.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::by_ann;

/// A request, and what it has to be answered with: a status, and the code of the problem. What the HTTP
/// library refuses by itself has none.
#[derive(Debug)]
pub(super) struct Case {
    pub(super) name: String,
    head: Vec<u8>,
    headers: Vec<Vec<u8>>,
    body: Vec<u8>,
    pub(super) told: String,
}

#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: String,
}

impl Case {
    /// Asks as Ann, with a method and a path.
    pub(super) fn new(name: &str, asks: &str) -> Self {
        let head = asks.as_bytes().to_vec();
        let headers = vec![by_ann().into_bytes()];
        Self { name: name.to_owned(), head, headers, body: Vec::new(), told: String::new() }
    }

    /// The same as nobody.
    pub(super) fn by_nobody(mut self) -> Self {
        self.headers.clear();
        self
    }

    pub(super) fn header(mut self, line: impl Into<Vec<u8>>) -> Self {
        self.headers.push(line.into());
        self
    }

    /// A body of JSON, or what is told to be.
    pub(super) fn json(self, body: impl Into<Vec<u8>>) -> Self {
        self.header("content-type: application/json").body(body)
    }

    pub(super) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = format!("content-length: {}", self.body.len());
        self.header(length)
    }

    /// A body whose length no header tells.
    pub(super) fn raw(mut self, body: &[u8]) -> Self {
        self.body = body.to_vec();
        self
    }

    pub(super) fn is(mut self, told: &str) -> Self {
        self.told = told.to_owned();
        self
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = self.head.clone();
        bytes.extend_from_slice(b" HTTP/1.1\r\nhost: carts.example\r\nconnection: close\r\n");
        for line in &self.headers {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

impl Answer {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find_map(|(named, value)| named.eq_ignore_ascii_case(name).then_some(value))
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// Status and code, of a problem that is one in every respect.
    pub(super) fn told(&self) -> String {
        let Self { status, .. } = self;
        if self.header("content-type") != Some("application/problem+json") {
            return status.to_string();
        }
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self:?}");
        assert_eq!(*status == 401, self.header("www-authenticate").is_some(), "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], *status, "{self:?}");
        format!("{status} {}", problem["code"].as_str().unwrap())
    }
}

/// What a case is answered, on a connection of its own.
pub(super) async fn said(address: &str, case: &Case) -> Answer {
    let mut connection = TcpStream::connect(address).await.unwrap();
    // Who refuses unread what is still being sent may reset the connection; the answer is what counts.
    drop(connection.write_all(&case.bytes()).await);
    let mut bytes = Vec::new();
    let read = connection.read_to_end(&mut bytes);
    let read = tokio::time::timeout(Duration::from_secs(15), read).await;
    drop(read.unwrap_or_else(|_| panic!("{}: no answer", case.name)));
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let status = status.unwrap_or_else(|| panic!("{}: {head:?}", case.name));
    Answer { status, head: head.to_owned(), body: body.to_owned() }
}
