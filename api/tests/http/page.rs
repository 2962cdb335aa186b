//! The pages at `/`, `/docs` and `/analytics` and their files, as a browser asks for them.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;

use crate::support::{Said, World};

/// The pages.
const PAGES: [&str; 3] = ["/", "/docs", "/analytics"];

/// Every file the pages need, found as a browser finds them: from what each one names.
async fn files(world: &World) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut unread = PAGES.map(str::to_owned).to_vec();
    while let Some(path) = unread.pop() {
        if !found.insert(path.clone()) {
            continue;
        }
        let text = world.get(&path).await.text;
        let folder = path.rsplit_once('/').unwrap().0;
        let named = text.split('"').filter_map(|word| match word.strip_prefix("./") {
            Some(module) => Some(format!("{folder}/{module}")),
            None => {
                let folders = ["/shop/", "/docs/", "/analytics/"];
                let is_file = folders.iter().any(|folder| word.starts_with(folder));
                is_file.then(|| word.to_owned())
            }
        });
        unread.extend(named);
    }
    found
}

async fn asked_with(world: &World, name: &str, value: &str) -> Said {
    world.ask(Request::get("/").header(name, value).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_file_the_pages_name_is_served_as_what_it_is() {
    let world = World::new().await;
    let files = files(&world).await;

    assert!(files.len() > 15, "{files:?}");
    for named in ["/shop/cartstream/fold.js", "/docs/schema.js", "/analytics/draw.js"] {
        assert!(files.contains(named), "{named} in {files:?}");
    }
    for path in files {
        let said = world.get(&path).await;
        let expected = match path.rsplit('.').next().unwrap() {
            "css" => "text/css; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "text/html; charset=utf-8",
        };
        assert_eq!(said.status, 200, "{path}");
        assert_eq!(said.header("content-type"), Some(expected), "{path}");
        assert_eq!(said.header("x-content-type-options"), Some("nosniff"), "{path}");
    }
}

#[tokio::test]
async fn the_pages_may_run_their_own_files_and_nothing_else() {
    let world = World::new().await;
    for page in PAGES {
        let said = world.get(page).await;

        let policy = said.header("content-security-policy").unwrap();
        let rules =
            ["default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'"];
        for rule in rules {
            assert!(policy.split("; ").any(|it| it == rule), "{rule} in {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!said.text.contains(" style=") && !said.text.contains(" onclick="));
        assert_eq!(said.header("referrer-policy"), Some("no-referrer"));
    }
}

#[tokio::test]
async fn the_page_of_the_contract_names_no_other_host() {
    let world = World::new().await;
    for file in ["/docs", "/docs/docs.css", "/docs/docs.js", "/docs/schema.js"] {
        let text = world.get(file).await.text;
        assert!(!text.is_empty() && !text.contains("://"), "{file}");
    }
}

#[tokio::test]
async fn who_has_a_file_already_is_told_so() {
    let world = World::new().await;
    let whole = world.get("/").await;
    let tag = whole.header("etag").unwrap().to_owned();
    assert_eq!(whole.header("cache-control"), Some("no-cache"));
    assert_ne!(world.get("/shop/shop.js").await.header("etag"), Some(tag.as_str()));

    for held in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let said = asked_with(&world, "if-none-match", &held).await;
        assert_eq!((said.status.as_u16(), said.text.as_str()), (304, ""), "{held}");
        assert_eq!(said.header("etag"), Some(tag.as_str()));
        assert_eq!(said.header("cache-control"), Some("no-cache"));
    }
    assert_eq!(asked_with(&world, "if-none-match", "\"other\"").await.text, whole.text);
}

#[tokio::test]
async fn head_is_the_page_without_its_text() {
    let world = World::new().await;
    let whole = world.get("/").await;
    let head = world.ask(Request::head("/").body(Body::empty()).unwrap()).await;

    assert_eq!((head.status.as_u16(), head.text.as_str()), (200, ""));
    let length = whole.text.len().to_string();
    assert_eq!(head.header("content-length"), Some(length.as_str()));
    for name in ["content-type", "etag", "content-security-policy", "cache-control"] {
        assert_eq!(head.header(name), whole.header(name), "{name}");
    }
}

#[tokio::test]
async fn a_page_can_only_be_read() {
    let world = World::new().await;

    for path in ["/", "/docs", "/shop/shop.js"] {
        let said = world.send("POST", path, "{}").await;
        assert_eq!(said.problem(), (405, "method_not_allowed".to_owned()), "{path}");
        assert_eq!(said.header("allow"), Some("GET,HEAD"), "{path}");
    }
    assert_eq!(world.get("/shop/").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(world.get("/shop/pages.rs").await.problem(), (404, "not_found".to_owned()));
}

#[tokio::test]
async fn the_pages_are_no_part_of_the_description() {
    let paths = World::new().await.get("/openapi.json").await.json()["paths"].clone();

    let described = paths.as_object().unwrap();
    assert!(
        described.keys().all(|path| {
            path != "/" && !path.starts_with("/shop") && !path.starts_with("/docs")
        }),
        "{described:?}"
    );
}

#[tokio::test]
async fn the_page_is_served_before_the_shop_is_ready() {
    let log = crate::support::log::MemoryLog::new();
    log.set_silent();
    let world = World::starting(&cart_api::Settings::default(), log).await;

    assert_eq!(world.get("/readyz").await.status, 503);
    assert_eq!(world.get("/").await.status, 200);
}
