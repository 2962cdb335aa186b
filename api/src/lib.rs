//! cart-api
