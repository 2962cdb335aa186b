//! A shop of a test's own on the real engines: its processes, its customers, its history.

pub mod answers;
pub mod crowd;
pub mod customer;
pub mod deadlines;
pub mod folder;
pub mod history;
pub mod merging;
pub mod node;
pub mod operator;
pub mod rows;
pub mod selling;
pub mod shop;
pub mod steady;
pub mod telling;
