//! Two files on their way from a form to the compare service: passed on as they come, never held.

use std::collections::HashMap;

use axum::{
    body::Body,
    http::{HeaderMap, header},
};
use fault::Reason;
use proto::compare::{
    SubmitRequest, SubmitResponse,
    submit_request::{Begin, End, File, Part as Said},
};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::ToSchema;

use crate::{
    cx::Cx,
    multipart::{Malformed, Multipart, boundary},
    refusal::Refusal,
    state::Gateway,
};

/// Pieces between the form's reader and the call: enough that neither waits for the other's turn.
const AHEAD: usize = 8;
/// What a form may hold beside the two files.
const FIELD_BYTES_MAX: usize = 64 * 1024;
const PARTS_MAX: usize = 32;
/// What a form of two full files is longer than they are.
const FORM_BYTES: u64 = 256 * 1024;

/// The form as the OpenAPI document shows it; it is read as it comes and never held like this.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct UploadForm {
    #[schema(format = Binary)]
    file1: String,
    #[schema(format = Binary)]
    file2: String,
    /// `compare.options/1` as JSON, instead of all the following.
    options: Option<String>,
    /// JSON array, or names separated by commas.
    key_columns: Option<String>,
    ignore_columns: Option<String>,
    sheet1: Option<String>,
    sheet2: Option<String>,
    /// 0: the sheets have no header.
    header_row: Option<u32>,
    case_sensitive: Option<bool>,
}

/// The original's form: two files.
#[derive(ToSchema)]
#[expect(dead_code, reason = "a description")]
pub(crate) struct FilesForm {
    #[schema(format = Binary)]
    file1: String,
    #[schema(format = Binary)]
    file2: String,
}

/// The form's fields of text.
pub(crate) type Fields = HashMap<String, String>;

/// Submits the files `file1` and `file2` of a form, with the options that `options` makes of its
/// other fields.
pub(crate) async fn submit(
    gateway: &Gateway,
    cx: &Cx,
    headers: &HeaderMap,
    body: Body,
    request_key: String,
    options: impl FnOnce(&Fields) -> Result<String, Refusal> + Send,
) -> Result<SubmitResponse, Refusal> {
    let bytes_max = gateway.config.http.upload_bytes_max;
    let said = |name| headers.get(name)?.to_str().ok();
    let length = said(header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    let boundary = said(header::CONTENT_TYPE).and_then(boundary);
    let boundary = boundary.ok_or_else(|| Refusal::from(Reason::MediaType))?;
    if cx.user().is_err() {
        // Without a length it may be anything up to the bound.
        let bytes = length.unwrap_or(bytes_max);
        gateway
            .limits
            .comparison(cx.0.address, bytes, cx.0.now_ms)?;
    }
    let http = &gateway.config.http;
    let rate = (http.body_grace(), http.upload_bytes_per_s_min);
    let mut form = Form {
        parts: Multipart::new(body, &boundary, rate),
        bytes_left: bytes_max,
        bytes_max,
    };
    let answer = if length.is_some_and(|length| length > bytes_max + FORM_BYTES) {
        Err(too_large(bytes_max))
    } else {
        form.submit(gateway, cx, request_key, options).await
    };
    // Who asks before sending has sent nothing, and hears the answer.
    if answer.is_err() && !headers.contains_key(header::EXPECT) {
        form.parts.read_past().await;
    }
    answer
}

fn too_large(bytes_max: u64) -> Refusal {
    let limit = bytes_max >> 20;
    Refusal::new(
        Reason::UploadTooLarge,
        format!("两个文件合计超过上限{limit}MB,请删除图片或拆分"),
    )
}

fn form(message: impl Into<String>) -> Refusal {
    Refusal::new(Reason::UploadForm, message)
}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Self {
        let reason = match malformed {
            Malformed::BrokenOff | Malformed::Head => Reason::UploadForm,
            Malformed::Silent => Reason::Timeout,
        };
        Self::new(reason, reason.message())
    }
}

struct Form {
    parts: Multipart,
    bytes_left: u64,
    bytes_max: u64,
}

/// Whoever called has its answer already, and listens no more.
struct Deaf;

enum Stopped {
    Refused(Refusal),
    Deaf,
}

impl From<Malformed> for Stopped {
    fn from(malformed: Malformed) -> Self {
        Self::Refused(malformed.into())
    }
}

impl From<Refusal> for Stopped {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<Deaf> for Stopped {
    fn from(_: Deaf) -> Self {
        Self::Deaf
    }
}

impl Form {
    async fn submit(
        &mut self,
        gateway: &Gateway,
        cx: &Cx,
        request_key: String,
        options: impl FnOnce(&Fields) -> Result<String, Refusal> + Send,
    ) -> Result<SubmitResponse, Refusal> {
        let (tell, told) = mpsc::channel(AHEAD);
        let mut request = cx.call(ReceiverStream::new(told));
        request.set_timeout(gateway.config.http.upload_timeout());
        let mut compare = gateway.compare();
        let mut call = std::pin::pin!(compare.submit(request));
        let mut feed = std::pin::pin!(self.feed(tell, request_key, options));
        let answer = tokio::select! {
            // It has refused before the form was read to its end.
            answer = &mut call => answer,
            fed = &mut feed => match fed {
                Ok(()) => call.await,
                // The call ends without its last part, and compare forgets it.
                Err(refusal) => return Err(refusal),
            },
        };
        Ok(answer?.into_inner())
    }

    async fn feed(
        &mut self,
        tell: mpsc::Sender<SubmitRequest>,
        request_key: String,
        options: impl FnOnce(&Fields) -> Result<String, Refusal> + Send,
    ) -> Result<(), Refusal> {
        match self.pass_on(&tell, request_key, options).await {
            Ok(()) | Err(Stopped::Deaf) => Ok(()),
            Err(Stopped::Refused(refusal)) => Err(refusal),
        }
    }

    async fn pass_on(
        &mut self,
        tell: &mpsc::Sender<SubmitRequest>,
        request_key: String,
        options: impl FnOnce(&Fields) -> Result<String, Refusal> + Send,
    ) -> Result<(), Stopped> {
        say(tell, Said::Begin(Begin { request_key })).await?;
        let mut fields = Fields::new();
        let mut files = [false; 2];
        let mut parts = 0;
        while let Some(part) = self.parts.next().await? {
            parts += 1;
            if parts > PARTS_MAX {
                return Err(form("表单字段过多").into());
            }
            let slot = ["file1", "file2"]
                .iter()
                .position(|name| *name == part.name);
            match (slot, part.file_name) {
                (Some(at), name) => {
                    if std::mem::replace(&mut files[at], true) {
                        return Err(form(format!("文件{}重复", at + 1)).into());
                    }
                    let file = File {
                        slot: if at == 0 { 1 } else { 2 },
                        name: name.unwrap_or_default(),
                    };
                    say(tell, Said::File(file)).await?;
                    self.file(tell).await?;
                }
                (None, Some(_)) => self.nobodys_file().await?,
                (None, None) => {
                    let text = self.text().await?;
                    fields.insert(part.name, text);
                }
            }
        }
        let options = options(&fields)?;
        say(tell, Said::End(End { options })).await?;
        Ok(())
    }

    async fn file(&mut self, tell: &mpsc::Sender<SubmitRequest>) -> Result<(), Stopped> {
        while let Some(chunk) = self.parts.chunk().await? {
            self.count(chunk.len())?;
            say(tell, Said::Chunk(chunk.to_vec())).await?;
        }
        Ok(())
    }

    /// Read past, within the same bound.
    async fn nobodys_file(&mut self) -> Result<(), Stopped> {
        while let Some(chunk) = self.parts.chunk().await? {
            self.count(chunk.len())?;
        }
        Ok(())
    }

    fn count(&mut self, bytes: usize) -> Result<(), Refusal> {
        let left = self.bytes_left.checked_sub(bytes as u64);
        self.bytes_left = left.ok_or_else(|| too_large(self.bytes_max))?;
        Ok(())
    }

    async fn text(&mut self) -> Result<String, Stopped> {
        let mut bytes = Vec::new();
        while let Some(chunk) = self.parts.chunk().await? {
            bytes.extend_from_slice(&chunk);
            if bytes.len() > FIELD_BYTES_MAX {
                return Err(form("表单字段过长").into());
            }
        }
        String::from_utf8(bytes).map_err(|_| form("表单字段不是UTF-8").into())
    }
}

async fn say(tell: &mpsc::Sender<SubmitRequest>, part: Said) -> Result<(), Deaf> {
    let request = SubmitRequest { part: Some(part) };
    tell.send(request).await.map_err(|_| Deaf)
}
