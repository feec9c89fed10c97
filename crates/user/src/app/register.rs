use auth::Role;
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
        let reserved = |name: &Username| self.reserved.iter().any(|one| one == name.canonical());
        if names.username.as_ref().is_some_and(reserved) {
            return Err(Error::UsernameTaken);
        }
        // Before the costly part.
        self.store.names_are_free(&names).await?;
        let hash = self.passwords.hash(password.secret()).await?;
        let secret = RefreshSecret::random();
        let session = self.new_session(life, Role::User, &secret);
        let account = NewAccount {
            names,
            nickname,
            role: Role::User,
        };
        let now_ms = self.clock.now_ms();
        let (account, id) = self
            .store
            .register(&account, &hash, &session, now_ms)
            .await?;
        info!(user.id = %account.id, user.role = account.role.name(), "an account was made");
        let session = session.begun(id, account.id);
        Ok(self.tokens(account, &session, Some(&secret)))
    }
}
