//! Kafka engine
