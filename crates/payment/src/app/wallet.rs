use ids::UserId;

use super::App;
use crate::{
    error::Error,
    ledger::{Account, Posted},
};

/// What a user has with us.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Purse {
    pub user: UserId,
    pub available_fen: i64,
    pub held_fen: i64,
}

impl App {
    pub(crate) async fn purse(&self, user: UserId) -> Result<Purse, Error> {
        Ok(Purse {
            user,
            available_fen: self.ledger.balance(Account::user(user)).await?,
            held_fen: self.ledger.balance(Account::held(user)).await?,
        })
    }
}

/// Whether the movement was made before.
pub(super) fn moved(posted: Posted) -> Result<bool, Error> {
    match posted {
        Posted::Done => Ok(false),
        Posted::Repeated => Ok(true),
        Posted::TooLittle(_) => Err(Error::BalanceTooLittle),
        Posted::KeyReused => Err(Error::KeyReused),
        Posted::TooLarge => Err(Error::AmountRange),
    }
}

/// The key of a request that moves money: it cannot be left out.
pub(super) fn key(text: &str) -> Result<&str, Error> {
    const KEY_MAX: usize = 64;
    if (1..=KEY_MAX).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
        Ok(text)
    } else {
        Err(Error::Parameter(
            "the idempotency key has 1 to 64 visible characters",
        ))
    }
}
