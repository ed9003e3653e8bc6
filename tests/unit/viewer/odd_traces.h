/* SPDX-License-Identifier: Apache-2.0 */
/* Traces with something wrong or unusual in them, for the tests of the viewer. */
#ifndef TESTS_VIEWER_ODD_TRACES_H
#define TESTS_VIEWER_ODD_TRACES_H

#include "unit/viewer/trace_builder.h"

/* Names and values that try to act on the terminal, to reach into other columns, or that
 * are no UTF-8. */
static const cspan_attr hostile_resource[] = {TEXT("service.name", "\x1b]0;owned\x07\xe2\x80\xae")};
static const cspan_attr hostile_attrs[] = {
    TEXT("s3.bucket", "b\x1b[2J"), TEXT("s3.key", "k\r\nfake line\xff"),
    TEXT("error.type", "E\x1b[0m"), TEXT("aws.request_id", "\xe6\x97\xa5\xe6\x9c\xac\x08id12")};
static const cspan_attr hostile_event_attrs[] = {TEXT("k\x1b[31m", "v\x9b"
                                                                   "1m\n")};
static const cspan_event_view hostile_events[] = {
    {"ev\x1b[1A", MS(1), hostile_event_attrs, COUNT_OF(hostile_event_attrs), 0}};

static inline void build_hostile(trace_builder *b) {
  builder_init(b);
  cspan_span_view *v = builder_add(b, 1, 0, "\x1b[2J\x1b[Hroot\n", CSPAN_SPAN_CLIENT, 0, 3);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "bad\x1b[31m \xc2\x9b text";
  v->resource = hostile_resource;
  v->resource_count = COUNT_OF(hostile_resource);
  v->events = hostile_events;
  v->event_count = COUNT_OF(hostile_events);
  WITH(v, hostile_attrs);
  v = builder_add(b, 2, 1, "日本語の名前 cafe\xcc\x81", CSPAN_SPAN_SERVER, 1, 2);
  v->resource = hostile_resource;
  v->resource_count = COUNT_OF(hostile_resource);
  builder_add(b, 3, 1, "", CSPAN_SPAN_PRODUCER, 2, 2);
  cspan_trace_record_sort(&b->record);
}

/* Without a root, with a remote parent, with a loop. */
static inline void build_orphans(trace_builder *b) {
  static const cspan_attr other[] = {TEXT("service.name", "thumbnailer")};
  static const cspan_attr queue[] = {TEXT("messaging.destination.name", "uploads")};
  builder_init(b);
  cspan_span_view *v = builder_add(b, 1, 0x77, "receive uploads", CSPAN_SPAN_CONSUMER, 0, 40);
  v->flags = 0x301;
  WITH(v, queue);
  builder_add(b, 2, 1, "handle", CSPAN_SPAN_INTERNAL, 5, 35);
  v = builder_add(b, 3, 2, "resize", CSPAN_SPAN_SERVER, 10, 30);
  v->resource = other;
  v->resource_count = COUNT_OF(other);
  builder_add(b, 4, 0x55, "lost child", CSPAN_SPAN_INTERNAL, 50, 60);
  builder_add(b, 5, 6, "chicken", CSPAN_SPAN_INTERNAL, 70, 80);
  builder_add(b, 6, 5, "egg", CSPAN_SPAN_INTERNAL, 75, 80);
  b->record.dropped_spans = 12;
  cspan_trace_record_sort(&b->record);
}

/* Expected outcomes, exceptions, other events, spans of other libraries. */
static const cspan_attr head_attrs[] = {
    TEXT("rpc.method", "S3/HeadObject"), TEXT("aws.s3.bucket", "holiday"),
    TEXT("aws.s3.key", "missing.txt"),   NUM("http.response.status_code", 404),
    TEXT("error.type", "NotFound"),      NUM("aws.retry.attempts", 1)};
static const cspan_attr attempt_attrs[] = {
    TEXT("http.request.method", "PUT"), TEXT("url.full", "https://s3.example/holiday/a?x=1"),
    NUM("http.response.status_code", 200), NUM("http.request.resend_count", 1)};
static const cspan_attr plain_attrs[] = {TEXT("job", "nightly"), NUM("tries", 3),
                                         FLAG("dry_run", true), REAL("load", 0.25)};
static const cspan_attr other_exception_attrs[] = {TEXT("exception.type", "cache_miss"),
                                                   TEXT("exception.message", "no entry for it")};
static const cspan_attr told_attrs[] = {TEXT("exception.type", "timeout"),
                                        TEXT("exception.message", "no answer within 3.1 s")};
static const cspan_attr timeout_attrs[] = {TEXT("rpc.method", "S3/GetObject"),
                                           TEXT("server.address", "s3.example"),
                                           NUM("server.port", 443), TEXT("error.type", "timeout")};
static const cspan_event_view plain_events[] = {
    {"cache.lookup", MS(12.5), plain_attrs, 2, 0},
    {"exception", MS(13), other_exception_attrs, COUNT_OF(other_exception_attrs), 0}};
static const cspan_event_view told_events[] = {
    {"exception", MS(13), told_attrs, COUNT_OF(told_attrs), 0}};

static inline void build_events(trace_builder *b) {
  builder_init(b);
  cspan_span_view *v = builder_add(b, 1, 0, "job", CSPAN_SPAN_INTERNAL, 0, 20);
  v->events = plain_events;
  v->event_count = COUNT_OF(plain_events);
  WITH(v, plain_attrs);
  WITH(builder_add(b, 2, 1, "S3.HeadObject", CSPAN_SPAN_CLIENT, 1, 3), head_attrs);
  WITH(builder_add(b, 3, 1, "PUT", CSPAN_SPAN_CLIENT, 4, 9), attempt_attrs);
  v = builder_add(b, 4, 1, "S3.GetObject", CSPAN_SPAN_CLIENT, 10, 19);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "no answer within 3.1 s";
  v->events = told_events;
  v->event_count = COUNT_OF(told_events);
  WITH(v, timeout_attrs);
  cspan_trace_record_sort(&b->record);
}

/* A batch delete of which one key is denied. */
static const cspan_attr batch_attrs[] = {
    TEXT("s3.bucket", "holiday"), NUM("s3.batch.total_objects", 3),
    NUM("s3.batch.success_count", 2), NUM("s3.batch.error_count", 1)};
static const cspan_attr delete_a[] = {TEXT("s3.bucket", "holiday"), TEXT("s3.key", "a.jpg")};
static const cspan_attr delete_b[] = {TEXT("s3.bucket", "holiday"), TEXT("s3.key", "b.jpg"),
                                      TEXT("error.type", "AccessDenied")};
static const cspan_attr api_a[] = {
    TEXT("rpc.method", "S3/DeleteObject"), TEXT("aws.s3.bucket", "holiday"),
    TEXT("aws.s3.key", "a.jpg"),           NUM("http.response.status_code", 204),
    NUM("aws.retry.attempts", 1),          TEXT("aws.request_id", "A1B2C3D4E5F60718")};
static const cspan_attr api_b[] = {TEXT("rpc.method", "S3/DeleteObject"),
                                   TEXT("aws.s3.bucket", "holiday"),
                                   TEXT("aws.s3.key", "b.jpg"),
                                   NUM("http.response.status_code", 403),
                                   NUM("aws.retry.attempts", 1),
                                   TEXT("error.type", "AccessDenied"),
                                   TEXT("aws.request_id", "A1B2C3D4E5F60719"),
                                   NUM("http.response.body.size", 243)};
static const cspan_attr denied_attrs[] = {TEXT("exception.type", "AccessDenied"),
                                          TEXT("exception.message", "Access Denied")};
static const cspan_event_view denied_events[] = {
    {"exception", MS(3), denied_attrs, COUNT_OF(denied_attrs), 0}};

static inline void build_delete(trace_builder *b) {
  builder_init(b);
  cspan_span_view *v = builder_add(b, 1, 0, "s3.batch_delete", CSPAN_SPAN_INTERNAL, 0, 4.2);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "1 deletions failed";
  WITH(v, batch_attrs);
  v = builder_add(b, 2, 1, "s3.delete_object", CSPAN_SPAN_CLIENT, 0.1, 2.9);
  v->status = CSPAN_SPAN_OK;
  WITH(v, delete_a);
  WITH(builder_add(b, 3, 2, "S3.DeleteObject", CSPAN_SPAN_CLIENT, 0.15, 2.8), api_a);
  v = builder_add(b, 4, 1, "s3.delete_object", CSPAN_SPAN_CLIENT, 0.2, 3.1);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "delete failed";
  v->events = denied_events;
  v->event_count = 1;
  WITH(v, delete_b);
  v = builder_add(b, 5, 4, "S3.DeleteObject", CSPAN_SPAN_CLIENT, 0.25, 3);
  v->status = CSPAN_SPAN_ERROR;
  v->status_message = "Access Denied";
  WITH(v, api_b);
  cspan_trace_record_sort(&b->record);
}

#endif
