// SPDX-License-Identifier: Apache-2.0

// The span of bench_span with the OpenTelemetry SDK for Go: batch processor, OTLP exporter whose
// client makes the bytes of the request and drops them.
//
//	span COUNT [not-sampled|off]
//
// Prints one line of JSON.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	wire "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
)

const inFlight = 1024

type counter struct{ spans, bytes atomic.Int64 }

func (c *counter) Start(context.Context) error { return nil }
func (c *counter) Stop(context.Context) error  { return nil }
func (c *counter) UploadTraces(_ context.Context, spans []*wire.ResourceSpans) error {
	request, err := proto.Marshal(&collector.ExportTraceServiceRequest{ResourceSpans: spans})
	if err != nil {
		return err
	}
	for _, r := range spans {
		for _, s := range r.ScopeSpans {
			c.spans.Add(int64(len(s.Spans)))
		}
	}
	c.bytes.Add(int64(len(request)))
	return nil
}

func one(ctx context.Context, tracer trace.Tracer) {
	_, span := tracer.Start(ctx, "S3.PutObject", trace.WithSpanKind(trace.SpanKindClient))
	span.SetAttributes(attribute.String("rpc.system", "aws-api"))
	span.SetAttributes(attribute.String("rpc.service", "S3"))
	span.SetAttributes(attribute.String("rpc.method", "PutObject"))
	span.SetAttributes(attribute.String("cloud.region", "eu-central-1"))
	span.SetAttributes(attribute.String("server.address", "s3.eu-central-1.amazonaws.com"))
	span.SetAttributes(attribute.String("aws.s3.bucket", "measurements"))
	span.SetAttributes(attribute.String("aws.s3.key", "2026/01/31/readings-000017.csv"))
	span.SetAttributes(attribute.String("aws.request_id", "4442587FB7D0A2F9"))
	span.SetAttributes(attribute.String("error.type", "SlowDown"))
	span.SetAttributes(attribute.Int64("server.port", 443))
	span.SetAttributes(attribute.Int64("http.response.status_code", 503))
	span.SetAttributes(attribute.Int64("http.request.body.size", 1048576))
	span.AddEvent("retry", trace.WithAttributes(
		attribute.Int64("retry.attempt", 2), attribute.String("retry.reason", "SlowDown")))
	span.SetStatus(codes.Error, "Please reduce your request rate.")
	span.End()
}

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func run(count int, mode string) error {
	ctx := context.Background()
	client := &counter{}
	exporter, err := otlptrace.New(ctx, client)
	if err != nil {
		return err
	}
	sampler := sdktrace.AlwaysSample()
	if mode == "not-sampled" {
		sampler = sdktrace.NeverSample()
	}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSampler(sampler),
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "bench"))))
	tracer := provider.Tracer("bench", trace.WithInstrumentationVersion("1.0.0"))
	if mode == "off" {
		tracer = noop.NewTracerProvider().Tracer("bench")
	}
	spans := func(n int) error {
		for i := 1; i <= n; i++ {
			one(ctx, tracer)
			if i%inFlight == 0 || i == n {
				if err := provider.ForceFlush(ctx); err != nil {
					return err
				}
			}
		}
		return nil
	}
	if err := spans(2 * inFlight); err != nil {
		return err
	}
	exported, bytes := client.spans.Load(), client.bytes.Load()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start, used := time.Now(), cpu()
	if err := spans(count); err != nil {
		return err
	}
	wall, spent := time.Since(start), cpu()-used
	runtime.ReadMemStats(&after)
	exported, bytes = client.spans.Load()-exported, client.bytes.Load()-bytes
	if mode == "" && exported != int64(count) {
		return fmt.Errorf("%d spans were exported, not %d", exported, count)
	}
	n := float64(count)
	size := 0.0
	if exported > 0 {
		size = float64(bytes) / float64(exported)
	}
	fmt.Printf("{\"sdk\": \"go\", \"ns_per_span\": %.1f, \"cpu_ns_per_span\": %.1f, "+
		"\"allocations_per_span\": %.1f, \"bytes_per_span\": %.1f}\n",
		float64(wall.Nanoseconds())/n, float64(spent.Nanoseconds())/n,
		float64(after.Mallocs-before.Mallocs)/n, size)
	return nil
}

func main() {
	err := errors.New("usage: span COUNT [not-sampled|off]")
	if len(os.Args) >= 2 {
		mode := ""
		if len(os.Args) > 2 {
			mode = os.Args[2]
		}
		if count, bad := strconv.Atoi(os.Args[1]); bad == nil && count > 0 {
			err = run(count, mode)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
