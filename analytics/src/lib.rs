//! cart-analytics
