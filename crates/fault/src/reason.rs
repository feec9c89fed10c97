//! The business codes of the HTTP API, in blocks of a thousand per module.

use crate::Code;

macro_rules! reasons {
    ($($variant:ident = $number:literal, $name:literal, $code:ident, $message:literal;)+) => {
        /// One refusal, by the number and the name that callers see.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u32)]
        pub enum Reason {
            $($variant = $number,)+
        }

        impl Reason {
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            pub const fn number(self) -> u32 {
                self as u32
            }

            /// As metrics and logs write it: `SOLD_OUT`.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            pub const fn code(self) -> Code {
                match self { $(Self::$variant => Code::$code,)+ }
            }

            /// What a caller is told when the error has nothing better to say.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)+ }
            }

            pub fn from_number(number: u32) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

reasons! {
    BadParameter = 400, "BAD_PARAMETER", Invalid, "参数错误";
    NotLoggedIn = 401, "NOT_LOGGED_IN", Unauthenticated, "未登录或登录已过期";
    PaymentRequired = 402, "PAYMENT_REQUIRED", PaymentRequired, "需要先支付";
    Forbidden = 403, "FORBIDDEN", Forbidden, "权限不足";
    NotFound = 404, "NOT_FOUND", NotFound, "资源不存在";
    MethodNotAllowed = 405, "METHOD_NOT_ALLOWED", Invalid, "请求方法不允许";
    Conflict = 409, "CONFLICT", Conflict, "状态冲突";
    Gone = 410, "GONE", Gone, "资源已失效";
    TooLarge = 413, "TOO_LARGE", TooLarge, "请求体过大";
    MediaType = 415, "MEDIA_TYPE", Invalid, "不支持的内容类型";
    OptionInvalid = 422, "OPTION_INVALID", Unprocessable, "选项无效";
    TooManyRequests = 429, "TOO_MANY_REQUESTS", RateLimited, "请求过于频繁，请稍后再试";
    Internal = 500, "INTERNAL", Internal, "系统错误";
    Unavailable = 503, "UNAVAILABLE", Unavailable, "系统繁忙，请稍后重试";
    Timeout = 504, "TIMEOUT", Timeout, "处理超时";

    UserNotFound = 10001, "USER_NOT_FOUND", NotFound, "用户不存在";
    UserExists = 10002, "USER_EXISTS", Conflict, "用户已存在";
    UserDisabled = 10003, "USER_DISABLED", Forbidden, "用户已被禁用";
    WrongPassword = 10004, "WRONG_PASSWORD", Unauthenticated, "用户名或密码错误";
    TokenExpired = 10005, "TOKEN_EXPIRED", Unauthenticated, "Token已过期";
    TokenInvalid = 10006, "TOKEN_INVALID", Unauthenticated, "Token无效";
    UserParameter = 10009, "USER_PARAMETER", Invalid, "用户参数错误";
    NotAdmin = 10010, "NOT_ADMIN", Forbidden, "权限不足，需要管理员权限";
    MobileTaken = 10011, "MOBILE_TAKEN", Conflict, "手机号已被注册";
    MobileFormat = 10012, "MOBILE_FORMAT", Invalid, "手机号格式错误";
    RefreshReused = 10013, "REFRESH_REUSED", Unauthenticated, "刷新令牌已失效，请重新登录";
    LoginLocked = 10015, "LOGIN_LOCKED", RateLimited, "登录尝试过于频繁，请稍后再试";

    ProductNotFound = 20001, "PRODUCT_NOT_FOUND", NotFound, "商品不存在";
    ProductOffShelf = 20002, "PRODUCT_OFF_SHELF", Conflict, "商品已下架";
    StockInsufficient = 20004, "STOCK_INSUFFICIENT", Conflict, "库存不足";
    ProductParameter = 20006, "PRODUCT_PARAMETER", Invalid, "商品参数错误";

    OrderNotFound = 30001, "ORDER_NOT_FOUND", NotFound, "订单不存在";
    OrderCreateFailed = 30002, "ORDER_CREATE_FAILED", Conflict, "未付款订单过多，请先付款或取消";
    OrderState = 30003, "ORDER_STATE", Conflict, "订单状态不允许该操作";
    OrderPaymentFailed = 30004, "ORDER_PAYMENT_FAILED", Conflict, "订单状态不允许支付";
    OrderCancelFailed = 30005, "ORDER_CANCEL_FAILED", Conflict, "当前订单状态不允许取消";
    OrderExpired = 30006, "ORDER_EXPIRED", Conflict, "订单已过期";
    OrderPaid = 30007, "ORDER_PAID", Conflict, "订单已支付";
    OrderParameter = 30009, "ORDER_PARAMETER", Invalid, "订单参数错误";
    NoPaymentMethod = 30010, "NO_PAYMENT_METHOD", Conflict, "没有可用的支付方式";
    OrderEmpty = 30011, "ORDER_EMPTY", Invalid, "订单没有商品";
    IdempotencyKeyReused = 30012, "IDEMPOTENCY_KEY_REUSED", Conflict, "幂等键已用于其他请求";
    CouponNotFound = 30021, "COUPON_NOT_FOUND", NotFound, "优惠券不存在";
    CouponsGone = 30022, "COUPONS_GONE", Conflict, "优惠券已领完";
    CouponLimit = 30023, "COUPON_LIMIT", Conflict, "已达到领取上限";
    CouponNotValid = 30024, "COUPON_NOT_VALID", Conflict, "优惠券不在有效期内";
    CouponNotMet = 30025, "COUPON_NOT_MET", Conflict, "未满足优惠券使用条件";
    CouponUsed = 30026, "COUPON_USED", Conflict, "优惠券已使用";

    PaymentCreateFailed = 40001, "PAYMENT_CREATE_FAILED", Unavailable, "支付创建失败";
    PaymentCloseFailed = 40004, "PAYMENT_CLOSE_FAILED", Conflict, "支付关闭失败";
    RefundFailed = 40005, "REFUND_FAILED", Conflict, "退款失败";
    PaymentQueryFailed = 40006, "PAYMENT_QUERY_FAILED", Unavailable, "支付查询失败";
    SignatureWrong = 40007, "SIGNATURE_WRONG", Unauthenticated, "签名错误";
    PaymentParameter = 40009, "PAYMENT_PARAMETER", Invalid, "支付参数错误";
    PaymentNotFound = 40010, "PAYMENT_NOT_FOUND", NotFound, "支付记录不存在";
    RefundAboveRest = 40011, "REFUND_ABOVE_REST", Conflict, "退款金额超过可退金额";
    PaymentClosed = 40013, "PAYMENT_CLOSED", Conflict, "支付已关闭";
    BalanceTooLittle = 40021, "BALANCE_TOO_LITTLE", Conflict, "余额不足";
    AccountNotFound = 40022, "ACCOUNT_NOT_FOUND", NotFound, "账户不存在";
    SameAccount = 40023, "SAME_ACCOUNT", Conflict, "不能转账给自己";
    AmountRange = 40024, "AMOUNT_RANGE", Invalid, "金额超出范围";
    HoldNotFound = 40025, "HOLD_NOT_FOUND", NotFound, "预扣记录不存在";
    HoldSettled = 40026, "HOLD_SETTLED", Conflict, "预扣已结算";

    CartEmpty = 50001, "CART_EMPTY", Conflict, "购物车为空";
    CartLineNotFound = 50002, "CART_LINE_NOT_FOUND", NotFound, "购物车记录不存在";
    CartStock = 50007, "CART_STOCK", Conflict, "库存不足";
    CartParameter = 50008, "CART_PARAMETER", Invalid, "购物车参数错误";
    CartOffShelf = 50009, "CART_OFF_SHELF", Conflict, "商品已下架";
    CartProductNotFound = 50010, "CART_PRODUCT_NOT_FOUND", NotFound, "商品不存在";
    CartLimit = 50011, "CART_LIMIT", Conflict, "超过购物车上限";

    NotStarted = 60001, "NOT_STARTED", Conflict, "秒杀尚未开始";
    Ended = 60002, "ENDED", Conflict, "秒杀已结束";
    SoldOut = 60003, "SOLD_OUT", Conflict, "商品已售罄";
    SeckillBusy = 60005, "SECKILL_BUSY", Unavailable, "系统繁忙，请稍后重试";
    SeckillParameter = 60006, "SECKILL_PARAMETER", Invalid, "秒杀参数错误";
    LimitExceeded = 60007, "LIMIT_EXCEEDED", Conflict, "超过限购数量";
    ActivityNotFound = 60008, "ACTIVITY_NOT_FOUND", NotFound, "秒杀活动不存在";
    SeckillRateLimited = 60010, "SECKILL_RATE_LIMITED", RateLimited, "请求过于频繁，请稍后再试";
    ActivityCancelled = 60012, "ACTIVITY_CANCELLED", Conflict, "秒杀活动已取消";
    NotWarmed = 60013, "NOT_WARMED", Unavailable, "秒杀活动准备中，请稍后重试";
    ActivityOverlaps = 60014, "ACTIVITY_OVERLAPS", Conflict, "该商品已有进行中的秒杀活动";
    UnitsBelowSold = 60015, "UNITS_BELOW_SOLD", Conflict, "库存不能低于已售数量";

    FileEmpty = 70001, "FILE_EMPTY", Invalid, "文件为空";
    UploadTooLarge = 70002, "UPLOAD_TOO_LARGE", TooLarge, "文件过大";
    UploadForm = 70008, "UPLOAD_FORM", Invalid, "上传表单错误";
    LinkExpired = 70011, "LINK_EXPIRED", Gone, "结果已过期";
    JobNotFound = 70021, "JOB_NOT_FOUND", NotFound, "对比任务不存在";
    JobNotReady = 70022, "JOB_NOT_READY", Conflict, "对比尚未完成";
    JobUnpaid = 70023, "JOB_UNPAID", PaymentRequired, "请先支付后再下载";
    JobCancelled = 70024, "JOB_CANCELLED", Gone, "对比任务已取消";
    CompareFailed = 70025, "COMPARE_FAILED", Conflict, "对比失败";
    JobNotCancellable = 70026, "JOB_NOT_CANCELLABLE", Conflict, "任务已完成或已支付，不能取消";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn numbers_and_names_are_unique_and_read_back() {
        let numbers: HashSet<_> = Reason::ALL.iter().map(|r| r.number()).collect();
        let names: HashSet<_> = Reason::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(numbers.len(), Reason::ALL.len());
        assert_eq!(names.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            assert_eq!(Reason::from_number(reason.number()), Some(*reason));
        }
    }
}
