//! Who is calling: tokens for clients, the principal between services, and sealed tickets.

mod claims;
mod issue;
mod principal;
mod ring;
mod seal;
mod verify;

pub use claims::Subject;
pub use issue::Issuer;
pub use principal::{AuthError, BadPrincipal, Principal, Role, request, require, require_admin};
pub use ring::{Config, KeyConfig, KeyError, KeyState};
pub use seal::Sealer;
pub use verify::{Claims, RefreshClaims, TokenError, Verifier};
