//! Tokens, tickets and names.

use std::time::Duration;

use anyhow::Result;
use auth::{Config, Issuer, Principal, Role, Sealer, Subject, Verifier};
use chrono::DateTime;
use ids::{SessionId, UserId};
use user::domain::{Avatar, Email, LoginName, Mobile, NewPassword, Nickname, Username, canonical};

use super::{Target, Verdict, text};

const KEY: &str = "a-key-of-thirty-two-bytes-at-least";
const NOW_S: i64 = 1_800_000_000;
const LIFE: Duration = Duration::from_secs(900);
const PURPOSE: &str = "ticket";

fn issuer() -> Result<(Issuer, DateTime<chrono::Utc>)> {
    let issuer = Issuer::new(&Config::of_one_key("k1", KEY))?;
    Ok((
        issuer,
        DateTime::from_timestamp(NOW_S, 0).unwrap_or_default(),
    ))
}

/// Whatever is accepted is what was signed, to the letter.
fn only_genuine(genuine: &[Vec<u8>], input: &[u8], accepted: bool) -> Verdict {
    match (accepted, genuine.iter().any(|one| one == input)) {
        (false, false) => Verdict::Refused,
        (true, true) => Verdict::Accepted,
        (true, false) => Verdict::Broken("a forgery is believed"),
        (false, true) => Verdict::Broken("a genuine one is refused"),
    }
}

pub(super) fn access_token() -> Result<Target> {
    let (issuer, now) = issuer()?;
    let verifier = Verifier::new(&Config::of_one_key("k1", KEY))?;
    let sign = |role, session| -> Result<Vec<u8>> {
        let principal = Principal {
            user: UserId::try_from(7)?,
            username: "小明".into(),
            role,
            session,
        };
        let email = "a@b.cn".into();
        Ok(issuer
            .issue_access(&Subject { principal, email }, LIFE, now)
            .into_bytes())
    };
    let genuine = vec![
        sign(Role::User, SessionId::try_from(9).ok())?,
        sign(Role::Admin, None)?,
    ];
    Ok(Target {
        name: "access_token",
        seeds: genuine.clone(),
        check: Box::new(move |input| {
            let accepted = verifier.verify_access(&text(input), NOW_S).is_ok();
            only_genuine(&genuine, input, accepted)
        }),
    })
}

pub(super) fn refresh_token() -> Result<Target> {
    let (issuer, now) = issuer()?;
    let verifier = Verifier::new(&Config::of_one_key("k1", KEY))?;
    let (user, session) = (UserId::try_from(7)?, SessionId::try_from(9)?);
    let token = issuer.issue_refresh(user, session, "jti", LIFE, now);
    let genuine = vec![token.into_bytes()];
    Ok(Target {
        name: "refresh_token",
        seeds: genuine.clone(),
        check: Box::new(move |input| {
            let accepted = verifier.verify_refresh(&text(input), NOW_S).is_ok();
            only_genuine(&genuine, input, accepted)
        }),
    })
}

pub(super) fn ticket() -> Result<Target> {
    let sealer = Sealer::new(&Config::of_one_key("k1", KEY))?;
    let genuine = vec![
        sealer.seal(PURPOSE, b"7/42/1/9/3").into_bytes(),
        sealer.seal(PURPOSE, b"").into_bytes(),
    ];
    Ok(Target {
        name: "ticket",
        seeds: genuine.clone(),
        check: Box::new(move |input| {
            let accepted = sealer.open(PURPOSE, &text(input)).is_some();
            only_genuine(&genuine, input, accepted)
        }),
    })
}

pub(super) fn username() -> Target {
    Target {
        name: "username",
        seeds: ["bob", "小明bob", "ａｄｍｉｎ", "José", "а.b-c"]
            .map(|name| name.as_bytes().to_vec())
            .into(),
        check: Box::new(|input| {
            let typed = text(input);
            let form = canonical(&typed);
            if canonical(&form) != form {
                return Verdict::Broken("the canonical form is not its own");
            }
            match Username::try_from(typed) {
                Err(_) => Verdict::Refused,
                Ok(name) if name.canonical() == form && !form.contains('@') => Verdict::Accepted,
                Ok(_) => Verdict::Broken("a name is kept under another form"),
            }
        }),
    }
}

pub(super) fn login_name() -> Target {
    Target {
        name: "login_name",
        seeds: ["bob", "a@b.cn", "+8613800138000", " Séc_1 "]
            .map(|name| name.as_bytes().to_vec())
            .into(),
        check: Box::new(|input| {
            let typed = text(input);
            let name = LoginName::new(&typed);
            if name.as_email().is_some() && name.as_username().is_some() {
                return Verdict::Broken("an address is a username");
            }
            let _ = NewPassword::try_from(typed);
            Verdict::Accepted
        }),
    }
}

pub(super) fn profile() -> Target {
    Target {
        name: "profile",
        seeds: [
            "a@b.cn",
            "+8613800138000",
            "https://x.test/a.png",
            "/a.png",
            "昵称",
        ]
        .map(|field| field.as_bytes().to_vec())
        .into(),
        check: Box::new(|input| {
            let typed = text(input);
            let email = Email::try_from(typed.clone()).is_ok();
            let mobile = Mobile::try_from(typed.clone()).is_ok();
            let nickname = Nickname::try_from(typed.clone()).is_ok();
            if email && mobile {
                return Verdict::Broken("an address is a number");
            }
            if let Ok(avatar) = Avatar::try_from(typed)
                && (avatar.as_str().starts_with("//")
                    || avatar.as_str().contains('\\') && avatar.as_str().starts_with('/'))
            {
                return Verdict::Broken("an avatar on another site");
            }
            if email || mobile || nickname {
                Verdict::Accepted
            } else {
                Verdict::Refused
            }
        }),
    }
}
