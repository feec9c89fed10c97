//! The whole document.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use super::{Operation, schemas::Schemas};
use crate::route::{Route, Table};

const ABOUT: &str = "\
Sales, orders, payments and comparisons. The canonical API lies under `/api/v1` and answers with \
`{code, message, data, request_id, trace_id, timestamp}`; the other families keep the interfaces of \
the systems that came before. Amounts are yuan with two decimals, beside them `*_fen` as integers; \
times are RFC 3339.";

/// Fails where two types of one family share a name and differ.
pub(crate) fn document(table: &Table) -> anyhow::Result<Value> {
    let mut schemas = Schemas::default();
    let mut paths: Map<String, Value> = Map::new();
    let mut seen = HashMap::new();
    for route in table.routes() {
        schemas.begin(route.family);
        let mut operation = Operation::new(route, &mut schemas);
        route.describe(&mut operation);
        let operation = operation.finish(&id(route, &mut seen));
        paths.entry(route.path).or_insert_with(|| json!({}))
            [route.method.as_str().to_lowercase()] = operation;
    }
    if !schemas.conflicts.is_empty() {
        anyhow::bail!(
            "two types of one family share a name: {}",
            schemas.conflicts.join(", ")
        );
    }
    Ok(json!({
        "openapi": "3.1.0",
        "info": {
            "title": "mall",
            "version": "v1",
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas.into_map(),
            "securitySchemes": { "bearer": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } },
        },
    }))
}

/// `v1.orders.list`; a handler's further routes are numbered.
fn id(route: &Route, seen: &mut HashMap<String, u32>) -> String {
    let path = route.name.trim_start_matches("gateway::");
    let path = path
        .trim_start_matches("http::")
        .trim_start_matches("compat::");
    let id = path.replace("::", ".");
    let times = seen.entry(id.clone()).or_insert(0);
    *times += 1;
    if *times == 1 {
        id
    } else {
        format!("{id}.{times}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_is_in_it_and_every_reference_leads_somewhere() {
        let table = crate::http::table().unwrap();
        let document = document(&table).unwrap();
        for route in table.routes() {
            let operation = &document["paths"][route.path][route.method.as_str().to_lowercase()];
            assert!(
                operation["operationId"].is_string(),
                "{} {}",
                route.method,
                route.path
            );
            let has_success = ["200", "201", "202"]
                .iter()
                .any(|status| operation["responses"][status].is_object());
            assert!(has_success, "{} {}", route.method, route.path);
        }
        let text = document.to_string();
        for part in text.split("\"#/components/schemas/").skip(1) {
            let name = part.split('"').next().unwrap();
            assert!(
                document["components"]["schemas"][name].is_object(),
                "{name}"
            );
        }
    }

    #[test]
    fn operations_have_names_of_their_own() {
        let document = document(&crate::http::table().unwrap()).unwrap();
        let mut ids = Vec::new();
        for operations in document["paths"].as_object().unwrap().values() {
            ids.extend(
                operations
                    .as_object()
                    .unwrap()
                    .values()
                    .map(|o| o["operationId"].to_string()),
            );
        }
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
    }
}
