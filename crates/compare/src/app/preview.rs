use auth::Principal;

use super::App;
use crate::{
    domain::{Job, JobName, Wrong},
    error::Error,
    store::Report,
};

impl App {
    /// What a job found, free of charge.
    pub(crate) async fn preview(
        &self,
        caller: Option<&Principal>,
        name: &JobName,
    ) -> Result<(Job, Report), Error> {
        let job = self.visible(caller, name).await?;
        match self.store.report(job.id).await? {
            Some(report) => Ok((job, report)),
            None => Err(Error::NoResult {
                job: name.clone(),
                why: match job.state.wrong() {
                    // Its report is on its way out.
                    Wrong::Unpaid | Wrong::Closing | Wrong::Finished => Wrong::Expired,
                    why => why,
                },
            }),
        }
    }
}
