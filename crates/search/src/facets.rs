//! How many products a further filter would leave.

use serde_json::json;
use tantivy::{
    Searcher,
    aggregation::{
        AggContextParams, AggregationCollector,
        agg_req::Aggregations,
        agg_result::{AggregationResult, AggregationResults, BucketEntries, BucketResult},
    },
    query::Query,
};

use crate::{
    Error,
    document::{Facets, Filters},
    query::{Kind, filtered},
    schema::{BRAND, CATEGORY, Fields, PRICE},
};

const NAMES_MAX: usize = 50;
/// Where one price range ends and the next begins, in fen.
const PRICES: [i64; 5] = [5_000, 10_000, 50_000, 100_000, 500_000];

pub(crate) fn count(
    searcher: &Searcher,
    fields: Fields,
    text: &dyn Query,
    filters: &Filters,
) -> Result<Facets, Error> {
    let kinds = [
        (Kind::Category, !filters.categories.is_empty()),
        (Kind::Brand, !filters.brands.is_empty()),
        (
            Kind::Price,
            filters.min_price_fen.is_some() || filters.max_price_fen.is_some(),
        ),
    ];
    let mut facets = Facets::default();
    // What is not filtered by itself is counted in one pass.
    let free: Vec<Kind> = kinds
        .iter()
        .filter(|(_, is_filtered)| !is_filtered)
        .map(|(kind, _)| *kind)
        .collect();
    if !free.is_empty() {
        let query = filtered(fields, text, filters, None);
        collect(searcher, &*query, &free, &mut facets)?;
    }
    for (kind, is_filtered) in kinds {
        if is_filtered {
            let query = filtered(fields, text, filters, Some(kind));
            collect(searcher, &*query, &[kind], &mut facets)?;
        }
    }
    Ok(facets)
}

fn collect(
    searcher: &Searcher,
    query: &dyn Query,
    kinds: &[Kind],
    facets: &mut Facets,
) -> Result<(), Error> {
    let request: serde_json::Map<_, _> = kinds
        .iter()
        .map(|kind| (name(*kind).to_owned(), request(*kind)))
        .collect();
    let request: Aggregations = serde_json::from_value(request.into())?;
    let collector = AggregationCollector::from_aggs(request, AggContextParams::default());
    let results = searcher.search(query, &collector)?;
    for kind in kinds {
        match kind {
            Kind::Category => facets.categories = names(&results, CATEGORY),
            Kind::Brand => facets.brands = names(&results, BRAND),
            Kind::Price => facets.prices = prices(&results),
        }
    }
    Ok(())
}

const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Category => CATEGORY,
        Kind::Brand => BRAND,
        Kind::Price => PRICE,
    }
}

fn request(kind: Kind) -> serde_json::Value {
    match kind {
        Kind::Category | Kind::Brand => {
            json!({ "terms": { "field": name(kind), "size": NAMES_MAX } })
        }
        Kind::Price => {
            let [first, .., last] = PRICES;
            let mut ranges = vec![json!({ "to": first })];
            ranges.extend(
                PRICES
                    .windows(2)
                    .map(|pair| json!({ "from": pair[0], "to": pair[1] })),
            );
            ranges.push(json!({ "from": last }));
            json!({ "range": { "field": PRICE, "ranges": ranges } })
        }
    }
}

fn names(results: &AggregationResults, field: &str) -> Vec<(String, u64)> {
    let Some(AggregationResult::BucketResult(BucketResult::Terms { buckets, .. })) =
        results.0.get(field)
    else {
        return Vec::new();
    };
    buckets
        .iter()
        .map(|bucket| (bucket.key.to_string(), bucket.doc_count))
        .collect()
}

fn prices(results: &AggregationResults) -> Vec<(i64, Option<i64>, u64)> {
    let Some(AggregationResult::BucketResult(BucketResult::Range { buckets })) =
        results.0.get(PRICE)
    else {
        return Vec::new();
    };
    let buckets: Vec<_> = match buckets {
        BucketEntries::Vec(buckets) => buckets.iter().collect(),
        BucketEntries::HashMap(buckets) => buckets.values().collect(),
    };
    let mut prices: Vec<_> = buckets
        .iter()
        .filter(|bucket| bucket.doc_count > 0)
        .map(|bucket| {
            let from = bucket.from.map_or(0, |from| from as i64);
            (from, bucket.to.map(|to| to as i64), bucket.doc_count)
        })
        .collect();
    prices.sort_unstable();
    prices
}
