use crate::{
    error::Error,
    ledger::{LedgerStore, Report},
    store::Store,
};

/// Recomputes every balance from the entries, every journal from its text, and what payments,
/// refunds and holds say from the ledger. Changes nothing.
pub(crate) async fn audit(store: &Store) -> Result<Report, Error> {
    let mut report = Report::default();
    let ledger = LedgerStore::new(store.pool().clone());
    ledger.audit(&mut report).await?;
    (report.payments, report.refunds) = store.count_all().await?;
    for (about, what) in store.payment_differences().await? {
        report.find(about, what);
    }
    for (about, what) in store.refund_differences().await? {
        report.find(about, what);
    }
    for (about, what) in store.hold_differences().await? {
        report.find(about, what);
    }
    Ok(report)
}
