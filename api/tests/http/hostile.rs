//! What nobody in good faith sends: each case has its one answer, and after all of them every cart is as
//! it was. Requests are written byte by byte, since no client sends most of them.

mod bodies;
mod client;
mod headers;
mod ids;
mod json;
mod paths;
mod tokens;

use self::client::{Case, said};
use crate::identity::{customer, known};
use crate::support::record;
use crate::support::server::Server;

/// As many cases as there have to be.
const AT_LEAST: usize = 350;

fn all() -> Vec<Case> {
    let groups = [
        json::cases(),
        json::fields(),
        bodies::cases(),
        ids::cases(),
        paths::cases(),
        paths::methods(),
        headers::cases(),
        headers::conditions(),
        headers::of_http(),
        tokens::cases(),
        tokens::schemes(),
    ];
    groups.into_iter().flatten().collect()
}

#[tokio::test]
async fn every_hostile_request_has_its_one_answer_and_changes_nothing() {
    let server = Server::start(&known()).await;
    server.world.store.hold("ann", &record(3));
    let read = Case::new("reads", "GET /api/cart/ann");
    let before = said(&server.address, &read).await;
    assert_eq!((before.status, before.header("etag")), (200, Some("\"3\"")));

    let cases = all();
    assert!(cases.len() >= AT_LEAST, "{}", cases.len());
    let mut wrong = Vec::new();
    for case in &cases {
        let answer = said(&server.address, case).await;
        if answer.told() != case.told {
            let detail = answer.json()["detail"].clone();
            wrong.push(format!("{}: {}, not {}: {detail}", case.name, answer.told(), case.told));
        }
    }

    assert!(wrong.is_empty(), "{} of {}: {wrong:#?}", wrong.len(), cases.len());
    assert_eq!(server.world.log.commands().len(), 0);
    let after = said(&server.address, &read).await;
    assert_eq!((after.status, &after.body), (200, &before.body));
    let livez = said(&server.address, &Case::new("lives", "GET /livez")).await;
    assert_eq!((livez.status, livez.body.as_str()), (200, "ok"));
    let ready = said(&server.address, &Case::new("ready", "GET /readyz")).await;
    assert_eq!(ready.status, 200);
}

#[test]
fn every_case_has_a_name_of_its_own() {
    let mut names: Vec<_> = all().into_iter().map(|case| case.name).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();

    assert_eq!(names.len(), count);
}

/// The status of what Ann is answered, asking with a header more.
pub(crate) async fn status(address: &str, asks: &str, header: &str) -> u16 {
    said(address, &Case::new(asks, asks).header(header)).await.status
}

/// Ann's own token, as a header.
fn by_ann() -> String {
    format!("authorization: Bearer {}", customer("ann"))
}
