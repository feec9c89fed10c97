//! The schemas that routes refer to, by family: two systems may each have an `Order`.

use fault::Reason;
use serde_json::{Map, Value, json};
use utoipa::{
    ToSchema,
    openapi::{RefOr, schema::Schema},
};

use crate::route::Family;

const REF: &str = "#/components/schemas/";

#[derive(Default)]
pub(super) struct Schemas {
    known: Map<String, Value>,
    /// Stands before the names of the family whose routes are being described.
    prefix: &'static str,
    /// Names that meant two things.
    pub(super) conflicts: Vec<String>,
}

impl Schemas {
    pub(super) fn begin(&mut self, family: Family) {
        self.prefix = match family {
            Family::V1 => "",
            Family::Gomall => "Gomall",
            Family::Guangyang => "Guangyang",
            Family::Wechat => "Wechat",
        };
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.known
    }

    /// A reference to the type's schema, or the schema itself where the type has no name of its own.
    pub(super) fn of<T: ToSchema>(&mut self) -> Value {
        self.add_all::<T>();
        let schema = self.value(T::schema());
        let is_named = schema["type"] == "object" || schema["allOf"].is_array();
        if !is_named {
            return schema;
        }
        let plain = format!("{}{}", self.prefix, plain_name::<T>());
        let is_free = self.known.get(&plain).is_none_or(|known| *known == schema);
        let name = if is_free {
            plain
        } else {
            format!("{}{}", self.prefix, full_name::<T>())
        };
        let reference = json!({ "$ref": format!("{REF}{name}") });
        self.add(name, schema);
        reference
    }

    /// The fields of a query, those of flattened parts included.
    pub(super) fn fields<T: ToSchema>(&mut self) -> Vec<(String, Value)> {
        self.add_all::<T>();
        let schema = self.value(T::schema());
        let mut fields = Vec::new();
        self.collect_fields(&schema, &mut fields);
        fields
    }

    fn collect_fields(&self, schema: &Value, fields: &mut Vec<(String, Value)>) {
        if let Some(name) = schema["$ref"]
            .as_str()
            .and_then(|name| name.strip_prefix(REF))
        {
            self.collect_fields(&self.known[name], fields);
        }
        for part in schema["allOf"].as_array().into_iter().flatten() {
            self.collect_fields(part, fields);
        }
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            fields.push((name.clone(), schema.clone()));
        }
    }

    /// `{code: 0, message, data, request_id, trace_id, timestamp}`.
    pub(super) fn v1(data: Option<Value>) -> Value {
        let data = data.unwrap_or_else(|| json!({ "type": "null" }));
        json!({
            "type": "object",
            "required": ["code", "message", "data", "request_id", "trace_id", "timestamp"],
            "properties": {
                "code": { "type": "integer", "const": 0 },
                "message": { "type": "string" },
                "data": data,
                "request_id": { "type": "string" },
                "trace_id": { "type": "string" },
                "timestamp": { "type": "string", "format": "date-time" },
            },
        })
    }

    /// Code 0 with data, or a business refusal without.
    pub(super) fn gomall(&mut self, data: Option<Value>) -> Value {
        let code = self.code();
        let mut properties = json!({
            "code": { "anyOf": [{ "const": 0 }, code] },
            "message": { "type": "string" },
            "trace_id": { "type": "string" },
        });
        if let Some(data) = data {
            properties["data"] = data;
        }
        json!({
            "type": "object",
            "required": ["code", "message", "trace_id"],
            "properties": properties,
        })
    }

    pub(super) fn refusal(&mut self, family: Family) -> Value {
        let (name, schema) = match family {
            Family::V1 => {
                let mut schema = Self::v1(None);
                schema["properties"]["code"] = self.code();
                ("Refusal", schema)
            }
            Family::Gomall => (
                "GomallRefusal",
                json!({
                    "type": "object",
                    "required": ["code", "message", "msg"],
                    "properties": {
                        "code": { "type": "integer", "description": "The HTTP status." },
                        "message": { "type": "string" },
                        "msg": { "type": "string" },
                    },
                }),
            ),
            Family::Guangyang => (
                "GuangyangRefusal",
                json!({
                    "type": "object",
                    "required": ["code", "message", "detail"],
                    "properties": {
                        "code": { "type": "integer", "description": "The HTTP status." },
                        "message": { "type": "string" },
                        "detail": { "type": "string" },
                    },
                }),
            ),
            Family::Wechat => (
                "WechatRefusal",
                json!({
                    "type": "object",
                    "required": ["code", "message"],
                    "properties": {
                        "code": { "const": "FAIL" },
                        "message": { "type": "string" },
                    },
                }),
            ),
        };
        self.add(name.to_owned(), schema);
        json!({ "$ref": format!("{REF}{name}") })
    }

    /// Every business code and what it says.
    fn code(&mut self) -> Value {
        let codes: Vec<Value> = Reason::ALL
            .iter()
            .map(|reason| {
                json!({
                    "const": reason.number(),
                    "title": reason.name(),
                    "description": reason.message(),
                })
            })
            .collect();
        self.add("Code".into(), json!({ "type": "integer", "oneOf": codes }));
        json!({ "$ref": format!("{REF}Code") })
    }

    fn add_all<T: ToSchema>(&mut self) {
        let mut parts = Vec::new();
        T::schemas(&mut parts);
        for (name, schema) in parts {
            let schema = self.value(schema);
            self.add(format!("{}{name}", self.prefix), schema);
        }
    }

    fn add(&mut self, name: String, schema: Value) {
        match self.known.get(&name) {
            Some(known) if *known != schema => self.conflicts.push(name),
            Some(_) => {}
            None => drop(self.known.insert(name, schema)),
        }
    }

    /// As JSON, with references to names of the family.
    fn value(&self, schema: RefOr<Schema>) -> Value {
        let mut value = serde_json::to_value(schema).unwrap_or_default();
        self.rename(&mut value);
        value
    }

    fn rename(&self, value: &mut Value) {
        match value {
            Value::Object(fields) => {
                for (key, field) in fields {
                    match field {
                        Value::String(text) if key == "$ref" => {
                            if let Some(name) = text.strip_prefix(REF) {
                                *text = format!("{REF}{}{name}", self.prefix);
                            }
                        }
                        _ => self.rename(field),
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.rename(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
}

/// `Order`; of `Page<Order>` it is `OrderPage`.
fn plain_name<T>() -> String {
    let (_, names) = names::<T>();
    names.concat()
}

/// With the module that it, or what it holds, stands in: `orders.Order`.
fn full_name<T>() -> String {
    let (module, names) = names::<T>();
    format!("{module}.{}", names.concat())
}

/// The module, and the names from the innermost type to the outermost.
fn names<T>() -> (&'static str, Vec<&'static str>) {
    let paths = std::any::type_name::<T>().split(['<', ',', '>']);
    let mut paths: Vec<&str> = paths
        .map(str::trim)
        .filter(|path| !path.is_empty())
        .collect();
    paths.reverse();
    let module = paths[0].rsplit("::").nth(1).unwrap_or_default();
    let names = paths
        .iter()
        .map(|path| path.rsplit("::").next().unwrap_or(path));
    (module, names.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generic_type_is_named_after_what_it_holds() {
        type Nested = Vec<Option<Schemas>>;
        assert_eq!(plain_name::<Nested>(), "SchemasOptionVec");
        assert_eq!(full_name::<Nested>(), "schemas.SchemasOptionVec");
    }
}
