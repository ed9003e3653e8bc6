// SPDX-License-Identifier: Apache-2.0

// The calls of bench_call with the AWS SDK for Go, traced by otelaws: PutObject of 1 KiB and
// GetItem, against bench_stub.
//
//	call PORT COUNT [traced]
//
// Prints one line of JSON: CPU microseconds of the whole process a call.
package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	"go.opentelemetry.io/contrib/instrumentation/github.com/aws/aws-sdk-go-v2/otelaws"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

type drop struct{}

func (drop) ExportSpans(context.Context, []sdktrace.ReadOnlySpan) error { return nil }
func (drop) Shutdown(context.Context) error                             { return nil }

func cpu() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func measure(count int, call func() error) (float64, error) {
	for i := 0; i < count/4+200; i++ {
		if err := call(); err != nil {
			return 0, err
		}
	}
	start := cpu()
	for i := 0; i < count; i++ {
		if err := call(); err != nil {
			return 0, err
		}
	}
	return float64((cpu() - start).Nanoseconds()) / 1e3 / float64(count), nil
}

func run(port string, count int, traced bool) error {
	ctx := context.Background()
	config := aws.Config{
		Region:                     "us-east-1",
		Credentials:                credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
		BaseEndpoint:               aws.String("http://127.0.0.1:" + port),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenRequired,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenRequired,
	}
	if traced {
		provider := sdktrace.NewTracerProvider(sdktrace.WithBatcher(drop{}))
		otelaws.AppendMiddlewares(&config.APIOptions, otelaws.WithTracerProvider(provider),
			otelaws.WithTextMapPropagator(propagation.TraceContext{}))
	}
	objects := s3.NewFromConfig(config, func(o *s3.Options) {
		o.UsePathStyle = true
		o.APIOptions = append(append([]func(*middleware.Stack) error{}, o.APIOptions...),
			v4.SwapComputePayloadSHA256ForUnsignedPayloadMiddleware)
	})
	items := dynamodb.NewFromConfig(config)
	body := bytes.Repeat([]byte("x"), 1024)
	put, err := measure(count, func() error {
		_, err := objects.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("bench-bucket"),
			Key: aws.String("some/key"), Body: bytes.NewReader(body)})
		return err
	})
	if err != nil {
		return err
	}
	get, err := measure(count, func() error {
		out, err := items.GetItem(ctx, &dynamodb.GetItemInput{TableName: aws.String("bench-table"),
			Key: map[string]types.AttributeValue{"id": &types.AttributeValueMemberS{Value: "item-1"}}})
		if err == nil && len(out.Item) != 5 {
			err = errors.New("the item is not complete")
		}
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("{\"put_object\": %.1f, \"get_item\": %.1f}\n", put, get)
	return nil
}

func main() {
	err := errors.New("usage: call PORT COUNT [traced]")
	if len(os.Args) >= 3 {
		if count, bad := strconv.Atoi(os.Args[2]); bad == nil && count > 0 {
			err = run(os.Args[1], count, len(os.Args) > 3 && os.Args[3] == "traced")
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
