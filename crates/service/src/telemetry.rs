//! Logs for people and machines, and traces for whoever collects them.

use std::{fmt, time::Duration};

use opentelemetry::trace::{TraceContextExt, TracerProvider};
use opentelemetry_otlp::WithExportConfig;
use opentelemetry_sdk::{
    Resource,
    trace::{Sampler, SdkTracerProvider},
};
use tracing::{Event, Subscriber};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{FmtContext, FormatEvent, FormatFields, format},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

use crate::{Config, LogFormat};

/// Keeps the exporter alive; flushed when the process ends.
pub(crate) struct Telemetry {
    provider: Option<SdkTracerProvider>,
}

/// Installs the process's subscriber. Called inside the runtime, which the exporter needs.
pub(crate) fn install(name: &str, config: &Config) -> anyhow::Result<Telemetry> {
    let provider = exporter(name, config)?;
    // Without an exporter spans still carry trace ids, so that logs and answers name them.
    let tracer_provider = provider.clone().unwrap_or_else(|| {
        SdkTracerProvider::builder()
            .with_sampler(Sampler::AlwaysOff)
            .build()
    });
    let traces = tracing_opentelemetry::layer().with_tracer(tracer_provider.tracer("mall"));
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stdout);
    let logs = match config.log {
        LogFormat::Json => logs
            .json()
            .with_ansi(false)
            .event_format(WithTrace(
                format().json().flatten_event(true).with_current_span(false),
            ))
            .boxed(),
        LogFormat::Pretty => logs.compact().boxed(),
    };
    tracing_subscriber::registry()
        .with(EnvFilter::try_new(&config.log_filter)?)
        .with(traces)
        .with(logs)
        .try_init()?;
    Ok(Telemetry { provider })
}

fn exporter(name: &str, config: &Config) -> anyhow::Result<Option<SdkTracerProvider>> {
    if config.otlp_endpoint.is_empty() {
        return Ok(None);
    }
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(&config.otlp_endpoint)
        .build()?;
    let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.trace_sample)));
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(sampler)
        .with_resource(
            Resource::builder()
                .with_service_name(name.to_owned())
                .build(),
        )
        .build();
    Ok(Some(provider))
}

impl Telemetry {
    /// Sends what has not been sent. The exporter blocks, so it does that on a thread of its own.
    pub(crate) async fn flush(self) {
        const LIMIT: Duration = Duration::from_secs(5);
        let Some(provider) = self.provider else {
            return;
        };
        let flushed = tokio::task::spawn_blocking(move || provider.shutdown());
        let _ = tokio::time::timeout(LIMIT, flushed).await;
    }
}

/// Puts the trace's id at the start of each line's JSON object.
struct WithTrace<F>(F);

impl<S, N, F> FormatEvent<S, N> for WithTrace<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        ctx: &FmtContext<'_, S, N>,
        mut writer: format::Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let context = tracing::Span::current().context();
        let span = context.span();
        let ids = span.span_context();
        if !ids.is_valid() {
            return self.0.format_event(ctx, writer, event);
        }
        let mut line = String::new();
        self.0
            .format_event(ctx, format::Writer::new(&mut line), event)?;
        let rest = line.strip_prefix('{').unwrap_or(&line);
        write!(
            writer,
            "{{\"trace_id\":\"{}\",\"span_id\":\"{}\",{rest}",
            ids.trace_id(),
            ids.span_id()
        )
    }
}
