/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/env_otlp.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/settings.h"

enum { DEFAULT_TIMEOUT_MS = 10000, MAX_NAME = 64 };

const char *cspan_otlp_env(const char *infix, const char *suffix, const char **name) {
  static _Thread_local char text[MAX_NAME];
  snprintf(text, sizeof text, "OTEL_EXPORTER_OTLP_%s%s", infix, suffix);
  *name = text;
  return cspan_setting_text(text);
}

/* One setting: how it is named and taken. `take` returns NULL on success, else what
 * is wrong ("" when out of memory), as the end of a sentence about the value. */
typedef const char *(*take_fn)(cspan_otlp_settings *settings, const char *text,
                               cspan_endpoint_source source);

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an OTLP exporter");
}

static cspan_status take_option(cspan_otlp_settings *settings, const char *label, take_fn take,
                                const char *text, cspan_endpoint_source source,
                                cspan_error **error) {
  const char *problem = take(settings, text, source);
  if (!problem)
    return CSPAN_OK;
  if (!*problem)
    return out_of_memory(error);
  return cspan_error_set(error, CSPAN_ERR_CONFIG, "the OTLP exporter's %s %s", label, problem);
}

/* The more specific variable that is valid; *found tells whether there was one. */
static cspan_status take_variable(cspan_otlp_settings *settings, const char *suffix, take_fn take,
                                  bool *found, cspan_error **error) {
  const struct {
    const char *infix;
    cspan_endpoint_source source;
  } variables[] = {{cspan_otlp_names(settings->signal)->variables, CSPAN_ENDPOINT_SIGNAL_VARIABLE},
                   {"", CSPAN_ENDPOINT_VARIABLE}};
  *found = false;
  for (size_t i = 0; i < 2; i++) {
    const char *name;
    const char *text = cspan_otlp_env(variables[i].infix, suffix, &name);
    if (!text)
      continue;
    const char *problem = take(settings, text, variables[i].source);
    if (!problem) {
      *found = true;
      return CSPAN_OK;
    }
    if (!*problem)
      return out_of_memory(error);
    cspan_otlp_env(variables[i].infix, suffix,
                   &name); /* another name may have been asked for since */
    cspan_log(CSPAN_LOG_WARN, "%s %s; it is ignored", name, problem);
  }
  return CSPAN_OK;
}

static cspan_status take_either(cspan_otlp_settings *settings, const char *label,
                                const char *suffix, take_fn take, const char *option,
                                cspan_error **error) {
  bool found;
  return option ? take_option(settings, label, take, option, CSPAN_ENDPOINT_OPTION, error)
                : take_variable(settings, suffix, take, &found, error);
}

/* ------------------------------------------------------------ single settings */

static const char *take_protocol(cspan_otlp_settings *settings, const char *text,
                                 cspan_endpoint_source source) {
  (void)source;
  if (strcmp(text, "grpc") != 0 && strcmp(text, "http/protobuf") != 0 &&
      strcmp(text, "http/json") != 0)
    return "is none of grpc, http/protobuf, and http/json";
  settings->grpc = text[0] == 'g';
  settings->json = strcmp(text, "http/json") == 0;
  return NULL;
}

static const char *take_compression(cspan_otlp_settings *settings, const char *text,
                                    cspan_endpoint_source source) {
  (void)source;
  if (strcmp(text, "gzip") != 0 && strcmp(text, "none") != 0)
    return "is neither gzip nor none";
  settings->gzip = text[0] == 'g';
  return NULL;
}

static const char *take_timeout(cspan_otlp_settings *settings, const char *text,
                                cspan_endpoint_source source) {
  int64_t ms;
  (void)source;
  if (!cspan_parse_i64(text, &ms) || ms < 0)
    return "is not a number of milliseconds";
  settings->timeout_ms = ms;
  return NULL;
}

static const char *take_headers(cspan_otlp_settings *settings, const char *text,
                                cspan_endpoint_source source) {
  (void)source;
  return cspan_otlp_headers(settings, text);
}

static const char *copy_path(cspan_otlp_settings *settings, const char *text, const char **out) {
  *out = cspan_arena_strdup(settings->arena, text);
  return *out ? NULL : "";
}

static const char *take_certificate(cspan_otlp_settings *settings, const char *text,
                                    cspan_endpoint_source source) {
  (void)source;
  return copy_path(settings, text, &settings->certificate);
}

static const char *take_client_certificate(cspan_otlp_settings *settings, const char *text,
                                           cspan_endpoint_source source) {
  (void)source;
  return copy_path(settings, text, &settings->client_certificate);
}

static const char *take_client_key(cspan_otlp_settings *settings, const char *text,
                                   cspan_endpoint_source source) {
  (void)source;
  return copy_path(settings, text, &settings->client_key);
}

/* ------------------------------------------------------------------- together */

static cspan_status choose_protocol(const cspan_otlp_options *options,
                                    cspan_otlp_settings *settings, cspan_error **error) {
  bool found;
  settings->grpc = true;
  switch (options->protocol) {
  case CSPAN_OTLP_DEFAULT:
    return take_variable(settings, "PROTOCOL", take_protocol, &found, error);
  case CSPAN_OTLP_GRPC:
    return CSPAN_OK;
  case CSPAN_OTLP_HTTP_PROTOBUF:
  case CSPAN_OTLP_HTTP_JSON:
    settings->grpc = false;
    settings->json = options->protocol == CSPAN_OTLP_HTTP_JSON;
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_CONFIG, "the OTLP exporter's protocol is not known");
}

static cspan_status choose_endpoint(const cspan_otlp_options *options,
                                    cspan_otlp_settings *settings, cspan_error **error) {
  if (options->endpoint)
    return take_option(
        settings, "endpoint", cspan_otlp_endpoint, options->endpoint,
        options->endpoint_is_full ? CSPAN_ENDPOINT_OPTION_FULL : CSPAN_ENDPOINT_OPTION, error);
  bool found;
  cspan_status status = take_variable(settings, "ENDPOINT", cspan_otlp_endpoint, &found, error);
  if (status != CSPAN_OK || found)
    return status;
  const char *standard = settings->grpc ? "http://localhost:4317" : "http://localhost:4318";
  return take_option(settings, "endpoint", cspan_otlp_endpoint, standard, CSPAN_ENDPOINT_OPTION,
                     error);
}

static cspan_status choose_rest(const cspan_otlp_options *options, cspan_otlp_settings *settings,
                                cspan_error **error) {
  const struct {
    const char *label;
    const char *suffix;
    take_fn take;
    const char *option;
  } rest[] = {
      {"headers", "HEADERS", take_headers, options->headers},
      {"compression", "COMPRESSION", take_compression, options->compression},
      {"certificate", "CERTIFICATE", take_certificate, options->certificate},
      {"client certificate", "CLIENT_CERTIFICATE", take_client_certificate,
       options->client_certificate},
      {"client key", "CLIENT_KEY", take_client_key, options->client_key},
  };
  for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
    cspan_status status =
        take_either(settings, rest[i].label, rest[i].suffix, rest[i].take, rest[i].option, error);
    if (status != CSPAN_OK)
      return status;
  }
  bool found;
  settings->timeout_ms = options->timeout_ms > 0 ? options->timeout_ms : DEFAULT_TIMEOUT_MS;
  if (options->timeout_ms < 0)
    return cspan_error_set(error, CSPAN_ERR_CONFIG, "the OTLP exporter's timeout is negative");
  return options->timeout_ms ? CSPAN_OK
                             : take_variable(settings, "TIMEOUT", take_timeout, &found, error);
}

cspan_status cspan_otlp_settings_resolve(cspan_otlp_signal signal,
                                         const cspan_otlp_options *options,
                                         cspan_otlp_settings *out, cspan_error **error) {
  cspan_otlp_options all = {0};
  if (options) /* as much of it as the caller's version of the header has */
    memcpy(&all, options, options->size && options->size < sizeof all ? options->size : sizeof all);
  *out = (cspan_otlp_settings){.arena = cspan_arena_create(0), .signal = signal};
  if (!out->arena)
    return out_of_memory(error);
  cspan_status status = choose_protocol(&all, out, error);
  if (status == CSPAN_OK)
    status = choose_endpoint(&all, out, error);
  if (status == CSPAN_OK)
    status = choose_rest(&all, out, error);
  if (status != CSPAN_OK)
    cspan_otlp_settings_free(out);
  return status;
}

void cspan_otlp_settings_free(cspan_otlp_settings *settings) {
  for (size_t i = 0; i < settings->header_count; i++) {
    char *secret = (char *)(uintptr_t)settings->headers[i].value; /* ours, in the arena */
    cspan_memzero(secret, strlen(secret));
  }
  cspan_arena_free(settings->arena);
  memset(settings, 0, sizeof *settings);
}
