//! Where the calls go. Numbers of ours need no escaping.

pub const NATIVE: &str = "/v3/pay/transactions/native";
pub const REFUNDS: &str = "/v3/refund/domestic/refunds";

pub fn transaction(out_trade_no: &str, mchid: &str) -> String {
    format!("/v3/pay/transactions/out-trade-no/{out_trade_no}?mchid={mchid}")
}

pub fn close(out_trade_no: &str) -> String {
    format!("/v3/pay/transactions/out-trade-no/{out_trade_no}/close")
}

pub fn refund(out_refund_no: &str) -> String {
    format!("{REFUNDS}/{out_refund_no}")
}
