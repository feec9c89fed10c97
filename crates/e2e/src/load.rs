//! A load of HTTP/1.1 requests on kept connections. Written by hand for the same reason as every
//! load generator: on two cores it must cost less than what it measures.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use memchr::memmem::Finder;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// What is sent: the bytes of request number n, from 0 on, or `None` when there are no more.
pub type Requests = Arc<dyn Fn(usize) -> Option<Vec<u8>> + Send + Sync>;

pub struct Load {
    pub address: SocketAddr,
    pub connections: usize,
    /// Requests per second over all connections; `None`: each asks again as soon as it is answered.
    pub rate: Option<u32>,
    /// Sent until this long has passed and this many were sent, whichever is later.
    pub at_least: (Duration, usize),
    pub requests: Requests,
}

/// What came back.
#[derive(Debug, Default)]
pub struct LoadResult {
    /// How many answers carried each business code; -1: none that could be read.
    pub codes: BTreeMap<i64, u64>,
    /// One per answer, in microseconds, from when it was to be sent.
    latencies_us: Vec<u32>,
    /// From the first request to the last answer.
    pub took: Duration,
}

impl LoadResult {
    pub fn answers(&self) -> usize {
        self.latencies_us.len()
    }

    pub fn of(&self, code: i64) -> u64 {
        self.codes.get(&code).copied().unwrap_or_default()
    }

    /// Answers per second.
    pub fn rate(&self) -> f64 {
        self.answers() as f64 / self.took.as_secs_f64()
    }

    /// The latency, in milliseconds, that this share of the answers did not exceed.
    pub fn percentile_ms(&self, share: f64) -> f64 {
        let last = self.latencies_us.len().saturating_sub(1);
        let place = (last as f64 * share).round() as usize;
        self.latencies_us
            .get(place)
            .map_or(0.0, |us| f64::from(*us) / 1_000.0)
    }
}

impl Load {
    pub async fn run(self) -> Result<LoadResult> {
        let next = Arc::new(AtomicUsize::new(0));
        let mut streams = Vec::with_capacity(self.connections);
        for _ in 0..self.connections {
            let stream = TcpStream::connect(self.address)
                .await
                .context("a connection")?;
            stream.set_nodelay(true)?;
            streams.push(stream);
        }
        let start = Instant::now();
        let mut connections = JoinSet::new();
        for stream in streams {
            let connection = Connection {
                stream,
                next: Arc::clone(&next),
                requests: Arc::clone(&self.requests),
                gap: self.rate.map(|rate| Duration::from_secs(1) / rate.max(1)),
                start,
                until: start + self.at_least.0,
                requests_min: self.at_least.1,
                buffer: Vec::with_capacity(4_096),
            };
            connections.spawn(connection.run());
        }
        let mut result = LoadResult::default();
        while let Some(part) = connections.join_next().await {
            let part = part??;
            result.latencies_us.extend(part.latencies_us);
            for (code, count) in part.codes {
                *result.codes.entry(code).or_default() += count;
            }
        }
        result.took = start.elapsed();
        result.latencies_us.sort_unstable();
        Ok(result)
    }
}

struct Connection {
    stream: TcpStream,
    next: Arc<AtomicUsize>,
    requests: Requests,
    gap: Option<Duration>,
    start: Instant,
    until: Instant,
    requests_min: usize,
    buffer: Vec<u8>,
}

impl Connection {
    async fn run(mut self) -> Result<LoadResult> {
        let mut result = LoadResult::default();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let mut due = Instant::now();
            if let Some(gap) = self.gap {
                // Late is late: an answer that keeps the next request waiting counts for that one
                // too.
                due = self.start + gap * u32::try_from(number).unwrap_or(u32::MAX);
                tokio::time::sleep_until(due.into()).await;
            }
            if due >= self.until && number >= self.requests_min {
                return Ok(result);
            }
            let Some(request) = (self.requests)(number) else {
                return Ok(result);
            };
            self.stream.write_all(&request).await?;
            let code = self.answer().await?;
            *result.codes.entry(code).or_default() += 1;
            result
                .latencies_us
                .push(due.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
        }
    }

    /// Reads one answer and finds its business code.
    async fn answer(&mut self) -> Result<i64> {
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
            if let Some(body) = whole(&self.buffer) {
                return Ok(code_of(body));
            }
        }
    }
}

static END: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\n\r\n"));
/// As both servers spell it.
static LENGTH: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\r\ncontent-length: "));
static CODE: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"\"code\":"));

/// The body, once all of it is here.
fn whole(answer: &[u8]) -> Option<&[u8]> {
    let end = END.find(answer)?;
    let (head, body) = (answer.get(..end)?, answer.get(end + END.needle().len()..)?);
    body.get(..number(&LENGTH, head)?)
}

fn code_of(body: &[u8]) -> i64 {
    number(&CODE, body)
        .and_then(|code| code.try_into().ok())
        .unwrap_or(-1)
}

/// The digits behind the mark, wherever it is.
fn number(mark: &Finder<'_>, text: &[u8]) -> Option<usize> {
    let digits = text.get(mark.find(text)? + mark.needle().len()..)?;
    let digits = digits.iter().take_while(|byte| byte.is_ascii_digit());
    Some(digits.fold(0, |sum, digit| sum * 10 + usize::from(digit - b'0')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_length_is_here() {
        let head = "HTTP/1.1 409 Conflict\r\ncontent-length: 14\r\n\r\n";
        let body = "{\"code\":60003}";
        assert_eq!(
            whole(format!("{head}{body}").as_bytes()),
            Some(body.as_bytes())
        );
        assert_eq!(whole(format!("{head}{{").as_bytes()), None);
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\n"), None);
        assert_eq!((code_of(body.as_bytes()), code_of(b"{}")), (60003, -1));
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_answers() {
        let result = LoadResult {
            latencies_us: (1..=1_000).collect(),
            took: Duration::from_secs(2),
            ..LoadResult::default()
        };
        assert_eq!(
            (result.percentile_ms(0.5), result.percentile_ms(1.0)),
            (0.501, 1.0)
        );
        assert!((result.rate() - 500.0).abs() < f64::EPSILON);
    }
}
