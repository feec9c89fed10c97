use std::{fmt::Write, time::Duration};

use aws_sdk_s3::presigning::PresigningConfig;

use crate::{Blob, Error};

impl Blob {
    /// A link with which anybody may download the object for `life`, at most seven days. The
    /// browser saves it as `file_name`.
    pub async fn presign_get(
        &self,
        key: &str,
        file_name: &str,
        life: Duration,
    ) -> Result<String, Error> {
        let refused = |error| Error::store("sign a link to", key, error);
        let signing =
            PresigningConfig::expires_in(life).map_err(|error| refused(Box::from(error)))?;
        let signed = self
            .public
            .get_object()
            .bucket(&*self.bucket)
            .key(self.key(key))
            .response_content_disposition(attachment(file_name))
            .presigned(signing)
            .await
            .map_err(|error| refused(Box::<dyn std::error::Error + Send + Sync>::from(error)))?;
        Ok(signed.uri().to_owned())
    }
}

/// RFC 6266: a plain name for old browsers, the real one in UTF-8 for the others.
fn attachment(file_name: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    let plain: String = file_name
        .chars()
        .map(|c| if is_plain(c) { c } else { '_' })
        .collect();
    let mut encoded = String::new();
    for byte in file_name.bytes() {
        if is_plain(char::from(byte)) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_cannot_break_out_of_its_header() {
        assert_eq!(
            attachment("对账 \"a\".xlsx"),
            "attachment; filename=\"____a_.xlsx\"; \
             filename*=UTF-8''%E5%AF%B9%E8%B4%A6%20%22a%22.xlsx"
        );
    }
}
