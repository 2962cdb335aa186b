//! The page at `/`, a small shop on the JavaScript client, the one at `/docs`, which shows the contract, and
//! the one at `/analytics`, which shows what becomes of carts: out of the binary itself. Knows their files,
//! not what they do, and is no part of the API's description.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use bytes::Bytes;

use crate::tag::Tag;

/// The page runs its own scripts and styles, and nothing else: no inline code, no markup out of strings,
/// no frame around it. Whom it talks to, beside its own origin, is put behind it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    form-action 'self'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self'";
/// A browser asks each time and is answered 304: scripts of two builds never meet on one page.
const REVALIDATE: HeaderValue = HeaderValue::from_static("no-cache");

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Where each file is served, as what, and its text.
const FILES: [(&str, &str, &str); 26] = [
    ("/", HTML, concat!(include_str!("pages/shop.html"), include_str!("pages/art.svg"))),
    ("/shop/icon.svg", SVG, include_str!("pages/icon.svg")),
    ("/shop/base.css", CSS, include_str!("pages/base.css")),
    ("/shop/device.css", CSS, include_str!("pages/device.css")),
    ("/shop/events.css", CSS, include_str!("pages/events.css")),
    ("/shop/frame.css", CSS, include_str!("pages/frame.css")),
    ("/shop/goods.css", CSS, include_str!("pages/goods.css")),
    ("/shop/lines.css", CSS, include_str!("pages/lines.css")),
    ("/shop/device.js", SCRIPT, include_str!("pages/device.js")),
    ("/shop/dom.js", SCRIPT, include_str!("pages/dom.js")),
    ("/shop/dress.js", SCRIPT, include_str!("pages/dress.js")),
    ("/shop/events.js", SCRIPT, include_str!("pages/events.js")),
    ("/shop/goods.js", SCRIPT, include_str!("pages/goods.js")),
    ("/shop/lines.js", SCRIPT, include_str!("pages/lines.js")),
    ("/shop/messages.js", SCRIPT, include_str!("pages/messages.js")),
    ("/shop/readable.js", SCRIPT, include_str!("pages/readable.js")),
    ("/shop/shop.js", SCRIPT, include_str!("pages/shop.js")),
    ("/docs", HTML, include_str!("pages/docs.html")),
    ("/docs/docs.css", CSS, include_str!("pages/docs.css")),
    ("/docs/docs.js", SCRIPT, include_str!("pages/docs.js")),
    ("/docs/schema.js", SCRIPT, include_str!("pages/docs_schema.js")),
    ("/analytics", HTML, include_str!("pages/figures.html")),
    ("/analytics/figures.css", CSS, include_str!("pages/figures.css")),
    ("/analytics/figures.js", SCRIPT, include_str!("pages/figures.js")),
    ("/analytics/ask.js", SCRIPT, include_str!("pages/figures_ask.js")),
    ("/analytics/draw.js", SCRIPT, include_str!("pages/figures_draw.js")),
];

/// The JavaScript client's modules, which import each other as neighbours.
const CLIENT: [(&str, &str); 18] = [
    ("/shop/cartstream/backoff.js", include_str!("../../clients/js/src/backoff.js")),
    ("/shop/cartstream/commands.js", include_str!("../../clients/js/src/commands.js")),
    ("/shop/cartstream/exact.js", include_str!("../../clients/js/src/exact.js")),
    ("/shop/cartstream/fold.js", include_str!("../../clients/js/src/fold.js")),
    ("/shop/cartstream/guest.js", include_str!("../../clients/js/src/guest.js")),
    ("/shop/cartstream/http.js", include_str!("../../clients/js/src/http.js")),
    ("/shop/cartstream/index.js", include_str!("../../clients/js/src/index.js")),
    ("/shop/cartstream/listeners.js", include_str!("../../clients/js/src/listeners.js")),
    ("/shop/cartstream/live.js", include_str!("../../clients/js/src/live.js")),
    ("/shop/cartstream/optimism.js", include_str!("../../clients/js/src/optimism.js")),
    ("/shop/cartstream/outbox.js", include_str!("../../clients/js/src/outbox.js")),
    ("/shop/cartstream/overlay.js", include_str!("../../clients/js/src/overlay.js")),
    ("/shop/cartstream/problem.js", include_str!("../../clients/js/src/problem.js")),
    ("/shop/cartstream/rest.js", include_str!("../../clients/js/src/rest.js")),
    ("/shop/cartstream/route.js", include_str!("../../clients/js/src/route.js")),
    ("/shop/cartstream/socket.js", include_str!("../../clients/js/src/socket.js")),
    ("/shop/cartstream/sse.js", include_str!("../../clients/js/src/sse.js")),
    ("/shop/cartstream/token.js", include_str!("../../clients/js/src/token.js")),
];

/// A file and the tag of its content.
struct File {
    content_type: HeaderValue,
    policy: HeaderValue,
    tag: Tag,
    bytes: Bytes,
}

/// A route for each file. The page may also talk to the origins in `live`, each after a space.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(live: &str) -> Router<S> {
    let policy = HeaderValue::try_from(format!("{POLICY}{live}"));
    // An address of sockets has nothing in it that is not a header's.
    let policy = policy.unwrap_or(HeaderValue::from_static(POLICY));
    let client = CLIENT.into_iter().map(|(path, text)| (path, SCRIPT, text));
    FILES.into_iter().chain(client).fold(Router::new(), |router, (path, content_type, text)| {
        let file = Arc::new(File::new(content_type, text, policy.clone()));
        router.route(path, get(move |headers: HeaderMap| async move { file.answer(&headers) }))
    })
}

impl File {
    fn new(content_type: &'static str, text: &'static str, policy: HeaderValue) -> Self {
        Self {
            content_type: HeaderValue::from_static(content_type),
            policy,
            tag: Tag::of(text.as_bytes()),
            bytes: Bytes::from_static(text.as_bytes()),
        }
    }

    /// The file, or 304 for who has it already. `HEAD` is the router's.
    fn answer(&self, asked: &HeaderMap) -> Response<Body> {
        let is_held = self.tag.is_held(asked);
        let body = if is_held { Body::empty() } else { Body::from(self.bytes.clone()) };
        let mut response = Response::new(body);
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.tag.value());
        headers.insert(header::CACHE_CONTROL, REVALIDATE);
        headers.insert(header::CONTENT_SECURITY_POLICY, self.policy.clone());
        if is_held {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            headers.insert(header::CONTENT_TYPE, self.content_type.clone());
        }
        response
    }
}
