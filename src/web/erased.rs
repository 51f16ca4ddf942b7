//! Handlers as one type, before the router sees them.
//!
//! The router wraps a handler half a dozen times, and the compiler proves for each wrapping of each handler anew that the
//! handler's future may be sent to another thread: a quarter of a second for every address, a third of a build. Erased, a
//! handler is proved once and all wrappings are made once. At run time it is a call through a pointer.

use std::pin::Pin;
use std::sync::Arc;

use ::axum::extract::Request;
use ::axum::handler::Handler;
use ::axum::response::Response;
use ::axum::routing::{self, MethodRouter};
use utoipa_axum::router::UtoipaMethodRouter;

use crate::app::App;

type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// A handler of any arguments.
#[derive(Clone)]
pub(super) struct Erased(Arc<dyn Fn(Request, App) -> Answer + Send + Sync>);

impl Handler<(), App> for Erased {
    type Future = Answer;

    fn call(self, request: Request, app: App) -> Answer {
        (self.0)(request, app)
    }
}

pub(super) fn erased<H, T>(handler: H) -> Erased
where
    H: Handler<T, App, Future = Answer>,
    T: 'static,
{
    Erased(Arc::new(move |request, app| handler.clone().call(request, app)))
}

pub(super) fn get<H, T>(handler: H) -> MethodRouter<App>
where
    H: Handler<T, App, Future = Answer>,
    T: 'static,
{
    routing::get(erased(handler))
}

pub(super) fn post<H, T>(handler: H) -> MethodRouter<App>
where
    H: Handler<T, App, Future = Answer>,
    T: 'static,
{
    routing::post(erased(handler))
}

/// What `utoipa_axum::routes!` finds as `axum::routing::MethodRouter` where this module is in scope under the name of the crate.
pub(super) mod axum {
    pub(in crate::web) mod routing {
        use ::axum::handler::Handler;
        use ::axum::routing::{self, MethodFilter};

        use crate::app::App;
        use crate::web::erased::{Answer, erased};

        pub(in crate::web) struct MethodRouter(pub(in crate::web) routing::MethodRouter<App>);

        impl MethodRouter {
            pub(in crate::web) fn new() -> Self {
                Self(routing::MethodRouter::new())
            }

            pub(in crate::web) fn on<H, T>(self, filter: MethodFilter, handler: H) -> Self
            where
                H: Handler<T, App, Future = Answer>,
                T: 'static,
            {
                Self(self.0.on(filter, erased(handler)))
            }
        }
    }
}

type Described<R> =
    (Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>, utoipa::openapi::path::Paths, R);

/// What the router of the crate takes.
pub(super) fn described(
    (schemas, paths, methods): Described<axum::routing::MethodRouter>,
) -> UtoipaMethodRouter<App> {
    (schemas, paths, methods.0)
}

/// `utoipa_axum::routes!` with erased handlers.
macro_rules! routes {
    ($($handlers:tt)*) => {{
        use super::erased::axum;
        super::erased::described(utoipa_axum::routes!($($handlers)*))
    }};
}
pub(super) use routes;
