//! Coupons: templates, claims, and what they would take off.

use auth::Principal;
use db::Tx;
use ids::UserId;
use rand::{Rng, distr::Alphanumeric};
use tracing::info;

use super::{App, request_key};
use crate::{
    Error,
    domain::{NoCoupon, Priced, Template, TemplateTerms, Wish, discount, template::TOTAL_MAX},
    metrics::COUPON,
    store::{
        coupons,
        user_coupons::{self, Claimed, CouponState},
    },
};

/// A claimed coupon and what it was claimed from.
#[derive(Debug, Clone)]
pub struct Owned {
    pub claimed: Claimed,
    pub template: Template,
}

/// What an admin may change of a template; `None` stays.
#[derive(Debug, Clone, Default)]
pub struct TemplateEdit {
    pub name: Option<String>,
    pub total: Option<i64>,
    pub end_ms: Option<i64>,
    pub active: Option<bool>,
}

/// 62^16: beyond guessing at any rate that a gateway lets through.
const CODE_LEN: usize = 16;
/// Users of one call that issues coupons.
const ISSUED_MAX: usize = 1_000;

impl App {
    /// `by_code`: only whoever knows the code, which nobody can guess, may claim.
    pub async fn create_coupon(
        &self,
        admin: &Principal,
        terms: &TemplateTerms,
        by_code: bool,
    ) -> Result<Template, Error> {
        terms.check()?;
        let code: Option<String> = by_code.then(|| {
            let letters = rand::rng().sample_iter(Alphanumeric);
            letters.take(CODE_LEN).map(char::from).collect()
        });
        let id = coupons::insert(&self.pool, terms, code.as_deref(), self.now_ms()).await?;
        info!(
            coupon.id = id,
            admin.id = admin.user.get(),
            "a coupon template was made"
        );
        self.template(id).await
    }

    pub async fn update_coupon(
        &self,
        admin: &Principal,
        id: i64,
        edit: &TemplateEdit,
    ) -> Result<Template, Error> {
        let template = db::transact!(&self.pool, "order.update_coupon", async |tx: &mut Tx<
            '_,
        >| {
            let mut template = coupons::lock(tx, id).await?.ok_or(Error::NoTemplate(id))?;
            let terms = &mut template.terms;
            terms.name = edit.name.clone().unwrap_or_else(|| terms.name.clone());
            terms.end_ms = edit.end_ms.unwrap_or(terms.end_ms);
            terms.total = edit.total.unwrap_or(terms.total);
            template.active = edit.active.unwrap_or(template.active);
            template.terms.check()?;
            // A number that was given out stays given out.
            if (0..template.claimed).contains(&template.terms.total)
                || template.terms.total > TOTAL_MAX
            {
                return Err(Error::Parameter("total: not below what is claimed"));
            }
            coupons::update(tx, &template).await?;
            Ok(template)
        })
        .await?;
        info!(
            coupon.id = id,
            admin.id = admin.user.get(),
            "a coupon template was changed"
        );
        Ok(template)
    }

    pub(super) async fn template(&self, id: i64) -> Result<Template, Error> {
        let template = coupons::find(&self.pool, id).await?;
        template.ok_or(Error::NoTemplate(id))
    }

    /// `all`: also what cannot be claimed now.
    pub async fn list_coupons(
        &self,
        all: bool,
        page: u32,
        size: u32,
    ) -> Result<(Vec<Template>, i64), Error> {
        let claimable_at = (!all).then(|| self.now_ms());
        coupons::list(&self.pool, claimable_at, offset(page, size), size).await
    }

    /// One coupon for the caller; the same key gets the same one.
    pub async fn claim_coupon(
        &self,
        caller: &Principal,
        id: i64,
        key: &str,
    ) -> Result<Owned, Error> {
        let template = self.template(id).await?;
        // As if it were not there: a code cannot be gone around by counting ids.
        if template.code.is_some() {
            return Err(Error::NoTemplate(id));
        }
        self.grant_one(caller.user, template, key).await
    }

    pub async fn redeem_coupon(
        &self,
        caller: &Principal,
        code: &str,
        key: &str,
    ) -> Result<Owned, Error> {
        let found = match code.trim() {
            code if code.len() == CODE_LEN => coupons::find_by_code(&self.pool, code).await?,
            _ => None,
        };
        let template = found.ok_or(Error::NoTemplate(0))?;
        self.grant_one(caller.user, template, key).await
    }

    /// Numbers are given out under the template's row lock; the keys of the rows make one too many impossible.
    async fn grant_one(&self, user: UserId, template: Template, key: &str) -> Result<Owned, Error> {
        let key = request_key("claim", key)?;
        if let Some(key) = &key
            && let Some(id) = user_coupons::find_by_key(&self.pool, template.id, user, key).await?
        {
            return self.owned(user, id, template).await;
        }
        // The fast no: a crowd that comes too late does not queue for the row.
        if template.is_gone() {
            COUPON.with_label_values(&["gone"]).inc();
            return Err(NoCoupon::Gone.into());
        }
        let now_ms = self.now_ms();
        let coupon = template.id;
        let claimed = db::transact!(&self.pool, "order.claim_coupon", async |tx: &mut Tx<'_>| {
            let locked = coupons::lock(tx, coupon).await?;
            let locked = locked.ok_or(Error::NoTemplate(coupon))?;
            let held = user_coupons::held(tx, coupon, user).await?;
            let grant = locked.grant(held, now_ms)?;
            coupons::number(tx, coupon, grant.number).await?;
            let key = key.clone().unwrap_or_else(|| format!("#{}", grant.number));
            user_coupons::insert(tx, coupon, user, &key, grant, now_ms).await
        })
        .await;
        let outcome = match &claimed {
            Ok(_) => "claimed",
            Err(Error::NoCoupon(NoCoupon::Gone)) => "gone",
            Err(Error::NoCoupon(NoCoupon::Limit)) => "limit",
            Err(_) => "failed",
        };
        COUPON.with_label_values(&[outcome]).inc();
        match claimed {
            Ok(id) => self.owned(user, id, template).await,
            // The same key at the same time.
            Err(Error::Db(db::Error::Statement(error)))
                if db::hit_unique_key(&error, "buyer_key") =>
            {
                let key = key.unwrap_or_default();
                let id = user_coupons::find_by_key(&self.pool, coupon, user, &key).await?;
                self.owned(user, id.ok_or(Error::NoUserCoupon)?, template)
                    .await
            }
            Err(error) => Err(error),
        }
    }

    async fn owned(&self, user: UserId, id: i64, template: Template) -> Result<Owned, Error> {
        let claimed = user_coupons::find(&self.pool, id, user).await?;
        Ok(Owned {
            claimed: claimed.ok_or(Error::NoUserCoupon)?,
            template,
        })
    }

    /// One each; users who have as many as they may are left out. How many got one, and how many did not.
    pub async fn issue_coupon(
        &self,
        admin: &Principal,
        id: i64,
        users: &[UserId],
    ) -> Result<(usize, usize), Error> {
        if !(1..=ISSUED_MAX).contains(&users.len()) {
            return Err(Error::Parameter("user_ids: 1 to 1000"));
        }
        let template = self.template(id).await?;
        let mut issued = 0;
        for user in users {
            match self.grant_one(*user, template.clone(), "").await {
                Ok(_) => issued += 1,
                Err(Error::NoCoupon(NoCoupon::Limit)) => {}
                Err(error) => return Err(error),
            }
        }
        info!(
            coupon.id = id,
            admin.id = admin.user.get(),
            coupons = issued,
            "coupons were issued"
        );
        Ok((issued, users.len() - issued))
    }

    pub async fn list_user_coupons(
        &self,
        caller: &Principal,
        state: CouponState,
        page: u32,
        size: u32,
    ) -> Result<(Vec<Owned>, i64), Error> {
        let part = (offset(page, size), size);
        let (claimed, total) =
            user_coupons::list(&self.pool, caller.user, state, self.now_ms(), part).await?;
        Ok((self.with_templates(claimed).await?, total))
    }

    async fn with_templates(&self, claimed: Vec<Claimed>) -> Result<Vec<Owned>, Error> {
        let mut ids: Vec<_> = claimed.iter().map(|claimed| claimed.coupon_id).collect();
        ids.sort_unstable();
        ids.dedup();
        let templates = coupons::find_many(&self.pool, &ids).await?;
        claimed
            .into_iter()
            .map(|claimed| {
                let template = templates
                    .iter()
                    .find(|template| template.id == claimed.coupon_id)
                    .cloned()
                    .ok_or(Error::NoTemplate(claimed.coupon_id))?;
                Ok(Owned { claimed, template })
            })
            .collect()
    }

    /// The caller's newest hundred unused coupons that take something off these lines, the best first.
    pub async fn applicable_coupons(
        &self,
        caller: &Principal,
        wishes: &[Wish],
    ) -> Result<Vec<(Owned, i64)>, Error> {
        const COUPONS_MAX: u32 = 100;
        let ids: Vec<_> = wishes.iter().map(|wish| wish.product.get()).collect();
        let items = self.products(&ids).await?;
        let lines: Vec<_> = wishes
            .iter()
            .filter_map(|wish| {
                let item = items.iter().find(|item| item.id == wish.product.get())?;
                Some(Priced {
                    product: wish.product,
                    category: &item.category,
                    sum_fen: item.price_fen.saturating_mul(wish.quantity.into()),
                })
            })
            .collect();
        let unused = CouponState::Unused;
        let (owned, _) = self
            .list_user_coupons(caller, unused, 1, COUPONS_MAX)
            .await?;
        let mut offers: Vec<_> = owned
            .into_iter()
            .filter_map(|owned| {
                let terms = &owned.template.terms;
                let parts = discount(terms.rule, &terms.scope, &lines).ok()?;
                let off = parts.iter().sum::<i64>();
                Some((owned, off))
            })
            .collect();
        offers.sort_by_key(|(owned, off)| (-off, owned.claimed.valid_until_ms));
        Ok(offers)
    }
}

pub(super) fn offset(page: u32, size: u32) -> u64 {
    u64::from(page.saturating_sub(1)) * u64::from(size)
}
