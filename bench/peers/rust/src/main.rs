// SPDX-License-Identifier: Apache-2.0

//! The span of bench_span with the OpenTelemetry SDK for Rust: batch processor, an exporter that
//! makes the bytes of the OTLP request and drops them.
//!
//!     span COUNT [not-sampled|off]
//!
//! Prints one line of JSON.

use opentelemetry::trace::{Span, SpanKind, Status, Tracer, TracerProvider};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::transform::common::tonic::ResourceAttributesWithSchema;
use opentelemetry_proto::transform::trace::tonic::group_spans_by_resource_and_scope;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter};
use opentelemetry_sdk::Resource;
use prost::Message;
use std::alloc::{GlobalAlloc, Layout, System};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Instant;

const IN_FLIGHT: u64 = 1024;

static ALLOCATIONS: AtomicU64 = AtomicU64::new(0);
static SPANS: AtomicU64 = AtomicU64::new(0);
static BYTES: AtomicU64 = AtomicU64::new(0);

struct Counting;

unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        System.alloc(layout)
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        System.dealloc(at, layout)
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        System.realloc(at, layout, size)
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[derive(Debug, Default)]
struct Exporter {
    resource: ResourceAttributesWithSchema,
}

impl SpanExporter for Exporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let request = ExportTraceServiceRequest {
            resource_spans: group_spans_by_resource_and_scope(batch, &self.resource),
        };
        SPANS.fetch_add(count, Relaxed);
        BYTES.fetch_add(request.encode_to_vec().len() as u64, Relaxed);
        Ok(())
    }
    fn set_resource(&mut self, resource: &Resource) {
        self.resource = resource.into();
    }
}

fn one<T: Tracer>(tracer: &T) {
    let mut span = tracer
        .span_builder("S3.PutObject")
        .with_kind(SpanKind::Client)
        .start(tracer);
    span.set_attribute(KeyValue::new("rpc.system", "aws-api"));
    span.set_attribute(KeyValue::new("rpc.service", "S3"));
    span.set_attribute(KeyValue::new("rpc.method", "PutObject"));
    span.set_attribute(KeyValue::new("cloud.region", "eu-central-1"));
    span.set_attribute(KeyValue::new(
        "server.address",
        "s3.eu-central-1.amazonaws.com",
    ));
    span.set_attribute(KeyValue::new("aws.s3.bucket", "measurements"));
    span.set_attribute(KeyValue::new("aws.s3.key", "2026/01/31/readings-000017.csv"));
    span.set_attribute(KeyValue::new("aws.request_id", "4442587FB7D0A2F9"));
    span.set_attribute(KeyValue::new("error.type", "SlowDown"));
    span.set_attribute(KeyValue::new("server.port", 443_i64));
    span.set_attribute(KeyValue::new("http.response.status_code", 503_i64));
    span.set_attribute(KeyValue::new("http.request.body.size", 1_048_576_i64));
    span.add_event(
        "retry",
        vec![
            KeyValue::new("retry.attempt", 2_i64),
            KeyValue::new("retry.reason", "SlowDown"),
        ],
    );
    span.set_status(Status::error("Please reduce your request rate."));
    span.end();
}

fn cpu_ns() -> f64 {
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) };
    let ns = |t: libc::timeval| t.tv_sec as f64 * 1e9 + t.tv_usec as f64 * 1e3;
    ns(usage.ru_utime) + ns(usage.ru_stime)
}

fn spans<T: Tracer>(provider: &SdkTracerProvider, tracer: &T, count: u64) -> OTelSdkResult {
    for i in 1..=count {
        one(tracer);
        if i % IN_FLIGHT == 0 || i == count {
            provider.force_flush()?;
        }
    }
    Ok(())
}

fn measure<T: Tracer>(
    provider: &SdkTracerProvider,
    tracer: &T,
    count: u64,
    exports: bool,
) -> Result<(), String> {
    let failed = |e: opentelemetry_sdk::error::OTelSdkError| e.to_string();
    spans(provider, tracer, 2 * IN_FLIGHT).map_err(failed)?;
    let (exported, bytes) = (SPANS.load(Relaxed), BYTES.load(Relaxed));
    let allocations = ALLOCATIONS.load(Relaxed);
    let (start, used) = (Instant::now(), cpu_ns());
    spans(provider, tracer, count).map_err(failed)?;
    let (wall, spent) = (start.elapsed().as_nanos() as f64, cpu_ns() - used);
    let exported = SPANS.load(Relaxed) - exported;
    if exports && exported != count {
        return Err(format!("{exported} spans were exported, not {count}"));
    }
    let n = count as f64;
    let size = if exported > 0 {
        (BYTES.load(Relaxed) - bytes) as f64 / exported as f64
    } else {
        0.0
    };
    println!(
        "{{\"sdk\": \"rust\", \"ns_per_span\": {:.1}, \"cpu_ns_per_span\": {:.1}, \
         \"allocations_per_span\": {:.1}, \"bytes_per_span\": {:.1}}}",
        wall / n,
        spent / n,
        (ALLOCATIONS.load(Relaxed) - allocations) as f64 / n,
        size
    );
    Ok(())
}

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().collect();
    let count = args.get(1).and_then(|a| a.parse().ok()).unwrap_or(0);
    let mode = args.get(2).map_or("", String::as_str);
    if count == 0 {
        eprintln!("usage: span COUNT [not-sampled|off]");
        return ExitCode::from(2);
    }
    let sampler = if mode == "not-sampled" {
        Sampler::AlwaysOff
    } else {
        Sampler::AlwaysOn
    };
    let provider = SdkTracerProvider::builder()
        .with_sampler(sampler)
        .with_batch_exporter(Exporter::default())
        .with_resource(Resource::builder_empty().with_service_name("bench").build())
        .build();
    let done = if mode == "off" {
        let tracer = opentelemetry::trace::noop::NoopTracerProvider::new().tracer("bench");
        measure(&provider, &tracer, count, false)
    } else {
        let scope = InstrumentationScope::builder("bench")
            .with_version("1.0.0")
            .build();
        let tracer = provider.tracer_with_scope(scope);
        measure(&provider, &tracer, count, mode.is_empty())
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
