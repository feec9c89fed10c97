use auth::Principal;
use diff::Options;

use super::App;
use crate::{
    domain::{Job, JobName, State, Wrong},
    error::Error,
};

/// What the browser saves the result as.
const WORKBOOK: &str = "比对结果.xlsx";
/// The workbook and its sheets as text.
const ZIP: &str = "比对结果.zip";

/// Where the workbook is, for whoever has the link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Link {
    pub url: String,
    pub file_name: &'static str,
    pub expires_in_s: u32,
}

impl App {
    /// A link to the workbook, once it is there and paid.
    pub(crate) async fn export(
        &self,
        caller: Option<&Principal>,
        name: &JobName,
    ) -> Result<Link, Error> {
        let job = self.visible(caller, name).await?;
        let no_result = |why| Error::NoResult {
            job: name.clone(),
            why,
        };
        let key = result_of(&job).map_err(no_result)?;
        if self.blob.size(&key).await?.is_none() {
            return Err(no_result(Wrong::Expired));
        }
        let life = self.jobs.link();
        let options: Options = serde_json::from_str(&job.options).unwrap_or_default();
        let file_name = if options.output.csv { ZIP } else { WORKBOOK };
        let url = self.blob.presign_get(&key, file_name, life).await?;
        Ok(Link {
            url,
            file_name,
            expires_in_s: self.jobs.link_s,
        })
    }
}

fn result_of(job: &Job) -> Result<String, Wrong> {
    match (&job.state, &job.compared) {
        (State::Ready, Some(compared)) => Ok(job.name.result_key(compared.attempt)),
        (other, _) => Err(other.wrong()),
    }
}
