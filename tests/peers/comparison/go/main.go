// SPDX-License-Identifier: Apache-2.0

// The calls of calls.json with the AWS SDK for Go, traced by otelaws:
//
//	comparison CALLS
//
// What is to be set is in the environment (compare.py). Each call is in a span of its own, which
// has the number of the call as its name.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"regexp"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/kinesis"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/smithy-go"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/trace"
)

type call struct {
	Service   string
	Operation string
	Input     map[string]any
	Keep      map[string]string
	Error     string
	Gateway   bool
}

func telemetry(ctx context.Context) (func() error, error) {
	spanExporter, err := otlptracehttp.New(ctx)
	if err != nil {
		return nil, err
	}
	metricExporter, err := otlpmetrichttp.New(ctx)
	if err != nil {
		return nil, err
	}
	spans := trace.NewTracerProvider(trace.WithBatcher(spanExporter))
	meters := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(metricExporter)))
	otel.SetTracerProvider(spans)
	otel.SetMeterProvider(meters)
	otel.SetTextMapPropagator(propagation.NewCompositeTextMapPropagator(
		propagation.TraceContext{}, propagation.Baggage{}))
	return func() error {
		return errors.Join(spans.Shutdown(ctx), meters.Shutdown(ctx))
	}, nil
}

func clientsAt(endpoint string) map[string]any {
	config := aws.Config{
		Region:       os.Getenv("AWS_REGION"),
		BaseEndpoint: aws.String(endpoint),
		Credentials: credentials.NewStaticCredentialsProvider(
			os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), ""),
	}
	otelaws.AppendMiddlewares(&config.APIOptions)
	return map[string]any{
		"s3":              s3.NewFromConfig(config, func(o *s3.Options) { o.UsePathStyle = true }),
		"dynamodb":        dynamodb.NewFromConfig(config),
		"sqs":             sqs.NewFromConfig(config),
		"sns":             sns.NewFromConfig(config),
		"lambda":          lambda.NewFromConfig(config),
		"kinesis":         kinesis.NewFromConfig(config),
		"secretsmanager":  secretsmanager.NewFromConfig(config),
		"stepfunctions":   sfn.NewFromConfig(config),
		"events":          eventbridge.NewFromConfig(config),
		"bedrock-runtime": bedrockruntime.NewFromConfig(config),
	}
}

// The error's code, or nothing.
func carryOut(ctx context.Context, client any, c call, kept map[string]string) (string, error) {
	method := reflect.ValueOf(client).MethodByName(c.Operation)
	input := reflect.New(method.Type().In(1).Elem())
	if err := fill(input.Elem(), c.Input, kept); err != nil {
		return "", err
	}
	results := method.Call([]reflect.Value{reflect.ValueOf(ctx), input})
	if err, failed := results[1].Interface().(error); failed {
		var known smithy.APIError
		if errors.As(err, &known) {
			return known.ErrorCode(), nil
		}
		return "", err
	}
	output := results[0].Elem()
	if body := output.FieldByName("Body"); body.IsValid() {
		if reader, ok := body.Interface().(io.ReadCloser); ok {
			if _, err := io.Copy(io.Discard, reader); err != nil {
				return "", err
			}
			reader.Close()
		}
	}
	for name, path := range c.Keep {
		kept[name] = at(output, path)
	}
	return "", nil
}

func run(file string) error {
	var calls []call
	text, err := os.ReadFile(file)
	if err == nil {
		err = json.Unmarshal(text, &calls)
	}
	if err != nil {
		return err
	}
	shutdown, err := telemetry(context.Background())
	if err != nil {
		return err
	}
	direct := clientsAt(os.Getenv("AWS_ENDPOINT_URL"))
	gateway := clientsAt(os.Getenv("COMPARISON_GATEWAY"))
	kept := map[string]string{"peer": os.Getenv("OTEL_SERVICE_NAME")}
	for number, c := range calls {
		client := direct[c.Service]
		if c.Gateway {
			client = gateway[c.Service]
		}
		ctx, span := otel.Tracer("comparison").Start(context.Background(), strconv.Itoa(number))
		code, err := carryOut(ctx, client, c, kept)
		span.End()
		expected := "^$"
		if c.Error != "" {
			expected = c.Error
		}
		if err == nil && !regexp.MustCompile(expected).MatchString(code) {
			err = fmt.Errorf("the error is '%s'", code)
		}
		if err != nil {
			return fmt.Errorf("call %d, %s: %w", number, c.Operation, err)
		}
	}
	return shutdown()
}

func main() {
	err := errors.New("usage: comparison CALLS")
	if len(os.Args) == 2 {
		err = run(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
