use secrecy::SecretString;
use tracing::{info, warn};

use super::{App, SignedIn};
use crate::{
    Error,
    domain::{Life, LoginName, Network, Subject},
    store::Credentials,
};

impl App {
    /// Signs in whoever this name and password belong to. A name that nobody has takes as long, and locks as
    /// soon, as one that somebody has.
    #[tracing::instrument(name = "user.login", skip_all)]
    pub async fn login(
        &self,
        name: LoginName,
        password: SecretString,
        life: Life,
        network: &Network,
    ) -> Result<SignedIn, Error> {
        let candidates = self.store.credentials(&name).await?;
        if candidates.is_empty() {
            self.attempt(&Subject::stranger(&name, network)).await?;
            self.passwords.verify(&password, None).await?;
            return Err(Error::WrongPassword);
        }
        let mut refusal = None;
        for candidate in candidates {
            match self.try_login(&candidate, &password, network).await {
                Ok(()) => {
                    let account = self.active_account(candidate.id).await?;
                    info!(user.id = %account.id, "signed in");
                    return self.sign_in(account, life).await;
                }
                Err(error @ (Error::WrongPassword | Error::Locked { .. })) => refusal = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(refusal.unwrap_or(Error::WrongPassword))
    }

    async fn try_login(
        &self,
        candidate: &Credentials,
        password: &SecretString,
        network: &Network,
    ) -> Result<(), Error> {
        let subject = Subject::account(candidate.id, network);
        if let Err(locked) = self.attempt(&subject).await {
            warn!(user.id = %candidate.id, client.network = %network, "a locked login");
            return Err(locked);
        }
        let found = self
            .passwords
            .verify(password, Some(&candidate.password_hash))
            .await?;
        if !found.matches {
            warn!(user.id = %candidate.id, client.network = %network, "a wrong password");
            return Err(Error::WrongPassword);
        }
        self.store.forget_attempts(&subject).await?;
        if found.outdated
            && let Err(error) = self.rehash(candidate, password).await
        {
            warn!(user.id = %candidate.id, error = %fault::chain(&error), "the old hash stays");
        }
        Ok(())
    }

    /// The password is at hand only now.
    async fn rehash(&self, candidate: &Credentials, password: &SecretString) -> Result<(), Error> {
        let hash = self.passwords.hash(password).await?;
        self.store
            .rehash(candidate.id, &candidate.password_hash, &hash)
            .await?;
        Ok(())
    }
}
