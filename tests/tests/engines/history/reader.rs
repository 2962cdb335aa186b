//! Who changes a cart and reads what was told of it.

use std::collections::VecDeque;
use std::time::Duration;

use cart_tests::support::customer::item_id;
use cart_tests::support::shop::eventually;
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};

use super::KEPT_WITHIN;

/// How long the next event may take on a busy machine.
const TOLD_WITHIN: Duration = Duration::from_secs(20);

/// Changes a cart so often; the carts as they were answered.
pub(super) async fn change(url: &str, user: &str, times: usize) -> Vec<String> {
    let (http, cart) = (Client::new(), format!("{url}/api/cart/{user}"));
    let item = item_id("prod_1").unwrap();
    let mut shown = Vec::new();
    for number in 0..times {
        let set = http.put(format!("{cart}/items/{item}"));
        let mut answer = set.json(&json!({"quantity": number % 3 + 1})).send().await.unwrap();
        if answer.status() == StatusCode::NOT_FOUND {
            let add = http.post(format!("{cart}/items"));
            let body = json!({"productID": "prod_1", "quantity": 1});
            answer = add.json(&body).send().await.unwrap();
        }
        assert_eq!(answer.status(), StatusCode::OK);
        shown.push(answer.text().await.unwrap());
    }
    shown
}

/// The versions of a page, which has no hole, and where the next one begins.
pub(super) async fn events(url: &str, user: &str, after: u64) -> (Vec<u64>, Option<u64>) {
    let url = format!("{url}/api/cart/{user}/events?after={after}");
    let page: Value = reqwest::get(url).await.unwrap().json().await.unwrap();
    assert!(page.get("from").is_none(), "nothing is gone: {page}");
    let versions = page["events"].as_array().unwrap().iter();
    let versions: Vec<_> = versions.map(|event| event["version"].as_u64().unwrap()).collect();
    assert!(versions.iter().copied().eq(after + 1..=after + versions.len() as u64), "{versions:?}");
    (versions, page["next"].as_u64())
}

/// Waits until the history is whole up to a version, read page by page.
pub(super) async fn until_kept(url: &str, user: &str, version: u64) {
    let kept = || async {
        let mut after = 0;
        loop {
            let (versions, next) = events(url, user, after).await;
            match next {
                None => return (after + versions.len() as u64 == version).then_some(()),
                Some(next) if next == after => return None,
                Some(next) => after = next,
            }
        }
    };
    eventually("the history is whole", KEPT_WITHIN, kept).await.unwrap();
}

/// A client of the event stream.
pub(super) struct Listener {
    answer: Response,
    text: String,
    versions: VecDeque<u64>,
}

impl Listener {
    /// One that comes anew, or back after a version.
    pub(super) async fn of(url: &str, user: &str, last: Option<u64>) -> Self {
        let request = Client::new().get(format!("{url}/api/cart/{user}/events"));
        let request = request.header("accept", "text/event-stream");
        let request = match last {
            Some(last) => request.header("last-event-id", last.to_string()),
            None => request,
        };
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.headers()["content-type"], "text/event-stream");
        Self { answer, text: String::new(), versions: VecDeque::new() }
    }

    /// The next so many versions.
    pub(super) async fn versions(&mut self, count: usize) -> Vec<u64> {
        while self.versions.len() < count {
            let chunk = tokio::time::timeout(TOLD_WITHIN, self.answer.chunk()).await;
            let chunk = chunk.expect("an event in time").unwrap().expect("an open stream");
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                self.versions.extend(version(event));
                self.text = rest.to_owned();
            }
        }
        self.versions.drain(..count).collect()
    }
}

/// The version of an event, which its id has to be; none of a comment.
fn version(event: &str) -> Option<u64> {
    let field = |name: &str| event.lines().find_map(|line| line.strip_prefix(name));
    let data: Value = serde_json::from_str(field("data: ")?).unwrap();
    let (id, kind) = (field("id: ").unwrap(), field("event: ").unwrap());
    assert_eq!((data["version"].to_string(), &data["type"]), (id.to_owned(), &json!(kind)));
    id.parse().ok()
}
