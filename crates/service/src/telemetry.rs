//! Logs for people and machines, and traces for a collector.

mod line;
mod sampling;

use std::{io::IsTerminal, panic, time::Duration};

use opentelemetry::trace::TracerProvider;
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use sampling::Sampling;
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    filter::{FilterExt, filter_fn},
    fmt::{MakeWriter, format},
    layer::SubscriberExt,
};

use crate::{Config, LogFormat};
use line::WithTrace;

/// Spans that only say, in every line below them, which service of the process speaks.
pub(crate) const SCOPE: &str = "service::scope";

/// Keeps the exporter alive; flushed when the process ends.
pub(crate) struct Telemetry {
    provider: SdkTracerProvider,
}

/// Installs the process's subscriber. Called inside the runtime, which the exporter needs.
pub(crate) fn install(process: &str, config: &Config) -> anyhow::Result<Telemetry> {
    let provider = provider(process, config)?;
    let ansi = std::io::stdout().is_terminal();
    let subscriber = subscriber(config, &provider, std::io::stdout, ansi)?;
    tracing::subscriber::set_global_default(subscriber)?;
    panic::set_hook(Box::new(|panic| {
        let place = panic
            .location()
            .map(ToString::to_string)
            .unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or("of an unknown kind");
        let backtrace = std::backtrace::Backtrace::capture();
        tracing::error!(panic.place = place, panic.message = message, %backtrace, "a panic");
    }));
    Ok(Telemetry { provider })
}

/// Without an endpoint spans still carry trace ids, so that logs and answers name them.
pub(crate) fn provider(process: &str, config: &Config) -> anyhow::Result<SdkTracerProvider> {
    if config.otlp_endpoint.is_empty() {
        return Ok(SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOff)
            .build());
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&config.otlp_endpoint)
        .build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampling::of(config.trace_sample)));
    let resource = Resource::builder()
        .with_service_name(process.to_owned())
        .build();
    Ok(SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(resource)
        .build())
}

/// The filter of the logs does not thin out the traces, which have their own.
pub(crate) fn subscriber<W>(
    config: &Config,
    provider: &SdkTracerProvider,
    writer: W,
    ansi: bool,
) -> anyhow::Result<impl Subscriber + Send + Sync + use<W>>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let traces = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("mall"))
        .with_location(false)
        .with_threads(false)
        .with_tracked_inactivity(false)
        .with_filter(LevelFilter::INFO.and(filter_fn(|metadata| metadata.target() != SCOPE)));
    let logs = tracing_subscriber::fmt::layer::<Layered<_>>()
        .with_writer(writer)
        .with_ansi(ansi);
    let logs = match config.log {
        LogFormat::Json => {
            let line = format().json().flatten_event(true).with_current_span(false);
            logs.json().event_format(WithTrace::json(line)).boxed()
        }
        LogFormat::Pretty => {
            let line = format().compact().with_ansi(ansi);
            logs.event_format(WithTrace::text(line)).boxed()
        }
    };
    let filter = EnvFilter::try_new(&config.log_filter)?;
    Ok(tracing_subscriber::registry()
        .with(traces)
        .with(logs.with_filter(filter)))
}

/// What the logs' layer stands on.
type Layered<L> = tracing_subscriber::layer::Layered<L, Registry>;

impl Telemetry {
    /// Sends what has not been sent. The exporter blocks, so it does that on a thread of its own.
    pub(crate) async fn flush(self) {
        const LIMIT: Duration = Duration::from_secs(5);
        let flushed = tokio::task::spawn_blocking(move || self.provider.shutdown());
        if tokio::time::timeout(LIMIT, flushed).await.is_err() {
            tracing::warn!("the last traces were not sent in time");
        }
    }
}

#[cfg(test)]
mod tests;
