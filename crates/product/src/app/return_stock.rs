use ids::ProductId;
use tracing::info;

use super::App;
use crate::{
    Error,
    domain::{Amount, Kind, Move, MoveKey, Outcome},
};

impl App {
    /// Moves units back, once per key; a product that was deleted meanwhile takes them too.
    #[tracing::instrument(name = "product.return_stock", skip_all, fields(product.id = %product))]
    pub async fn return_stock(
        &self,
        key: MoveKey,
        product: ProductId,
        amount: Amount,
    ) -> Result<(), Error> {
        let wanted = Move {
            key,
            kind: Kind::Return,
            product,
            amount,
        };
        let receipt = self.move_once(&wanted).await?;
        info!(
            stock.key = wanted.key.as_str(),
            stock.units = receipt.moved,
            stock.outcome = receipt.outcome.word(),
            "stock came back"
        );
        match receipt.outcome {
            Outcome::Moved => Ok(()),
            Outcome::Missing => Err(Error::NotFound(product)),
            Outcome::Short | Outcome::Full => Err(Error::Full(product)),
        }
    }
}
