//! Completions of what is being typed: names of products, the best sellers first.

use std::collections::HashSet;

use tantivy::{
    Order, Searcher, TantivyDocument,
    collector::TopDocs,
    query::{BooleanQuery, Occur},
    schema::Value,
};

use crate::{
    Error,
    analysis::normal,
    query::prefix,
    schema::{Fields, SALES},
};

const CHARS_MAX: usize = 24;

pub(crate) fn suggest(
    searcher: &Searcher,
    fields: Fields,
    text: &str,
    limit: usize,
) -> Result<Vec<String>, Error> {
    let start: String = normal(text.trim())
        .to_lowercase()
        .chars()
        .take(CHARS_MAX)
        .collect();
    if start.is_empty() || limit == 0 {
        return Ok(Vec::new());
    }
    let mut ways = vec![(Occur::Should, prefix(fields.starts, &start))];
    if start.bytes().all(|byte| byte.is_ascii_lowercase()) {
        ways.push((Occur::Should, prefix(fields.pinyin, &start)));
    }
    let query = BooleanQuery::new(ways);
    // Several products may have one name.
    let top = TopDocs::with_limit(limit * 2).order_by_fast_field::<u64>(SALES, Order::Desc);
    let mut seen = HashSet::new();
    let mut names = Vec::new();
    for (_, address) in searcher.search(&query, &top)? {
        let document: TantivyDocument = searcher.doc(address)?;
        let name = document
            .get_first(fields.name)
            .and_then(|name| name.as_str());
        let name = name.unwrap_or_default().to_owned();
        if names.len() < limit && seen.insert(name.clone()) {
            names.push(name);
        }
    }
    Ok(names)
}
