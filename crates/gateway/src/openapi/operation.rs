//! One route's part of the document, in the making.

use axum::http::{Method, StatusCode};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::schemas::Schemas;
use crate::route::{Access, BodyLimit, Family, Route};

pub(crate) struct Operation<'a> {
    route: &'a Route,
    schemas: &'a mut Schemas,
    parameters: Vec<Value>,
    body: Option<Value>,
    responses: Map<String, Value>,
}

/// Answers of what stands before the handlers, and of what they refuse.
const REFUSALS: [(StatusCode, &str); 4] = [
    (
        StatusCode::BAD_REQUEST,
        "A parameter or the body is not what it has to be.",
    ),
    (
        StatusCode::TOO_MANY_REQUESTS,
        "Too many requests: `Retry-After` says when to come back.",
    ),
    (
        StatusCode::SERVICE_UNAVAILABLE,
        "Overloaded, or a service is away: `Retry-After` says when to come back.",
    ),
    (
        StatusCode::GATEWAY_TIMEOUT,
        "No answer in time; whether it was done is not known.",
    ),
];

impl<'a> Operation<'a> {
    pub(super) fn new(route: &'a Route, schemas: &'a mut Schemas) -> Self {
        let mut operation = Self {
            route,
            schemas,
            parameters: path_parameters(route.path),
            body: None,
            responses: Map::new(),
        };
        operation.refusals();
        operation
    }

    pub(crate) fn takes_json<T: ToSchema>(&mut self, required: bool) {
        let schema = self.schemas.of::<T>();
        self.body = Some(json!({
            "required": required,
            "content": { "application/json": { "schema": schema } },
        }));
    }

    pub(crate) fn holds<T: ToSchema>(&mut self) {
        self.schemas.of::<T>();
    }

    pub(crate) fn takes_form<T: ToSchema>(&mut self) {
        let schema = self.schemas.of::<T>();
        self.body = Some(json!({
            "required": true,
            "content": { "multipart/form-data": { "schema": schema } },
        }));
    }

    /// Every field is one parameter that may be absent.
    pub(crate) fn takes_query<T: ToSchema>(&mut self) {
        for (name, schema) in self.schemas.fields::<T>() {
            let mut parameter = json!({ "name": name, "in": "query", "schema": schema });
            if let Some(description) = parameter["schema"]["description"].as_str() {
                parameter["description"] = description.into();
            }
            self.parameters.push(parameter);
        }
    }

    pub(crate) fn answers<T: ToSchema>(&mut self, status: StatusCode) {
        let data = self.schemas.of::<T>();
        self.success(status, Some(data));
    }

    /// Done, and no more to say.
    pub(crate) fn acknowledges(&mut self) {
        self.success(StatusCode::OK, None);
    }

    /// The handler makes the whole response: a page, a file, a health report.
    pub(crate) fn answers_freely(&mut self) {
        self.responses
            .insert("200".into(), json!({ "description": "OK" }));
    }

    pub(crate) fn redirects(&mut self) {
        let response = json!({ "description": "The file's address is in `Location`." });
        self.responses.insert("302".into(), response);
    }

    /// A key that makes a repeated request harmless.
    pub(crate) fn takes_idempotency_key(&mut self) {
        self.parameters.push(json!({
            "name": "Idempotency-Key", "in": "header",
            "description": "Makes a repeated request harmless: the same key gets the first answer.",
            "schema": { "type": "string", "minLength": 1, "maxLength": 64 },
        }));
    }

    pub(super) fn finish(self, id: &str) -> Value {
        let Self {
            route, responses, ..
        } = self;
        let mut operation = json!({
            "operationId": id,
            "tags": [tag(route)],
            "responses": responses,
            "security": security(route.access),
            "x-lane": format!("{:?}", route.lane).to_lowercase(),
        });
        if !self.parameters.is_empty() {
            operation["parameters"] = self.parameters.into();
        }
        if let Some(body) = self.body {
            operation["requestBody"] = body;
        }
        operation
    }

    fn success(&mut self, status: StatusCode, data: Option<Value>) {
        let schema = match self.route.family {
            Family::V1 => Schemas::v1(data),
            Family::Gomall => self.schemas.gomall(data),
            Family::Guangyang | Family::Wechat => {
                data.unwrap_or_else(|| json!({ "type": "object" }))
            }
        };
        let status = match self.route.family {
            Family::V1 => status,
            Family::Gomall | Family::Guangyang | Family::Wechat => StatusCode::OK,
        };
        // The old shop says its business refusals with 200 too: its envelope covers both.
        let description = status.canonical_reason().unwrap_or_default();
        self.responses.insert(
            status.as_str().into(),
            json!({ "description": description, "content": { "application/json": { "schema": schema } } }),
        );
    }

    fn refusals(&mut self) {
        let route = self.route;
        for (status, description) in REFUSALS {
            self.refuses(status, description);
        }
        if route.access != Access::Public {
            self.refuses(
                StatusCode::UNAUTHORIZED,
                "No token, or one that is no good.",
            );
        }
        if route.access == Access::Admin {
            self.refuses(StatusCode::FORBIDDEN, "Not an administrator's token.");
        }
        if route.body != BodyLimit::Unread {
            self.refuses(
                StatusCode::PAYLOAD_TOO_LARGE,
                "The body is larger than this route takes.",
            );
            self.refuses(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "The body is not of the type that is read here.",
            );
        }
        if route.path.contains('{') {
            self.refuses(
                StatusCode::NOT_FOUND,
                "There is no such thing, or it is somebody else's.",
            );
        }
        if route.method != Method::GET {
            self.refuses(
                StatusCode::CONFLICT,
                "The state of the thing does not allow it.",
            );
            self.refuses(
                StatusCode::UNPROCESSABLE_ENTITY,
                "Well-formed, and still not possible.",
            );
        }
    }

    fn refuses(&mut self, status: StatusCode, description: &str) {
        let schema = self.schemas.refusal(self.route.family);
        self.responses.insert(
            status.as_str().into(),
            json!({ "description": description, "content": { "application/json": { "schema": schema } } }),
        );
    }
}

/// `{name}` in the path; ids of rows are numbers, everything else is a word.
fn path_parameters(path: &str) -> Vec<Value> {
    let names = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    names
        .map(|name| {
            let schema = if name == "id" {
                json!({ "type": "integer", "format": "int64", "minimum": 1 })
            } else {
                json!({ "type": "string", "minLength": 1 })
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect()
}

fn security(access: Access) -> Value {
    match access {
        Access::Public => json!([]),
        Access::Optional => json!([{}, { "bearer": [] }]),
        Access::User | Access::Admin => json!([{ "bearer": [] }]),
    }
}

/// Family and room of the handler: `v1 orders`.
fn tag(route: &Route) -> String {
    let family = match route.family {
        Family::V1 => "v1",
        Family::Gomall => "gomall",
        Family::Guangyang => "guangyang",
        Family::Wechat => "wechat",
    };
    let room = route.name.rsplit("::").nth(1).unwrap_or_default();
    if room == family {
        family.to_owned()
    } else {
        format!("{family} {room}")
    }
}
