//! What the site answers, and what it leaves to the API.

use std::fs;

use super::*;

fn site() -> Arc<Site> {
    let folder = std::env::temp_dir().join(format!("mall-site-{}", uuid::Uuid::new_v4()));
    fs::create_dir_all(folder.join("assets")).unwrap();
    fs::create_dir_all(folder.join(".vite")).unwrap();
    for (name, text) in [
        ("index.html", "page"),
        ("index.html.br", "page in brotli"),
        ("index.html.gz", "page in gzip"),
        ("assets/app-1a2b.js", "script"),
        (".vite/manifest.json", "{}"),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
    let site = Site::load(folder.to_str().unwrap()).unwrap().unwrap();
    fs::remove_dir_all(folder).unwrap();
    site
}

fn get(site: &Site, path: &str, encodings: &'static str) -> Option<Response> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(encodings));
    site.answer(&Method::GET, path, &headers)
}

fn header_of<'a>(response: &'a Response, name: &HeaderName) -> &'a str {
    text(response.headers(), name.as_str()).unwrap_or_default()
}

#[test]
fn pages_have_any_address_but_the_apis() {
    let site = site();
    for path in ["/", "/sales/7", "/orders", "/compared", "/apis"] {
        let page = get(&site, path, "").unwrap();
        assert_eq!(
            header_of(&page, &header::CACHE_CONTROL),
            "no-cache",
            "{path}"
        );
        assert!(!header_of(&page, &header::CONTENT_SECURITY_POLICY).contains("unsafe"));
    }
    for path in [
        "/api/v1/nothing",
        "/api",
        "/compare/jobs/",
        "/wechatpay/notify",
        "/metrics",
        "/swagger/index.html",
    ] {
        assert!(get(&site, path, "").is_none(), "{path}");
    }
    assert!(site.answer(&Method::POST, "/", &HeaderMap::new()).is_none());
}

#[test]
fn hashed_files_last_and_missing_ones_are_missing() {
    let site = site();
    let script = get(&site, "/assets/app-1a2b.js", "br").unwrap();
    assert!(header_of(&script, &header::CACHE_CONTROL).ends_with("immutable"));
    assert!(header_of(&script, &header::CONTENT_TYPE).starts_with("text/javascript"));
    assert_eq!(header_of(&script, &header::CONTENT_ENCODING), "");
    for path in [
        "/assets/old-9.js",
        "/.vite/manifest.json",
        "/assets/../../etc/passwd.txt",
    ] {
        assert!(get(&site, path, "").is_none(), "{path}");
    }
}

#[test]
fn the_smallest_accepted_form_is_sent() {
    let site = site();
    for (accepted, sent) in [
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("identity", ""),
    ] {
        let page = get(&site, "/", accepted).unwrap();
        assert_eq!(header_of(&page, &header::CONTENT_ENCODING), sent);
        assert_eq!(header_of(&page, &header::VARY), "accept-encoding");
    }
}

#[test]
fn a_folder_without_a_page_stops_the_start() {
    assert!(Site::load("").unwrap().is_none());
    assert!(Site::load("/nowhere").is_err());
}
