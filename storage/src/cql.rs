//! CQL engine
