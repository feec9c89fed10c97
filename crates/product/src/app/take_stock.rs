use ids::ProductId;
use tracing::info;

use super::App;
use crate::{
    Error,
    domain::{Amount, Kind, Move, MoveKey, Outcome, Receipt},
};

impl App {
    /// Moves units out of the stock, once per key. A receipt without movement: there were fewer.
    #[tracing::instrument(name = "product.take_stock", skip_all, fields(product.id = %product))]
    pub async fn take_stock(
        &self,
        key: MoveKey,
        product: ProductId,
        amount: Amount,
    ) -> Result<Receipt, Error> {
        let wanted = Move {
            key,
            kind: Kind::Take,
            product,
            amount,
        };
        let receipt = self.move_once(&wanted).await?;
        info!(
            stock.key = wanted.key.as_str(),
            stock.units = receipt.moved,
            stock.outcome = receipt.outcome.word(),
            "stock was asked for"
        );
        match receipt.outcome {
            Outcome::Moved | Outcome::Short => Ok(receipt),
            Outcome::Missing => Err(Error::NotFound(product)),
            Outcome::Full => Err(Error::Full(product)),
        }
    }
}
