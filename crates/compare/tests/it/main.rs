//! The service as a process would run it.

mod start;
