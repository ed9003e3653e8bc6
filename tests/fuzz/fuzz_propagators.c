/* SPDX-License-Identifier: Apache-2.0 */
/* Propagation headers of strangers, one a line in the order below; what is extracted
 * and injected again is extracted again the same. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cloudspan/telemetry.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { HEADERS = 4, VALUE_MAX = 16384 };

static const char *const names[HEADERS] = {"traceparent", "tracestate", "baggage",
                                           "X-Amzn-Trace-Id"};

typedef struct carrier {
  char values[HEADERS][VALUE_MAX];
} carrier;

static int index_of(const char *key) {
  for (int i = 0; i < HEADERS; i++)
    if (strcasecmp(key, names[i]) == 0)
      return i;
  abort(); /* no other header is ours to write */
}

static const char *get(void *from, const char *key) {
  carrier *headers = from;
  const char *value = headers->values[index_of(key)];
  return *value ? value : NULL;
}

static void set(void *to, const char *key, const char *value) {
  carrier *headers = to;
  size_t len = strlen(value);
  if (len >= VALUE_MAX || strpbrk(value, "\r\n"))
    abort();
  memcpy(headers->values[index_of(key)], value, len + 1);
}

static void fill(carrier *headers, const uint8_t *data, size_t size) {
  memset(headers, 0, sizeof *headers);
  for (int i = 0; i < HEADERS && size > 0; i++) {
    const uint8_t *end = memchr(data, '\n', size);
    size_t len = end ? (size_t)(end - data) : size;
    memcpy(headers->values[i], data, len < VALUE_MAX - 1 ? len : VALUE_MAX - 1);
    data += end ? len + 1 : len;
    size -= end ? len + 1 : len;
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static carrier in;
  static carrier once;
  static carrier twice;
  static cspan_propagator *propagator;
  cspan_extracted extracted;
  if (!propagator)
    propagator = cspan_propagator_from_names("xray,tracecontext,baggage", NULL);
  fill(&in, data, size);
  memset(&once, 0, sizeof once);
  memset(&twice, 0, sizeof twice);
  cspan_propagator_extract(propagator, NULL, get, &in, &extracted);
  cspan_propagator_inject(propagator, &extracted.context, set, &once);
  cspan_extracted_free(&extracted);
  cspan_propagator_extract(propagator, NULL, get, &once, &extracted);
  cspan_propagator_inject(propagator, &extracted.context, set, &twice);
  cspan_extracted_free(&extracted);
  if (memcmp(&once, &twice, sizeof once) != 0)
    abort();
  return 0;
}
