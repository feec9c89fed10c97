//! Double entry: every movement of money is one balanced journal, made once under its key; no row
//! is ever changed but the cached balances. Its tables are written here and nowhere else.

mod account;
mod audit;
mod batching;
mod journal;
mod post;
mod store;

pub use self::audit::{Finding, Report};
pub(crate) use self::{
    account::{Account, Kind},
    batching::Transfers,
    journal::{Journal, NotAJournal},
    post::Posted,
    store::LedgerStore,
};
