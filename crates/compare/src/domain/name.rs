use std::{fmt, str::FromStr};

/// `job_` and 96 random bits: who knows the name of nobody's job may have it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct JobName(String);

const PREFIX: &str = "job_";
const DIGITS: usize = 24;

/// Text that names no job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not the name of a job")]
pub struct NotAName;

impl JobName {
    /// Only the low 96 bits count.
    pub fn of_random(bits: u128) -> Self {
        Self(format!("{PREFIX}{:024x}", bits & ((1 << 96) - 1)))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the file of a slot (1 or 2) waits for its comparison.
    pub fn source_key(&self, slot: usize) -> String {
        format!("{}in/{slot}", self.folder())
    }

    /// Where an attempt leaves its workbook: no two attempts ever write the same object.
    pub fn result_key(&self, attempt: i32) -> String {
        format!("{}out/{attempt}.xlsx", self.folder())
    }

    /// What every object of the job begins with.
    pub fn folder(&self) -> String {
        format!("jobs/{}/", self.0)
    }

    /// The attempt whose result an object of this job is; `None`: it is no result.
    pub fn attempt_of(&self, key: &str) -> Option<i32> {
        let rest = key.strip_prefix(&self.folder())?;
        rest.strip_prefix("out/")?
            .strip_suffix(".xlsx")?
            .parse()
            .ok()
    }
}

impl FromStr for JobName {
    type Err = NotAName;

    fn from_str(text: &str) -> Result<Self, NotAName> {
        let digits = text.strip_prefix(PREFIX).ok_or(NotAName)?;
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if digits.len() == DIGITS && digits.bytes().all(is_digit) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAName)
        }
    }
}

impl fmt::Display for JobName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back_and_nothing_else_is_one() {
        let name = JobName::of_random(u128::MAX);
        assert_eq!(name.as_str(), "job_ffffffffffffffffffffffff");
        assert_eq!(name.as_str().parse(), Ok(name.clone()));
        assert_eq!(JobName::of_random(7).as_str().len(), 28);
        for wrong in [
            "",
            "job_",
            "job_1",
            "JOB_ffffffffffffffffffffffff",
            "job_../../../../../../../../",
        ] {
            assert_eq!(wrong.parse::<JobName>(), Err(NotAName), "{wrong}");
        }
    }

    #[test]
    fn results_tell_their_attempt() {
        let (name, other) = (JobName::of_random(1), JobName::of_random(2));
        assert_eq!(name.attempt_of(&name.result_key(3)), Some(3));
        assert_eq!(name.attempt_of(&name.source_key(1)), None);
        assert_eq!(name.attempt_of(&other.result_key(3)), None);
    }
}
