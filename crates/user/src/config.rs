use serde::Deserialize;
use service::config::Validate;

use crate::domain::Lives;

/// Everything the user service is told: `deploy/config/user.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    pub service: service::Config,
    pub grpc: rpc::ServerConfig,
    pub fleet: rpc::FleetConfig,
    pub db: db::Config,
    pub auth: auth::Config,
    pub tokens: Lives,
    pub passwords: Passwords,
    pub logins: Logins,
    pub users: Users,
}

/// argon2id, and how much of the machine it may take.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    pub memory_kib: u32,
    pub passes: u32,
    /// 0: the number of processors less one.
    pub parallel_max: usize,
    pub queue_max: usize,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logins {
    pub attempts_max: u32,
    pub window_s: u32,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// Usernames that only an administrator could want: nobody registers them.
    pub reserved: Vec<String>,
}

impl Validate for Config {
    fn validate(&self) -> Result<(), String> {
        self.db.validate()?;
        self.auth.validate()?;
        if self.logins.attempts_max == 0 || self.logins.window_s == 0 {
            return Err("logins.attempts_max and logins.window_s must be above 0".to_owned());
        }
        let lives = self.tokens;
        if lives.canonical_access_s == 0 || lives.gomall_access_s == 0 || lives.refresh_s == 0 {
            return Err("tokens: every life must be above 0".to_owned());
        }
        let longest = lives.canonical_access_s.max(lives.gomall_access_s);
        if longest > self.auth.access_life_max_s {
            return Err("tokens: no access token lives longer than auth.access_life_max_s".into());
        }
        if lives.session_s < lives.refresh_s || lives.sessions_max == 0 {
            return Err("tokens: session_s is at least refresh_s, and sessions_max above 0".into());
        }
        Ok(())
    }
}
