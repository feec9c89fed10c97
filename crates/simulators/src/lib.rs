//! Stand-ins for other companies, each speaking the company's real protocol.

pub mod s3;
pub mod wechat;
