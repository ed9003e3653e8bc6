/* SPDX-License-Identifier: Apache-2.0 */
/* Exports by OTLP: gRPC or HTTP, tried again as the OTLP specification says until
 * the timeout. */
#include "telemetry/exporter_otlp.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/otlp_grpc.h"

/* Without a limit in time, an end after some tries: else one export would last while there is no
 * collector. */
enum { NS_PER_MS = 1000000, WAIT_SLICE_MS = 100, MAX_UNLIMITED_TRIES = 5 };

/* ----------------------------------------------------------------- request */

/* The body as it goes out: compressed, and in gRPC's frame. */
static cspan_status encode_body(cspan_otlp_exporter *exporter, const cspan_export_batch *batch) {
  cspan_buf *body = &exporter->body;
  const cspan_otlp_settings *settings = &exporter->settings;
  uint8_t prefix[CSPAN_GRPC_PREFIX] = {0};
  cspan_buf_clear(body);
  size_t start = settings->grpc ? sizeof prefix : 0;
  cspan_buf_append(body, prefix, start);
  cspan_status status =
      settings->gzip
          ? cspan_gzip_append(&exporter->gzip, batch->request, batch->request_size_bytes, body)
          : cspan_buf_append(body, batch->request, batch->request_size_bytes);
  if (status == CSPAN_OK)
    status = cspan_buf_status(body);
  if (status == CSPAN_OK && settings->grpc) {
    cspan_grpc_prefix(prefix, settings->gzip, (uint32_t)(body->len - start));
    memcpy(body->data, prefix, sizeof prefix);
  }
  return status;
}

/* ------------------------------------------------------------------ result */

static void log_partial_success(const cspan_otlp_exporter *exporter,
                                const cspan_otlp_outcome *outcome) {
  if (outcome->rejected_spans > 0)
    cspan_log(CSPAN_LOG_WARN, "%s rejected %lld spans%s%s", exporter->settings.origin,
              (long long)outcome->rejected_spans, outcome->message[0] ? ": " : "",
              outcome->message);
  else
    cspan_log(CSPAN_LOG_WARN, "%s accepted the spans and says: %s", exporter->settings.origin,
              outcome->message);
}

static cspan_status accepted(const cspan_otlp_exporter *exporter, size_t span_count,
                             const cspan_otlp_outcome *outcome, size_t *rejected_spans) {
  if (outcome->warned)
    log_partial_success(exporter, outcome);
  *rejected_spans =
      (uint64_t)outcome->rejected_spans > span_count ? span_count : (size_t)outcome->rejected_spans;
  return CSPAN_OK;
}

static const char *hint(const cspan_otlp_exporter *exporter, const cspan_otlp_outcome *outcome) {
  if (outcome->status == CSPAN_ERR_TLS && exporter->settings.tls_assumed)
    return " (the endpoint's variable has no scheme, which means TLS: write http:// before it, or "
           "set OTEL_EXPORTER_OTLP_INSECURE=true, for plain text)";
  bool garbled = outcome->status == CSPAN_ERR_PROTOCOL ||
                 (outcome->code && strcmp(outcome->code, "connection_reset") == 0);
  if (garbled && exporter->settings.grpc)
    return " (is this the port of OTLP over gRPC? For OTLP over HTTP set "
           "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)";
  return "";
}

static cspan_status failed(const cspan_otlp_exporter *exporter, const cspan_otlp_outcome *outcome,
                           size_t span_count, unsigned attempts, cspan_error **error) {
  const cspan_error_info info = {.status = outcome->status,
                                 .code = outcome->code && outcome->code[0] ? outcome->code : NULL,
                                 .http_status = outcome->http_status,
                                 .retryable = outcome->retryable};
  char tries[48] = "";
  if (attempts > 1)
    snprintf(tries, sizeof tries, " (after %u attempts)", attempts);
  char *message = cspan_asprintf("cannot export %zu span%s to %s: %s%s%s", span_count,
                                 span_count == 1 ? "" : "s", exporter->settings.origin,
                                 outcome->message, tries, hint(exporter, outcome));
  cspan_status status =
      message ? cspan_error_set_info(error, &info, message)
              : cspan_error_set(error, outcome->status, "cannot export spans: out of memory");
  cspan_free(message);
  return status;
}

/* `reason`: of the last try that failed; NULL where there was none. */
static cspan_status stopped(const cspan_otlp_exporter *exporter, cspan_status why,
                            const cspan_otlp_outcome *reason, cspan_error **error) {
  bool has_reason = reason && reason->message[0];
  return cspan_error_set(
      error, why, "the export of spans to %s was %s%s%s", exporter->settings.origin,
      why == CSPAN_ERR_CANCELLED  ? "cancelled"
      : why == CSPAN_ERR_SHUTDOWN ? "stopped: the exporter is shut down"
                                  : "not done in time",
      has_reason ? "; the last try failed: " : "", has_reason ? reason->message : "");
}

/* ------------------------------------------------------------------- retry */

/* In slices, because a shutdown must be noticed as well. */
static cspan_status wait_ms(const cspan_otlp_exporter *exporter, const cspan_context *context,
                            int64_t ms) {
  cspan_status status = CSPAN_OK;
  int64_t end_ns = cspan_now_ns() + ms * NS_PER_MS;
  for (;;) {
    int64_t left = (end_ns - cspan_now_ns() + NS_PER_MS - 1) / NS_PER_MS;
    if (status != CSPAN_OK || left <= 0)
      return status;
    if (atomic_load(&exporter->is_shut_down))
      return CSPAN_ERR_SHUTDOWN;
    status = cspan_context_sleep_ms(context, left < WAIT_SLICE_MS ? left : WAIT_SLICE_MS);
  }
}

/* 0 ms: no limit but that of the caller. */
static cspan_context limit(const cspan_context *context, int64_t timeout_ms) {
  if (timeout_ms > 0)
    return cspan_context_with_timeout(context, timeout_ms);
  return context ? *context : (cspan_context){0};
}

/* Whether another try makes sense, and after how long. */
static bool may_retry(const cspan_otlp_exporter *exporter, const cspan_context *context,
                      unsigned attempt, const cspan_otlp_outcome *outcome, int64_t *delay) {
  *delay = cspan_otlp_retry_delay_ms(&exporter->retry, attempt, outcome->retry_after_ms,
                                     cspan_random_unit());
  if (!context->deadline_ns)
    return outcome->retryable && attempt < MAX_UNLIMITED_TRIES;
  return outcome->retryable && *delay < (context->deadline_ns - cspan_now_ns()) / NS_PER_MS;
}

/* A try that the timeout cut short says less than the failure of the one before it. */
static void keep_reason(const cspan_otlp_outcome *outcome, cspan_otlp_outcome *reason,
                        unsigned attempt) {
  if (attempt == 1 || outcome->status != CSPAN_ERR_TIMEOUT)
    *reason = *outcome;
}

static cspan_status send_until_done(cspan_otlp_exporter *exporter, const cspan_context *context,
                                    size_t span_count, size_t *rejected_spans,
                                    cspan_error **error) {
  cspan_otlp_outcome reason = {.status = CSPAN_OK};
  for (unsigned attempt = 1;; attempt++) {
    cspan_otlp_outcome outcome;
    int64_t delay;
    cspan_otlp_send(exporter, context, &outcome);
    if (outcome.status == CSPAN_OK)
      return accepted(exporter, span_count, &outcome, rejected_spans);
    if (outcome.status == CSPAN_ERR_CANCELLED)
      return stopped(exporter, CSPAN_ERR_CANCELLED, &reason, error);
    keep_reason(&outcome, &reason, attempt);
    if (!may_retry(exporter, context, attempt, &outcome, &delay))
      return failed(exporter, &reason, span_count, attempt, error);
    cspan_log(CSPAN_LOG_DEBUG, "export to %s: %s; trying again in %lld ms",
              exporter->settings.origin, outcome.message, (long long)delay);
    cspan_status status = wait_ms(exporter, context, delay);
    if (status == CSPAN_ERR_TIMEOUT)
      return failed(exporter, &reason, span_count, attempt, error);
    if (status != CSPAN_OK)
      return stopped(exporter, status, &reason, error);
  }
}

/* ------------------------------------------------------------------ vtable */

static cspan_status otlp_export(void *self, const cspan_context *context,
                                const cspan_export_batch *batch, size_t *rejected_spans,
                                cspan_error **error) {
  cspan_otlp_exporter *exporter = self;
  *rejected_spans = 0;
  if (atomic_load(&exporter->is_shut_down))
    return stopped(exporter, CSPAN_ERR_SHUTDOWN, NULL, error);
  cspan_context limited = limit(context, exporter->settings.timeout_ms);
  cspan_status status = cspan_context_status(&limited);
  if (status != CSPAN_OK)
    return stopped(exporter, status, NULL, error);
  cspan_otlp_after_fork(exporter);
  status = encode_body(exporter, batch);
  if (status != CSPAN_OK)
    return cspan_error_set(error, status, "cannot export %zu span%s (%zu bytes): %s",
                           batch->span_count, batch->span_count == 1 ? "" : "s",
                           batch->request_size_bytes,
                           status == CSPAN_ERR_NOMEM   ? "out of memory"
                           : status == CSPAN_ERR_LIMIT ? "a request may have at most 64 MiB"
                                                       : "the compression failed");
  return send_until_done(exporter, &limited, batch->span_count, rejected_spans, error);
}

static void otlp_shutdown(void *self) {
  cspan_otlp_exporter *exporter = self;
  atomic_store(&exporter->is_shut_down, true);
}

static void otlp_free(void *self) {
  cspan_otlp_exporter *exporter = self;
  cspan_otlp_after_fork(exporter);
  cspan_http_client_free(exporter->client);
  cspan_gzip_free(&exporter->gzip);
  cspan_buf_free(&exporter->body);
  cspan_buf_free(&exporter->response);
  cspan_otlp_settings_free(&exporter->settings);
  cspan_free(exporter);
}

static const cspan_exporter_vtable otlp_vtable = {
    .size = sizeof otlp_vtable,
    .export_spans = otlp_export,
    .shutdown = otlp_shutdown,
    .free = otlp_free,
};

cspan_status cspan_exporter_otlp_with(const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_span_exporter **out,
                                      cspan_error **error) {
  *out = NULL;
  cspan_otlp_exporter *exporter = cspan_calloc(1, sizeof *exporter);
  if (!exporter)
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an OTLP exporter");
  cspan_status status = cspan_otlp_settings_resolve(options, &exporter->settings, error);
  if (status != CSPAN_OK) {
    cspan_free(exporter);
    return status;
  }
  if (retry)
    exporter->retry = *retry;
  atomic_init(&exporter->is_shut_down, false);
  cspan_otlp_after_fork(exporter);
  *out = cspan_exporter_create(&otlp_vtable, exporter);
  return *out ? CSPAN_OK
              : cspan_error_set(error, CSPAN_ERR_NOMEM,
                                "out of memory while making an OTLP exporter");
}

cspan_status cspan_exporter_otlp(const cspan_otlp_options *options, cspan_span_exporter **out,
                                 cspan_error **error) {
  return cspan_exporter_otlp_with(options, NULL, out, error);
}
