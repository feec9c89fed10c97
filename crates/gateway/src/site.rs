//! The pages that browsers load: a built front end, held in memory, beside the API on one origin.

use std::{collections::HashMap, fs, path::Path, sync::Arc};

use anyhow::{Context, ensure};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::Response,
};
use bytes::Bytes;

use crate::{headers::text, lane::Lane, request_metrics::RequestMetrics};

/// A build is 2 MB with both compressed forms; more than this is some other folder.
const BYTES_MAX: usize = 64 << 20;
const INDEX: &str = "/index.html";
/// Paths of the API: what is missing there is the API's 404 and never a page.
const API: [&str; 9] = [
    "api",
    "compare",
    "wechatpay",
    "swagger",
    "metrics",
    "health",
    "healthz",
    "ready",
    "version",
];
/// No inline script or style; pictures of products may lie elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: \
    https:; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const HEADERS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::VARY, "accept-encoding"),
];

#[derive(Default)]
struct Asset {
    plain: Bytes,
    brotli: Option<Bytes>,
    gzip: Option<Bytes>,
}

pub(crate) struct Site {
    assets: HashMap<String, Asset>,
    pub(crate) metrics: RequestMetrics,
}

impl Site {
    /// Reads the folder of a build; an empty name means that there is none.
    pub(crate) fn load(folder: &str) -> anyhow::Result<Option<Arc<Self>>> {
        if folder.is_empty() {
            return Ok(None);
        }
        let mut files = HashMap::new();
        read(Path::new(folder), "", &mut files).with_context(|| format!("http.site {folder}"))?;
        ensure!(
            files.contains_key(INDEX),
            "http.site {folder}: no index.html"
        );
        let bytes: usize = files.values().map(Bytes::len).sum();
        ensure!(bytes <= BYTES_MAX, "http.site {folder}: above 64 MiB");
        let compressed = |name: &str| matches!(name.rsplit('.').next(), Some("br" | "gz"));
        let assets = files.iter().filter(|(name, _)| !compressed(name));
        let assets = assets.map(|(name, plain)| {
            let asset = Asset {
                plain: plain.clone(),
                brotli: files.get(&format!("{name}.br")).cloned(),
                gzip: files.get(&format!("{name}.gz")).cloned(),
            };
            (name.clone(), asset)
        });
        Ok(Some(Arc::new(Self {
            assets: assets.collect(),
            metrics: RequestMetrics::new(Lane::Exempt, "/{asset}", "GET"),
        })))
    }

    /// A file of the build, or the page that shows every other address; none for the API's paths
    /// and for files that are missing.
    pub(crate) fn answer(&self, method: &Method, path: &str, from: &HeaderMap) -> Option<Response> {
        let reads = *method == Method::GET || *method == Method::HEAD;
        if !reads || is_api(path) {
            return None;
        }
        let (name, asset) = match self.assets.get_key_value(path) {
            Some(found) => found,
            // A page of an older build asks for scripts that are gone: 404, not a page.
            None if path.rsplit('/').next()?.contains('.') => return None,
            None => self.assets.get_key_value(INDEX)?,
        };
        Some(respond(name, asset, from))
    }
}

fn is_api(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next();
    first.is_some_and(|first| API.contains(&first))
}

fn read(folder: &Path, prefix: &str, files: &mut HashMap<String, Bytes>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        // The build's own notes are no business of browsers.
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}/{name}");
        if entry.file_type()?.is_dir() {
            read(&entry.path(), &path, files)?;
        } else {
            files.insert(path, fs::read(entry.path())?.into());
        }
    }
    Ok(())
}

fn respond(name: &str, asset: &Asset, from: &HeaderMap) -> Response {
    let accepted = text(from, header::ACCEPT_ENCODING.as_str()).unwrap_or_default();
    let (bytes, encoding) = match (&asset.brotli, &asset.gzip) {
        (Some(bytes), _) if accepts(accepted, "br") => (bytes, Some("br")),
        (_, Some(bytes)) if accepts(accepted, "gzip") => (bytes, Some("gzip")),
        _ => (&asset.plain, None),
    };
    let mut response = Response::new(Body::from(bytes.clone()));
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // Names under /assets carry a hash of what is inside; everything else may change with a build.
    let cache = if name.starts_with("/assets/") {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static(media_type(name)),
    );
    if let Some(encoding) = encoding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// `br;q=0` refuses it.
fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, ""));
        let weight = weight.trim().strip_prefix("q=").map(str::parse::<f32>);
        name.trim().eq_ignore_ascii_case(encoding) && !matches!(weight, Some(Ok(0.0)))
    })
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("json") => "application/json",
        Some("txt") => "text/plain; charset=utf-8",
        Some("png") => "image/png",
        Some("webp") => "image/webp",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
#[path = "site_tests.rs"]
mod tests;
