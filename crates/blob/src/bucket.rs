use std::time::Duration;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};

use crate::{Blob, Error, error::is_not_found, metrics::measured};

/// The region that must not be named when a bucket is made.
const DEFAULT_REGION: &str = "us-east-1";

impl Blob {
    /// Makes the bucket if it is not there. Several processes may do so at once.
    pub async fn ensure_bucket(&self) -> Result<(), Error> {
        measured(
            "ensure_bucket",
            Box::pin(async {
                if self.has_bucket().await? {
                    return Ok(());
                }
                let place = (*self.region != *DEFAULT_REGION).then(|| {
                    let region = BucketLocationConstraint::from(&*self.region);
                    CreateBucketConfiguration::builder()
                        .location_constraint(region)
                        .build()
                });
                let create = self.client.create_bucket().bucket(&*self.bucket);
                match create.set_create_bucket_configuration(place).send().await {
                    Ok(_) => Ok(()),
                    // Somebody was faster.
                    Err(_) if self.has_bucket().await? => Ok(()),
                    Err(error) => Err(Error::store("create", &self.bucket, error)),
                }
            }),
        )
        .await
    }

    /// Whether the store answers and has the bucket, in one sentence if not.
    pub async fn probe(&self) -> Result<(), String> {
        const PROBE_MAX: Duration = Duration::from_secs(2);
        match tokio::time::timeout(PROBE_MAX, self.has_bucket()).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(format!("the bucket {} does not exist", self.bucket)),
            Ok(Err(error)) => Err(fault::chain(&error)),
            Err(_) => Err("the object store does not answer".to_owned()),
        }
    }

    async fn has_bucket(&self) -> Result<bool, Error> {
        match self.client.head_bucket().bucket(&*self.bucket).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_not_found(&error) => Ok(false),
            Err(error) => Err(Error::store("find", &self.bucket, error)),
        }
    }
}
