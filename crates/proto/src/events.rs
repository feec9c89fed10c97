//! Which queue each event travels on, and how long it waits before it is tried again.
//!
//! An event has one consumer, so its queue is named for what happens to the consumer's service.

use mq::Message;

/// Seconds between tries when it is a peer or a row that has to move on first; the last repeats.
const RETRY_S: &[u32] = &[1, 5, 30];

macro_rules! queue {
    ($($message:ty, $name:literal, $queue:literal;)+) => {$(
        impl Message for $message {
            const NAME: &'static str = $name;
            const VERSION: u16 = 1;
            const QUEUE: &'static str = $queue;
            const RETRY_S: &'static [u32] = RETRY_S;
        }
    )+
        /// Every queue with the seconds between its retries, for whoever clears up.
        pub const QUEUES: &[(&str, &[u32])] = &[$(($queue, RETRY_S)),+];
    };
}

queue! {
    crate::order::Reserved, "order.reserved", "order.reserved.v1";
    crate::order::PaymentPaid, "order.payment_paid", "order.payment_paid.v1";
    crate::order::PaymentClosed, "order.payment_closed", "order.payment_closed.v1";
    crate::order::PaymentRefunded, "order.payment_refunded", "order.payment_refunded.v1";
    crate::seckill::Released, "seckill.released", "seckill.released.v1";
    crate::product::StockReturned, "product.stock_returned", "product.stock_returned.v1";
    crate::product::ReservationSettled, "product.reservation_settled",
        "product.reservation_settled.v1";
    crate::payment::OrderClosing, "payment.order_closing", "payment.order_closing.v1";
    crate::payment::RefundDue, "payment.refund_due", "payment.refund_due.v1";
    crate::payment::JobClosing, "payment.job_closing", "payment.job_closing.v1";
    crate::payment::JobRefundDue, "payment.job_refund_due", "payment.job_refund_due.v1";
    crate::compare::Waiting, "compare.waiting", "compare.waiting.v1";
    crate::compare::PaymentPaid, "compare.payment_paid", "compare.payment_paid.v1";
    crate::compare::PaymentClosed, "compare.payment_closed", "compare.payment_closed.v1";
    crate::compare::PaymentRefunded, "compare.payment_refunded", "compare.payment_refunded.v1";
}
