//! An upload as it arrives: one part after the other, hashed and counted, never held as a whole.

use std::fmt::Write;

use aws_lc_rs::digest::{Context, SHA256};
use blob::Blob;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};

use crate::{
    domain::{JobName, Source, Upload, presentable},
    error::Error,
    metrics::UPLOAD_BYTES,
};

/// What both files are stored as: nobody has looked at them yet.
const CONTENT_TYPE: &str = "application/octet-stream";

/// The parts that have not been read yet.
pub(super) struct Form<S> {
    parts: S,
    /// Read too far: the part after a file's last bytes.
    ahead: Option<Upload>,
    bytes_max: u64,
    bytes: u64,
}

/// All of it.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub sources: [Source; 2],
    pub options: String,
}

impl<S> Form<S>
where
    S: Stream<Item = Result<Upload, Error>> + Send + Unpin,
{
    /// `bytes_max`: of all files together.
    pub(super) fn new(parts: S, bytes_max: u64) -> Self {
        Self {
            parts,
            ahead: None,
            bytes_max,
            bytes: 0,
        }
    }

    /// The request's key.
    pub(super) async fn begin(&mut self) -> Result<Option<String>, Error> {
        match self.next().await? {
            Upload::Begin { request_key } => Ok(request_key),
            Upload::File { .. } | Upload::Chunk(_) | Upload::End { .. } => {
                Err(Error::Disorder("it does not begin"))
            }
        }
    }

    /// Reads to the end. Without a place the bytes are only hashed.
    pub(super) async fn receive(
        &mut self,
        place: Option<(&Blob, &JobName)>,
    ) -> Result<Received, Error> {
        let mut files = [None, None];
        loop {
            match self.next().await? {
                Upload::File { slot, name } => {
                    let file = slot.checked_sub(1).and_then(|at| files.get_mut(at));
                    let file = file.ok_or(Error::Disorder("there are two files"))?;
                    if file.is_some() {
                        return Err(Error::Disorder("a file comes twice"));
                    }
                    *file = Some(self.file(slot, &name, place).await?);
                }
                Upload::End { options } => {
                    let [one, two] = files;
                    let sources = [
                        one.ok_or(Error::FileMissing(1))?,
                        two.ok_or(Error::FileMissing(2))?,
                    ];
                    return Ok(Received { sources, options });
                }
                Upload::Begin { .. } | Upload::Chunk(_) => {
                    return Err(Error::Disorder("bytes of no file"));
                }
            }
        }
    }

    async fn file(
        &mut self,
        slot: usize,
        name: &str,
        place: Option<(&Blob, &JobName)>,
    ) -> Result<Source, Error> {
        let bytes_max = self.bytes_max;
        let before = self.bytes;
        let mut reading = Reading {
            form: self,
            hash: Context::new(&SHA256),
            failure: None,
        };
        let stored = match place {
            Some((blob, job)) => {
                let key = job.source_key(slot);
                let content = Box::pin(reading.content());
                blob.put_stream(&key, CONTENT_TYPE, bytes_max, content)
                    .await
                    .map(drop)
            }
            None => {
                let mut content = Box::pin(reading.content());
                while content.next().await.is_some_and(|piece| piece.is_ok()) {}
                Ok(())
            }
        };
        let Reading { hash, failure, .. } = reading;
        // What stopped the sender is what went wrong, and not that the store's stream ended.
        if let Some(failure) = failure {
            return Err(failure);
        }
        stored?;
        let bytes = self.bytes - before;
        if bytes == 0 {
            return Err(Error::FileEmpty(slot));
        }
        Ok(Source {
            name: presentable(name),
            bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
            sha256: hexadecimal(hash.finish().as_ref()),
        })
    }

    async fn next(&mut self) -> Result<Upload, Error> {
        if let Some(part) = self.ahead.take() {
            return Ok(part);
        }
        match self.parts.next().await {
            Some(part) => part,
            None => Err(Error::BrokenOff("it ends too early".into())),
        }
    }

    /// The next bytes of the file that is being read; `None`: that was all.
    async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        match self.next().await? {
            Upload::Chunk(bytes) => {
                self.bytes += bytes.len() as u64;
                UPLOAD_BYTES.inc_by(bytes.len() as u64);
                if self.bytes > self.bytes_max {
                    let bytes_max = self.bytes_max;
                    return Err(Error::TooLarge { bytes_max });
                }
                Ok(Some(bytes))
            }
            other => {
                self.ahead = Some(other);
                Ok(None)
            }
        }
    }
}

/// One file on its way into the store.
struct Reading<'a, S> {
    form: &'a mut Form<S>,
    hash: Context,
    /// Why the content ended early.
    failure: Option<Error>,
}

/// The store is only told that there is no more.
#[derive(Debug, thiserror::Error)]
#[error("the upload failed")]
struct Broken;

impl<S> Reading<'_, S>
where
    S: Stream<Item = Result<Upload, Error>> + Send + Unpin,
{
    fn content(&mut self) -> impl Stream<Item = Result<Bytes, Broken>> + Send {
        stream::unfold(self, async |reading| {
            if reading.failure.is_some() {
                return None;
            }
            match reading.form.chunk().await {
                Ok(bytes) => {
                    let bytes = bytes?;
                    reading.hash.update(&bytes);
                    Some((Ok(bytes), reading))
                }
                Err(error) => {
                    reading.failure = Some(error);
                    Some((Err(Broken), reading))
                }
            }
        })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(slot: usize) -> Upload {
        Upload::File {
            slot,
            name: format!("{slot}.csv"),
        }
    }

    fn chunk(text: &'static str) -> Upload {
        Upload::Chunk(Bytes::from_static(text.as_bytes()))
    }

    fn end() -> Upload {
        Upload::End {
            options: "{}".into(),
        }
    }

    async fn receive(parts: Vec<Upload>) -> Result<Received, Error> {
        let parts = stream::iter(parts.into_iter().map(Ok));
        Form::new(parts, 8).receive(None).await
    }

    #[tokio::test]
    async fn both_files_are_hashed_whatever_the_order() {
        let parts = vec![file(2), chunk("x"), file(1), chunk("ab"), chunk("c"), end()];
        let received = receive(parts).await.unwrap();
        let [one, two] = &received.sources;
        assert_eq!((one.name.as_str(), one.bytes), ("1.csv", 3));
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!((one.sha256.as_str(), two.bytes), (abc, 1));
    }

    #[tokio::test]
    async fn every_incomplete_form_has_its_answer() {
        let got = receive(vec![file(1), chunk("a"), end()]).await;
        assert!(matches!(got, Err(Error::FileMissing(2))), "{got:?}");
        let got = receive(vec![file(2), chunk("a"), end()]).await;
        assert!(matches!(got, Err(Error::FileMissing(1))), "{got:?}");
        let got = receive(vec![file(1), file(2), chunk("a"), end()]).await;
        assert!(matches!(got, Err(Error::FileEmpty(1))), "{got:?}");
        let got = receive(vec![file(1), chunk("a"), file(2), chunk("b")]).await;
        assert!(matches!(got, Err(Error::BrokenOff(_))), "{got:?}");
        let got = receive(vec![file(1), chunk("aaaaa"), file(2), chunk("bbbb"), end()]).await;
        assert!(
            matches!(got, Err(Error::TooLarge { bytes_max: 8 })),
            "{got:?}"
        );
        for disorder in [
            vec![chunk("a")],
            vec![file(3)],
            vec![file(1), chunk("a"), file(1)],
        ] {
            let got = receive(disorder).await;
            assert!(matches!(got, Err(Error::Disorder(_))), "{got:?}");
        }
    }
}
