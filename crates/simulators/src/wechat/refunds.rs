//! Refunds: taken up at once, settled later.

use std::sync::Arc;

use serde_json::{Value, json};
use wechatpay::{
    Code, Refund as Resource, RefundNotice, RefundOrder, RefundStatus, RefundedAmount, notify,
};

use super::{
    faults::Kind,
    judge::Refused,
    notify::{Notice, send},
    orders::parse,
    world::World,
};

/// To the payer's balance, at its best.
const SETTLED_AFTER_S: u64 = 30;
/// Of one payment.
const PARTS_MAX: u32 = 50;

#[derive(Debug, Clone)]
pub(super) struct Refund {
    asked: RefundOrder,
    resource: Resource,
}

impl World {
    /// The resource, and whether it is new.
    pub(super) fn refund(&self, body: &[u8]) -> Result<(Resource, bool), Refused> {
        let asked: RefundOrder = parse(body)?;
        check(&asked)?;
        let (now, now_s) = (self.now(), self.now_s());
        let mut state = self.state();
        if let Some(known) = state.refunds.get(&asked.out_refund_no) {
            if known.asked != asked {
                return Err(Refused::new(
                    Code::InvalidRequest,
                    "re-entry with other parameters",
                ));
            }
            return Ok((known.resource.clone(), false));
        }
        let number = state.next();
        let no = asked.out_trade_no.clone();
        let order = state.orders.get_mut(&no);
        let missing = || Refused::new(Code::ResourceNotExists, format!("{no} is not paid"));
        let order = order.ok_or_else(missing)?;
        let paid = order.paid.as_ref().ok_or_else(missing)?;
        let left = paid.total - order.refunded_fen;
        if asked.amount.total != paid.total {
            return Err(Refused::parameter("/amount/total", "not the order's"));
        }
        if order.refunds == PARTS_MAX {
            return Err(Refused::new(
                Code::InvalidRequest,
                "too many partial refunds",
            ));
        }
        if asked.amount.refund > left {
            return Err(Refused::parameter("/amount/refund", "more than is left"));
        }
        let resource = Resource {
            refund_id: format!("5000{now_s:010}{number:015}"),
            out_refund_no: asked.out_refund_no.clone(),
            transaction_id: paid.transaction_id.clone(),
            out_trade_no: no.clone(),
            channel: "ORIGINAL".into(),
            user_received_account: "支付用户零钱".into(),
            success_time: None,
            create_time: now.clone(),
            status: RefundStatus::Processing,
            amount: amount(&asked),
        };
        order.refunds += 1;
        order.refunded_fen += asked.amount.refund;
        let fen = asked.amount.refund;
        let refund = Refund {
            asked,
            resource: resource.clone(),
        };
        state.refunds.insert(&resource.out_refund_no, refund);
        let facts = json!({"out_refund_no": resource.out_refund_no, "fen": fen});
        state.note(&now, &no, "refund.taken_up", &facts);
        Ok((resource, true))
    }

    pub(super) fn query_refund(&self, no: &str) -> Result<Resource, Refused> {
        let state = self.state();
        let found = state.refunds.get(no).map(|refund| refund.resource.clone());
        found.ok_or_else(|| Refused::new(Code::ResourceNotExists, format!("{no} does not exist")))
    }

    fn settle(&self, out_refund_no: &str) -> Option<(Resource, RefundOrder)> {
        const KINDS: [Kind; 3] = [Kind::ProcessingForever, Kind::Abnormal, Kind::Closed];
        let now = self.now();
        let mut state = self.state();
        let no = state.refunds.get(out_refund_no)?.asked.out_trade_no.clone();
        let fault = state
            .faults
            .strike("refund", &no, &KINDS)
            .map(|fault| fault.kind);
        let refund = state.refunds.get_mut(out_refund_no)?;
        match fault {
            Some(Kind::ProcessingForever) => return None,
            Some(Kind::Closed) => refund.resource.status = RefundStatus::Closed,
            Some(_) => refund.resource.status = RefundStatus::Abnormal,
            None => {
                refund.resource.status = RefundStatus::Success;
                refund.resource.success_time = Some(now.clone());
            }
        }
        let settled = (refund.resource.clone(), refund.asked.clone());
        let given_up = settled.0.status == RefundStatus::Closed;
        if let Some(order) = state.orders.get_mut(&no).filter(|_| given_up) {
            order.refunded_fen -= settled.1.amount.refund;
        }
        let status = String::from(settled.0.status.clone());
        state.note(&now, &no, "refund.settled", &json!({"status": status}));
        Some(settled)
    }
}

fn check(asked: &RefundOrder) -> Result<(), Refused> {
    let no = &asked.out_refund_no;
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*@".contains(&byte);
    let reason = asked.reason.as_deref().unwrap_or_default();
    let url = asked.notify_url.as_deref().unwrap_or("http");
    for (field, good) in [
        (
            "/out_refund_no",
            (1..=64).contains(&no.len()) && no.bytes().all(sign),
        ),
        ("/reason", reason.chars().count() <= 80),
        (
            "/notify_url",
            url.starts_with("http") && url.len() <= 256 && !url.contains(['?', '#']),
        ),
        ("/amount/refund", asked.amount.refund > 0),
        ("/amount/currency", asked.amount.currency == "CNY"),
    ] {
        if !good {
            return Err(Refused::parameter(field, "malformed"));
        }
    }
    Ok(())
}

fn amount(asked: &RefundOrder) -> RefundedAmount {
    RefundedAmount {
        total: asked.amount.total,
        refund: asked.amount.refund,
        payer_total: asked.amount.total,
        payer_refund: asked.amount.refund,
        currency: Some("CNY".into()),
    }
}

/// Settles a refund after a while, and reports it.
pub(super) async fn settle_later(world: Arc<World>, out_refund_no: String) {
    if !world.pause(world.wait(SETTLED_AFTER_S)).await {
        return;
    }
    let Some((resource, asked)) = world.settle(&out_refund_no) else {
        return;
    };
    let Some(url) = asked.notify_url else { return };
    let event = match resource.status {
        RefundStatus::Success => notify::REFUND_SUCCESS,
        RefundStatus::Closed => notify::REFUND_CLOSED,
        _ => notify::REFUND_ABNORMAL,
    };
    let told = RefundNotice {
        mchid: world.keys.client.mchid.clone(),
        out_trade_no: resource.out_trade_no.clone(),
        transaction_id: resource.transaction_id,
        out_refund_no: resource.out_refund_no,
        refund_id: resource.refund_id,
        refund_status: resource.status,
        success_time: resource.success_time,
        user_received_account: resource.user_received_account,
        amount: resource.amount,
    };
    let plain = serde_json::to_value(told).unwrap_or(Value::Null);
    let out_trade_no = resource.out_trade_no;
    send(
        world,
        Notice {
            out_trade_no,
            url,
            event,
            original_type: "refund",
            plain,
        },
    )
    .await;
}
