/* SPDX-License-Identifier: Apache-2.0 */
/* A tracestate, a line a header: what is kept of it is within the limits of W3C Trace Context, and
 * is kept again as it is. */
#include <stdlib.h>
#include <string.h>

#include <cloudspan/telemetry.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 64, STATE_MAX = 512, MEMBERS_MAX = 32 };

typedef struct carrier {
  char *lines[LINES_MAX];
  size_t count;
} carrier;

static const char *get_all(void *from, const char *key, size_t index) {
  const carrier *c = from;
  if (strcmp(key, "traceparent") == 0)
    return index == 0 ? "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" : NULL;
  return index < c->count ? c->lines[index] : NULL;
}

static char *kept(carrier *from) {
  static const cspan_carrier_getter getter = {.get_all = get_all};
  static cspan_propagator *propagator;
  cspan_extracted extracted;
  cspan_span_context context;
  if (!propagator)
    propagator = cspan_propagator_tracecontext();
  cspan_propagator_extract(propagator, NULL, &getter, from, &extracted);
  if (!cspan_span_get_context(extracted.context.span, &context))
    abort(); /* a bad state does not take the parent with it */
  char *state = strdup(context.trace_state ? context.trace_state : "");
  cspan_extracted_free(&extracted);
  return state;
}

static void check(const char *state) {
  size_t members = state[0] != '\0';
  if (strlen(state) > STATE_MAX)
    abort();
  for (const char *c = state; *c; c++) {
    members += *c == ',';
    if (*c < ' ' || *c > '~')
      abort();
  }
  if (members > MEMBERS_MAX)
    abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  carrier in = {.count = 0};
  while (size > 0 && in.count < LINES_MAX) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : size;
    in.lines[in.count++] = strndup((const char *)data, len);
    data += end ? len + 1 : len;
    size -= end ? len + 1 : len;
  }
  char *once = kept(&in);
  check(once);
  carrier again = {.lines = {once}, .count = 1};
  char *twice = kept(&again);
  if (strcmp(once, twice) != 0)
    abort();
  free(once);
  free(twice);
  for (size_t i = 0; i < in.count; i++)
    free(in.lines[i]);
  return 0;
}
