use std::fmt;

use super::LedgerStore;
use crate::error::Error;

/// Accounts and journals that are read together.
const PAGE: u32 = 500;
/// Findings that are kept; the others are counted.
const KEPT_MAX: usize = 1_000;

/// Something that is not as the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub about: String,
    pub what: String,
}

/// What an audit read, and what it found.
#[derive(Debug, Default)]
pub struct Report {
    pub accounts: u64,
    pub journals: u64,
    pub payments: u64,
    pub refunds: u64,
    /// Of all balances; 0 when the books are right.
    pub trial_balance_fen: i128,
    pub differences: u64,
    pub findings: Vec<Finding>,
}

impl Report {
    pub(crate) fn find(&mut self, about: impl Into<String>, what: impl Into<String>) {
        self.differences += 1;
        if self.findings.len() < KEPT_MAX {
            self.findings.push(Finding {
                about: about.into(),
                what: what.into(),
            });
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for finding in &self.findings {
            writeln!(f, "{}: {}", finding.about, finding.what)?;
        }
        write!(
            f,
            "{} accounts, {} journals, {} payments, {} refunds; trial balance {} fen; {} differences",
            self.accounts,
            self.journals,
            self.payments,
            self.refunds,
            self.trial_balance_fen,
            self.differences
        )
    }
}

impl LedgerStore {
    /// Recomputes every balance and every journal from the entries. Exact while nothing moves;
    /// what moves between two of its questions can look like a difference.
    pub(crate) async fn audit(&self, report: &mut Report) -> Result<(), Error> {
        self.audit_accounts(report).await?;
        self.audit_journals(report).await?;
        let orphans = self.orphans().await?;
        if orphans != 0 {
            report.find("entries", format!("{orphans} belong to nothing"));
        }
        if report.trial_balance_fen != 0 {
            let sum = report.trial_balance_fen;
            report.find("trial balance", format!("{sum} fen, and not 0"));
        }
        Ok(())
    }

    async fn audit_accounts(&self, report: &mut Report) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let (chains, last) = self.chains(after, PAGE).await?;
            for chain in &chains {
                report.accounts += 1;
                report.trial_balance_fen += i128::from(chain.balance_fen);
                if chain.sum_fen != chain.balance_fen {
                    let (cached, sum) = (chain.balance_fen, chain.sum_fen);
                    let what = format!("holds {cached} fen, and its entries sum up to {sum}");
                    report.find(&chain.account, what);
                }
                if chain.entries != chain.last_seq || chain.max_seq != chain.last_seq {
                    report.find(&chain.account, "an entry is missing");
                }
                if chain.broken != 0 {
                    let what = format!("{} entries do not follow", chain.broken);
                    report.find(&chain.account, what);
                }
                let kind = chain.account.split(':').next().unwrap_or_default();
                let guarded = super::Kind::from_name(kind).is_none_or(super::Kind::is_guarded);
                if guarded && chain.min_fen < 0 {
                    report.find(&chain.account, "was below zero");
                }
            }
            match last {
                Some(id) => after = id,
                None => return Ok(()),
            }
        }
    }

    async fn audit_journals(&self, report: &mut Report) -> Result<(), Error> {
        let mut after = 0;
        loop {
            let journals = self.sums(after, PAGE).await?;
            let Some(last) = journals.last() else {
                return Ok(());
            };
            after = last.id;
            for journal in &journals {
                report.journals += 1;
                let about = format!("journal {}", journal.id);
                if journal.sum_fen != 0 {
                    let what = format!("its entries sum up to {} fen", journal.sum_fen);
                    report.find(&about, what);
                }
                let said = words(journal.movement.split(' ').skip(1));
                let entered = words(journal.lines.split(' '));
                if said != entered {
                    let what = format!(
                        "said {:?}, and entered {:?}",
                        journal.movement, journal.lines
                    );
                    report.find(&about, what);
                }
            }
        }
    }
}

fn words<'a>(words: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words
}
