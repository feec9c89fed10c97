//! What an anonymous comparison belongs to: the holder of a secret that its sender alone was told,
//! not of the job's id, which stands in logs, object keys and payments.

use std::fmt::Write;

use aws_lc_rs::hmac;
use fault::Reason;
use secrecy::{ExposeSecret, SecretString};

use crate::refusal::Refusal;

const TAG_BYTES: usize = 16;
/// Stands in no job's id and in no tag.
const BETWEEN: char = '.';

/// Makes and checks the names under which anonymous callers know their jobs: `<job id>.<tag>`.
pub(crate) struct Capabilities(hmac::Key);

impl Capabilities {
    /// From the fleet's secret, so that every gateway makes the same ones.
    pub(crate) fn new(fleet_secret: &SecretString) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, fleet_secret.expose_secret().as_bytes());
        let derived = hmac::sign(&master, b"gateway anonymous comparison v1");
        Self(hmac::Key::new(hmac::HMAC_SHA256, derived.as_ref()))
    }

    pub(crate) fn name(&self, job_id: &str) -> String {
        let mut name = format!("{job_id}{BETWEEN}");
        for byte in hmac::sign(&self.0, job_id.as_bytes())
            .as_ref()
            .iter()
            .take(TAG_BYTES)
        {
            // Writing to a string cannot fail.
            let _ = write!(name, "{byte:02x}");
        }
        name
    }

    /// The job's id in a name that [`Self::name`] made; no job otherwise.
    pub(crate) fn job_id<'a>(&self, name: &'a str) -> Result<&'a str, Refusal> {
        let (job_id, _) = name.split_once(BETWEEN).ok_or(Reason::JobNotFound)?;
        let expected = self.name(job_id);
        aws_lc_rs::constant_time::verify_slices_are_equal(expected.as_bytes(), name.as_bytes())
            .map_err(|_| Reason::JobNotFound)?;
        Ok(job_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_without_its_secret_names_no_job() {
        let capabilities = Capabilities::new(&"a fleet's secret".into());
        let name = capabilities.name("job_7");
        assert_eq!(capabilities.job_id(&name), Ok("job_7"));
        assert_eq!(name.len(), "job_7.".len() + 2 * TAG_BYTES);
        let other = name.replace("job_7", "job_8");
        let cut = &name[..name.len() - 1];
        for wrong in [
            "job_7",
            "job_7.",
            "",
            ".",
            &other,
            cut,
            &name.to_uppercase(),
        ] {
            assert!(capabilities.job_id(wrong).is_err(), "{wrong}");
        }
        let stranger = Capabilities::new(&"another fleet's secret".into());
        assert!(stranger.job_id(&name).is_err());
    }
}
