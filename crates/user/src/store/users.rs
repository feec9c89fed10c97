use auth::Role;
use ids::UserId;
use sqlx::MySqlExecutor;

use super::Store;
use crate::{
    Error,
    domain::{
        Account, Avatar, Change, Email, Info, LoginName, Mobile, Names, NewAccount, Nickname, Sex,
        Username,
    },
};

/// An account and what its password is compared with.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) id: UserId,
    pub(crate) password_hash: String,
}

struct CredentialsRow {
    id: i64,
    password_hash: String,
}

fn user_id(id: i64) -> Result<UserId, Error> {
    UserId::try_from(id).map_err(|_| Error::Unreadable("users.id"))
}

/// A name of before.
#[derive(Debug)]
pub(crate) struct Uncanonical {
    pub(crate) id: i64,
    pub(crate) username: String,
}

/// An unknown word gets the lesser role.
pub(super) fn role(word: &str) -> Role {
    if word == Role::Admin.name() {
        Role::Admin
    } else {
        Role::User
    }
}

impl Store {
    /// Fails when one of these names is taken. Only a hint: the unique keys decide.
    pub(crate) async fn names_are_free(&self, names: &Names) -> Result<(), Error> {
        if let Some(username) = &names.username {
            let found = sqlx::query_scalar!(
                "SELECT id FROM users WHERE username_canonical = ?",
                username.canonical()
            );
            if found.fetch_optional(&self.pool).await?.is_some() {
                return Err(Error::UsernameTaken);
            }
        }
        if let Some(email) = &names.email {
            let found = sqlx::query_scalar!("SELECT id FROM users WHERE email = ?", email.as_str());
            if found.fetch_optional(&self.pool).await?.is_some() {
                return Err(Error::EmailTaken);
            }
        }
        if let Some(mobile) = &names.mobile {
            let found =
                sqlx::query_scalar!("SELECT id FROM users WHERE mobile = ?", mobile.as_str());
            if found.fetch_optional(&self.pool).await?.is_some() {
                return Err(Error::MobileTaken);
            }
        }
        Ok(())
    }

    pub(crate) async fn account(&self, id: UserId) -> Result<Option<Account>, Error> {
        get(&self.pool, id).await
    }

    /// Those whom this name may mean: none, one, or the holder of a number as username and the holder of the
    /// same number as mobile.
    pub(crate) async fn credentials(&self, name: &LoginName) -> Result<Vec<Credentials>, Error> {
        let pool = &self.pool;
        let mut rows = Vec::new();
        if let Some(email) = name.as_email() {
            let found = sqlx::query_as!(
                CredentialsRow,
                "SELECT id, password_hash FROM users WHERE email = ?",
                email,
            );
            rows.extend(found.fetch_optional(pool).await?);
        }
        if let Some(username) = name.as_username() {
            let found = sqlx::query_as!(
                CredentialsRow,
                "SELECT id, password_hash FROM users WHERE username_canonical = ?",
                username,
            );
            rows.extend(found.fetch_optional(pool).await?);
        }
        if let Some(mobile) = name.as_mobile() {
            let found = sqlx::query_as!(
                CredentialsRow,
                "SELECT id, password_hash FROM users WHERE mobile = ?",
                mobile,
            );
            rows.extend(found.fetch_optional(pool).await?);
        }
        rows.dedup_by_key(|row| row.id);
        rows.into_iter()
            .map(|row| {
                Ok(Credentials {
                    id: user_id(row.id)?,
                    password_hash: row.password_hash,
                })
            })
            .collect()
    }

    pub(crate) async fn password_hash(&self, id: UserId) -> Result<Option<String>, Error> {
        let hash = sqlx::query_scalar!("SELECT password_hash FROM users WHERE id = ?", id.get());
        Ok(hash.fetch_optional(&self.pool).await?)
    }

    /// Replaces a hash by another of the same password. `false`: it was changed meanwhile.
    pub(crate) async fn rehash(&self, id: UserId, old: &str, new: &str) -> Result<bool, Error> {
        set_password_hash(&self.pool, id, old, new).await
    }

    /// The profile afterwards; `None`: there is no such account.
    pub(crate) async fn update_profile(
        &self,
        id: UserId,
        change: &Change,
        now_ms: i64,
    ) -> Result<Option<Account>, Error> {
        db::transact!(&self.pool, "update_profile", async |tx| {
            update(&mut **tx, id, change, now_ms).await?;
            get(&mut **tx, id).await
        })
        .await
    }

    /// Usernames without a canonical form, by id.
    pub(crate) async fn uncanonical(
        &self,
        after_id: i64,
        rows_max: u32,
    ) -> Result<Vec<Uncanonical>, Error> {
        let rows = sqlx::query_as!(
            Uncanonical,
            r#"SELECT id, username AS "username!" FROM users
               WHERE username_canonical IS NULL AND username IS NOT NULL AND id > ?
               ORDER BY id LIMIT ?"#,
            after_id,
            rows_max,
        );
        Ok(rows.fetch_all(&self.pool).await?)
    }

    pub(crate) async fn set_canonical(&self, id: i64, form: &str) -> Result<(), Error> {
        sqlx::query!(
            "UPDATE users SET username_canonical = ? WHERE id = ?",
            form,
            id
        )
        .execute(&self.pool)
        .await
        .map_err(Error::from_insert)?;
        Ok(())
    }
}

pub(super) async fn insert(
    tx: &mut db::Tx<'_>,
    account: &NewAccount,
    password_hash: &str,
    now_ms: i64,
) -> Result<UserId, Error> {
    let names = &account.names;
    let done = sqlx::query!(
        "INSERT INTO users (username, username_canonical, email, mobile, password_hash, nickname, avatar,
                            sex, info, role, active, created_at_ms, updated_at_ms)
         VALUES (?, ?, ?, ?, ?, ?, '', 0, '', ?, 1, ?, ?)",
        names.username.as_ref().map(Username::as_str),
        names.username.as_ref().map(Username::canonical),
        names.email.as_ref().map(Email::as_str),
        names.mobile.as_ref().map(Mobile::as_str),
        password_hash,
        account.nickname.as_str(),
        account.role.name(),
        now_ms,
        now_ms,
    )
    .execute(&mut **tx)
    .await
    .map_err(Error::from_insert)?;
    db::affected(&done, 1, "a new account")?;
    user_id(done.last_insert_id() as i64)
}

pub(super) async fn get<'e>(
    executor: impl MySqlExecutor<'e>,
    id: UserId,
) -> Result<Option<Account>, Error> {
    let row = sqlx::query!(
        r#"SELECT username, email, mobile, nickname, avatar, sex, info, role, active AS "active: bool",
                  created_at_ms, updated_at_ms
           FROM users WHERE id = ?"#,
        id.get(),
    )
    .fetch_optional(executor)
    .await?;
    Ok(row.map(|row| Account {
        id,
        username: row.username,
        email: row.email,
        mobile: row.mobile,
        nickname: row.nickname,
        avatar: row.avatar,
        sex: row.sex,
        info: row.info,
        role: role(&row.role),
        active: row.active,
        created_at_ms: row.created_at_ms,
        updated_at_ms: row.updated_at_ms,
    }))
}

/// Compares and sets. `false`: another hash is there.
pub(super) async fn set_password_hash<'e>(
    executor: impl MySqlExecutor<'e>,
    id: UserId,
    old: &str,
    new: &str,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE users SET password_hash = ? WHERE id = ? AND password_hash = ?",
        new,
        id.get(),
        old,
    )
    .execute(executor)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn update<'e>(
    executor: impl MySqlExecutor<'e>,
    id: UserId,
    change: &Change,
    now_ms: i64,
) -> Result<(), Error> {
    let email = change.email.as_ref();
    sqlx::query!(
        "UPDATE users
         SET nickname = COALESCE(?, nickname), avatar = COALESCE(?, avatar), sex = COALESCE(?, sex),
             info = COALESCE(?, info), email = IF(?, ?, email), updated_at_ms = ?
         WHERE id = ?",
        change.nickname.as_ref().map(Nickname::as_str),
        change.avatar.as_ref().map(Avatar::as_str),
        change.sex.map(Sex::get),
        change.info.as_ref().map(Info::as_str),
        email.is_some(),
        email.and_then(Option::as_ref).map(Email::as_str),
        now_ms,
        id.get(),
    )
    .execute(executor)
    .await
    .map_err(Error::from_insert)?;
    Ok(())
}

pub(super) async fn set_role(
    tx: &mut db::Tx<'_>,
    id: UserId,
    role: Role,
    now_ms: i64,
) -> Result<(), Error> {
    let found = sqlx::query_scalar!("SELECT id FROM users WHERE id = ? FOR UPDATE", id.get());
    if found.fetch_optional(&mut **tx).await?.is_none() {
        return Err(Error::NotFound(id));
    }
    sqlx::query!(
        "UPDATE users SET role = ?, updated_at_ms = ? WHERE id = ?",
        role.name(),
        now_ms,
        id.get(),
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
