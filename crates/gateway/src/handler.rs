//! What a handler is: a function of extractors that answers with a result, rendered in its route's
//! dialect.

use std::{future::Future, marker::PhantomData};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, request::Parts},
    response::Response,
};
use bytes::Bytes;
use futures_util::future::BoxFuture;
use serde::Serialize;

use utoipa::ToSchema;

use crate::{
    cache::Data, cx::Cx, openapi::Operation, refusal::Refusal, route::Params, state::Gateway,
};

/// A request that has passed everything before its handler.
pub(crate) struct Call {
    pub(crate) gateway: Gateway,
    pub(crate) cx: Cx,
    pub(crate) params: Params,
    pub(crate) parts: Parts,
    /// In full, unless the route takes it as it comes.
    pub(crate) body: Bytes,
    pub(crate) stream: Option<Body>,
}

/// What a handler may ask for as an argument.
pub(crate) trait FromCall: Sized {
    fn from_call(call: &mut Call) -> Result<Self, Refusal>;

    /// What the route's callers have to know of it.
    fn describe(_: &mut Operation<'_>) {}
}

/// A function whose arguments are [`FromCall`] and whose answer is [`IntoAnswer`].
pub(crate) trait Handler<Args>: Clone + Send + Sync + 'static {
    fn handle(self, call: Call) -> BoxFuture<'static, Response>;

    fn describe(operation: &mut Operation<'_>);
}

macro_rules! handler {
    ($($kind:ident $argument:ident),*) => {
        impl<F, Work, Out, $($kind),*> Handler<($($kind,)*)> for F
        where
            F: Fn($($kind),*) -> Work + Clone + Send + Sync + 'static,
            Work: Future<Output = Out> + Send + 'static,
            Out: IntoAnswer,
            $($kind: FromCall + Send + 'static,)*
        {
            fn handle(self, call: Call) -> BoxFuture<'static, Response> {
                Box::pin(async move {
                    let cx = call.cx.clone();
                    let taken = &mut { call };
                    $(let $argument = match $kind::from_call(taken) {
                        Ok(argument) => argument,
                        Err(refusal) => return cx.refuse(&refusal),
                    };)*
                    self($($argument),*).await.into_answer(&cx)
                })
            }

            fn describe(operation: &mut Operation<'_>) {
                $($kind::describe(operation);)*
                Out::describe(operation);
            }
        }
    };
}

handler!(A a);
handler!(A a, B b);
handler!(A a, B b, C c);
handler!(A a, B b, C c, D d);
handler!(A a, B b, C c, D d, E e);
handler!(A a, B b, C c, D d, E e, G g);

/// What a handler says, in the dialect of its request.
pub(crate) trait IntoAnswer {
    fn into_answer(self, cx: &Cx) -> Response;

    fn describe(operation: &mut Operation<'_>);
}

/// The answer of work that has nothing to say but that it is done.
pub(crate) struct Done;

/// Data with a status other than 200.
pub(crate) struct WithStatus<T, const STATUS: u16>(pub(crate) T);

/// A response that the handler made itself because of a redirect or a header. `T` is what its body
/// holds where it has one, with that status.
pub(crate) struct Built<T, const STATUS: u16 = 200>(Response, PhantomData<T>);

impl<T, const STATUS: u16> Built<T, STATUS> {
    pub(crate) const fn new(response: Response) -> Self {
        Self(response, PhantomData)
    }
}

impl IntoAnswer for Response {
    fn into_answer(self, _: &Cx) -> Response {
        self
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers_freely();
    }
}

impl<T: Serialize + ToSchema> IntoAnswer for Result<T, Refusal> {
    fn into_answer(self, cx: &Cx) -> Response {
        match self {
            Ok(data) => cx.render(StatusCode::OK, data),
            Err(refusal) => cx.refuse(&refusal),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(StatusCode::OK);
    }
}

impl<T, const STATUS: u16> IntoAnswer for Result<WithStatus<T, STATUS>, Refusal>
where
    T: Serialize + ToSchema,
{
    fn into_answer(self, cx: &Cx) -> Response {
        match self {
            Ok(WithStatus(data)) => cx.render(status(STATUS), data),
            Err(refusal) => cx.refuse(&refusal),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(status(STATUS));
    }
}

impl<T: ToSchema> IntoAnswer for Result<Data<T>, Refusal> {
    fn into_answer(self, cx: &Cx) -> Response {
        match self {
            Ok(data) => cx.render(StatusCode::OK, data),
            Err(refusal) => cx.refuse(&refusal),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(StatusCode::OK);
    }
}

impl IntoAnswer for Result<Done, Refusal> {
    fn into_answer(self, cx: &Cx) -> Response {
        match self {
            Ok(Done) => cx.acknowledge(),
            Err(refusal) => cx.refuse(&refusal),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.acknowledges();
    }
}

impl<T: ToSchema, const STATUS: u16> IntoAnswer for Result<Built<T, STATUS>, Refusal> {
    fn into_answer(self, cx: &Cx) -> Response {
        match self {
            Ok(Built(response, _)) => response,
            Err(refusal) => cx.refuse(&refusal),
        }
    }

    fn describe(operation: &mut Operation<'_>) {
        operation.answers::<T>(status(STATUS));
    }
}

fn status(number: u16) -> StatusCode {
    StatusCode::from_u16(number).unwrap_or_default()
}

impl FromCall for Gateway {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        Ok(call.gateway.clone())
    }
}

impl FromCall for Cx {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        Ok(call.cx.clone())
    }
}

impl FromCall for HeaderMap {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        Ok(call.parts.headers.clone())
    }
}

/// What stands in the path where the route has `{name}`, percent-decoded.
pub(crate) struct Path<T>(pub(crate) T);

impl FromCall for Path<String> {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        Ok(Self(call.params.pop().unwrap_or_default()))
    }
}

impl FromCall for Path<(String, String)> {
    fn from_call(call: &mut Call) -> Result<Self, Refusal> {
        let second = call.params.pop().unwrap_or_default();
        let first = call.params.pop().unwrap_or_default();
        Ok(Self((first, second)))
    }
}
