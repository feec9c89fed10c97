use super::Stock;
use crate::Error;

/// An accepted order has its row long before.
const PENDING_S: u32 = 3_600;

impl Stock {
    fn pending_key(&self, user: i64) -> String {
        self.kv.key(&format!("pending:{{{user}}}"))
    }

    pub(crate) async fn remember(
        &self,
        user: i64,
        order_no: &str,
        entry: &str,
    ) -> Result<(), Error> {
        let call = self.remember.call(&self.kv).key(self.pending_key(user));
        call.arg(PENDING_S)
            .arg(order_no)
            .arg(entry)
            .invoke::<i64>()
            .await?;
        Ok(())
    }

    /// Order numbers and entries of a buyer's mirror.
    pub(crate) async fn remembered(&self, user: i64) -> Result<Vec<(String, String)>, Error> {
        let mut all = kv::cmd("HGETALL");
        all.arg(self.pending_key(user));
        Ok(self.kv.query(&all).await?)
    }
}
