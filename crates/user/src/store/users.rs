use auth::Role;
use ids::UserId;
use sqlx::MySqlExecutor;

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

pub(super) async fn names_are_free(pool: &db::Pool, names: &Names) -> Result<(), Error> {
    if let Some(username) = &names.username {
        let found =
            sqlx::query_scalar!("SELECT id FROM users WHERE username = ?", username.as_str());
        if found.fetch_optional(pool).await?.is_some() {
            return Err(Error::UsernameTaken);
        }
    }
    if let Some(email) = &names.email {
        let found = sqlx::query_scalar!("SELECT id FROM users WHERE email = ?", email.as_str());
        if found.fetch_optional(pool).await?.is_some() {
            return Err(Error::EmailTaken);
        }
    }
    if let Some(mobile) = &names.mobile {
        let found = sqlx::query_scalar!("SELECT id FROM users WHERE mobile = ?", mobile.as_str());
        if found.fetch_optional(pool).await?.is_some() {
            return Err(Error::MobileTaken);
        }
    }
    Ok(())
}

pub(super) async fn insert(
    tx: &mut db::Tx<'_>,
    account: &NewAccount,
    password_hash: &str,
    now_ms: i64,
) -> Result<UserId, Error> {
    let names = &account.names;
    let done = sqlx::query!(
        "INSERT INTO users (username, email, mobile, password_hash, nickname, avatar, sex, info, role, active,
                            created_at_ms, updated_at_ms)
         VALUES (?, ?, ?, ?, ?, '', 0, '', ?, 1, ?, ?)",
        names.username.as_ref().map(Username::as_str),
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
        role: if row.role == Role::Admin.name() {
            Role::Admin
        } else {
            Role::User
        },
        active: row.active,
        created_at_ms: row.created_at_ms,
        updated_at_ms: row.updated_at_ms,
    }))
}

pub(super) async fn find(pool: &db::Pool, name: &LoginName) -> Result<Vec<Credentials>, Error> {
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
            "SELECT id, password_hash FROM users WHERE username = ?",
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

pub(super) async fn password_hash(pool: &db::Pool, id: UserId) -> Result<Option<String>, Error> {
    let hash = sqlx::query_scalar!("SELECT password_hash FROM users WHERE id = ?", id.get());
    Ok(hash.fetch_optional(pool).await?)
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

pub(super) async fn update<'e>(
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

pub(super) async fn make_admin(
    pool: &db::Pool,
    username: &str,
    now_ms: i64,
) -> Result<bool, Error> {
    let done = sqlx::query!(
        "UPDATE users SET role = 'admin', updated_at_ms = IF(role = 'admin', updated_at_ms, ?) WHERE username = ?",
        now_ms,
        username,
    )
    .execute(pool)
    .await?;
    Ok(done.rows_affected() == 1)
}
