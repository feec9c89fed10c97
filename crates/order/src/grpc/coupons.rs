//! Coupons as their callers see them.

use ids::UserId;
use proto::order::{
    self as wire, ApplicableCouponsRequest, ApplicableCouponsResponse, ClaimCouponRequest,
    CouponTemplate, IssueCouponRequest, IssueCouponResponse, ListCouponsRequest,
    ListCouponsResponse, ListUserCouponsRequest, ListUserCouponsResponse, RedeemCouponRequest,
    UpdateCouponRequest, UserCoupon, applicable_coupons_response::Offer, coupons_server::Coupons,
};
use tonic::{Request, Response, Status};

use super::{Grpc, caller, decode, reply};
use crate::{
    Error,
    app::{Owned, TemplateEdit},
    domain::{Rule, Scope, Template, TemplateTerms},
    store::user_coupons::CouponState,
};

#[tonic::async_trait]
impl Coupons for Grpc {
    async fn create_coupon(
        &self,
        request: Request<CouponTemplate>,
    ) -> Result<Response<CouponTemplate>, Status> {
        reply(
            async {
                let admin = auth::require_admin(request.metadata())?;
                let request = request.into_inner();
                let by_code = request.by_code;
                let terms = terms(request)?;
                let made = self.app.create_coupon(&admin, &terms, by_code).await?;
                Ok(template(made, true))
            }
            .await,
        )
    }

    async fn update_coupon(
        &self,
        request: Request<UpdateCouponRequest>,
    ) -> Result<Response<CouponTemplate>, Status> {
        reply(
            async {
                let admin = auth::require_admin(request.metadata())?;
                let request = request.into_inner();
                let edit = TemplateEdit {
                    name: request.name,
                    total: request.total,
                    end_ms: request.end_ms,
                    active: request.active,
                };
                let changed = self.app.update_coupon(&admin, request.id, &edit).await?;
                Ok(template(changed, true))
            }
            .await,
        )
    }

    async fn list_coupons(
        &self,
        request: Request<ListCouponsRequest>,
    ) -> Result<Response<ListCouponsResponse>, Status> {
        reply(
            async {
                let all = request.get_ref().all;
                if all {
                    auth::require_admin(request.metadata())?;
                }
                let request = request.into_inner();
                let (page, size) = decode::page(request.page, request.page_size);
                let (found, total) = self.app.list_coupons(all, page, size).await?;
                Ok(ListCouponsResponse {
                    coupons: found
                        .into_iter()
                        .map(|found| template(found, all))
                        .collect(),
                    total,
                })
            }
            .await,
        )
    }

    async fn claim_coupon(
        &self,
        request: Request<ClaimCouponRequest>,
    ) -> Result<Response<UserCoupon>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let request = request.into_inner();
                let key = request.idempotency_key.as_str();
                let owned = self
                    .app
                    .claim_coupon(&caller, request.coupon_id, key)
                    .await?;
                Ok(self.user_coupon(owned))
            }
            .await,
        )
    }

    async fn redeem_coupon(
        &self,
        request: Request<RedeemCouponRequest>,
    ) -> Result<Response<UserCoupon>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let request = request.into_inner();
                let key = request.idempotency_key.as_str();
                let owned = self.app.redeem_coupon(&caller, &request.code, key).await?;
                Ok(self.user_coupon(owned))
            }
            .await,
        )
    }

    async fn issue_coupon(
        &self,
        request: Request<IssueCouponRequest>,
    ) -> Result<Response<IssueCouponResponse>, Status> {
        reply(
            async {
                let admin = auth::require_admin(request.metadata())?;
                let request = request.into_inner();
                let users = request.user_ids.into_iter().map(UserId::try_from);
                let users: Vec<_> = users
                    .collect::<Result<_, _>>()
                    .map_err(|_| Error::Parameter("user_ids"))?;
                let coupon = request.coupon_id;
                let (issued, skipped) = self.app.issue_coupon(&admin, coupon, &users).await?;
                Ok(IssueCouponResponse {
                    issued: issued.try_into().unwrap_or(i32::MAX),
                    skipped: skipped.try_into().unwrap_or(i32::MAX),
                })
            }
            .await,
        )
    }

    async fn list_user_coupons(
        &self,
        request: Request<ListUserCouponsRequest>,
    ) -> Result<Response<ListUserCouponsResponse>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let request = request.into_inner();
                let state = match request.state() {
                    wire::user_coupon::State::Unspecified => CouponState::All,
                    wire::user_coupon::State::Unused => CouponState::Unused,
                    wire::user_coupon::State::Used => CouponState::Used,
                    wire::user_coupon::State::Expired => CouponState::Expired,
                };
                let (page, size) = decode::page(request.page, request.page_size);
                let found = self.app.list_user_coupons(&caller, state, page, size);
                let (owned, total) = found.await?;
                Ok(ListUserCouponsResponse {
                    coupons: owned
                        .into_iter()
                        .map(|owned| self.user_coupon(owned))
                        .collect(),
                    total,
                })
            }
            .await,
        )
    }

    async fn applicable_coupons(
        &self,
        request: Request<ApplicableCouponsRequest>,
    ) -> Result<Response<ApplicableCouponsResponse>, Status> {
        reply(
            async {
                let caller = caller(&request)?;
                let lines = &request.get_ref().lines;
                let wishes =
                    decode::wishes(lines.iter().map(|line| (line.product_id, line.quantity)))?;
                let offers = self.app.applicable_coupons(&caller, &wishes).await?;
                let offer = |(owned, discount_fen)| Offer {
                    coupon: Some(self.user_coupon(owned)),
                    discount_fen,
                };
                Ok(ApplicableCouponsResponse {
                    offers: offers.into_iter().map(offer).collect(),
                })
            }
            .await,
        )
    }
}

impl Grpc {
    fn user_coupon(&self, Owned { claimed, template }: Owned) -> UserCoupon {
        use wire::user_coupon::State;
        let state = match claimed.order_id {
            Some(_) => State::Used,
            None if claimed.valid_until_ms <= self.app.now_ms() => State::Expired,
            None => State::Unused,
        };
        UserCoupon {
            id: claimed.id,
            template: Some(self::template(template, false)),
            number: claimed.number,
            state: state.into(),
            claimed_at_ms: claimed.claimed_at_ms,
            valid_until_ms: claimed.valid_until_ms,
            order_id: claimed.order_id.unwrap_or_default(),
        }
    }
}

fn terms(request: CouponTemplate) -> Result<TemplateTerms, Error> {
    let rule = match request.kind() {
        wire::CouponKind::FullReduction => Rule::FullReduction {
            amount_fen: request.amount_fen,
            threshold_fen: request.threshold_fen,
        },
        wire::CouponKind::Discount => Rule::Discount {
            percent: request.percent.into(),
            threshold_fen: request.threshold_fen,
            max_fen: request.max_discount_fen,
        },
        wire::CouponKind::Cash => Rule::Cash {
            amount_fen: request.amount_fen,
        },
        wire::CouponKind::Unspecified => return Err(Error::Parameter("kind")),
    };
    let scope = match request.scope() {
        wire::CouponScope::Unspecified | wire::CouponScope::All => Scope::All,
        wire::CouponScope::Categories => Scope::Categories(request.categories),
        wire::CouponScope::Products => Scope::Products(request.product_ids),
    };
    Ok(TemplateTerms {
        name: request.name,
        rule,
        scope,
        total: request.total,
        per_user_limit: request.per_user_limit,
        valid_days: request.valid_days,
        start_ms: request.start_ms,
        end_ms: request.end_ms,
    })
}

/// The code is for admins.
fn template(template: Template, with_code: bool) -> CouponTemplate {
    let terms = template.terms;
    let mut view = CouponTemplate {
        id: template.id,
        name: terms.name,
        total: terms.total,
        claimed: template.claimed,
        per_user_limit: terms.per_user_limit,
        valid_days: terms.valid_days,
        start_ms: terms.start_ms,
        end_ms: terms.end_ms,
        by_code: template.code.is_some(),
        code: template.code.filter(|_| with_code).unwrap_or_default(),
        active: template.active,
        ..CouponTemplate::default()
    };
    match terms.rule {
        Rule::FullReduction {
            amount_fen,
            threshold_fen,
        } => {
            view.set_kind(wire::CouponKind::FullReduction);
            (view.amount_fen, view.threshold_fen) = (amount_fen, threshold_fen);
        }
        Rule::Discount {
            percent,
            threshold_fen,
            max_fen,
        } => {
            view.set_kind(wire::CouponKind::Discount);
            view.percent = percent.try_into().unwrap_or_default();
            (view.max_discount_fen, view.threshold_fen) = (max_fen, threshold_fen);
        }
        Rule::Cash { amount_fen } => {
            view.set_kind(wire::CouponKind::Cash);
            view.amount_fen = amount_fen;
        }
    }
    match terms.scope {
        Scope::All => view.set_scope(wire::CouponScope::All),
        Scope::Categories(names) => {
            view.set_scope(wire::CouponScope::Categories);
            view.categories = names;
        }
        Scope::Products(ids) => {
            view.set_scope(wire::CouponScope::Products);
            view.product_ids = ids;
        }
    }
    view
}
