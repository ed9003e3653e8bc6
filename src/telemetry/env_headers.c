/* SPDX-License-Identifier: Apache-2.0 */
/* The headers a user wants on every export. Their values are secrets: they are
 * never put into a message. */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/env_otlp.h"

/* Ours to set: another value would break the protocol. */
static bool is_reserved(const char *name) {
  static const char *const names[] = {"content-type",
                                      "content-encoding",
                                      "content-length",
                                      "transfer-encoding",
                                      "connection",
                                      "host",
                                      "te",
                                      "upgrade",
                                      "expect"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
    if (strcmp(name, names[i]) == 0)
      return true;
  return cspan_starts_with(name, "grpc-");
}

/* A copy in lower case, as HTTP/2 wants; NULL when it is not a token. */
static char *copy_name(cspan_arena *arena, cspan_str name, const char **problem) {
  for (size_t i = 0; i < name.len; i++) {
    char c = name.data[i];
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter && (!c || !strchr("!#$%&'*+-.^_`|~", c))) {
      *problem = "have a name that is not an HTTP token";
      return NULL;
    }
  }
  char *copy = cspan_arena_strndup(arena, name.data, name.len);
  *problem = copy ? NULL : "";
  for (char *c = copy; c && *c; c++)
    if (*c >= 'A' && *c <= 'Z')
      *c = (char)(*c - 'A' + 'a');
  return copy;
}

/* The arena has no end of its own for secrets. */
static void wipe(const char *value) {
  cspan_memzero((char *)(uintptr_t)value, strlen(value));
}

static const char *copy_value(cspan_arena *arena, cspan_str value, const char **problem) {
  cspan_buf decoded;
  const char *copy = NULL;
  *problem = NULL;
  cspan_buf_init(&decoded, value.len);
  cspan_buf_reserve(&decoded, value.len);
  cspan_uri_decode(&decoded, value.data, value.len);
  for (size_t i = 0; i < decoded.len; i++)
    if (decoded.data[i] < 0x20 || decoded.data[i] > 0x7e)
      *problem = "have a value with characters other than printable ASCII";
  if (!*problem) {
    copy = cspan_buf_status(&decoded) == CSPAN_OK
               ? cspan_arena_strndup(arena, cspan_buf_text(&decoded), decoded.len)
               : NULL;
    *problem = copy ? NULL : "";
  }
  cspan_memzero(decoded.data, decoded.len);
  cspan_buf_free(&decoded);
  return copy;
}

/* A later header of the same name replaces the earlier one. */
static const char *put(cspan_http_header *headers, size_t *count, const char *name,
                       const char *value) {
  size_t i = 0;
  while (i < *count && strcmp(headers[i].name, name) != 0)
    i++;
  if (i == CSPAN_OTLP_MAX_HEADERS) {
    wipe(value);
    return "are more than 64";
  }
  if (i < *count)
    wipe(headers[i].value);
  headers[i] = (cspan_http_header){.name = name, .value = value};
  *count += i == *count;
  return NULL;
}

static const char *add_pair(cspan_otlp_settings *settings, cspan_str pair,
                            cspan_http_header *headers, size_t *count) {
  const char *problem;
  const char *equals = memchr(pair.data, '=', pair.len);
  size_t key = equals ? (size_t)(equals - pair.data) : 0;
  cspan_str name = cspan_str_trim((cspan_str){pair.data, key});
  if (name.len == 0)
    return "are not pairs of key=value";
  char *copy = copy_name(settings->arena, name, &problem);
  if (!copy)
    return problem;
  if (is_reserved(copy)) {
    cspan_log(CSPAN_LOG_WARN,
              "the OTLP exporter sets the header %s itself; the one given is ignored", copy);
    return NULL;
  }
  const char *value = copy_value(
      settings->arena, cspan_str_trim((cspan_str){equals + 1, pair.len - key - 1}), &problem);
  return value ? put(headers, count, copy, value) : problem;
}

const char *cspan_otlp_headers(cspan_otlp_settings *settings, const char *text) {
  cspan_http_header *headers =
      cspan_arena_array(settings->arena, CSPAN_OTLP_MAX_HEADERS, sizeof *headers);
  size_t count = 0;
  if (!headers)
    return "";
  for (const char *at = text; *at;) {
    size_t len = strcspn(at, ",");
    cspan_str pair = cspan_str_trim((cspan_str){at, len});
    at += len + (at[len] == ',');
    const char *problem = pair.len ? add_pair(settings, pair, headers, &count) : NULL;
    if (problem) {
      while (count > 0)
        wipe(headers[--count].value);
      return problem;
    }
  }
  settings->headers = headers;
  settings->header_count = count;
  return NULL;
}
