//! `multipart/form-data` as it arrives: never more of it in memory than one piece and one part's
//! head.

use std::{pin::Pin, time::Duration};

use axum::body::{Body, BodyDataStream};
use bytes::{Buf, Bytes, BytesMut};
use futures_util::StreamExt;
use memchr::memmem::Finder;
use tokio::time::Instant;

/// A part's head longer than this is not a browser's.
const HEAD_BYTES_MAX: usize = 8 * 1024;
/// As many as RFC 2046 allows.
const BOUNDARY_BYTES_MAX: usize = 70;
/// A sender that is silent for so long has gone.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// A refusal waits for the rest of its form so long, and no longer than this after the last piece.
const REST_MAX: Duration = Duration::from_secs(30);
const REST_SILENCE_MAX: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Malformed {
    #[error("the form broke off")]
    BrokenOff,
    #[error("nothing came for too long")]
    Silent,
    #[error("a part's head cannot be read")]
    Head,
}

pub(crate) struct Multipart {
    body: Pin<Box<BodyDataStream>>,
    buffer: BytesMut,
    /// Stands before every part but also before the first, thanks to the line end that begins the
    /// buffer.
    delimiter: Finder<'static>,
    in_part: bool,
    /// The slowest sender's time: what it has left, and how much of it a byte buys.
    patience: Duration,
    bytes_per_s_min: u32,
}

/// What a part's head says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
}

/// Of `multipart/form-data; boundary=…`.
pub(crate) fn boundary(content_type: &str) -> Option<String> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(parameters, "boundary")?;
    let is_sane = |b: u8| b.is_ascii_graphic() || b == b' ';
    let sane = (1..=BOUNDARY_BYTES_MAX).contains(&boundary.len()) && boundary.bytes().all(is_sane);
    sane.then_some(boundary)
}

impl Multipart {
    /// Waits for the sender no longer, in sum, than `grace` and what `bytes_per_s_min` takes for
    /// what has come. The time that the receiver takes does not count.
    pub(crate) fn new(
        body: Body,
        boundary: &str,
        (grace, bytes_per_s_min): (Duration, u32),
    ) -> Self {
        let delimiter = format!("\r\n--{boundary}");
        Self {
            body: Box::pin(body.into_data_stream()),
            buffer: BytesMut::from(&b"\r\n"[..]),
            delimiter: Finder::new(delimiter.as_bytes()).into_owned(),
            in_part: true,
            patience: grace,
            bytes_per_s_min,
        }
    }

    /// The next part, behind whatever is left of this one; `None`: that was the last.
    pub(crate) async fn next(&mut self) -> Result<Option<Part>, Malformed> {
        while self.in_part {
            self.chunk().await?;
        }
        self.buffer.advance(self.delimiter.needle().len());
        self.fill(2).await?;
        if self.buffer.starts_with(b"--") {
            return Ok(None);
        }
        let head = self.head().await?;
        self.in_part = true;
        read_head(&head).map(Some).ok_or(Malformed::Head)
    }

    /// More of this part; `None`: that was all.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Malformed> {
        let kept = self.delimiter.needle().len() - 1;
        while self.in_part {
            match self.delimiter.find(&self.buffer) {
                Some(0) => self.in_part = false,
                Some(end) => return Ok(Some(self.buffer.split_to(end).freeze())),
                None if self.buffer.len() > kept => {
                    let sure = self.buffer.len() - kept;
                    return Ok(Some(self.buffer.split_to(sure).freeze()));
                }
                None => self.read().await?,
            }
        }
        Ok(None)
    }

    /// Reads the rest and forgets it: a browser that is still sending does not listen, and a
    /// connection that is closed on it looks broken instead of refused.
    pub(crate) async fn read_past(&mut self) {
        self.buffer.clear();
        let rest = async {
            while let Ok(Some(Ok(_))) =
                tokio::time::timeout(REST_SILENCE_MAX, self.body.next()).await
            {}
        };
        let _ = tokio::time::timeout(REST_MAX, rest).await;
    }

    /// Behind the delimiter up to the empty line that ends it.
    async fn head(&mut self) -> Result<Bytes, Malformed> {
        const END: &[u8] = b"\r\n\r\n";
        loop {
            if let Some(end) = memchr::memmem::find(&self.buffer, END) {
                if end > HEAD_BYTES_MAX {
                    return Err(Malformed::Head);
                }
                let head = self.buffer.split_to(end).freeze();
                self.buffer.advance(END.len());
                return Ok(head);
            }
            if self.buffer.len() > HEAD_BYTES_MAX {
                return Err(Malformed::Head);
            }
            self.read().await?;
        }
    }

    async fn fill(&mut self, bytes: usize) -> Result<(), Malformed> {
        while self.buffer.len() < bytes {
            self.read().await?;
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<(), Malformed> {
        let start = Instant::now();
        let limit = self.patience.min(SILENCE_MAX);
        let piece = tokio::time::timeout(limit, self.body.next()).await;
        self.patience = self.patience.saturating_sub(start.elapsed());
        match piece {
            Ok(Some(Ok(piece))) => {
                let bought = piece.len() as f64 / f64::from(self.bytes_per_s_min);
                self.patience += Duration::from_secs_f64(bought);
                self.buffer.extend_from_slice(&piece);
                Ok(())
            }
            Ok(Some(Err(_)) | None) => Err(Malformed::BrokenOff),
            Err(_) => Err(Malformed::Silent),
        }
    }
}

fn read_head(head: &[u8]) -> Option<Part> {
    let head = std::str::from_utf8(head).ok()?;
    let disposition = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim()
            .eq_ignore_ascii_case("content-disposition")
            .then_some(value)
    })?;
    let (kind, parameters) = disposition.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return None;
    }
    Some(Part {
        name: parameter(parameters, "name")?,
        file_name: parameter(parameters, "filename"),
    })
}

/// One of `a=b; c="d; \"e\""`.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text;
    loop {
        let (name, after) = rest.trim_start_matches([';', ' ', '\t']).split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => unquote(quoted)?,
            None => {
                let end = after.find(';').unwrap_or(after.len());
                (after[..end].trim().to_owned(), &after[end..])
            }
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = after;
    }
}

/// Up to the closing quote, and what follows it. Browsers write a quote as `%22`, others as `\"`; a
/// backslash before anything else is itself, as in paths.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices().peekable();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' if letters.peek().is_some_and(|(_, next)| *next == '"') => {
                value.push('"');
                letters.next();
            }
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    type Parts = Vec<(Part, String)>;

    const RATE: (Duration, u32) = (Duration::from_secs(2), 1_000);

    #[tokio::test(start_paused = true)]
    async fn a_form_that_trickles_in_is_not_waited_for() {
        let read = async |bytes: usize, every_ms: u64| {
            let piece = Bytes::from(vec![b'x'; bytes]);
            let pieces = stream::unfold((), move |()| {
                let piece = piece.clone();
                async move {
                    tokio::time::sleep(Duration::from_millis(every_ms)).await;
                    Some((Ok::<_, std::io::Error>(piece), ()))
                }
            });
            let body = Body::from_stream(pieces.take(100));
            let (start, mut form) = (Instant::now(), Multipart::new(body, "xYz", RATE));
            let ended = loop {
                match form.chunk().await {
                    Ok(_) => {}
                    Err(error) => break error,
                }
            };
            (ended, start.elapsed())
        };
        assert_eq!(read(1_000, 900).await.0, Malformed::BrokenOff, "all of it");
        let (ended, after) = read(1, 900).await;
        assert_eq!(ended, Malformed::Silent);
        assert!(after < Duration::from_secs(3), "{after:?}");
    }

    /// The form in pieces of `size` bytes.
    async fn read(form: &[u8], size: usize) -> Result<Parts, Malformed> {
        let pieces: Vec<_> = form
            .chunks(size)
            .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
            .collect();
        let mut multipart = Multipart::new(Body::from_stream(stream::iter(pieces)), "xYz", RATE);
        let mut parts = Vec::new();
        while let Some(part) = multipart.next().await? {
            let mut content = Vec::new();
            while let Some(chunk) = multipart.chunk().await? {
                content.extend_from_slice(&chunk);
            }
            parts.push((part, String::from_utf8(content).unwrap()));
        }
        Ok(parts)
    }

    const FORM: &str = "preamble\r\n--xYz\r\n\
        Content-Disposition: form-data; name=\"file1\"; filename=\"旧 \\\"a\\\";b.xlsx\"\r\n\
        Content-Type: text/csv\r\n\r\n\
        a,b\r\n--xY\r\n1,2\r\n--xYz\r\n\
        content-disposition:form-data;name=options\r\n\r\n{}\r\n--xYz\r\n\
        Content-Disposition: form-data; name=\"empty\"; filename=\"\"\r\n\r\n\r\n--xYz--\r\nrest";

    #[tokio::test]
    async fn a_form_reads_the_same_however_it_is_cut() {
        let expected = [
            ("file1", Some("旧 \"a\";b.xlsx"), "a,b\r\n--xY\r\n1,2"),
            ("options", None, "{}"),
            ("empty", Some(""), ""),
        ];
        for size in [1, 2, 3, 7, 64, 10_000] {
            let parts = read(FORM.as_bytes(), size).await.unwrap();
            let seen: Vec<_> = parts
                .iter()
                .map(|(part, text)| (part.name.as_str(), part.file_name.as_deref(), text.as_str()))
                .collect();
            assert_eq!(seen, expected, "pieces of {size}");
        }
    }

    #[tokio::test]
    async fn every_cut_form_is_broken_off() {
        let end = FORM.find("--\r\nrest").unwrap();
        for cut in 0..end {
            let got = read(&FORM.as_bytes()[..cut], 16).await;
            assert_eq!(got.unwrap_err(), Malformed::BrokenOff, "cut at {cut}");
        }
    }

    #[tokio::test]
    async fn a_head_has_an_end() {
        let endless = format!("--xYz\r\nX: {}", "x".repeat(2 * HEAD_BYTES_MAX));
        assert_eq!(read(endless.as_bytes(), 1_000).await, Err(Malformed::Head));
        let nameless = "--xYz\r\nContent-Disposition: form-data\r\n\r\nx\r\n--xYz--";
        assert_eq!(read(nameless.as_bytes(), 64).await, Err(Malformed::Head));
    }

    #[test]
    fn only_forms_have_boundaries() {
        assert_eq!(
            boundary("multipart/form-data; boundary=a").as_deref(),
            Some("a")
        );
        let quoted = "Multipart/Form-Data; charset=utf-8; boundary=\"a b\"";
        assert_eq!(boundary(quoted).as_deref(), Some("a b"));
        for wrong in [
            "",
            "application/json",
            "multipart/form-data",
            "multipart/form-data; boundary=",
            "multipart/mixed; boundary=a",
        ] {
            assert_eq!(boundary(wrong), None, "{wrong}");
        }
        let long = format!("multipart/form-data; boundary={}", "a".repeat(71));
        assert_eq!(boundary(&long), None);
    }
}
