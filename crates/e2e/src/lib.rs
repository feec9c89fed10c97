//! The whole product from outside: a client of its HTTP API, the story of a sale, the audit
//! afterwards, and a fleet of real processes to kill.

pub mod api;
pub mod audit;
pub mod bench;
pub mod chaos;
pub mod desk;
pub mod fleet;
pub mod load;
pub mod sale;
pub mod story;
