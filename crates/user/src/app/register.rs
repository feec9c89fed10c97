use tracing::info;

use super::{App, SignedIn};
use crate::{
    Error,
    domain::{Life, Names, NewAccount, NewPassword, Nickname, RefreshSecret, Username},
};

/// What somebody says who wants an account.
#[derive(Debug)]
pub struct Registration {
    pub names: Names,
    pub password: NewPassword,
    pub nickname: Nickname,
    pub life: Life,
}

impl App {
    /// Makes an account and signs it in.
    #[tracing::instrument(name = "user.register", skip_all)]
    pub async fn register(&self, registration: Registration) -> Result<SignedIn, Error> {
        let Registration {
            names,
            password,
            nickname,
            life,
        } = registration;
        let role = self.role_at_registration(names.username.as_ref().map(Username::as_str))?;
        // Before the costly part.
        self.store.names_are_free(&names).await?;
        let hash = self.passwords.hash(password.secret()).await?;
        let secret = RefreshSecret::random();
        let session = self.new_session(life, &secret);
        let account = NewAccount {
            names,
            nickname,
            role,
        };
        let now_ms = self.clock.now_ms();
        let (account, session) = self
            .store
            .register(&account, &hash, &session, now_ms)
            .await?;
        info!(user.id = %account.id, user.role = account.role.name(), "an account was made");
        Ok(self.tokens(account, session, life, Some(&secret)))
    }
}
