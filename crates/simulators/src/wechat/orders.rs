//! Orders: opened, paid, closed.

use chrono::DateTime;
use rand::{Rng, distr::Alphanumeric, rng};
use serde_json::json;
use wechatpay::{Code, CodeUrl, NativeOrder, PaidAmount, Payer, TradeState, Transaction};

use super::{judge::Refused, world::World};

/// A code can be scanned for two hours.
const CODE_LIFE_S: i64 = 2 * 3_600;
/// An order that names no end.
const LIFE_S: i64 = 7 * 86_400;
const LIFE_MIN_S: i64 = 60;
const LIFE_MAX_S: i64 = 90 * 86_400;
const CODE: &str = "weixin://wxpay/bizpayurl?pr=";

#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) asked: NativeOrder,
    /// What the newest code holds; older ones are void.
    pub(super) pr: String,
    pr_at_s: i64,
    expires_at_s: i64,
    pub(super) closed: bool,
    pub(super) paid: Option<Paid>,
    /// Taken back so far, in so many refunds.
    pub(super) refunded_fen: i64,
    pub(super) refunds: u32,
    /// Notifications that the merchant accepted.
    pub(super) notified: u32,
}

#[derive(Debug, Clone)]
pub(super) struct Paid {
    pub(super) transaction_id: String,
    /// Fen.
    pub(super) total: i64,
    success_time: String,
    openid: String,
}

impl Order {
    fn state(&self, now_s: i64) -> TradeState {
        match (&self.paid, self.refunds > 0) {
            (Some(_), true) => TradeState::Refund,
            (Some(_), false) => TradeState::Success,
            (None, _) if self.is_over(now_s) => TradeState::Closed,
            (None, _) => TradeState::NotPay,
        }
    }

    fn is_over(&self, now_s: i64) -> bool {
        self.closed || self.expires_at_s <= now_s
    }

    pub(super) fn transaction(&self, now_s: i64) -> Transaction {
        let paid = self.paid.as_ref();
        let total = paid.map_or(self.asked.amount.total, |paid| paid.total);
        let yuan = || "CNY".to_owned();
        let state = self.state(now_s);
        Transaction {
            appid: self.asked.appid.clone(),
            mchid: self.asked.mchid.clone(),
            out_trade_no: self.asked.out_trade_no.clone(),
            transaction_id: paid.map(|paid| paid.transaction_id.clone()),
            trade_type: paid.map(|_| "NATIVE".to_owned()),
            trade_state_desc: String::from(state.clone()),
            trade_state: state,
            bank_type: paid.map(|_| "OTHERS".to_owned()),
            attach: paid.and(self.asked.attach.clone()),
            success_time: paid.map(|paid| paid.success_time.clone()),
            payer: paid.map(|paid| Payer {
                openid: paid.openid.clone(),
            }),
            amount: Some(PaidAmount {
                total,
                payer_total: total,
                currency: yuan(),
                payer_currency: yuan(),
            }),
        }
    }
}

impl World {
    pub(super) fn open(&self, body: &[u8]) -> Result<CodeUrl, Refused> {
        let asked: NativeOrder = parse(body)?;
        self.check(&asked)?;
        let expires_at_s = self.expires_at_s(&asked)?;
        let (now, now_s) = (self.now(), self.now_s());
        let no = asked.out_trade_no.clone();
        let mut state = self.state();
        if state.burnt.get(&no).is_some() {
            return Err(Refused::new(
                Code::InvalidRequest,
                "re-entry with other parameters",
            ));
        }
        let pr = code();
        match state.orders.get_mut(&no) {
            Some(order) if order.paid.is_some() => {
                return Err(Refused::new(Code::OrderPaid, "the order is paid"));
            }
            Some(order) if order.is_over(now_s) => {
                return Err(Refused::new(Code::OrderClosed, "the order is closed"));
            }
            Some(order) if order.asked != asked => {
                return Err(Refused::new(
                    Code::InvalidRequest,
                    "re-entry with other parameters",
                ));
            }
            Some(order) => (order.pr, order.pr_at_s) = (pr.clone(), now_s),
            None => {
                let order = Order {
                    asked,
                    pr: pr.clone(),
                    pr_at_s: now_s,
                    expires_at_s,
                    closed: false,
                    paid: None,
                    refunded_fen: 0,
                    refunds: 0,
                    notified: 0,
                };
                state.orders.insert(&no, order);
            }
        }
        state.codes.insert(&pr, no.clone());
        state.note(&now, &no, "order.opened", &json!({"pr": pr}));
        Ok(CodeUrl {
            code_url: format!("{CODE}{pr}"),
        })
    }

    fn check(&self, asked: &NativeOrder) -> Result<(), Refused> {
        self.check_mchid(&asked.mchid)?;
        if asked.appid != self.keys.client.appid {
            return Err(Refused::new(
                Code::AppidMchidNotMatch,
                "appid and mchid do not match",
            ));
        }
        check_number(&asked.out_trade_no)?;
        let attach = asked.attach.as_deref().unwrap_or_default();
        let url = &asked.notify_url;
        let plain = asked.description.chars().all(|sign| sign <= '\u{FFFF}');
        for (field, good, issue) in [
            (
                "/description",
                (1..=127).contains(&asked.description.len()),
                "1 to 127 bytes",
            ),
            ("/description", plain, "has characters of four bytes"),
            ("/attach", attach.len() <= 128, "up to 128 bytes"),
            ("/amount/total", asked.amount.total > 0, "above 0"),
            ("/amount/currency", asked.amount.currency == "CNY", "CNY"),
            (
                "/notify_url",
                url.starts_with("http") && url.len() <= 255,
                "malformed",
            ),
            (
                "/notify_url",
                !url.contains(['?', '#']),
                "no query, no fragment",
            ),
        ] {
            if !good {
                return Err(Refused::parameter(field, issue));
            }
        }
        Ok(())
    }

    /// The merchant of the body or the query is the one that signed: there is only one.
    fn check_mchid(&self, mchid: &str) -> Result<(), Refused> {
        if mchid == self.keys.client.mchid {
            return Ok(());
        }
        Err(Refused::parameter("/mchid", "missing, or not yours"))
    }

    /// An end too near or too far is moved.
    fn expires_at_s(&self, asked: &NativeOrder) -> Result<i64, Refused> {
        let now_s = self.now_s();
        let Some(text) = &asked.time_expire else {
            return Ok(now_s + LIFE_S);
        };
        let at = DateTime::parse_from_rfc3339(text)
            .map_err(|_| Refused::parameter("/time_expire", "RFC 3339"))?;
        Ok(at.timestamp().clamp(now_s + LIFE_MIN_S, now_s + LIFE_MAX_S))
    }

    pub(super) fn query(&self, no: &str, mchid: Option<&str>) -> Result<Transaction, Refused> {
        self.check_mchid(mchid.unwrap_or_default())?;
        check_number(no)?;
        let state = self.state();
        let order = state.orders.get(no).ok_or_else(|| unknown(no))?;
        Ok(order.transaction(self.now_s()))
    }

    /// Closing a number that was never opened burns it.
    pub(super) fn close(&self, no: &str, body: &[u8]) -> Result<(), Refused> {
        let asked: wechatpay::Close = parse(body)?;
        if asked.mchid != self.keys.client.mchid {
            return Err(Refused::new(Code::MchNotExists, "mchid is not yours"));
        }
        check_number(no)?;
        let now = self.now();
        let mut state = self.state();
        match state.orders.get_mut(no) {
            Some(order) if order.paid.is_some() => {
                return Err(Refused::new(Code::OrderPaid, "the order is paid"));
            }
            Some(order) => order.closed = true,
            None => state.burnt.insert(no, ()),
        }
        state.note(&now, no, "order.closed", &json!({}));
        Ok(())
    }

    /// A payer confirms. `in_spite_of_close`: the confirmation was under way when it closed.
    /// `fen`: what is taken instead of what was asked for; no honest company does that.
    pub(super) fn take(
        &self,
        no: &str,
        in_spite_of_close: bool,
        fen: Option<i64>,
    ) -> Result<Transaction, Refused> {
        if fen.is_some_and(|fen| fen <= 0) {
            return Err(Refused::parameter("/amount", "above 0"));
        }
        let (now, now_s) = (self.now(), self.now_s());
        let mut state = self.state();
        let number = state.next();
        let order = state.orders.get_mut(no).ok_or_else(|| unknown(no))?;
        if order.paid.is_some() {
            return Err(Refused::new(Code::OrderPaid, "the order is paid"));
        }
        if order.is_over(now_s) && !in_spite_of_close {
            return Err(Refused::new(Code::OrderClosed, "the order is closed"));
        }
        let day = now_s / 86_400;
        order.paid = Some(Paid {
            transaction_id: format!("4200{day:08}{now_s:010}{:06}", number % 1_000_000),
            total: fen.unwrap_or(order.asked.amount.total),
            success_time: now.clone(),
            openid: format!("oSIM-{number}"),
        });
        let transaction = order.transaction(now_s);
        let fen = transaction.amount.as_ref().map(|amount| amount.total);
        let facts = json!({"in_spite_of_close": in_spite_of_close, "fen": fen});
        state.note(&now, no, "order.paid", &facts);
        Ok(transaction)
    }

    /// The number behind a code that can still be scanned.
    pub(super) fn scanned(&self, pr: &str) -> Option<Order> {
        let now_s = self.now_s();
        let state = self.state();
        let order = state.orders.get(state.codes.get(pr)?)?;
        let fresh = order.pr == pr && now_s - order.pr_at_s < CODE_LIFE_S;
        fresh.then(|| order.clone())
    }
}

fn check_number(no: &str) -> Result<(), Refused> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || b"_-|*".contains(&byte);
    if (6..=32).contains(&no.len()) && no.bytes().all(sign) {
        return Ok(());
    }
    Err(Refused::parameter("/out_trade_no", "malformed"))
}

fn unknown(no: &str) -> Refused {
    Refused::new(Code::OrderNotExist, format!("{no} does not exist"))
}

/// What a code URL holds.
pub(super) fn pr_of(code_url: &str) -> &str {
    code_url.strip_prefix(CODE).unwrap_or(code_url)
}

fn code() -> String {
    let random = rng().sample_iter(Alphanumeric).take(9).map(char::from);
    "SIM".chars().chain(random).collect()
}

pub(super) fn parse<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|error| Refused::parameter("/", &error.to_string()))
}
