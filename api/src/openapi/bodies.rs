//! Bodies that may be left out: they are described as that, and not as null, which no route takes.

use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::schema::{Schema, Type};
use utoipa::openapi::{Content, OpenApi, RefOr, Required};

/// Takes the null out of each body that need not be there. What an optional type is described as, and
/// what makers of clients make nothing of.
pub(super) fn leave_out(document: &mut OpenApi) {
    let bodies = document.paths.paths.values_mut().flat_map(operations);
    for body in bodies.filter_map(|operation| operation.request_body.as_mut()) {
        let RefOr::T(body) = body else { continue };
        if body.required != Some(Required::True) {
            body.content.values_mut().for_each(without_null);
        }
    }
}

fn operations(path: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut path.post, &mut path.put, &mut path.delete].into_iter().flatten()
}

fn without_null(content: &mut RefOr<Content>) {
    let RefOr::T(content) = content else { return };
    let Some(RefOr::T(Schema::OneOf(choice))) = &mut content.schema else { return };
    choice.items.retain(|item| !is_null(item));
    if choice.items.len() == 1 {
        content.schema = choice.items.pop();
    }
}

fn is_null(item: &RefOr<Schema>) -> bool {
    let RefOr::T(Schema::Object(object)) = item else { return false };
    object.schema_type == Type::Null.into()
}
