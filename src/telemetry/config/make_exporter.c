/* SPDX-License-Identifier: Apache-2.0 */
/* Span exporters of a configuration file. */
#include <string.h>

#include <cloudspan/spool.h>

#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/config/make.h"
#include "telemetry/exporter_write.h"

enum { HEADERS_MAX = 1 << 16, STDOUT = 1 };
#define NO_LIMIT_MS INT64_C(31536000000) /* a year: 0 in the file is no limit */

/* ----------------------------------------------------------------- OTLP options */

/* Otherwise a "," or "=" in a name would make other headers of it. */
static bool is_token(const char *name) {
  static const char allowed[] = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  return name[0] != '\0' && name[strspn(name, allowed)] == '\0';
}

/* Those of `headers` behind those of `headers_list`: the last one of a name counts. */
static cspan_status join_headers(const cspan_config_node *named, char **out, cspan_error **error) {
  cspan_buf text;
  cspan_status status = CSPAN_OK;
  cspan_buf_init(&text, HEADERS_MAX);
  cspan_buf_reserve(&text, 1);
  cspan_buf_str(&text, cspan_config_text(named, "headers_list", ""));
  const cspan_config_node *list = cspan_config_node_get(named, "headers");
  for (const cspan_config_node *pair = list != NULL ? list->first : NULL;
       pair != NULL && status == CSPAN_OK; pair = pair->next) {
    const char *name = cspan_config_text(pair, "name", "");
    const char *value = cspan_config_text(pair, "value", NULL);
    if (!is_token(name)) {
      status = cspan_config_fail(cspan_config_node_get(pair, "name"), error,
                                 "is not the name of an HTTP header");
    } else if (value != NULL) {
      cspan_buf_printf(&text, "%s%s=", text.len > 0 ? "," : "", name);
      cspan_uri_encode(&text, value, strlen(value), false);
    }
  }
  if (status == CSPAN_OK && cspan_buf_status(&text) == CSPAN_ERR_LIMIT) {
    status = cspan_config_fail(named, error, "the headers have more than 64 KiB");
  }
  *out = status == CSPAN_OK ? cspan_buf_take(&text, NULL) : NULL;
  if (status == CSPAN_OK && *out == NULL) {
    status = cspan_config_no_memory(named, error);
  }
  if (text.data != NULL) {
    cspan_memzero(text.data, text.len);
  }
  cspan_buf_free(&text);
  return status;
}

static cspan_status take_path(const cspan_config_node *tls, const char *key, const char **out,
                              cspan_error **error) {
  *out = cspan_config_text(tls, key, NULL);
  return *out == NULL || (*out)[0] == '/'
             ? CSPAN_OK
             : cspan_config_fail(cspan_config_node_get(tls, key), error,
                                 "must be an absolute path, one that starts with /");
}

static cspan_status take_tls(const cspan_config_node *named, cspan_otlp_options *out,
                             cspan_error **error) {
  const cspan_config_node *tls = cspan_config_node_get(named, "tls");
  cspan_status status = take_path(tls, "ca_file", &out->certificate, error);
  if (status == CSPAN_OK) {
    status = take_path(tls, "cert_file", &out->client_certificate, error);
  }
  if (status == CSPAN_OK) {
    status = take_path(tls, "key_file", &out->client_key, error);
  }
  if (status == CSPAN_OK && (out->client_certificate == NULL) != (out->client_key == NULL)) {
    status = cspan_config_fail(tls, error, "cert_file and key_file must be given together");
  }
  return status;
}

/* A gRPC endpoint may leave the scheme out: `tls.insecure` chooses it then. */
static cspan_status take_grpc_endpoint(cspan_maker *maker, const cspan_config_node *named,
                                       cspan_otlp_options *out, cspan_error **error) {
  const char *text = cspan_config_text(named, "endpoint", "http://localhost:4317");
  out->endpoint = text;
  if (strstr(text, "://") != NULL) {
    return CSPAN_OK;
  }
  bool insecure = cspan_config_flag(cspan_config_node_get(named, "tls"), "insecure", false);
  size_t room = strlen(text) + sizeof "https://";
  char *whole = cspan_arena_alloc(maker->arena, room);
  if (whole == NULL) {
    return cspan_config_no_memory(named, error);
  }
  size_t scheme_len = insecure ? 7 : 8;
  memcpy(whole, insecure ? "http://" : "https://", scheme_len);
  memcpy(whole + scheme_len, text, strlen(text) + 1);
  out->endpoint = whole;
  return CSPAN_OK;
}

cspan_status cspan_make_otlp_options(cspan_maker *maker, const cspan_config_node *named,
                                     const char *signal, cspan_otlp_options *out, char **headers,
                                     cspan_error **error) {
  bool is_grpc = strcmp(named->key, "otlp_grpc") == 0;
  bool is_json = cspan_ieq(cspan_config_text(named, "encoding", "protobuf"), "json");
  int64_t timeout_ms = cspan_config_whole(named, "timeout", 10000);
  *headers = NULL;
  *out = (cspan_otlp_options){
      .size = sizeof *out,
      .protocol = is_grpc   ? CSPAN_OTLP_GRPC
                  : is_json ? CSPAN_OTLP_HTTP_JSON
                            : CSPAN_OTLP_HTTP_PROTOBUF,
      .endpoint =
          cspan_config_text(named, "endpoint",
                            strcmp(signal, "traces") == 0 ? "http://localhost:4318/v1/traces"
                                                          : "http://localhost:4318/v1/metrics"),
      .endpoint_is_full = !is_grpc,
      .compression = cspan_config_text(named, "compression", "none"),
      .timeout_ms = timeout_ms > 0 && timeout_ms < NO_LIMIT_MS ? timeout_ms : NO_LIMIT_MS};
  cspan_status status = is_grpc ? take_grpc_endpoint(maker, named, out, error) : CSPAN_OK;
  if (status == CSPAN_OK) {
    status = take_tls(named, out, error);
  }
  if (status == CSPAN_OK) {
    status = join_headers(named, headers, error);
    out->headers = *headers;
  }
  return status;
}

/* -------------------------------------------------------------------- exporters */

typedef cspan_status (*make_fn)(cspan_maker *maker, const cspan_config_node *named,
                                cspan_span_exporter **out, cspan_error **error);

static cspan_status make_otlp(cspan_maker *maker, const cspan_config_node *named,
                              cspan_span_exporter **out, cspan_error **error) {
  cspan_otlp_options options;
  char *headers;
  cspan_error *failure = NULL;
  cspan_status status = cspan_make_otlp_options(maker, named, "traces", &options, &headers, error);
  if (status == CSPAN_OK) {
    status = cspan_exporter_otlp(&options, out, &failure);
    if (status != CSPAN_OK) {
      status = cspan_config_wrap(named, error, failure);
    }
  }
  cspan_free_secret(headers);
  return status;
}

static cspan_status make_file(cspan_maker *maker, const cspan_config_node *named,
                              cspan_span_exporter **out, cspan_error **error) {
  const char *stream = cspan_config_text(named, "output_stream", "stdout");
  cspan_error *failure = NULL;
  (void)maker;
  if (strcmp(stream, "stdout") == 0) {
    *out = cspan_exporter_otlp_stream(STDOUT);
    return *out != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
  }
  if (!cspan_starts_with(stream, "file:///")) {
    return cspan_config_fail(cspan_config_node_get(named, "output_stream"), error,
                             "must be stdout, or file:// and an absolute path "
                             "(file:///var/log/spans.jsonl)");
  }
  cspan_status status = cspan_exporter_otlp_file(stream + 7, out, &failure);
  return status == CSPAN_OK ? CSPAN_OK : cspan_config_wrap(named, error, failure);
}

static cspan_spool_sync sync_of(const char *name) {
  return cspan_ieq(name, "batch")     ? CSPAN_SPOOL_SYNC_BATCH
         : cspan_ieq(name, "segment") ? CSPAN_SPOOL_SYNC_SEGMENT
                                      : CSPAN_SPOOL_SYNC_NEVER;
}

static cspan_status make_spool(cspan_maker *maker, const cspan_config_node *named,
                               cspan_span_exporter **out, cspan_error **error) {
  const cspan_spool_options options = {
      .size = sizeof options,
      .folder = cspan_config_text(named, "folder", NULL),
      .max_size_bytes = (uint64_t)cspan_config_whole(named, "max_size", 0),
      .sync = sync_of(cspan_config_text(named, "sync", "never")),
      .write_after_ms = cspan_config_whole(named, "write_after", 0),
      .retry_initial_ms = cspan_config_whole(named, "retry_initial", 0),
      .retry_max_ms = cspan_config_whole(named, "retry_max", 0)};
  cspan_span_exporter *next;
  cspan_error *failure = NULL;
  cspan_status status =
      cspan_make_exporter(maker, cspan_config_node_get(named, "exporter"), &next, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = cspan_exporter_spool(&options, next, out, &failure);
  return status == CSPAN_OK ? CSPAN_OK : cspan_config_wrap(named, error, failure);
}

static cspan_status make_console(cspan_maker *maker, const cspan_config_node *named,
                                 cspan_span_exporter **out, cspan_error **error) {
  (void)maker;
  *out = cspan_exporter_console(STDOUT);
  return *out != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}

cspan_status cspan_make_exporter(cspan_maker *maker, const cspan_config_node *choice,
                                 cspan_span_exporter **out, cspan_error **error) {
  static const struct {
    const char *name;
    make_fn make;
  } made[] = {{"otlp_http", make_otlp},
              {"otlp_grpc", make_otlp},
              {"otlp_file/development", make_file},
              {"console", make_console},
              {"spool/development", make_spool}};
  const cspan_config_node *named = choice->first;
  *out = NULL;
  for (size_t i = 0; i < sizeof made / sizeof made[0]; i++) {
    if (strcmp(named->key, made[i].name) == 0) {
      return made[i].make(maker, named, out, error);
    }
  }
  cspan_component component = {.exporter = NULL};
  cspan_status status =
      cspan_component_make(CSPAN_COMPONENT_SPAN_EXPORTER, choice, &component, error);
  *out = status == CSPAN_OK ? component.exporter : NULL;
  return status;
}
