//! The table of codes against what was published. Knows no request.

use super::*;

#[test]
fn every_code_is_an_error_with_a_title_and_prints_as_it_serializes() {
    for code in Code::ALL {
        assert!(code.status().is_client_error() || code.status().is_server_error());
        assert!(!code.title().is_empty());
        assert!(code.when().ends_with('.') && code.advice().ends_with('.'));
        assert_eq!(serde_json::to_string(code).unwrap(), format!("{:?}", code.as_str()));
    }
}

#[test]
fn codes_are_answered_with_the_published_statuses() {
    let published = [
        (400, "malformed"),
        (401, "invalid_signature unauthenticated invalid_token invalid_ticket"),
        (403, "foreign_origin forbidden"),
        (404, "not_found product_not_found item_not_found command_not_found version_not_found"),
        (404, "merge_not_found checkout_not_found webhook_not_found recovery_not_found"),
        (405, "method_not_allowed"),
        (
            409,
            "product_unavailable insufficient_stock currency_mismatch cart_exists nothing_to_restore",
        ),
        (409, "no_price too_many_webhooks"),
        (409, "merge_changed price_changed checkout_pending checkout_expired checkout_completed"),
        (412, "version_mismatch"),
        (413, "body_too_large"),
        (415, "unsupported_media_type"),
        (421, "misdirected"),
        (422, "empty_cart invalid_order_id invalid_currency invalid_webhook"),
        (422, "unknown_variant invalid_quantity invalid_user_id invalid_price cart_limit"),
        (422, "idempotency_conflict invalid_expiry invalid_product invalid_stock invalid_merge"),
        (423, "cart_locked"),
        (429, "rate_limited"),
        (500, "internal"),
        (503, "overloaded unavailable"),
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
        RejectionCode::NothingToRestore,
        RejectionCode::ProductUnavailable,
        RejectionCode::CurrencyMismatch,
        RejectionCode::NoPrice,
        RejectionCode::CartLimit,
        RejectionCode::PriceChanged,
        RejectionCode::InsufficientStock,
        RejectionCode::CartLocked,
        RejectionCode::CheckoutNotFound,
        RejectionCode::EmptyCart,
        RejectionCode::CheckoutPending,
        RejectionCode::CheckoutExpired,
        RejectionCode::CheckoutCompleted,
        RejectionCode::Internal,
    ];

    for code in codes {
        assert_eq!(Code::from(code).as_str(), code.as_str());
    }
}

#[test]
fn the_reference_names_the_bound_of_a_fold() {
    let bound = cart_analytics::history::FOLDED_MAX.to_string();

    assert!(Code::VersionNotFound.when().contains(&bound));
}
