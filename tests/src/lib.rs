//! cart-tests
