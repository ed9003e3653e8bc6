/* SPDX-License-Identifier: Apache-2.0 */
/* A baggage header: what is kept of it is within the limits of W3C Baggage, written as a header
 * that holds only what one may, and read again the same. */
#include <stdlib.h>
#include <string.h>

#include <cloudspan/telemetry.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMBERS_MAX = 64, HEADER_MAX = 8192 };

static cspan_propagator *propagator;

static const char *get(void *from, const char *key) {
  (void)key;
  return from;
}

static void keep(void *to, const char *key, const char *value) {
  (void)key;
  if (strlen(value) > HEADER_MAX)
    abort();
  for (const char *c = value; *c; c++)
    if ((*c < ' ' && *c != '\t') || *c > '~')
      abort();
  *(char **)to = strdup(value);
}

/* Each member can be got by its key and set again. */
static void check(const cspan_baggage *baggage) {
  const char *key;
  const char *value;
  const char *metadata;
  if (cspan_baggage_count(baggage) > MEMBERS_MAX)
    abort();
  for (size_t i = 0; cspan_baggage_at(baggage, i, &key, &value, &metadata); i++) {
    const char *got = cspan_baggage_get(baggage, key);
    cspan_baggage *again = cspan_baggage_with(baggage, key, value, metadata);
    if (!got || strcmp(got, value) != 0 || !again ||
        cspan_baggage_count(again) != cspan_baggage_count(baggage))
      abort();
    cspan_baggage_free(again);
  }
}

static char *pass_on(char *header) {
  static const cspan_carrier_getter getter = {.get = get};
  cspan_extracted extracted;
  char *written = NULL;
  cspan_propagator_extract(propagator, NULL, &getter, header, &extracted);
  check(extracted.baggage);
  cspan_propagator_inject(propagator, &extracted.context, keep, &written);
  cspan_extracted_free(&extracted);
  return written;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!propagator)
    propagator = cspan_propagator_baggage();
  char *header = strndup((const char *)data, size);
  char *once = pass_on(header);
  char *twice = once ? pass_on(once) : NULL;
  if (once && (!twice || strcmp(once, twice) != 0))
    abort();
  free(header);
  free(once);
  free(twice);
  return 0;
}
