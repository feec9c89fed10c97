use ids::{BlockSource, PaymentId, RefundId};
use tokio::sync::Mutex;

use crate::{error::Error, store::Store};

/// How many ids one process leases at a time.
const BLOCK: i64 = 10_000;

/// Ids for payments and refunds.
#[derive(Debug)]
pub(crate) struct Numbers {
    store: Store,
    payments: Source,
    refunds: Source,
}

#[derive(Debug)]
struct Source {
    name: &'static str,
    ids: BlockSource,
    leasing: Mutex<()>,
}

impl Numbers {
    pub(crate) fn new(store: Store) -> Self {
        Self {
            store,
            payments: Source::new("payments"),
            refunds: Source::new("refunds"),
        }
    }

    pub(crate) async fn payment(&self) -> Result<PaymentId, Error> {
        self.payments.next(&self.store).await
    }

    pub(crate) async fn refund(&self) -> Result<RefundId, Error> {
        self.refunds.next(&self.store).await
    }
}

impl Source {
    fn new(name: &'static str) -> Self {
        Self {
            name,
            ids: BlockSource::default(),
            leasing: Mutex::default(),
        }
    }

    async fn next<Id: TryFrom<i64>>(&self, store: &Store) -> Result<Id, Error> {
        let id = loop {
            if self.ids.wants_block(BLOCK) {
                let _one = self.leasing.lock().await;
                if self.ids.wants_block(BLOCK) {
                    self.ids.add(store.lease_block(self.name, BLOCK).await?);
                }
            }
            // Others may take all of it between the lines above and this one.
            if let Some(id) = self.ids.take() {
                break id;
            }
        };
        Id::try_from(id).map_err(|_| Error::Parameter("the ids are used up"))
    }
}
