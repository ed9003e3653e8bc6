/* SPDX-License-Identifier: Apache-2.0 */
/* Exports by OTLP: gRPC or HTTP, tried again as the OTLP specification says until
 * the timeout. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "telemetry/otlp_grpc.h"
#include "telemetry/otlp_json.h"
#include "telemetry/otlp_lane.h"

/* Without a limit in time, an end after some tries: else one export would last while there is no
 * collector. */
enum { NS_PER_MS = 1000000, WAIT_SLICE_MS = 100, MAX_UNLIMITED_TRIES = 5 };

/* ----------------------------------------------------------------- request */

static cspan_status compress_and_frame(const cspan_otlp_settings *settings, cspan_otlp_lane *lane,
                                       const uint8_t *request, size_t size) {
  cspan_buf *body = &lane->body;
  uint8_t prefix[CSPAN_GRPC_PREFIX] = {0};
  size_t start = settings->grpc ? sizeof prefix : 0;
  cspan_buf_append(body, prefix, start);
  cspan_status status = settings->gzip ? cspan_gzip_append(&lane->gzip, request, size, body)
                                       : cspan_buf_append(body, request, size);
  if (status == CSPAN_OK)
    status = cspan_buf_status(body);
  if (status == CSPAN_OK && settings->grpc) {
    cspan_grpc_prefix(prefix, settings->gzip, (uint32_t)(body->len - start));
    memcpy(body->data, prefix, sizeof prefix);
  }
  return status;
}

/* The body as it goes out: JSON or protobuf, compressed, and in gRPC's frame. */
static cspan_status encode_body(const cspan_otlp_settings *settings, cspan_otlp_lane *lane,
                                const uint8_t *request, size_t size) {
  cspan_buf *json = settings->gzip ? &lane->json : &lane->body;
  cspan_buf_clear(&lane->body);
  if (size > CSPAN_OTLP_MAX_REQUEST)
    return CSPAN_ERR_LIMIT;
  if (!settings->json)
    return compress_and_frame(settings, lane, request, size);
  cspan_buf_clear(json);
  cspan_status status = cspan_otlp_to_json(settings->signal, request, size, json);
  if (status != CSPAN_OK || !settings->gzip)
    return status;
  return compress_and_frame(settings, lane, (const uint8_t *)json->data, json->len);
}

/* ------------------------------------------------------------------ result */

static const char *counted(const cspan_otlp_client *client, uint64_t count) {
  const cspan_otlp_signal_names *names = cspan_otlp_names(client->signal);
  return count == 1 ? names->item : names->items;
}

static void log_partial_success(const cspan_otlp_client *client,
                                const cspan_otlp_outcome *outcome) {
  if (outcome->rejected_items > 0)
    cspan_log(CSPAN_LOG_WARN, "%s rejected %lld %s%s%s", client->settings.origin,
              (long long)outcome->rejected_items,
              counted(client, (uint64_t)outcome->rejected_items), outcome->message[0] ? ": " : "",
              outcome->message);
  else
    cspan_log(CSPAN_LOG_WARN, "%s accepted the %s and says: %s", client->settings.origin,
              cspan_otlp_names(client->signal)->items, outcome->message);
}

static cspan_status accepted(const cspan_otlp_client *client, size_t item_count,
                             const cspan_otlp_outcome *outcome, size_t *rejected_items) {
  if (outcome->warned)
    log_partial_success(client, outcome);
  *rejected_items =
      (uint64_t)outcome->rejected_items > item_count ? item_count : (size_t)outcome->rejected_items;
  return CSPAN_OK;
}

static const char *hint(const cspan_otlp_client *client, const cspan_otlp_outcome *outcome) {
  if (outcome->status == CSPAN_ERR_TLS && client->settings.tls_assumed)
    return " (the endpoint's variable has no scheme, which means TLS: write http:// before it, or "
           "set OTEL_EXPORTER_OTLP_INSECURE=true, for plain text)";
  bool garbled = outcome->status == CSPAN_ERR_PROTOCOL ||
                 (outcome->code && strcmp(outcome->code, "connection_reset") == 0);
  if (garbled && client->settings.grpc)
    return " (is this the port of OTLP over gRPC? For OTLP over HTTP set "
           "OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf)";
  return "";
}

static cspan_status failed(const cspan_otlp_client *client, const cspan_otlp_outcome *outcome,
                           size_t item_count, unsigned attempts, cspan_error **error) {
  const cspan_error_info info = {.status = outcome->status,
                                 .code = outcome->code && outcome->code[0] ? outcome->code : NULL,
                                 .http_status = outcome->http_status,
                                 .retryable = outcome->retryable,
                                 .retry_after_ms =
                                     outcome->retry_after_ms > 0 ? outcome->retry_after_ms : 0};
  char tries[48] = "";
  if (attempts > 1)
    snprintf(tries, sizeof tries, " (after %u attempts)", attempts);
  char *message =
      cspan_asprintf("cannot export %zu %s to %s: %s%s%s", item_count, counted(client, item_count),
                     client->settings.origin, outcome->message, tries, hint(client, outcome));
  cspan_status status =
      message ? cspan_error_set_info(error, &info, message)
              : cspan_error_set(error, outcome->status, "cannot export: out of memory");
  cspan_free(message);
  return status;
}

/* `reason`: of the last try that failed; NULL where there was none. */
static cspan_status stopped(const cspan_otlp_client *client, cspan_status why,
                            const cspan_otlp_outcome *reason, cspan_error **error) {
  bool has_reason = reason && reason->message[0];
  return cspan_error_set(error, why, "the export of %s to %s was %s%s%s",
                         cspan_otlp_names(client->signal)->items, client->settings.origin,
                         why == CSPAN_ERR_CANCELLED  ? "cancelled"
                         : why == CSPAN_ERR_SHUTDOWN ? "stopped: the exporter is shut down"
                                                     : "not done in time",
                         has_reason ? "; the last try failed: " : "",
                         has_reason ? reason->message : "");
}

/* ------------------------------------------------------------------- retry */

/* In slices, because a shutdown must be noticed as well. */
static cspan_status wait_ms(const cspan_otlp_client *client, const cspan_context *context,
                            int64_t ms) {
  cspan_status status = CSPAN_OK;
  int64_t end_ns = cspan_now_ns() + ms * NS_PER_MS;
  for (;;) {
    int64_t left = (end_ns - cspan_now_ns() + NS_PER_MS - 1) / NS_PER_MS;
    if (status != CSPAN_OK || left <= 0)
      return status;
    if (atomic_load(&client->is_shut_down))
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
static bool may_retry(const cspan_otlp_client *client, const cspan_context *context,
                      unsigned attempt, const cspan_otlp_outcome *outcome, int64_t *delay) {
  *delay = cspan_otlp_retry_delay_ms(&client->retry, attempt, outcome->retry_after_ms,
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

static cspan_status send_until_done(const cspan_otlp_client *client, cspan_otlp_lane *lane,
                                    cspan_http_client *http, const cspan_context *context,
                                    size_t item_count, size_t *rejected_items,
                                    cspan_error **error) {
  cspan_otlp_outcome reason = {.status = CSPAN_OK};
  for (unsigned attempt = 1;; attempt++) {
    cspan_otlp_outcome outcome;
    int64_t delay;
    cspan_otlp_send(client, lane, http, context, &outcome);
    if (outcome.status == CSPAN_OK)
      return accepted(client, item_count, &outcome, rejected_items);
    if (outcome.status == CSPAN_ERR_CANCELLED || outcome.status == CSPAN_ERR_SHUTDOWN)
      return stopped(client, outcome.status, &reason, error);
    keep_reason(&outcome, &reason, attempt);
    if (!may_retry(client, context, attempt, &outcome, &delay))
      return failed(client, &reason, item_count, attempt, error);
    cspan_log(CSPAN_LOG_DEBUG, "export to %s: %s; trying again in %lld ms", client->settings.origin,
              outcome.message, (long long)delay);
    cspan_status status = wait_ms(client, context, delay);
    if (status == CSPAN_ERR_TIMEOUT)
      return failed(client, &reason, item_count, attempt, error);
    if (status != CSPAN_OK)
      return stopped(client, status, &reason, error);
  }
}

/* ------------------------------------------------------------------ client */

static cspan_status not_encoded(const cspan_otlp_client *client, cspan_status status,
                                size_t request_size_bytes, size_t item_count, cspan_error **error) {
  const char *why = status == CSPAN_ERR_NOMEM      ? "out of memory"
                    : status == CSPAN_ERR_LIMIT    ? "a request may have at most 64 MiB"
                    : status == CSPAN_ERR_PROTOCOL ? "the request is malformed"
                                                   : "the compression failed";
  return cspan_error_set(error, status, "cannot export %zu %s (%zu bytes): %s", item_count,
                         counted(client, item_count), request_size_bytes, why);
}

static void log_export(const cspan_otlp_client *client, size_t count, int64_t begun_ns) {
  cspan_log(CSPAN_LOG_DEBUG, "exported %zu %s to %s in %lld ms", count, counted(client, count),
            client->settings.origin, (long long)((cspan_now_ns() - begun_ns) / NS_PER_MS));
}

cspan_status cspan_otlp_client_export(cspan_otlp_client *client, const cspan_context *context,
                                      const uint8_t *request, size_t request_size_bytes,
                                      size_t item_count, size_t *rejected_items,
                                      cspan_error **error) {
  cspan_otlp_lane *lane;
  cspan_http_client *http;
  *rejected_items = 0;
  if (atomic_load(&client->is_shut_down))
    return stopped(client, CSPAN_ERR_SHUTDOWN, NULL, error);
  cspan_context limited = limit(context, client->settings.timeout_ms);
  cspan_status status = cspan_context_status(&limited);
  if (status != CSPAN_OK)
    return stopped(client, status, NULL, error);
  status = cspan_otlp_lane_take(client, &lane, &http, error);
  if (status != CSPAN_OK)
    return status;
  int64_t begun_ns = cspan_log_enabled(CSPAN_LOG_DEBUG) ? cspan_now_ns() : 0;
  status = encode_body(&client->settings, lane, request, request_size_bytes);
  status = status == CSPAN_OK
               ? send_until_done(client, lane, http, &limited, item_count, rejected_items, error)
               : not_encoded(client, status, request_size_bytes, item_count, error);
  cspan_otlp_lane_give_back(client, lane);
  if (status == CSPAN_OK && begun_ns != 0)
    log_export(client, item_count - *rejected_items, begun_ns);
  return status;
}

static void log_destination(const cspan_otlp_client *client) {
  const cspan_otlp_settings *settings = &client->settings;
  cspan_log(CSPAN_LOG_INFO, "%s go to %s by OTLP (%s%s)", cspan_otlp_names(client->signal)->items,
            settings->origin,
            settings->grpc   ? "grpc"
            : settings->json ? "http/json"
                             : "http/protobuf",
            settings->gzip ? ", gzip" : "");
}

cspan_status cspan_otlp_client_create(cspan_otlp_signal signal, const cspan_otlp_options *options,
                                      const cspan_otlp_retry *retry, cspan_otlp_client **out,
                                      cspan_error **error) {
  *out = NULL;
  cspan_otlp_client *client = cspan_calloc(1, sizeof *client);
  if (!client)
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an OTLP exporter");
  cspan_status status = cspan_otlp_settings_resolve(signal, options, &client->settings, error);
  if (status != CSPAN_OK) {
    cspan_free(client);
    return status;
  }
  client->signal = signal;
  if (retry)
    client->retry = *retry;
  atomic_init(&client->is_shut_down, false);
  cspan_otlp_lanes_init(client);
  log_destination(client);
  *out = client;
  return CSPAN_OK;
}

void cspan_otlp_client_shutdown(cspan_otlp_client *client) {
  atomic_store(&client->is_shut_down, true);
}

void cspan_otlp_client_free(cspan_otlp_client *client) {
  if (!client)
    return;
  cspan_otlp_lanes_free(client);
  cspan_otlp_settings_free(&client->settings);
  cspan_free(client);
}

const char *cspan_otlp_client_type(const cspan_otlp_client *client) {
  return client->settings.grpc   ? "otlp_grpc"
         : client->settings.json ? "otlp_http_json"
                                 : "otlp_http";
}

void cspan_otlp_client_server(const cspan_otlp_client *client, const char **address,
                              uint16_t *port) {
  *address = client->settings.host;
  *port = client->settings.port;
}
