//! The one table of routes: for each method and path everything that the pipeline has to know.
//! The grammar of URLs is here and nowhere else.

use std::sync::Arc;

use anyhow::bail;
use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::{
    handler::{Call, Handler},
    http::{method_not_allowed, not_found},
    lane::Lane,
    openapi::Operation,
    request_metrics::RequestMetrics,
};
use futures_util::future::BoxFuture;
use utoipa::ToSchema;

pub(crate) const KIB: usize = 1024;
/// What a JSON body may have where its route does not say otherwise.
const JSON_BYTES_MAX: usize = 16 * KIB;
/// Stands in metrics for every path and method that no route has: there is no end to them.
const NO_ROUTE: &str = "none";

/// Which system's clients a route belongs to: their envelope and their statuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    V1,
    Gomall,
    /// The comparison service that came before this one.
    Guangyang,
    /// WeChat Pay's notifications, answered with its own two words.
    Wechat,
}

/// Who may call a route. A token that is no good is 401 everywhere but on public routes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Access {
    /// Whatever token comes along is ignored.
    Public,
    /// Without a token the caller is anonymous.
    Optional,
    User,
    Admin,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BodyLimit {
    /// Whatever comes is left unread.
    Unread,
    /// Read in full before a place in the lane is taken.
    Bytes(usize),
    /// Read by the handler as it comes.
    Streamed,
}

type BoxedHandler = Box<dyn Fn(Call) -> BoxFuture<'static, axum::response::Response> + Send + Sync>;

pub(crate) struct Route {
    pub(crate) family: Family,
    pub(crate) method: Method,
    /// With `{name}` for each segment that the handler reads.
    pub(crate) path: &'static str,
    pub(crate) lane: Lane,
    pub(crate) access: Access,
    pub(crate) body: BodyLimit,
    /// Caches may keep an answer; every other answer is `no-store`.
    pub(crate) cacheable: bool,
    /// The handler runs inside the connection's task and ends with it. Otherwise it has a task of
    /// its own: a dropped gRPC call resets its HTTP/2 stream, and h2 closes a connection after 20
    /// resets of streams that wait to be accepted, together with everybody else's calls on it.
    pub(crate) inline: bool,
    pub(crate) page: bool,
    pub(crate) metrics: RequestMetrics,
    /// The handler's path in the code, without the crate.
    pub(crate) name: &'static str,
    handler: BoxedHandler,
    describe: Vec<fn(&mut Operation<'_>)>,
}

impl Route {
    fn new<A, H: Handler<A>>(
        family: Family,
        (method, label): (Method, &'static str),
        path: &'static str,
        (lane, access): (Lane, Access),
        handler: H,
    ) -> Self {
        let body = match method {
            Method::POST | Method::PUT | Method::PATCH => BodyLimit::Bytes(JSON_BYTES_MAX),
            _ => BodyLimit::Unread,
        };
        Self {
            family,
            path,
            lane,
            access,
            body,
            cacheable: false,
            inline: false,
            page: false,
            metrics: RequestMetrics::new(lane, path, label),
            name: std::any::type_name::<H>(),
            handler: Box::new(move |call| handler.clone().handle(call)),
            describe: vec![H::describe],
            method,
        }
    }

    pub(crate) fn body_bytes_max(&mut self, bytes: usize) -> &mut Self {
        self.body = BodyLimit::Bytes(bytes);
        self
    }

    pub(crate) fn streamed(&mut self) -> &mut Self {
        self.body = BodyLimit::Streamed;
        self
    }

    pub(crate) fn cacheable(&mut self) -> &mut Self {
        self.cacheable = true;
        self
    }

    /// Only for a handler that makes no gRPC call of its own.
    pub(crate) fn inline(&mut self) -> &mut Self {
        self.inline = true;
        self
    }

    /// Stands for a path or method that no route has.
    pub(crate) fn is_miss(&self) -> bool {
        self.path == NO_ROUTE
    }

    /// The JSON that a handler reads by itself.
    pub(crate) fn reads<T: ToSchema>(&mut self) -> &mut Self {
        self.describe.push(json::<T>);
        self
    }

    /// What a page of the answer holds: a generic type does not name its parts by itself.
    pub(crate) fn holds<T: ToSchema>(&mut self) -> &mut Self {
        self.describe.push(holds::<T>);
        self
    }

    /// The form that a handler reads as it comes.
    pub(crate) fn form<T: ToSchema>(&mut self) -> &mut Self {
        self.describe.push(form::<T>);
        self
    }

    /// The handler reads an `Idempotency-Key`.
    pub(crate) fn keyed(&mut self) -> &mut Self {
        self.describe.push(idempotency_key);
        self
    }

    /// A browser is sent on; a program that accepts JSON gets the answer.
    pub(crate) fn redirects(&mut self) -> &mut Self {
        self.describe.push(redirects);
        self
    }

    /// A page for browsers: it may load scripts, styles and pictures of its own origin.
    pub(crate) fn page(&mut self) -> &mut Self {
        self.page = true;
        self
    }

    pub(crate) fn describe(&self, operation: &mut Operation<'_>) {
        for describe in &self.describe {
            describe(operation);
        }
    }

    pub(crate) fn handle(&self, call: Call) -> BoxFuture<'static, axum::response::Response> {
        (self.handler)(call)
    }
}

// Functions of their own, since a method's path has one lifetime and a route's wants any.
fn json<T: ToSchema>(operation: &mut Operation<'_>) {
    operation.takes_json::<T>(true);
}

fn holds<T: ToSchema>(operation: &mut Operation<'_>) {
    operation.holds::<T>();
}

fn form<T: ToSchema>(operation: &mut Operation<'_>) {
    operation.takes_form::<T>();
}

fn idempotency_key(operation: &mut Operation<'_>) {
    operation.takes_idempotency_key();
}

fn redirects(operation: &mut Operation<'_>) {
    operation.redirects();
}

/// The routes of one family, in the making.
pub(crate) struct Routes {
    family: Family,
    routes: Vec<Route>,
}

impl Routes {
    pub(crate) const fn new(family: Family) -> Self {
        Self {
            family,
            routes: Vec::new(),
        }
    }

    pub(crate) fn get<A>(
        &mut self,
        path: &'static str,
        lane: Lane,
        access: Access,
        handler: impl Handler<A>,
    ) -> &mut Route {
        self.add((Method::GET, "GET"), path, (lane, access), handler)
    }

    pub(crate) fn post<A>(
        &mut self,
        path: &'static str,
        lane: Lane,
        access: Access,
        handler: impl Handler<A>,
    ) -> &mut Route {
        self.add((Method::POST, "POST"), path, (lane, access), handler)
    }

    pub(crate) fn put<A>(
        &mut self,
        path: &'static str,
        lane: Lane,
        access: Access,
        handler: impl Handler<A>,
    ) -> &mut Route {
        self.add((Method::PUT, "PUT"), path, (lane, access), handler)
    }

    pub(crate) fn patch<A>(
        &mut self,
        path: &'static str,
        lane: Lane,
        access: Access,
        handler: impl Handler<A>,
    ) -> &mut Route {
        self.add((Method::PATCH, "PATCH"), path, (lane, access), handler)
    }

    pub(crate) fn delete<A>(
        &mut self,
        path: &'static str,
        lane: Lane,
        access: Access,
        handler: impl Handler<A>,
    ) -> &mut Route {
        self.add((Method::DELETE, "DELETE"), path, (lane, access), handler)
    }

    fn add<A>(
        &mut self,
        method: (Method, &'static str),
        path: &'static str,
        class: (Lane, Access),
        handler: impl Handler<A>,
    ) -> &mut Route {
        let route = Route::new(self.family, method, path, class, handler);
        let at = self.routes.len();
        self.routes.push(route);
        &mut self.routes[at]
    }
}

/// What the segments of a path hold where its route has `{name}`, in their order.
pub(crate) type Params = Vec<String>;

/// Every route there is, found by method and path.
pub(crate) struct Table {
    routes: Vec<Arc<Route>>,
    by_path: matchit::Router<Vec<usize>>,
    /// Answer where there is no such path, and no such method, by family.
    misses: Vec<[Arc<Route>; 2]>,
}

impl Table {
    /// Refuses two routes that mean the same requests.
    pub(crate) fn new(families: Vec<Routes>) -> anyhow::Result<Self> {
        let routes = families.into_iter().flat_map(|family| family.routes);
        let routes: Vec<_> = routes.map(Arc::new).collect();
        let mut paths: Vec<(&'static str, Vec<usize>)> = Vec::new();
        for (at, route) in routes.iter().enumerate() {
            let known = paths.iter_mut().find(|(path, _)| *path == route.path);
            let Some((_, same)) = known else {
                paths.push((route.path, vec![at]));
                continue;
            };
            if same
                .iter()
                .any(|other| routes[*other].method == route.method)
            {
                bail!("{} {} is there twice", route.method, route.path);
            }
            same.push(at);
        }
        let mut by_path = matchit::Router::new();
        for (path, same) in paths {
            by_path.insert(path, same)?;
        }
        let families = [
            Family::V1,
            Family::Gomall,
            Family::Guangyang,
            Family::Wechat,
        ];
        Ok(Self {
            routes,
            by_path,
            misses: families.map(misses).into(),
        })
    }

    pub(crate) fn routes(&self) -> &[Arc<Route>] {
        &self.routes
    }

    /// The route of a request and its parameters. HEAD is GET whose body is not sent.
    pub(crate) fn find(&self, method: &Method, path: &str) -> (&Arc<Route>, Params) {
        let Ok(found) = self.by_path.at(path) else {
            return (self.miss(family_of(path), 0), Params::new());
        };
        let same = found.value.iter().map(|at| &self.routes[*at]);
        let method = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        let Some(route) = same.clone().find(|route| route.method == *method) else {
            let family = same.clone().next().map_or(Family::V1, |route| route.family);
            return (self.miss(family, 1), Params::new());
        };
        // An empty segment names nothing, and neither does what is no text.
        let decode = |text: &str| {
            let text = percent_decode_str(text).decode_utf8().ok()?;
            (!text.is_empty()).then(|| text.into_owned())
        };
        let params: Option<Params> = found.params.iter().map(|(_, text)| decode(text)).collect();
        match params {
            Some(params) => (route, params),
            None => (self.miss(route.family, 0), Params::new()),
        }
    }

    fn miss(&self, family: Family, which: usize) -> &Arc<Route> {
        &self.misses[family as usize][which]
    }
}

fn misses(family: Family) -> [Arc<Route>; 2] {
    let class = (Lane::Exempt, Access::Public);
    let mut no_path = Route::new(family, (Method::GET, "other"), NO_ROUTE, class, not_found);
    let mut no_method = Route::new(
        family,
        (Method::GET, "other"),
        NO_ROUTE,
        class,
        method_not_allowed,
    );
    no_path.inline();
    no_method.inline();
    [Arc::new(no_path), Arc::new(no_method)]
}

/// Whose clients ask for a path that does not exist.
fn family_of(path: &str) -> Family {
    let bare = path.strip_prefix("/api").unwrap_or(path);
    if bare.starts_with("/compare/") {
        Family::Guangyang
    } else if bare.len() < path.len() && bare.starts_with('/') && !bare.starts_with("/v1/") {
        Family::Gomall
    } else {
        Family::V1
    }
}

#[cfg(test)]
#[path = "route_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "route_matrix.rs"]
mod matrix;
