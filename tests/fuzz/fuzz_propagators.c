/* SPDX-License-Identifier: Apache-2.0 */
/* Propagation headers of strangers. The first byte chooses a propagator; each line is a header,
 * its first byte the name, "key=" behind a name that is a prefix. What is extracted and injected
 * again is extracted again the same. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cloudspan/telemetry.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS_MAX = 160, NAME_MAX_BYTES = 300, VALUE_MAX = 16384 };

static const char *const names[] = {
    "traceparent",    "tracestate",        "baggage",          "X-Amzn-Trace-Id",   "b3",
    "X-B3-TraceId",   "X-B3-SpanId",       "X-B3-Sampled",     "X-B3-Flags",        "uber-trace-id",
    "uberctx-",       "ot-tracer-traceid", "ot-tracer-spanid", "ot-tracer-sampled", "ot-baggage-",
    "grpc-trace-bin",
};
enum { NAMES = sizeof names / sizeof names[0] };

static cspan_propagator *(*const creators[])(void) = {
    cspan_propagator_tracecontext, cspan_propagator_baggage,    cspan_propagator_xray,
    cspan_propagator_b3,           cspan_propagator_b3_multi,   cspan_propagator_jaeger,
    cspan_propagator_ottrace,      cspan_propagator_opencensus,
};
enum { CREATORS = sizeof creators / sizeof creators[0] };

typedef struct carrier {
  struct {
    char name[NAME_MAX_BYTES];
    char *value;
  } headers[HEADERS_MAX];
  size_t count;
} carrier;

static void add(carrier *to, const char *name, size_t name_len, const char *value, size_t len) {
  if (to->count == HEADERS_MAX || name_len >= NAME_MAX_BYTES)
    return;
  memcpy(to->headers[to->count].name, name, name_len);
  to->headers[to->count].name[name_len] = '\0';
  to->headers[to->count].value = strndup(value, len);
  to->count++;
}

static void empty(carrier *headers) {
  for (size_t i = 0; i < headers->count; i++)
    free(headers->headers[i].value);
  headers->count = 0;
}

static const char *get_all(void *from, const char *key, size_t index) {
  const carrier *c = from;
  for (size_t i = 0; i < c->count; i++)
    if (strcasecmp(key, c->headers[i].name) == 0 && index-- == 0)
      return c->headers[i].value;
  return NULL;
}

static const char *keys(void *from, size_t index) {
  const carrier *c = from;
  return index < c->count ? c->headers[index].name : NULL;
}

static void set(void *to, const char *key, const char *value) {
  size_t i = 0;
  while (i < NAMES && strncmp(key, names[i], strlen(names[i])) != 0)
    i++;
  size_t len = strlen(value);
  if (i == NAMES || len >= VALUE_MAX || strpbrk(value, "\r\n") || strpbrk(key, " :\r\n"))
    abort(); /* no header of ours, or one that would break what carries it */
  add(to, key, strlen(key), value, len);
}

static void fill(carrier *headers, const uint8_t *data, size_t size) {
  while (size > 0) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : size;
    if (len > 0) {
      char name[NAME_MAX_BYTES];
      const char *prefix = names[data[0] % NAMES];
      const char *text = (const char *)data + 1;
      const char *equals = memchr(text, '=', len - 1);
      bool takes_key = prefix[strlen(prefix) - 1] == '-' && equals;
      int key_len = takes_key ? (int)(equals - text) : 0;
      int name_len = snprintf(name, sizeof name, "%s%.*s", prefix, key_len, text);
      if (name_len < NAME_MAX_BYTES) {
        size_t skip = takes_key ? (size_t)key_len + 1 : 0;
        add(headers, name, strlen(name), text + skip, len - 1 - skip);
      }
    }
    data += end ? len + 1 : len;
    size -= end ? len + 1 : len;
  }
}

static void pass_on(const cspan_propagator *propagator, carrier *from, carrier *to) {
  static const cspan_carrier_getter getter = {.keys = keys, .get_all = get_all};
  cspan_extracted extracted;
  cspan_propagator_extract(propagator, NULL, &getter, from, &extracted);
  cspan_propagator_inject(propagator, &extracted.context, set, to);
  cspan_extracted_free(&extracted);
}

static void check_same(const carrier *a, const carrier *b) {
  if (a->count != b->count)
    abort();
  for (size_t i = 0; i < a->count; i++)
    if (strcmp(a->headers[i].name, b->headers[i].name) != 0 ||
        strcmp(a->headers[i].value, b->headers[i].value) != 0)
      abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static carrier in;
  static carrier once;
  static carrier twice;
  static cspan_propagator *propagators[CREATORS];
  if (size == 0)
    return 0;
  size_t which = data[0] % CREATORS;
  if (!propagators[which])
    propagators[which] = creators[which]();
  fill(&in, data + 1, size - 1);
  pass_on(propagators[which], &in, &once);
  pass_on(propagators[which], &once, &twice);
  check_same(&once, &twice);
  empty(&in);
  empty(&once);
  empty(&twice);
  return 0;
}
