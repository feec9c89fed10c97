//! Hashing, which is slow on purpose: on a bounded number of threads, for a bounded number of callers.

use std::{sync::Arc, thread::available_parallelism};

use argon2::{
    Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version,
    password_hash::phc::PasswordHash,
};
use fault::{Fault, Reason};
use secrecy::{ExposeSecret, SecretString};
use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::{config, domain::RefreshSecret, metrics};

#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("too many passwords wait to be hashed")]
    Busy,
    #[error("argon2 cannot work like that")]
    Argon2(#[source] argon2::Error),
    #[error("a password cannot be hashed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("hashing broke off")]
    BrokeOff(#[source] tokio::task::JoinError),
    #[error("the service is stopping")]
    Stopping,
}

impl Fault for Error {
    fn reason(&self) -> Reason {
        match self {
            Self::Busy | Self::Stopping => Reason::Unavailable,
            Self::Argon2(_) | Self::Hash(_) | Self::BrokeOff(_) => Reason::Internal,
        }
    }
}

/// What a comparison found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verified {
    pub(crate) matches: bool,
    /// Made by another algorithm or with other parameters than we use now.
    pub(crate) outdated: bool,
}

#[derive(Debug)]
pub(crate) struct Passwords {
    params: Params,
    /// Hashes at the same time.
    working: Arc<Semaphore>,
    /// Callers that work or wait.
    admitted: Arc<Semaphore>,
    /// Compared with where there is no account, so that it takes as long.
    nobodys: String,
}

impl Passwords {
    pub(crate) async fn start(config: &config::Passwords) -> Result<Self, Error> {
        let params =
            Params::new(config.memory_kib, config.passes, 1, None).map_err(Error::Argon2)?;
        let working = match config.parallel_max {
            0 => available_parallelism()
                .map_or(1, |cores| cores.get().saturating_sub(1))
                .max(1),
            fixed => fixed,
        };
        let mut passwords = Self {
            params,
            working: Arc::new(Semaphore::new(working)),
            admitted: Arc::new(Semaphore::new(working + config.queue_max)),
            nobodys: String::new(),
        };
        let random = RefreshSecret::random().expose().to_owned();
        passwords.nobodys = passwords.hash(&random.into()).await?;
        Ok(passwords)
    }

    pub(crate) async fn hash(&self, password: &SecretString) -> Result<String, Error> {
        let (argon2, password) = (self.argon2(), password.clone());
        let hash = self.work("hash", move || {
            argon2
                .hash_password(password.expose_secret().as_bytes())
                .map(|hash| hash.to_string())
        });
        hash.await?.map_err(Error::Hash)
    }

    /// Compares with an argon2 or bcrypt hash; with `None` it takes as long and never matches.
    pub(crate) async fn verify(
        &self,
        password: &SecretString,
        hash: Option<&str>,
    ) -> Result<Verified, Error> {
        let exists = hash.is_some();
        let hash = hash.unwrap_or(&self.nobodys).to_owned();
        let (argon2, password) = (self.argon2(), password.clone());
        let outdated = self.is_outdated(&hash);
        let work = move || matches(&argon2, password.expose_secret().as_bytes(), &hash);
        let matches = self.work("verify", work).await? && exists;
        Ok(Verified {
            matches,
            outdated: outdated && matches,
        })
    }

    fn argon2(&self) -> Argon2<'static> {
        Argon2::new(Algorithm::Argon2id, Version::V0x13, self.params.clone())
    }

    fn is_outdated(&self, hash: &str) -> bool {
        let Ok(hash) = PasswordHash::new(hash) else {
            return true;
        };
        let params = Params::try_from(&hash).ok();
        let same = params.is_some_and(|made| {
            made.m_cost() == self.params.m_cost()
                && made.t_cost() == self.params.t_cost()
                && made.p_cost() == self.params.p_cost()
        });
        hash.algorithm != Algorithm::Argon2id.ident() || !same
    }

    async fn work<T: Send + 'static>(
        &self,
        kind: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        let admitted = self
            .admitted
            .clone()
            .try_acquire_owned()
            .map_err(|_| Error::Busy)?;
        let working = self
            .working
            .clone()
            .acquire_owned()
            .await
            .map_err(|_| Error::Stopping)?;
        let done = spawn_blocking(move || {
            let _timer = metrics::password_timer(kind);
            // Held until the work is done, also when its caller has gone.
            let _held = (admitted, working);
            work()
        });
        done.await.map_err(Error::BrokeOff)
    }
}

/// Hashes that nobody can read match nothing.
fn matches(argon2: &Argon2<'_>, password: &[u8], hash: &str) -> bool {
    /// An imported hash may not take the whole machine.
    const MEMORY_KIB_MAX: u32 = 1 << 20;
    /// All that bcrypt looks at: a longer password would match by its beginning. The crate's own check
    /// refuses passwords of exactly this length, which other systems accept.
    const BCRYPT_BYTES_MAX: usize = 72;
    if hash.starts_with("$2") {
        let fits = password.len() <= BCRYPT_BYTES_MAX;
        return fits && bcrypt::verify(password, hash).unwrap_or(false);
    }
    let Ok(hash) = PasswordHash::new(hash) else {
        return false;
    };
    let fits = Params::try_from(&hash).is_ok_and(|params| params.m_cost() <= MEMORY_KIB_MAX);
    fits && argon2.verify_password(password, &hash).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn passwords() -> Passwords {
        let config = config::Passwords {
            memory_kib: 64,
            passes: 1,
            parallel_max: 1,
            queue_max: 10,
        };
        Passwords::start(&config).await.unwrap()
    }

    fn verified(matches: bool, outdated: bool) -> Verified {
        Verified { matches, outdated }
    }

    #[tokio::test]
    async fn our_hashes_match_and_are_up_to_date() {
        let passwords = passwords().await;
        let secret = SecretString::from("secret");
        let hash = passwords.hash(&secret).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        let found = passwords.verify(&secret, Some(&hash)).await.unwrap();
        assert_eq!(found, verified(true, false));
        let found = passwords
            .verify(&"other".into(), Some(&hash))
            .await
            .unwrap();
        assert_eq!(found, verified(false, false));
        let found = passwords.verify(&secret, None).await.unwrap();
        assert_eq!(found, verified(false, false));
    }

    #[tokio::test]
    async fn older_hashes_match_and_are_outdated() {
        let passwords = passwords().await;
        let long = "x".repeat(72);
        for hash in [
            bcrypt::hash(&long, 4).unwrap(),
            Argon2::new(
                Algorithm::Argon2id,
                Version::V0x13,
                Params::new(128, 1, 1, None).unwrap(),
            )
            .hash_password(long.as_bytes())
            .unwrap()
            .to_string(),
        ] {
            let secret = SecretString::from(long.clone());
            let found = passwords.verify(&secret, Some(&hash)).await.unwrap();
            assert_eq!(found, verified(true, true), "{hash}");
            let longer = SecretString::from(format!("{long}y"));
            let found = passwords.verify(&longer, Some(&hash)).await.unwrap();
            assert!(!found.matches, "{hash}");
        }
        for nonsense in [
            "",
            "secret",
            "$2b$99$x",
            "$argon2id$v=19$m=4294967295,t=1,p=1$c2FsdHNhbHRzYWx0$c2FsdHNhbHRzYWx0",
        ] {
            let found = passwords
                .verify(&"secret".into(), Some(nonsense))
                .await
                .unwrap();
            assert!(!found.matches, "{nonsense}");
        }
    }

    #[tokio::test]
    async fn a_full_queue_is_said_at_once() {
        // Slow enough that the second caller comes while the first one's hash is made.
        let config = config::Passwords {
            memory_kib: 32 * 1_024,
            passes: 2,
            parallel_max: 1,
            queue_max: 0,
        };
        let passwords = Passwords::start(&config).await.unwrap();
        let secret = SecretString::from("secret");
        let (one, other) = tokio::join!(passwords.hash(&secret), passwords.hash(&secret));
        assert!(one.is_ok());
        assert!(matches!(other, Err(Error::Busy)));
    }
}
