use tracing::{info, warn};

use super::App;
use crate::{Error, domain::canonical};

const ROWS_MAX: u32 = 500;

impl App {
    /// Gives usernames of before their canonical form. Where two have the same, the older account keeps it and
    /// the younger one's is told apart by `#<id>`, which no new name can contain.
    #[tracing::instrument(name = "user.canonicalise_names", skip_all)]
    pub async fn canonicalise_names(&self) -> Result<u64, Error> {
        let (mut after, mut named) = (0, 0);
        loop {
            let rows = self.store.uncanonical(after, ROWS_MAX).await?;
            let Some(last) = rows.last() else { break };
            after = last.id;
            for row in rows {
                let form = canonical(&row.username);
                match self.store.set_canonical(row.id, &form).await {
                    Ok(()) => {}
                    Err(Error::UsernameTaken) => {
                        let form = format!("{form}#{}", row.id);
                        self.store.set_canonical(row.id, &form).await?;
                        warn!(
                            user.id = row.id,
                            "another account has this name: it logs in as name#id"
                        );
                    }
                    Err(error) => return Err(error),
                }
                named += 1;
            }
        }
        if named > 0 {
            info!(user.names = named, "usernames got their canonical form");
        }
        Ok(named)
    }
}
