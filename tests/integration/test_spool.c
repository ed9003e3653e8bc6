/* SPDX-License-Identifier: Apache-2.0 */
/* Outages of the receiver in the middle of a load, with real exporters over real sockets: with a
 * spool every span arrives, without it what is lost is what was counted. Nothing here depends on
 * time: the receiver is away until the test calls it back. (bench_outage is the same at a real
 * rate.) */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include <cloudspan/spool.h>

#include "support/otlp_sink.h"
#include "telemetry/exporter_otlp.h"
#include "unit/telemetry/forked.h"
#include "viewer/receiver.h"

enum {
  SPANS = 5400,
  FLUSH_EVERY = 900,
  LONG_MS = 60000,
  TRY_MS = 1500
}; /* a half and a third are flushed */

typedef struct load {
  char folder[64];
  cspan_span_exporter *spool; /* NULL: without */
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
  int64_t next;
} load;

static void fail_with(const char *what, const cspan_error *error) {
  fail_msg("%s: %s", what, cspan_error_message(error));
}

/* One try an export; where no answer comes, that is over after a while. */
static void open_load(load *l, cspan_otlp_protocol protocol, int port, bool with_spool) {
  cspan_error *error = NULL;
  cspan_span_exporter *exporter;
  char endpoint[64];
  snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d", port);
  cspan_otlp_options otlp = {
      .protocol = protocol, .endpoint = endpoint, .compression = "none", .timeout_ms = TRY_MS};
  cspan_otlp_retry quick = {.initial_ms = LONG_MS, .max_ms = LONG_MS};
  if (cspan_exporter_otlp_with(&otlp, &quick, &exporter, &error) != CSPAN_OK) {
    fail_with("exporter", error);
  }
  cspan_spool_options spool = {
      .folder = l->folder, .retry_initial_ms = 10, .retry_max_ms = 20, .write_after_ms = 50};
  if (with_spool && cspan_exporter_spool(&spool, exporter, &exporter, &error) != CSPAN_OK) {
    fail_with("spool", error);
  }
  l->spool = with_spool ? exporter : NULL;
  cspan_span_processor *processor = cspan_processor_batch(exporter, NULL);
  cspan_provider_options options = {
      .service_name = "load", .processors = &processor, .processor_count = 1};
  if (cspan_tracer_provider_create(&options, &l->provider, &error) != CSPAN_OK) {
    fail_with("provider", error);
  }
  l->tracer = cspan_tracer_get(l->provider, "load", NULL, NULL);
}

static void make_folder(load *l) {
  memset(l, 0, sizeof *l);
  snprintf(l->folder, sizeof l->folder, "/tmp/cspan-spool-XXXXXX");
  assert_non_null(mkdtemp(l->folder));
}

/* Empty by now. */
static void remove_folder(const load *l) {
  assert_int_equal(rmdir(l->folder), 0);
}

static void make_spans(load *l, int64_t until) {
  while (l->next < until) {
    cspan_span span = cspan_span_start(l->tracer, NULL, "work", NULL);
    cspan_span_set_int64(span, "i", l->next++);
    cspan_span_end(span);
    if (l->next % FLUSH_EVERY == 0) {
      cspan_tracer_provider_force_flush(l->provider, LONG_MS, NULL);
    }
  }
}

static void flush_all(const load *l) {
  cspan_error *error = NULL;
  if (cspan_tracer_provider_force_flush(l->provider, LONG_MS, &error) != CSPAN_OK) {
    fail_with("flush", error);
  }
}

/* ----------------------------------------------------------------------- outages */

static void outage(otlp_sink_mode mode) {
  load l;
  otlp_sink *sink = otlp_sink_start(SPANS, 1);
  make_folder(&l);
  open_load(&l, CSPAN_OTLP_HTTP_PROTOBUF, otlp_sink_port(sink), true);
  make_spans(&l, SPANS / 3);
  otlp_sink_set(sink, mode);
  cspan_error *error = NULL;
  make_spans(&l, SPANS * 2 / 3);
  assert_int_not_equal(cspan_tracer_provider_force_flush(l.provider, LONG_MS, &error), CSPAN_OK);
  assert_non_null(strstr(cspan_error_message(error), "1800 spans in"));
  assert_non_null(strstr(cspan_error_message(error), l.folder));
  cspan_error_free(error);
  otlp_sink_set(sink, OTLP_SINK_ACCEPTS);
  make_spans(&l, SPANS);
  flush_all(&l);
  otlp_sink_counts counts = otlp_sink_count(sink);
  assert_int_equal(counts.spans, SPANS);
  assert_int_equal(counts.again, 0);
  assert_int_equal(counts.strange, 0);
  cspan_telemetry_stats stats;
  cspan_tracer_provider_stats(l.provider, &stats);
  assert_int_equal(stats.spans_ended, SPANS);
  assert_int_equal(stats.spans_exported, SPANS);
  assert_int_equal(stats.spans_dropped_export_failed + stats.spans_dropped_queue_full, 0);
  cspan_spool_stats spool = {0};
  assert_true(cspan_spool_stats_get(l.spool, &spool));
  assert_int_equal(spool.direct + spool.sent, SPANS);
  assert_int_equal(spool.sent, spool.spooled);
  cspan_tracer_provider_free(l.provider);
  remove_folder(&l);
  otlp_sink_stop(sink);
}

static void test_refused(void **state) {
  (void)state;
  outage(OTLP_SINK_REFUSES);
}

static void test_unavailable(void **state) {
  (void)state;
  outage(OTLP_SINK_UNAVAILABLE);
}

static void test_retry_after(void **state) {
  (void)state;
  outage(OTLP_SINK_RETRY_AFTER);
}

static void test_silent(void **state) {
  (void)state;
  outage(OTLP_SINK_SILENT);
}

/* What is not there is in the counts, span by span. */
static void test_without_spool(void **state) {
  (void)state;
  static const otlp_sink_mode modes[] = {OTLP_SINK_REFUSES, OTLP_SINK_UNAVAILABLE,
                                         OTLP_SINK_RETRY_AFTER, OTLP_SINK_SILENT};
  for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
    load l;
    otlp_sink *sink = otlp_sink_start(SPANS, 1);
    make_folder(&l);
    open_load(&l, CSPAN_OTLP_HTTP_PROTOBUF, otlp_sink_port(sink), false);
    make_spans(&l, SPANS / 3);
    otlp_sink_set(sink, modes[i]);
    make_spans(&l, SPANS / 2);
    otlp_sink_set(sink, OTLP_SINK_ACCEPTS);
    make_spans(&l, SPANS);
    flush_all(&l);
    otlp_sink_counts counts = otlp_sink_count(sink);
    cspan_telemetry_stats stats;
    cspan_tracer_provider_stats(l.provider, &stats);
    assert_int_equal(stats.spans_exported, SPANS - (SPANS / 2 - SPANS / 3));
    assert_int_equal(counts.spans, stats.spans_exported);
    assert_int_equal(counts.again, 0);
    assert_true(counts.strange > 0); /* the report of it */
    assert_int_equal(stats.spans_ended, SPANS);
    assert_int_equal(stats.spans_dropped_queue_full + stats.spans_dropped_export_failed,
                     SPANS - stats.spans_exported);
    cspan_tracer_provider_free(l.provider);
    remove_folder(&l);
    otlp_sink_stop(sink);
  }
}

/* ----------------------------------------------------------------------- restart */

typedef struct seen_spans {
  bool seen[SPANS];
  size_t spans;
  size_t again;
} seen_spans;

static void on_spans(void *user, const cspan_span_list *list) {
  seen_spans *s = user;
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *span = cspan_span_list_at(list, i);
    const cspan_attr *id = cspan_attrs_find(span->attributes, span->attribute_count, "i");
    assert_non_null(id);
    s->again += s->seen[id->value.int64] ? 1 : 0;
    s->spans += s->seen[id->value.int64] ? 0 : 1;
    s->seen[id->value.int64] = true;
  }
}

static cspan_receiver *start_receiver(seen_spans *seen, int grpc_port, int http_port) {
  cspan_error *error = NULL;
  cspan_receiver *receiver = NULL;
  cspan_receiver_options options = {.grpc_port = grpc_port,
                                    .http_port = http_port,
                                    .address = "127.0.0.1",
                                    .on_spans = on_spans,
                                    .user = seen};
  if (cspan_receiver_start(&options, &receiver, &error) != CSPAN_OK) {
    fail_with("receiver", error);
  }
  return receiver;
}

/* Stopped and started on its port, three times in a load that goes on; with exports at once. */
static void restart(bool grpc) {
  static seen_spans seen;
  enum { PARTS = 7 };
  load l;
  memset(&seen, 0, sizeof seen);
  make_folder(&l);
  cspan_receiver *receiver = start_receiver(&seen, grpc ? 0 : -1, grpc ? -1 : 0);
  int port = grpc ? cspan_receiver_grpc_port(receiver) : cspan_receiver_http_port(receiver);
  open_load(&l, grpc ? CSPAN_OTLP_GRPC : CSPAN_OTLP_HTTP_PROTOBUF, port, true);
  for (int part = 0; part < PARTS; part++) {
    make_spans(&l, SPANS * (part + 1) / PARTS);
    if (part % 2 == 0 && part < PARTS - 1) {
      cspan_receiver_stop(receiver);
      receiver = NULL;
    } else if (receiver == NULL) {
      receiver = start_receiver(&seen, grpc ? port : -1, grpc ? -1 : port);
    }
  }
  flush_all(&l);
  cspan_tracer_provider_free(l.provider);
  cspan_receiver_stop(receiver);
  assert_int_equal(seen.spans, SPANS);
  assert_true(seen.again <= 512 * 3); /* a batch a restart whose answer was cut off */
  remove_folder(&l);
}

static void test_restart_grpc(void **state) {
  (void)state;
  restart(true);
}

static void test_restart_http(void **state) {
  (void)state;
  restart(false);
}

/* ------------------------------------------------------------------ end of process */

/* A process ends while the receiver is away; the next one sends its spans. */
static int first_process(void *arg) {
  load *l = arg;
  cspan_error *error = NULL;
  open_load(l, CSPAN_OTLP_HTTP_PROTOBUF, (int)l->next, true);
  l->next = 0;
  make_spans(l, 1000);
  cspan_status status = cspan_tracer_provider_shutdown(l->provider, LONG_MS, &error);
  bool is_told = strstr(cspan_error_message(error), "1000 spans in") != NULL;
  cspan_error_free(error);
  cspan_tracer_provider_free(l->provider);
  return status == CSPAN_ERR_CONNECT && is_told ? 0 : 1;
}

static void test_next_process(void **state) {
  (void)state;
  load l;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  otlp_sink *sink = otlp_sink_start(SPANS, 1);
  otlp_sink_set(sink, OTLP_SINK_REFUSES);
  make_folder(&l);
  l.next = otlp_sink_port(sink);
  assert_int_equal(run_forked(first_process, &l), 0);
  otlp_sink_set(sink, OTLP_SINK_ACCEPTS);
  open_load(&l, CSPAN_OTLP_HTTP_PROTOBUF, otlp_sink_port(sink), true);
  l.next = 1000;
  make_spans(&l, 1001);
  flush_all(&l);
  assert_int_equal(otlp_sink_count(sink).spans, 1001);
  assert_int_equal(otlp_sink_count(sink).again, 0);
  cspan_tracer_provider_free(l.provider);
  remove_folder(&l);
  otlp_sink_stop(sink);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_refused),       cmocka_unit_test(test_unavailable),
      cmocka_unit_test(test_retry_after),   cmocka_unit_test(test_silent),
      cmocka_unit_test(test_without_spool), cmocka_unit_test(test_restart_grpc),
      cmocka_unit_test(test_restart_http),  cmocka_unit_test(test_next_process),
  };
  cspan_log_set(NULL, NULL, CSPAN_LOG_NONE);
  return cmocka_run_group_tests(tests, NULL, NULL);
}
