/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "cli/demo.h"
#include "cli/text.h"
#include "viewer/summary.h"

#define FLUSH_MS 10000

static bool speaks(const cspan_demo *demo) {
  return !demo->run->globals->json && !demo->run->globals->quiet;
}

void cspan_demo_note(const cspan_demo *demo, const char *fmt, ...) {
  va_list args;
  if (!speaks(demo)) {
    return;
  }
  va_start(args, fmt);
  (void)printf("   (");
  (void)vprintf(fmt, args);
  (void)printf(")\n");
  va_end(args);
}

/* Lines, each indented below the title. */
static void put_lines(const char *lines) {
  while (lines && *lines) {
    size_t len = strcspn(lines, "\n");
    (void)printf("   %.*s\n", (int)len, lines);
    lines += len + (lines[len] == '\n');
  }
}

void cspan_demo_announce(const cspan_demo *demo, size_t number, const cspan_demo_step *step) {
  if (!speaks(demo)) {
    return;
  }
  (void)printf("%zu. %s\n", number, step->title);
  put_lines(step->explanation);
  put_lines(demo->sandbox ? step->fault_explanation : NULL);
  (void)fflush(stdout);
}

/* What went to a collector: a line for each trace, by its root span. */
static cspan_status list_sent(cspan_demo *demo, cspan_error **error) {
  cspan_span_list *list = cspan_memory_spans(demo->ended);
  if (!list) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  size_t count = cspan_span_list_count(list);
  size_t spans = count - demo->shown_spans;
  for (size_t i = demo->shown_spans; i < count; i++) {
    static const uint8_t none[8];
    const cspan_span_view *view = cspan_span_list_at(list, i);
    char id[33];
    if (memcmp(view->parent_span_id, none, sizeof none) != 0) {
      continue;
    }
    cspan_trace_id_hex(view->trace_id, id);
    if (demo->run->globals->json) {
      cspan_cli_json json;
      cspan_cli_json_begin(&json);
      cspan_cli_json_text(&json, "traceId", id);
      cspan_cli_json_text(&json, "name", view->name);
      cspan_cli_json_int(&json, "spanCount", (int64_t)spans);
      cspan_cli_json_bool(&json, "error", view->status == CSPAN_SPAN_ERROR);
      (void)cspan_cli_json_end(&json, stdout);
    } else {
      (void)printf("   %s  %-22s %2zu spans%s\n\n", id, view->name, spans,
                   view->status == CSPAN_SPAN_ERROR ? ", error" : "");
    }
  }
  demo->shown_spans = count;
  cspan_span_list_free(list);
  return CSPAN_OK;
}

cspan_status cspan_demo_show(cspan_demo *demo, cspan_error **error) {
  cspan_error *failure = NULL;
  cspan_status status = cspan_tracer_provider_force_flush(demo->provider, FLUSH_MS, &failure);
  if (status != CSPAN_OK) {
    cspan_error_prefix(failure, "the spans could not be exported");
    return cspan_error_move(error, failure);
  }
  if (!demo->display) {
    return list_sent(demo, error);
  }
  if (speaks(demo)) {
    (void)putchar('\n');
    (void)fflush(stdout);
  }
  cspan_display_tick(demo->display, cspan_now_ns(), true);
  return CSPAN_OK;
}

static void put_operation(const cspan_summary_line *line) {
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "operation", line->name);
  cspan_cli_json_int(&json, "calls", (int64_t)line->calls);
  cspan_cli_json_int(&json, "errors", (int64_t)line->errors);
  cspan_cli_json_int(&json, "retries", (int64_t)line->retries);
  cspan_cli_json_int(&json, "p50_us", line->p50_ns / 1000);
  cspan_cli_json_int(&json, "p99_us", line->p99_ns / 1000);
  cspan_cli_json_int(&json, "sent_bytes", line->sent_bytes);
  cspan_cli_json_int(&json, "received_bytes", line->received_bytes);
  (void)cspan_cli_json_end(&json, stdout);
}

static cspan_status put_table(const cspan_demo *demo, cspan_summary *summary) {
  cspan_cli_look look = cspan_demo_look(demo);
  cspan_summary_options options = {.width = look.width, .color = look.color, .ascii = look.ascii};
  cspan_buf table;
  cspan_buf_init(&table, 1 << 20);
  cspan_status status = cspan_summary_render(summary, &options, &table);
  (void)fputs(cspan_buf_text(&table), stdout);
  cspan_buf_free(&table);
  return status;
}

/* From what the SDK saw: the same spans, wherever they were sent. */
cspan_status cspan_demo_summary(cspan_demo *demo, cspan_error **error) {
  cspan_span_list *list = cspan_memory_spans(demo->ended);
  cspan_summary *summary = cspan_summary_create();
  cspan_status status = list && summary ? CSPAN_OK : CSPAN_ERR_NOMEM;
  size_t count = status == CSPAN_OK ? cspan_span_list_count(list) : 0;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = cspan_summary_add(summary, cspan_span_list_at(list, i));
  }
  if (status == CSPAN_OK && demo->run->globals->json) {
    cspan_summary_line line;
    for (size_t i = 0; cspan_summary_at(summary, i, &line); i++) {
      put_operation(&line);
    }
  } else if (status == CSPAN_OK) {
    status = put_table(demo, summary);
  }
  if (status == CSPAN_OK && !demo->display && speaks(demo)) {
    (void)printf("%zu span%s %s sent to %s\n", count, cspan_plural(count), cspan_was_were(count),
                 demo->values->otlp_endpoint);
  }
  cspan_summary_free(summary);
  cspan_span_list_free(list);
  return status == CSPAN_OK ? status
                            : cspan_error_set(error, status, "out of memory for the table");
}

/* ------------------------------------------------------------------- checks */

typedef struct expectation {
  const char *name;
  size_t at_least;
  size_t errors; /* of them; only checked with the sandbox */
} expectation;

static const expectation expected[] = {
    {"s3.upload_object", 1, 0},
    {"s3.download_object", 2, 1},
    {"s3.multipart_upload", 2, 1},
    {"s3.upload_part", 4, SIZE_MAX},
    {"s3.abort_multipart_upload", 1, 0},
    {"s3.batch_delete", 1, 1},
    {"s3.delete_object", CSPAN_DEMO_DELETE_KEYS, 1},
    {"S3.PutObject", 1, 0},
    {"S3.GetObject", 2, 1},
    {"S3.CreateMultipartUpload", 2, 0},
    {"S3.UploadPart", 3, SIZE_MAX},
    {"S3.CompleteMultipartUpload", 1, 0},
    {"S3.AbortMultipartUpload", 1, 0},
    {"S3.DeleteObject", CSPAN_DEMO_DELETE_KEYS, 1},
};

static cspan_status check_name(const cspan_demo *demo, const cspan_span_list *list,
                               const expectation *e, cspan_error **error) {
  size_t count = 0;
  size_t errors = 0;
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    if (strcmp(view->name, e->name) == 0) {
      count++;
      errors += view->status == CSPAN_SPAN_ERROR;
    }
  }
  if (count < e->at_least) {
    return cspan_error_set_code(error, CSPAN_ERR_PROTOCOL, "demo_failed",
                                "%zu spans %s were made, at least %zu are expected", count, e->name,
                                e->at_least);
  }
  if (demo->sandbox && e->errors != SIZE_MAX && errors != e->errors) {
    return cspan_error_set_code(error, CSPAN_ERR_PROTOCOL, "demo_failed",
                                "%zu spans %s are errors, %zu are expected", errors, e->name,
                                e->errors);
  }
  return CSPAN_OK;
}

static size_t count_retries(const cspan_span_list *list) {
  size_t retries = 0;
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    for (size_t k = 0; k < view->event_count; k++) {
      const cspan_event_view *event = &view->events[k];
      retries += strcmp(event->name, "aws.retry") == 0 &&
                 cspan_attrs_find(event->attributes, event->attribute_count,
                                  "aws.retry.backoff_ms") != NULL;
    }
  }
  return retries;
}

static cspan_status check_arrived(const cspan_demo *demo, const cspan_span_list *list,
                                  cspan_error **error) {
  cspan_telemetry_stats stats = {0};
  cspan_tracer_provider_stats(demo->provider, &stats);
  uint64_t ended = cspan_span_list_count(list);
  uint64_t arrived = ended - stats.spans_dropped_export_failed - stats.spans_dropped_queue_full;
  if (demo->display) {
    cspan_display_stats shown = {0};
    cspan_display_stats_get(demo->display, &shown);
    arrived = shown.assembler.spans - shown.assembler.spans_dropped;
  }
  if (arrived != ended) {
    return cspan_error_set_code(error, CSPAN_ERR_PROTOCOL, "demo_failed",
                                "%" PRIu64 " spans were made, but %" PRIu64 " arrived", ended,
                                arrived);
  }
  return CSPAN_OK;
}

cspan_status cspan_demo_verify(cspan_demo *demo, cspan_error **error) {
  cspan_span_list *list = cspan_memory_spans(demo->ended);
  if (!list) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_status status = check_arrived(demo, list, error);
  for (size_t i = 0; i < sizeof expected / sizeof expected[0] && status == CSPAN_OK; i++) {
    status = check_name(demo, list, &expected[i], error);
  }
  if (status == CSPAN_OK && demo->sandbox && count_retries(list) < 2) {
    status = cspan_error_set_code(error, CSPAN_ERR_PROTOCOL, "demo_failed",
                                  "the two retries of the second part left no events");
  }
  cspan_span_list_free(list);
  return status;
}
