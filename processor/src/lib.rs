//! cart-processor
