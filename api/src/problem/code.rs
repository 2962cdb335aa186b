//! Every problem code and what it is answered as: the one table. Knows no request.

use axum::http::StatusCode;
use cart_schemas::rejection::RejectionCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What a code is answered as.
struct Row {
    code: &'static str,
    status: StatusCode,
    title: &'static str,
}

macro_rules! codes {
    ($($name:ident $code:literal $status:ident $title:literal;)+) => {
        /// The stable code of a problem, which is what a client branches on.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        #[schema(as = ProblemCode)]
        pub(crate) enum Code {
            $($name,)+
        }

        impl Code {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            const fn row(self) -> Row {
                match self {
                    $(Self::$name => {
                        Row { code: $code, status: StatusCode::$status, title: $title }
                    })+
                }
            }
        }
    };
}

codes! {
    Malformed "malformed" BAD_REQUEST "The request is malformed";
    NotFound "not_found" NOT_FOUND "There is nothing here";
    ProductNotFound "product_not_found" NOT_FOUND "There is no such product";
    ItemNotFound "item_not_found" NOT_FOUND "The cart has no such item";
    CommandNotFound "command_not_found" NOT_FOUND "Nobody knows this command";
    MethodNotAllowed "method_not_allowed" METHOD_NOT_ALLOWED "The method is not allowed here";
    ProductUnavailable "product_unavailable" CONFLICT "The product is not for sale";
    InsufficientStock "insufficient_stock" CONFLICT "There is not enough in stock";
    CurrencyMismatch "currency_mismatch" CONFLICT "The cart is in another currency";
    CartExists "cart_exists" CONFLICT "The cart has been changed before";
    VersionMismatch "version_mismatch" PRECONDITION_FAILED "The cart has another version";
    BodyTooLarge "body_too_large" PAYLOAD_TOO_LARGE "The body is too large";
    UnsupportedMediaType "unsupported_media_type" UNSUPPORTED_MEDIA_TYPE "The body is not JSON";
    UnknownVariant "unknown_variant" UNPROCESSABLE_ENTITY "The product has no such variant";
    InvalidUserId "invalid_user_id" UNPROCESSABLE_ENTITY "The userID is invalid";
    InvalidQuantity "invalid_quantity" UNPROCESSABLE_ENTITY "The quantity is invalid";
    InvalidPrice "invalid_price" UNPROCESSABLE_ENTITY "A price is invalid";
    InvalidProduct "invalid_product" UNPROCESSABLE_ENTITY "The product is invalid";
    InvalidExpiry "invalid_expiry" UNPROCESSABLE_ENTITY "The expiry cannot be extended so";
    CartLimit "cart_limit" UNPROCESSABLE_ENTITY "The cart would hold too much";
    IdempotencyConflict "idempotency_conflict" UNPROCESSABLE_ENTITY
        "The Idempotency-Key belongs to another request";
    Internal "internal" INTERNAL_SERVER_ERROR "The service failed";
    Unavailable "unavailable" SERVICE_UNAVAILABLE "The service is not available now";
}

impl Code {
    /// The code as text.
    pub(crate) const fn as_str(self) -> &'static str {
        self.row().code
    }

    /// The status it is answered with.
    pub(crate) const fn status(self) -> StatusCode {
        self.row().status
    }

    /// What it means, whatever the occurrence.
    pub(crate) const fn title(self) -> &'static str {
        self.row().title
    }
}

impl From<RejectionCode> for Code {
    fn from(code: RejectionCode) -> Self {
        match code {
            RejectionCode::ProductNotFound => Self::ProductNotFound,
            RejectionCode::UnknownVariant => Self::UnknownVariant,
            RejectionCode::VersionMismatch => Self::VersionMismatch,
            RejectionCode::CartExists => Self::CartExists,
            RejectionCode::ItemNotFound => Self::ItemNotFound,
            RejectionCode::InvalidExpiry => Self::InvalidExpiry,
            RejectionCode::ProductUnavailable => Self::ProductUnavailable,
            RejectionCode::CurrencyMismatch => Self::CurrencyMismatch,
            RejectionCode::CartLimit => Self::CartLimit,
            RejectionCode::InsufficientStock => Self::InsufficientStock,
            RejectionCode::Internal => Self::Internal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_an_error_with_a_title_and_prints_as_it_serializes() {
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error());
            assert!(!code.title().is_empty());
            assert_eq!(serde_json::to_string(code).unwrap(), format!("{:?}", code.as_str()));
        }
    }

    #[test]
    fn codes_are_answered_with_the_published_statuses() {
        let published = [
            (400, "malformed"),
            (404, "not_found product_not_found item_not_found command_not_found"),
            (405, "method_not_allowed"),
            (409, "product_unavailable insufficient_stock currency_mismatch cart_exists"),
            (412, "version_mismatch"),
            (413, "body_too_large"),
            (415, "unsupported_media_type"),
            (422, "unknown_variant invalid_quantity invalid_user_id invalid_price cart_limit"),
            (422, "idempotency_conflict invalid_expiry invalid_product"),
            (500, "internal"),
            (503, "unavailable"),
        ];
        let expected: Vec<_> = published
            .iter()
            .flat_map(|(status, codes)| codes.split(' ').map(move |code| (code, *status)))
            .collect();

        assert_eq!(Code::ALL.len(), expected.len());
        for (text, status) in expected {
            let code = Code::ALL.iter().find(|code| code.as_str() == text).unwrap();
            assert_eq!(code.status().as_u16(), status, "{text}");
        }
    }

    #[test]
    fn a_rejection_keeps_its_code() {
        let codes = [
            RejectionCode::ProductNotFound,
            RejectionCode::UnknownVariant,
            RejectionCode::VersionMismatch,
            RejectionCode::CartExists,
            RejectionCode::ItemNotFound,
            RejectionCode::InvalidExpiry,
            RejectionCode::ProductUnavailable,
            RejectionCode::CurrencyMismatch,
            RejectionCode::CartLimit,
            RejectionCode::InsufficientStock,
            RejectionCode::Internal,
        ];

        for code in codes {
            assert_eq!(Code::from(code).as_str(), code.as_str());
        }
    }
}
