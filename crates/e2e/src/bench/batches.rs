//! How many items went in one call, from the processes' own metrics.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::fleet::Fleet;

/// By hop: items, and calls that carried them.
pub(super) type Batches = BTreeMap<String, (f64, f64)>;

/// So far, at every hop of a purchase.
pub(super) async fn so_far(fleet: &Fleet) -> Result<Batches> {
    let mut batches = Batches::new();
    for service in ["gateway", "seckill", "order"] {
        for line in fleet.metrics(service).await?.lines() {
            let Some((series, value)) = line.rsplit_once(' ') else {
                continue;
            };
            let Some((hop, is_sum)) = hop(series) else {
                continue;
            };
            let value: f64 = value.parse()?;
            let entry = batches.entry(hop).or_default();
            if is_sum {
                entry.0 += value;
            } else {
                entry.1 += value;
            }
        }
    }
    Ok(batches)
}

/// Mean items per call between two looks.
pub(super) fn mean(before: &Batches, after: &Batches) -> BTreeMap<String, f64> {
    let mut means = BTreeMap::new();
    for (hop, (items, calls)) in after {
        let (items_before, calls_before) = before.get(hop).copied().unwrap_or_default();
        let calls = calls - calls_before;
        if calls > 0.0 {
            means.insert(hop.clone(), (items - items_before) / calls);
        }
    }
    means
}

/// The hop that a series counts, and whether it is the sum of items.
fn hop(series: &str) -> Option<(String, bool)> {
    let (name, labels) = series.split_once('{').unwrap_or((series, ""));
    let (metric, is_sum) = match name.strip_suffix("_sum") {
        Some(metric) => (metric, true),
        None => (name.strip_suffix("_count")?, false),
    };
    match metric {
        "batch_size" => {
            let (_, rest) = labels.split_once("name=\"")?;
            let (hop, _) = rest.split_once('"')?;
            Some((hop.to_owned(), is_sum))
        }
        "order_land_rows" => Some(("order.land".to_owned(), is_sum)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_series_names_its_hop() {
        let gateway = "batch_size_sum{name=\"gateway.reserve\"}";
        assert_eq!(hop(gateway), Some(("gateway.reserve".to_owned(), true)));
        let landing = "order_land_rows_count";
        assert_eq!(hop(landing), Some(("order.land".to_owned(), false)));
        assert_eq!(hop("order_land_total{outcome=\"landed\"}"), None);
    }

    #[test]
    fn the_mean_is_of_what_came_between() {
        let look = |items, calls| Batches::from([("hop".to_owned(), (items, calls))]);
        let means = mean(&look(10.0, 10.0), &look(110.0, 20.0));
        assert_eq!(means.get("hop"), Some(&10.0));
        assert!(mean(&look(1.0, 1.0), &look(1.0, 1.0)).is_empty());
    }
}
