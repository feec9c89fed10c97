//! The wire shapes of `proto/`, compiled, and the queues that their events travel on.

// Generated code answers to its generator's style.
macro_rules! package {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[expect(
            clippy::all,
            clippy::pedantic,
            clippy::allow_attributes,
            reason = "generated from proto/"
        )]
        pub mod $name {
            include!(concat!(env!("OUT_DIR"), "/mall.", stringify!($name), ".v1.rs"));
        }
    };
}

package!(
    /// Accounts, credentials and sessions.
    user
);
package!(
    /// The catalogue and its stock.
    product
);
package!(
    /// Orders, and the rows that decide what counts in a sale.
    order
);
package!(
    /// Flash sales.
    seckill
);
package!(
    /// Money in and out.
    payment
);
package!(
    /// Jobs that compare two workbooks.
    compare
);

mod events;

pub use events::QUEUES;

/// Every service's descriptors, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/mall.descriptors"));
