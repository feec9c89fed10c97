use std::fmt::Write;

use money::FEN_MAX;

use super::Account;

/// As wide as the columns.
const KEY_MAX: usize = 160;
const ABOUT_MAX: usize = 96;
const MEMO_CHARS_MAX: usize = 255;
/// So that the text of a movement fits its column.
const LINES_MAX: usize = 4;

/// One movement of money that is to be made once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Journal {
    key: String,
    kind: &'static str,
    about: String,
    memo: String,
    /// Sorted by account; the amounts sum up to 0.
    lines: Vec<Line>,
    spread: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Line {
    pub account: Account,
    pub amount_fen: i64,
}

/// Why something is not a movement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotAJournal {
    #[error("the amounts do not sum up to 0")]
    Unbalanced,
    #[error("an amount of 0 moves nothing")]
    Nothing,
    #[error("an amount is too large")]
    TooLarge,
    #[error("an account stands in it twice")]
    Twice,
    #[error("it has too many lines")]
    TooManyLines,
    #[error("its key, or what it is about, is empty or too long")]
    Name,
}

impl Journal {
    /// Moves what `lines` say: a positive amount is put into an account, a negative one taken out.
    pub(crate) fn new(
        kind: &'static str,
        key: String,
        about: impl Into<String>,
        lines: &[(Account, i64)],
    ) -> Result<Self, NotAJournal> {
        let about = about.into();
        let named = (1..=KEY_MAX).contains(&key.len()) && about.len() <= ABOUT_MAX;
        if !named {
            return Err(NotAJournal::Name);
        }
        if lines.len() > LINES_MAX {
            return Err(NotAJournal::TooManyLines);
        }
        let mut sum: i128 = 0;
        for (_, amount_fen) in lines {
            match amount_fen.checked_abs() {
                Some(0) => return Err(NotAJournal::Nothing),
                Some(amount) if amount <= FEN_MAX => sum += i128::from(*amount_fen),
                _ => return Err(NotAJournal::TooLarge),
            }
        }
        if sum != 0 || lines.is_empty() {
            return Err(NotAJournal::Unbalanced);
        }
        let mut lines: Vec<_> = lines
            .iter()
            .map(|&(account, amount_fen)| Line {
                account,
                amount_fen,
            })
            .collect();
        lines.sort_unstable();
        if lines.windows(2).any(|two| two[0].account == two[1].account) {
            return Err(NotAJournal::Twice);
        }
        Ok(Self {
            key,
            kind,
            about,
            memo: String::new(),
            lines,
            spread: 0,
        })
    }

    /// Moves `amount_fen` from one account to another.
    pub(crate) fn between(
        kind: &'static str,
        key: String,
        about: impl Into<String>,
        (from, to): (Account, Account),
        amount_fen: i64,
    ) -> Result<Self, NotAJournal> {
        let taken = amount_fen.checked_neg().ok_or(NotAJournal::TooLarge)?;
        Self::new(kind, key, about, &[(from, taken), (to, amount_fen)])
    }

    #[must_use]
    pub(crate) fn memo(mut self, memo: &str) -> Self {
        self.memo = memo.chars().take(MEMO_CHARS_MAX).collect();
        self
    }

    /// Movements about the same thing share this number.
    #[must_use]
    pub(crate) const fn spread(mut self, spread: i64) -> Self {
        self.spread = spread;
        self
    }

    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    pub(crate) const fn kind(&self) -> &'static str {
        self.kind
    }

    pub(crate) fn about(&self) -> &str {
        &self.about
    }

    pub(crate) fn memo_text(&self) -> &str {
        &self.memo
    }

    /// The lines with the row that each of them touches.
    pub(crate) fn rows(&self) -> impl Iterator<Item = ((Account, i16), i64)> {
        self.lines.iter().map(|line| {
            let stripe = line.account.stripe(self.spread);
            ((line.account, stripe), line.amount_fen)
        })
    }

    /// What moves, as the schema keeps it.
    pub(crate) fn movement(&self) -> String {
        let mut text = String::from(self.kind);
        for line in &self.lines {
            // Writing to a string cannot fail.
            let _ = write!(text, " {}{:+}", line.account, line.amount_fen);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Kind;

    const A: Account = Account {
        kind: Kind::OnePass,
        owner: 1,
    };
    const B: Account = Account {
        kind: Kind::OnePass,
        owner: 2,
    };

    fn journal(lines: &[(Account, i64)]) -> Result<Journal, NotAJournal> {
        Journal::new("transfer", "k".into(), "", lines)
    }

    #[test]
    fn what_does_not_sum_up_to_zero_is_no_journal() {
        assert_eq!(journal(&[(A, -5), (B, 4)]), Err(NotAJournal::Unbalanced));
        assert_eq!(journal(&[]), Err(NotAJournal::Unbalanced));
        assert_eq!(journal(&[(A, 0), (B, 0)]), Err(NotAJournal::Nothing));
        assert_eq!(journal(&[(A, -5), (A, 5)]), Err(NotAJournal::Twice));
        let huge = [(A, i64::MIN), (B, i64::MAX)];
        assert_eq!(journal(&huge), Err(NotAJournal::TooLarge));
    }

    #[test]
    fn the_same_movement_is_the_same_text() {
        let one = journal(&[(A, -5), (B, 5)]).unwrap();
        let other = journal(&[(B, 5), (A, -5)]).unwrap();
        assert_eq!(one.movement(), "transfer one_pass:1-5 one_pass:2+5");
        assert_eq!(one.movement(), other.movement());
    }
}
