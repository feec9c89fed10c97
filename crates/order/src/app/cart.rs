//! Carts: what a buyer means to buy, at the price of the moment.

use auth::Principal;
use db::Tx;
use proto::product::{GetManyRequest, Item};

use super::App;
use crate::{
    Error,
    store::carts::{self, CartLine},
};

/// Whose cart it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner(String);

impl Owner {
    const TOKEN_LEN: usize = 32;

    pub fn user(principal: &Principal) -> Self {
        Self(format!("u{}", principal.user))
    }

    /// Whoever knows the token has the cart: 128 random bits in hexadecimal.
    pub fn anonymous(token: &str) -> Result<Self, Error> {
        let fine = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if token.len() == Self::TOKEN_LEN && token.bytes().all(fine) {
            Ok(Self(format!("a{token}")))
        } else {
            Err(Error::CartToken)
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A line and its product as it is now; `None`: it was taken out of the catalogue.
#[derive(Debug, Clone)]
pub struct Shown {
    pub line: CartLine,
    pub item: Option<Item>,
}

impl App {
    pub async fn get_cart(&self, owner: &Owner) -> Result<Vec<Shown>, Error> {
        let lines = carts::lines(&self.pool, owner.as_str()).await?;
        let ids: Vec<_> = lines.iter().map(|line| line.product_id).collect();
        let items = self.products(&ids).await?;
        Ok(lines
            .into_iter()
            .map(|line| {
                let item = items.iter().find(|item| item.id == line.product_id);
                Shown {
                    item: item.cloned(),
                    line,
                }
            })
            .collect())
    }

    pub async fn add_to_cart(
        &self,
        owner: &Owner,
        product: i64,
        quantity: i32,
    ) -> Result<Vec<Shown>, Error> {
        self.check_quantity(quantity)?;
        let item = self.buyable(product).await?;
        let now_ms = self.now_ms();
        let limits = &self.retail;
        db::transact!(&self.pool, "order.add_to_cart", async |tx: &mut Tx<'_>| {
            let lines = carts::lock(tx, owner.as_str()).await?;
            let there = lines.iter().find(|line| line.product_id == product);
            if there.is_none() && lines.len() >= limits.cart_lines_max {
                return Err(Error::CartFull);
            }
            let wanted = there
                .map_or(0, |line| line.quantity)
                .saturating_add(quantity);
            if wanted > limits.cart_quantity_max {
                return Err(Error::CartFull);
            }
            if i64::from(wanted) > item.stock {
                return Err(Error::CartStock(product));
            }
            let line = CartLine {
                product_id: product,
                quantity,
                selected: true,
                price_fen: item.price_fen,
                product_name: item.name.clone(),
                product_image: item.image_url.clone(),
            };
            let max = limits.cart_quantity_max;
            carts::add(tx, owner.as_str(), &line, max, now_ms).await
        })
        .await?;
        self.get_cart(owner).await
    }

    pub async fn update_cart_line(
        &self,
        owner: &Owner,
        product: i64,
        quantity: Option<i32>,
        selected: Option<bool>,
    ) -> Result<Vec<Shown>, Error> {
        if let Some(quantity) = quantity {
            self.check_quantity(quantity)?;
            let items = self.products(&[product]).await?;
            if items.iter().any(|item| item.stock < i64::from(quantity)) {
                return Err(Error::CartStock(product));
            }
        }
        let (pool, now_ms) = (&self.pool, self.now_ms());
        if !carts::update(pool, owner.as_str(), product, quantity, selected, now_ms).await? {
            return Err(Error::NoCartLine(product));
        }
        self.get_cart(owner).await
    }

    pub async fn remove_from_cart(&self, owner: &Owner, product: i64) -> Result<Vec<Shown>, Error> {
        carts::remove(&self.pool, owner.as_str(), product).await?;
        self.get_cart(owner).await
    }

    pub async fn clear_cart(&self, owner: &Owner) -> Result<(), Error> {
        carts::clear(&self.pool, owner.as_str()).await
    }

    /// Quantities of the same product add up, bounded as ever; lines beyond the bound stay behind and go with the
    /// anonymous cart. The second time there is nothing left to move.
    pub async fn merge_cart(
        &self,
        caller: &Principal,
        anonymous: &Owner,
    ) -> Result<Vec<Shown>, Error> {
        let own = Owner::user(caller);
        let (now_ms, limits) = (self.now_ms(), &self.retail);
        db::transact!(&self.pool, "order.merge_cart", async |tx: &mut Tx<'_>| {
            let moved = carts::lock(tx, anonymous.as_str()).await?;
            let there = carts::lock(tx, own.as_str()).await?;
            let mut count = there.len();
            for line in &moved {
                if !there.iter().any(|own| own.product_id == line.product_id) {
                    if count >= limits.cart_lines_max {
                        continue;
                    }
                    count += 1;
                }
                let max = limits.cart_quantity_max;
                carts::add(tx, own.as_str(), line, max, now_ms).await?;
            }
            carts::clear_locked(tx, anonymous.as_str()).await
        })
        .await?;
        self.get_cart(&own).await
    }

    /// Anonymous carts that were not touched for so long.
    pub async fn prune_carts(&self) -> Result<(), Error> {
        const LINES_MAX: u32 = 1_000;
        let days = i64::from(self.retail.anonymous_cart_days);
        let before_ms = self.now_ms() - days * 24 * 3_600 * 1_000;
        carts::prune_anonymous(&self.pool, before_ms, LINES_MAX).await?;
        Ok(())
    }

    fn check_quantity(&self, quantity: i32) -> Result<(), Error> {
        if quantity < 1 {
            Err(Error::CartQuantity)
        } else if quantity > self.retail.cart_quantity_max {
            Err(Error::CartFull)
        } else {
            Ok(())
        }
    }

    async fn buyable(&self, product: i64) -> Result<Item, Error> {
        let item = self.products(&[product]).await?.pop();
        let item = item.ok_or(Error::CartNoProduct(product))?;
        if item.on_shelf {
            Ok(item)
        } else {
            Err(Error::CartOffShelf(product))
        }
    }

    /// As they are now, past every cache.
    pub(super) async fn products(&self, ids: &[i64]) -> Result<Vec<Item>, Error> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let request = GetManyRequest { ids: ids.to_vec() };
        let answer = self.inventory.clone().get_many(request).await;
        let answer = answer.map_err(|status| Error::Product(rpc::PeerError::from(status)))?;
        Ok(answer.into_inner().items)
    }
}
