//! cart-ingest
