//! Acts sent to a tool that answers what the tests say.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use cart_schemas::timestamp::Timestamp;
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::*;
use crate::cli::ToolArgs;

/// A tool: what it is asked, and the statuses it answers first; then it takes everything.
struct Listening {
    url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<u16>>>,
}

#[derive(Debug, Clone)]
struct Asked {
    path: String,
    authorization: Option<String>,
    body: serde_json::Value,
}

impl Listening {
    async fn answering(answers: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let answers = Arc::new(Mutex::new(answers.iter().copied().collect::<VecDeque<_>>()));
        let (heard, statuses) = (Arc::clone(&asked), Arc::clone(&answers));
        tokio::spawn(async move {
            loop {
                let (connection, _) = listener.accept().await.unwrap();
                let (heard, statuses) = (Arc::clone(&heard), Arc::clone(&statuses));
                let answer = service_fn(move |request| {
                    answer(request, Arc::clone(&heard), Arc::clone(&statuses))
                });
                let connection = TokioIo::new(connection);
                let served = hyper::server::conn::http1::Builder::new();
                tokio::spawn(served.serve_connection(connection, answer));
            }
        });
        Self { url, asked, answers }
    }

    fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// The ids Segment was told, in the order it was.
    fn ids(&self) -> Vec<String> {
        let batch = |asked: Asked| asked.body["batch"].as_array().unwrap().clone();
        let all = self.asked().into_iter().flat_map(batch);
        all.map(|one| one["messageId"].as_str().unwrap().to_owned()).collect()
    }

    fn tool(&self, vocabulary: Vocabulary) -> Tool {
        let args = ToolArgs {
            send: true,
            to: Some(format!("{}/", self.url)),
            ga4_measurement_id: "G-1".parse().ok(),
            ga4_api_secret: "s3cret".parse().ok(),
            segment_write_key: "key".parse().ok(),
        };
        Tool::of(vocabulary, &args).unwrap()
    }
}

async fn answer(
    request: Request<Incoming>,
    heard: Arc<Mutex<Vec<Asked>>>,
    statuses: Arc<Mutex<VecDeque<u16>>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let path = request.uri().path_and_query().unwrap().to_string();
    let authorization = request.headers().get("authorization");
    let authorization = authorization.map(|value| value.to_str().unwrap().to_owned());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let body = serde_json::from_slice(&body).unwrap();
    let status = statuses.lock().unwrap().pop_front().unwrap_or(200);
    if status == 200 {
        heard.lock().unwrap().push(Asked { path, authorization, body });
    }
    Ok(Response::builder().status(status).body(Full::default()).unwrap())
}

/// A folder of a test's own with acts of Segment's.
struct Written(Folder, PathBuf);

impl Written {
    fn new(name: &str) -> Self {
        let name = format!("cartstream-sending-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        Self(Folder::at(path.clone()), path)
    }

    /// The file of an hour has these acts.
    fn has(&self, hour: u32, partition: u16, ids: &[&str]) {
        let hour = Hour::of(Timestamp::from_millis(0).plus_seconds(hour * 3_600));
        let path = self.0.part(hour, Partition::new(partition), KIND);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let line = |id: &&str| format!("{{\"type\":\"track\",\"messageId\":\"{id}\"}}\n");
        std::fs::write(path, ids.iter().map(line).collect::<String>()).unwrap();
    }

    async fn send(&self, to: &Listening) -> Result<Sent, SendError> {
        send(&self.0, Vocabulary::Segment, &to.tool(Vocabulary::Segment)).await
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.1));
    }
}

#[tokio::test]
async fn what_is_written_is_sent_once_and_in_its_order() {
    let (written, tool) = (Written::new("once"), Listening::answering(&[]).await);
    written.has(0, 0, &["a", "b"]);
    written.has(0, 1, &["x"]);
    written.has(1, 0, &["c"]);
    assert_eq!(written.send(&tool).await.unwrap(), Sent { taken: 4, refused: 0 });

    written.has(2, 1, &["y"]);
    assert_eq!(written.send(&tool).await.unwrap(), Sent { taken: 1, refused: 0 });

    assert_eq!(tool.ids(), ["a", "b", "x", "c", "y"]);
    let Asked { path, authorization, .. } = tool.asked()[0].clone();
    assert_eq!((path.as_str(), authorization.as_deref()), ("/v1/batch", Some("Basic a2V5Og==")));
}

#[tokio::test]
async fn a_tool_that_is_away_for_a_moment_is_told_again() {
    let (written, tool) = (Written::new("away"), Listening::answering(&[503]).await);
    written.has(0, 0, &["a"]);

    assert_eq!(written.send(&tool).await.unwrap(), Sent { taken: 1, refused: 0 });
    assert_eq!(tool.ids(), ["a"]);
}

#[tokio::test]
async fn what_a_tool_refuses_is_put_aside_and_what_follows_is_sent() {
    let (written, tool) = (Written::new("refused"), Listening::answering(&[400]).await);
    written.has(0, 0, &["a", "b"]);
    written.has(1, 0, &["c"]);

    assert_eq!(written.send(&tool).await.unwrap(), Sent { taken: 1, refused: 2 });
    let refused = std::fs::read_to_string(written.0.file(REFUSED)).unwrap();
    assert_eq!(refused.lines().count(), 2);
    assert_eq!(tool.ids(), ["c"]);
    assert_eq!(written.send(&tool).await.unwrap(), Sent::default(), "it is dealt with");
}

#[tokio::test]
async fn a_wrong_key_loses_nothing() {
    let (written, tool) = (Written::new("key"), Listening::answering(&[403]).await);
    written.has(0, 0, &["a"]);

    let failed = written.send(&tool).await;
    assert!(
        matches!(failed, Err(SendError::Untaken(_, Untaken::Place(403)))),
        "{failed:?} {:?}",
        tool.answers
    );
    assert_eq!(written.send(&tool).await.unwrap(), Sent { taken: 1, refused: 0 });
}

#[tokio::test]
async fn more_than_a_window_is_sent_window_by_window() {
    let (written, tool) = (Written::new("windows"), Listening::answering(&[]).await);
    let ids: Vec<_> = (0..WINDOW * 2 + 1).map(|number| number.to_string()).collect();
    written.has(0, 0, &ids.iter().map(String::as_str).collect::<Vec<_>>());

    assert_eq!(written.send(&tool).await.unwrap().taken, ids.len());
    assert_eq!((tool.ids(), tool.asked().len()), (ids, 3));
}

#[tokio::test]
async fn ga4_is_told_by_its_ids_and_words_of_another_tool_are_not_sent() {
    let (written, tool) = (Written::new("ga4"), Listening::answering(&[]).await);
    let line = r#"{"client_id":"c","user_id":"u","events":[{"name":"purchase","params":{}}]}"#;
    tool.tool(Vocabulary::Ga4).tell(line.into()).await.unwrap();
    written.has(0, 0, &["a"]);

    let failed = send(&written.0, Vocabulary::Ga4, &tool.tool(Vocabulary::Ga4)).await;

    assert!(matches!(failed, Err(SendError::Words(..))), "{failed:?}");
    let asked = tool.asked();
    assert_eq!(asked.len(), 1);
    assert_eq!(asked[0].path, "/mp/collect?measurement_id=G-1&api_secret=s3cret");
}
