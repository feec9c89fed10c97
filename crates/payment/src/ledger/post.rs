use std::collections::{BTreeMap, HashMap};

use db::Tx;
use money::FEN_MAX;

use super::{Account, Journal, LedgerStore, store::NewEntry};
use crate::error::Error;

/// What became of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Posted {
    Done,
    /// It was made before; nothing moved now.
    Repeated,
    /// This account has too little; nothing moved.
    TooLittle(Account),
    /// The key belongs to another movement; nothing moved.
    KeyReused,
    /// A balance would leave the range that is exact everywhere; nothing moved.
    TooLarge,
}

/// A row of `accounts`, locked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Locked {
    pub(super) id: i64,
    pub(super) balance_fen: i64,
    pub(super) last_seq: i64,
}

type Row = (Account, i16);

impl LedgerStore {
    /// Makes one journal in the caller's transaction, which holds the accounts until its end: the
    /// last thing that it does.
    pub(crate) async fn post(
        &self,
        tx: &mut Tx<'_>,
        journal: &Journal,
        now_ms: i64,
    ) -> Result<Posted, Error> {
        let journals = std::slice::from_ref(journal);
        let posted = self.post_all(tx, journals, now_ms).await?;
        posted.first().copied().ok_or(Error::Ledger("no answer"))
    }

    /// Makes a journal that can be refused by a fault of ours only.
    pub(crate) async fn must_post(
        &self,
        tx: &mut Tx<'_>,
        journal: &Journal,
        now_ms: i64,
    ) -> Result<(), Error> {
        match self.post(tx, journal, now_ms).await? {
            Posted::Done | Posted::Repeated => Ok(()),
            Posted::TooLittle(_) => Err(Error::Ledger("an account of ours has too little")),
            Posted::KeyReused => Err(Error::Ledger("a key of ours was used for something else")),
            Posted::TooLarge => Err(Error::Ledger("a balance is out of range")),
        }
    }

    /// Makes journals one after the other, each wholly or not at all. All their accounts are locked
    /// first, in the order of their ids: two transactions never wait for each other.
    pub(crate) async fn post_all(
        &self,
        tx: &mut Tx<'_>,
        journals: &[Journal],
        now_ms: i64,
    ) -> Result<Vec<Posted>, Error> {
        let mut rows: Vec<Row> = journals
            .iter()
            .flat_map(|journal| journal.rows().map(|(row, _)| row))
            .collect();
        rows.sort_unstable();
        rows.dedup();
        let locked = self.lock_accounts(tx, &rows).await?;
        // Read after the locks: a journal of the same key touched the same accounts.
        let keys: Vec<_> = journals.iter().map(Journal::key).collect();
        let known = self.movements(tx, &keys).await?;

        let mut sheet = Sheet::new(locked, known);
        let posted: Vec<_> = journals
            .iter()
            .map(|journal| sheet.enter(journal))
            .collect();
        let made: Vec<_> = journals
            .iter()
            .zip(&posted)
            .filter(|(_, posted)| **posted == Posted::Done)
            .map(|(journal, _)| journal)
            .collect();
        if !made.is_empty() {
            let ids = self.insert_journals(tx, &made, now_ms).await?;
            let entries = sheet.entries(&ids)?;
            self.insert_entries(tx, &entries).await?;
            self.save_balances(tx, &sheet.changed()).await?;
        }
        may_die!("ledger.before_commit");
        Ok(posted)
    }
}

/// The locked accounts while journals are entered.
struct Sheet {
    accounts: BTreeMap<Row, (Locked, bool)>,
    known: HashMap<String, String>,
    entries: Vec<(String, NewEntry)>,
}

impl Sheet {
    fn new(locked: BTreeMap<Row, Locked>, known: HashMap<String, String>) -> Self {
        let accounts = locked
            .into_iter()
            .map(|(row, locked)| (row, (locked, false)))
            .collect();
        Self {
            accounts,
            known,
            entries: Vec::new(),
        }
    }

    fn enter(&mut self, journal: &Journal) -> Posted {
        let movement = journal.movement();
        match self.known.get(journal.key()) {
            Some(known) if *known == movement => return Posted::Repeated,
            Some(_) => return Posted::KeyReused,
            None => {}
        }
        for ((account, stripe), amount_fen) in journal.rows() {
            let Some((locked, _)) = self.accounts.get(&(account, stripe)) else {
                return Posted::TooLittle(account);
            };
            let after_fen = locked.balance_fen + amount_fen;
            if account.kind.is_guarded() && after_fen < 0 {
                return Posted::TooLittle(account);
            }
            if after_fen.abs() > FEN_MAX {
                return Posted::TooLarge;
            }
        }
        for (row, amount_fen) in journal.rows() {
            if let Some((locked, changed)) = self.accounts.get_mut(&row) {
                locked.balance_fen += amount_fen;
                locked.last_seq += 1;
                *changed = true;
                let entry = NewEntry {
                    account_id: locked.id,
                    seq: locked.last_seq,
                    journal_id: 0,
                    amount_fen,
                    balance_fen: locked.balance_fen,
                };
                self.entries.push((journal.key().to_owned(), entry));
            }
        }
        self.known.insert(journal.key().to_owned(), movement);
        Posted::Done
    }

    fn entries(&self, ids: &HashMap<String, i64>) -> Result<Vec<NewEntry>, Error> {
        self.entries
            .iter()
            .map(|(key, entry)| {
                let journal_id = *ids.get(key).ok_or(Error::Ledger("a journal has no id"))?;
                Ok(NewEntry {
                    journal_id,
                    ..*entry
                })
            })
            .collect()
    }

    fn changed(&self) -> Vec<(Row, Locked)> {
        self.accounts
            .iter()
            .filter(|(_, (_, changed))| *changed)
            .map(|(row, (locked, _))| (*row, *locked))
            .collect()
    }
}
