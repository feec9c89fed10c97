//! A crash wherever dying between two effects hurts: whatever was not committed is as if it never
//! was, and whatever was is found and finished.
//!
//! Fail points belong to the whole process: each test waits for the one before it.
//! `cargo test -p payment --features failpoints --test crash`.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

macro_rules! made_for_the_other_binary {
    ($($path:literal $name:ident)+) => {
        $(
            #[path = $path]
            #[expect(dead_code, reason = "made for the other binary")]
            mod $name;
        )+
    };
}
made_for_the_other_binary! {
    "../it/company.rs" company
    "../it/hook.rs" hook
    "../it/order.rs" order
    "../it/purse.rs" purse
    "../it/support.rs" support
    "../it/trading.rs" trading
}
#[path = "../it/heard.rs"]
mod heard;
#[path = "../it/storm.rs"]
mod storm;

mod close;
mod create;
mod ledger;
mod paid;
mod refund;

/// Ends every verb that comes by, until it is dropped.
struct Death(&'static str);

impl Death {
    fn at(point: &'static str) -> Self {
        fail::cfg(point, "return").unwrap();
        Self(point)
    }
}

impl Drop for Death {
    fn drop(&mut self) {
        fail::remove(self.0);
    }
}
