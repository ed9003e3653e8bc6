/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/cost_sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/text_wire.h"
#include "viewer/attr_text.h"

const char *const cspan_cost_dimension_names[CSPAN_COST_DIMENSIONS] = {
    "service", "operation", "bucket", "table", "service-name"};

enum { MAX_TEXT = 255, FIRST_SLOTS = 64 };

static const char other[] = "(other)";

struct cspan_cost_sum {
  unsigned dimensions;
  cspan_cost_line **lines; /* in the order in which they came, or sorted */
  size_t count;
  size_t *slots; /* index into `lines` plus one, by hash; 0: free */
  size_t slot_count;
  bool is_sorted;
};

cspan_cost_sum *cspan_cost_sum_create(unsigned dimensions) {
  cspan_cost_sum *sum = cspan_calloc(1, sizeof *sum);
  if (sum != NULL) {
    sum->dimensions = dimensions;
  }
  return sum;
}

void cspan_cost_sum_free(cspan_cost_sum *sum) {
  if (sum != NULL) {
    for (size_t i = 0; i < sum->count; i++) {
      cspan_free(sum->lines[i]);
    }
    cspan_free(sum->lines);
    cspan_free(sum->slots);
    cspan_free(sum);
  }
}

/* ------------------------------------------------------------------ the map */

static uint64_t hash_of(const cspan_cost_line *line) {
  uint64_t hash = 14695981039346656037U;
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    const char *at = line->texts[d];
    do {
      hash = (hash ^ (unsigned char)*at) * 1099511628211U;
    } while (*at++ != '\0');
  }
  return hash ^ (hash >> 32);
}

static int compare_texts(const cspan_cost_line *a, const cspan_cost_line *b) {
  int order = 0;
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS && order == 0; d++) {
    order = strcmp(a->texts[d], b->texts[d]);
  }
  return order;
}

/* The slot of a line, or the free one where it belongs. */
static size_t *slot_of(const cspan_cost_sum *sum, const cspan_cost_line *line) {
  size_t at = (size_t)hash_of(line) & (sum->slot_count - 1);
  while (sum->slots[at] != 0 && compare_texts(sum->lines[sum->slots[at] - 1], line) != 0) {
    at = (at + 1) & (sum->slot_count - 1);
  }
  return &sum->slots[at];
}

static void fill_slots(cspan_cost_sum *sum) {
  memset(sum->slots, 0, sum->slot_count * sizeof *sum->slots);
  for (size_t i = 0; i < sum->count; i++) {
    *slot_of(sum, sum->lines[i]) = i + 1;
  }
}

/* Room for one line more; the slots are at most half full. */
static bool grow(cspan_cost_sum *sum) {
  if (2 * (sum->count + 1) <= sum->slot_count) {
    return true;
  }
  size_t count = sum->slot_count != 0 ? 2 * sum->slot_count : FIRST_SLOTS;
  size_t *slots = cspan_calloc(count, sizeof *slots);
  cspan_cost_line **lines = cspan_realloc(sum->lines, count / 2 * sizeof(cspan_cost_line *));
  if (lines != NULL) {
    sum->lines = lines;
  }
  if (slots == NULL || lines == NULL) {
    cspan_free(slots);
    return false;
  }
  cspan_free(sum->slots);
  sum->slots = slots;
  sum->slot_count = count;
  fill_slots(sum);
  return true;
}

/* The texts are one piece behind the line. */
static cspan_cost_line *line_copy(const cspan_cost_line *line) {
  size_t size = sizeof *line;
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    size += strlen(line->texts[d]) + 1;
  }
  cspan_cost_line *copy = cspan_calloc(1, size);
  char *at = copy != NULL ? (char *)(copy + 1) : NULL;
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS && copy != NULL; d++) {
    size_t len = strlen(line->texts[d]) + 1;
    copy->texts[d] = memcpy(at, line->texts[d], len);
    at += len;
  }
  return copy;
}

static cspan_cost_line *find_or_add(cspan_cost_sum *sum, const cspan_cost_line *key) {
  if (!grow(sum)) {
    return NULL;
  }
  size_t *slot = slot_of(sum, key);
  if (*slot == 0 && sum->count >= CSPAN_COST_MAX_LINES) {
    static const cspan_cost_line rest = {.texts = {other, other, other, other, other}};
    key = &rest;
    slot = slot_of(sum, key);
  }
  if (*slot != 0) {
    return sum->lines[*slot - 1];
  }
  cspan_cost_line *line = line_copy(key);
  if (line != NULL) {
    sum->lines[sum->count++] = line;
    *slot = sum->count;
  }
  return line;
}

cspan_status cspan_cost_sum_add(cspan_cost_sum *sum, const cspan_cost_line *line) {
  cspan_cost_line key = {.calls = 0};
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    key.texts[d] = (sum->dimensions & 1U << d) != 0 ? line->texts[d] : "";
  }
  cspan_cost_line *to = find_or_add(sum, &key);
  if (to == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  to->calls += line->calls;
  to->unpriced += line->unpriced;
  to->usd += line->usd;
  sum->is_sorted = false;
  return CSPAN_OK;
}

/* ---------------------------------------------------------------- a span */

typedef struct span_texts {
  char texts[CSPAN_COST_DIMENSIONS][MAX_TEXT + 1];
} span_texts;

static void put(span_texts *out, cspan_cost_dimension d, cspan_str text) {
  size_t size = text.len != 0 ? cspan_text_cut(text.data, text.len, MAX_TEXT) : 0;
  if (size != 0) {
    memcpy(out->texts[d], text.data, size);
  }
  out->texts[d][size] = '\0';
}

/* "S3/PutObject" is both; in the older conventions rpc.service is there. */
static void put_method(const cspan_span_view *view, span_texts *out) {
  cspan_str service = cspan_view_text(view, "rpc.service");
  cspan_str method = cspan_view_text(view, "rpc.method");
  const char *slash = method.len != 0 ? memchr(method.data, '/', method.len) : NULL;
  if (slash != NULL) {
    service = (cspan_str){method.data, (size_t)(slash - method.data)};
    method = (cspan_str){slash + 1, method.len - service.len - 1};
  }
  put(out, CSPAN_COST_SERVICE, service);
  put(out, CSPAN_COST_OPERATION, method);
}

/* "jars" of arn:aws:dynamodb:eu-west-1:1:table/jars, so that a table is one line however calls name
 * it. */
static const char *table_name(const char *table) {
  static const char mark[] = ":table/";
  const char *at = strncmp(table, "arn:", 4) == 0 ? strstr(table, mark) : NULL;
  return at != NULL ? at + sizeof mark - 1 : table;
}

/* The names of tables are a list; those of a batch stand as "a,b". */
static void put_tables(const cspan_span_view *view, span_texts *out) {
  const cspan_attr *names =
      cspan_attrs_find(view->attributes, view->attribute_count, "aws.dynamodb.table_names");
  if (names == NULL || names->type != CSPAN_ATTR_STRING_ARRAY) {
    bool is_it = strcmp(out->texts[CSPAN_COST_SERVICE], "DynamoDB") == 0;
    put(out, CSPAN_COST_TABLE,
        is_it ? cspan_view_text(view, "db.collection.name") : (cspan_str){NULL, 0});
    return;
  }
  char *text = out->texts[CSPAN_COST_TABLE];
  size_t used = 0;
  for (size_t i = 0; i < names->count && used < MAX_TEXT; i++) {
    if (i != 0) {
      text[used++] = ',';
    }
    const char *name = table_name(names->value.strings[i]);
    size_t len = cspan_text_cut(name, strlen(name), MAX_TEXT - used);
    memcpy(text + used, name, len);
    used += len;
  }
  text[used] = '\0';
}

static bool is_call(const cspan_span_view *view) {
  return cspan_str_eq(cspan_view_text(view, "rpc.system.name"), "aws-api") ||
         cspan_str_eq(cspan_view_text(view, "rpc.system"), "aws-api");
}

cspan_status cspan_cost_sum_add_span(cspan_cost_sum *sum, const cspan_span_view *view) {
  span_texts texts;
  double usd = 0;
  bool is_priced =
      cspan_attr_real(view->attributes, view->attribute_count, "cloudspan.cost.usd", &usd) &&
      isfinite(usd) && usd >= 0;
  if (!is_priced && !is_call(view)) {
    return CSPAN_OK;
  }
  put_method(view, &texts);
  put(&texts, CSPAN_COST_BUCKET, cspan_view_text(view, "aws.s3.bucket"));
  put_tables(view, &texts);
  put(&texts, CSPAN_COST_SERVICE_NAME,
      cspan_attr_text(view->resource, view->resource_count, "service.name"));
  cspan_cost_line line = {.calls = 1, .unpriced = !is_priced, .usd = is_priced ? usd : 0};
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    line.texts[d] = texts.texts[d];
  }
  return cspan_cost_sum_add(sum, &line);
}

/* ----------------------------------------------------------------- reading */

static int compare(const void *a, const void *b) {
  const cspan_cost_line *x = *(cspan_cost_line *const *)a;
  const cspan_cost_line *y = *(cspan_cost_line *const *)b;
  if (x->usd != y->usd) {
    return x->usd > y->usd ? -1 : 1;
  }
  return compare_texts(x, y);
}

size_t cspan_cost_sum_count(const cspan_cost_sum *sum) {
  return sum->count;
}

const cspan_cost_line *cspan_cost_sum_at(cspan_cost_sum *sum, size_t index) {
  if (!sum->is_sorted && sum->count > 0) {
    qsort(sum->lines, sum->count, sizeof(cspan_cost_line *), compare);
    fill_slots(sum);
    sum->is_sorted = true;
  }
  return index < sum->count ? sum->lines[index] : NULL;
}

cspan_cost_line cspan_cost_sum_total(const cspan_cost_sum *sum) {
  cspan_cost_line total = {.texts = {"", "", "", "", ""}};
  for (size_t i = 0; i < sum->count; i++) {
    total.calls += sum->lines[i]->calls;
    total.unpriced += sum->lines[i]->unpriced;
    total.usd += sum->lines[i]->usd;
  }
  return total;
}
