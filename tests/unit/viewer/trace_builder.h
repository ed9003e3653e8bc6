/* SPDX-License-Identifier: Apache-2.0 */
/* Traces for the tests of the viewer, with fixed ids and times. Times are given in
 * milliseconds after a fixed moment. */
#ifndef TESTS_VIEWER_TRACE_BUILDER_H
#define TESTS_VIEWER_TRACE_BUILDER_H

#include <string.h>

#include "viewer/record.h"

/* 2026-10-01 12:00:00.250 UTC */
#define T0_NS  1790856000250000000
#define MS(ms) (T0_NS + (int64_t)((ms)*1e6))

enum { MAX_VIEWS = 64 };

typedef struct trace_builder {
  cspan_span_view views[MAX_VIEWS];
  const cspan_span_view *pointers[MAX_VIEWS];
  cspan_trace_record record;
} trace_builder;

#define TEXT(key, value)                                                                           \
  { key, CSPAN_ATTR_STRING, 0, {.string = (value)}, sizeof(value) - 1 }
#define NUM(key, number_)                                                                          \
  { key, CSPAN_ATTR_INT64, 0, {.int64 = (number_)}, 0 }
#define REAL(key, real_)                                                                           \
  { key, CSPAN_ATTR_DOUBLE, 0, {.number = (real_)}, 0 }
#define FLAG(key, flag_)                                                                           \
  { key, CSPAN_ATTR_BOOL, 0, {.boolean = (flag_)}, 0 }
#define COUNT_OF(array)   (sizeof(array) / sizeof((array)[0]))
#define WITH(view, attrs) builder_with(view, attrs, COUNT_OF(attrs))

static inline void builder_with(cspan_span_view *view, const cspan_attr *attrs, size_t count) {
  view->attributes = attrs;
  view->attribute_count = count;
}

static const cspan_attr builder_resource[] = {TEXT("service.name", "photo-backup"),
                                              TEXT("service.version", "1.4.0")};

static inline void builder_init(trace_builder *b) {
  memset(b, 0, sizeof *b);
  for (size_t i = 0; i < 16; i++) {
    b->record.trace_id[i] = (uint8_t)(0x10 + i);
  }
  b->record.spans = b->pointers;
}

/* A span whose id is `id` eight times, below `parent` (0: a root). */
static inline cspan_span_view *builder_add(trace_builder *b, uint8_t id, uint8_t parent,
                                           const char *name, cspan_span_kind kind, double from_ms,
                                           double to_ms) {
  cspan_span_view *view = &b->views[b->record.span_count];
  b->pointers[b->record.span_count++] = view;
  memcpy(view->trace_id, b->record.trace_id, 16);
  memset(view->span_id, id, 8);
  memset(view->parent_span_id, parent, 8);
  view->name = name;
  view->kind = kind;
  view->start_time_unix_ns = MS(from_ms);
  view->end_time_unix_ns = MS(to_ms);
  view->scope_name = "cloudspan/s3";
  view->scope_version = "0.1.0";
  view->schema_url = "";
  view->trace_state = "";
  view->status_message = "";
  view->resource = builder_resource;
  view->resource_count = COUNT_OF(builder_resource);
  return view;
}

/* ------------------------------------------------ a multipart upload with retries */

static const cspan_attr upload_attrs[] = {TEXT("s3.bucket", "holiday"),
                                          TEXT("s3.key", "2026/beach.mov"),
                                          NUM("s3.object.size_bytes", 26214400),
                                          NUM("s3.multipart.total_parts", 3),
                                          NUM("s3.multipart.part_size_bytes", 10485760),
                                          TEXT("s3.upload_id", "VXBsb2FkIElE"),
                                          NUM("s3.multipart.completed_parts", 3)};
static const cspan_attr create_attrs[] = {TEXT("rpc.system.name", "aws-api"),
                                          TEXT("rpc.method", "S3/CreateMultipartUpload"),
                                          TEXT("aws.s3.bucket", "holiday"),
                                          TEXT("aws.s3.key", "2026/beach.mov"),
                                          NUM("http.response.status_code", 200),
                                          TEXT("aws.request_id", "4442587FB7D0A2F9"),
                                          NUM("aws.retry.attempts", 1),
                                          NUM("http.response.body.size", 1536),
                                          NUM("aws.http.dns_us", 85),
                                          NUM("aws.http.connect_us", 240),
                                          NUM("aws.http.time_to_first_byte_us", 11200),
                                          NUM("aws.http.transfer_us", 60)};
static const cspan_attr part1_attrs[] = {NUM("s3.part_number", 1),
                                         NUM("s3.part.size_bytes", 10485760)};
static const cspan_attr part2_attrs[] = {NUM("s3.part_number", 2),
                                         NUM("s3.part.size_bytes", 10485760)};
static const cspan_attr put1_attrs[] = {TEXT("rpc.method", "S3/UploadPart"),
                                        TEXT("aws.s3.bucket", "holiday"),
                                        TEXT("aws.s3.key", "2026/beach.mov"),
                                        NUM("aws.s3.part_number", 1),
                                        NUM("http.response.status_code", 200),
                                        TEXT("aws.request_id", "89AC30F1D4E7B6C5"),
                                        NUM("aws.retry.attempts", 1),
                                        NUM("http.request.body.size", 10485760),
                                        NUM("aws.http.time_to_first_byte_us", 84000),
                                        NUM("aws.http.transfer_us", 35),
                                        FLAG("aws.http.connection_reused", true)};
static const cspan_attr put2_attrs[] = {TEXT("rpc.method", "S3/UploadPart"),
                                        TEXT("aws.s3.bucket", "holiday"),
                                        TEXT("aws.s3.key", "2026/beach.mov"),
                                        NUM("aws.s3.part_number", 2),
                                        NUM("http.response.status_code", 200),
                                        TEXT("aws.request_id", "F00D58C2A17E9B34"),
                                        NUM("aws.retry.attempts", 3),
                                        NUM("aws.retry.backoff_ms", 121),
                                        NUM("http.request.body.size", 10485760),
                                        NUM("aws.http.time_to_first_byte_us", 81000),
                                        NUM("aws.http.transfer_us", 41),
                                        FLAG("aws.http.connection_reused", true)};
static const cspan_attr retry1_attrs[] = {
    NUM("aws.retry.attempt", 1), TEXT("error.type", "SlowDown"),
    NUM("http.response.status_code", 503), NUM("aws.retry.backoff_ms", 37)};
static const cspan_attr retry2_attrs[] = {
    NUM("aws.retry.attempt", 2), TEXT("error.type", "SlowDown"),
    NUM("http.response.status_code", 503), NUM("aws.retry.backoff_ms", 84)};
static const cspan_event_view upload_retries[] = {
    {"aws.retry", MS(60), retry1_attrs, COUNT_OF(retry1_attrs), 0},
    {"aws.retry", MS(122), retry2_attrs, COUNT_OF(retry2_attrs), 0}};
static const cspan_attr complete_attrs[] = {TEXT("rpc.method", "S3/CompleteMultipartUpload"),
                                            TEXT("aws.s3.bucket", "holiday"),
                                            TEXT("aws.s3.key", "2026/beach.mov"),
                                            NUM("http.response.status_code", 200),
                                            TEXT("aws.request_id", "0BADC0DE11223344"),
                                            NUM("aws.retry.attempts", 1),
                                            FLAG("aws.http.connection_reused", true)};

static inline void build_upload(trace_builder *b) {
  builder_init(b);
  cspan_span_view *v = builder_add(b, 1, 0, "s3.multipart_upload", CSPAN_SPAN_INTERNAL, 0, 412);
  v->status = CSPAN_SPAN_OK;
  WITH(v, upload_attrs);
  WITH(builder_add(b, 2, 1, "S3.CreateMultipartUpload", CSPAN_SPAN_CLIENT, 1, 14.3), create_attrs);
  v = builder_add(b, 3, 1, "s3.upload_part", CSPAN_SPAN_INTERNAL, 15, 112);
  v->status = CSPAN_SPAN_OK;
  WITH(v, part1_attrs);
  WITH(builder_add(b, 4, 3, "S3.UploadPart", CSPAN_SPAN_CLIENT, 15.2, 111.5), put1_attrs);
  v = builder_add(b, 5, 1, "s3.upload_part", CSPAN_SPAN_INTERNAL, 16, 301);
  v->status = CSPAN_SPAN_OK;
  WITH(v, part2_attrs);
  v = builder_add(b, 6, 5, "S3.UploadPart", CSPAN_SPAN_CLIENT, 16.1, 300);
  WITH(v, put2_attrs);
  v->events = upload_retries;
  v->event_count = COUNT_OF(upload_retries);
  WITH(builder_add(b, 7, 1, "S3.CompleteMultipartUpload", CSPAN_SPAN_CLIENT, 302, 411.2),
       complete_attrs);
  cspan_trace_record_sort(&b->record);
}

/* ---------------------------------------------------------------- a failed upload */

static const cspan_attr failed_attrs[] = {TEXT("s3.bucket", "nowhere"), TEXT("s3.key", "a.txt"),
                                          NUM("s3.object.size_bytes", 12),
                                          TEXT("error.type", "NoSuchBucket")};
static const cspan_attr failed_put_attrs[] = {
    TEXT("rpc.method", "S3/PutObject"), TEXT("aws.s3.bucket", "nowhere"),
    TEXT("aws.s3.key", "a.txt"),        NUM("http.response.status_code", 404),
    TEXT("error.type", "NoSuchBucket"), TEXT("aws.request_id", "77"),
    NUM("aws.retry.attempts", 1)};
static const cspan_attr exception_attrs[] = {
    TEXT("exception.type", "NoSuchBucket"),
    TEXT("exception.message", "The specified bucket does not exist")};
static const cspan_event_view failed_events[] = {
    {"exception", MS(7), exception_attrs, COUNT_OF(exception_attrs), 0}};

static inline void build_failure(trace_builder *b) {
  builder_init(b);
  cspan_span_view *v = builder_add(b, 1, 0, "s3.upload_object", CSPAN_SPAN_CLIENT, 0, 7.5);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "upload failed";
  v->events = failed_events;
  v->event_count = COUNT_OF(failed_events);
  WITH(v, failed_attrs);
  v = builder_add(b, 2, 1, "S3.PutObject", CSPAN_SPAN_CLIENT, 0.2, 7);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "The specified bucket does not exist";
  WITH(v, failed_put_attrs);
  cspan_trace_record_sort(&b->record);
}

#endif
