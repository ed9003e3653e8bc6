/* SPDX-License-Identifier: Apache-2.0 */
#include "viewer/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "viewer/attr_text.h"
#include "viewer/bar.h"
#include "viewer/record.h"

enum { MAX_NAMES = 500, MAX_SAMPLES = 4096, MAX_NAME_BYTES = 200 };

typedef struct operation {
  cspan_summary_line line;
  char *name;
  int64_t *samples; /* durations; a random choice of all once there are more */
  size_t sample_count;
  size_t sample_capacity;
  uint64_t random;
} operation;

struct cspan_summary {
  operation *operations;
  size_t count;
  size_t capacity;
  bool sorted;
};

cspan_summary *cspan_summary_create(void) {
  return cspan_calloc(1, sizeof(cspan_summary));
}

void cspan_summary_free(cspan_summary *summary) {
  if (summary) {
    for (size_t i = 0; i < summary->count; i++) {
      cspan_free(summary->operations[i].name);
      cspan_free(summary->operations[i].samples);
    }
    cspan_free(summary->operations);
    cspan_free(summary);
  }
}

static bool is_api_call(const cspan_span_view *view) {
  return cspan_view_text(view, "rpc.method").len || cspan_view_text(view, "rpc.system.name").len ||
         cspan_view_text(view, "rpc.system").len;
}

/* An attempt's span is named by its method and is no call of its own. */
static bool is_attempt(const cspan_span_view *view) {
  cspan_str method = cspan_view_text(view, "http.request.method");
  return method.len && cspan_str_eq(method, view->name) && !is_api_call(view);
}

static operation *find(cspan_summary *summary, const char *name, size_t len, bool api_call) {
  for (size_t i = 0; i < summary->count; i++) {
    operation *op = &summary->operations[i];
    if (op->line.api_call == api_call && strlen(op->name) == len &&
        memcmp(op->name, name, len) == 0) {
      return op;
    }
  }
  return NULL;
}

static bool grow(cspan_summary *summary) {
  if (summary->count < summary->capacity) {
    return true;
  }
  size_t capacity = summary->capacity ? summary->capacity * 2 : 16;
  operation *operations = cspan_realloc(summary->operations, capacity * sizeof *operations);
  if (!operations) {
    return false;
  }
  summary->operations = operations;
  summary->capacity = capacity;
  return true;
}

static operation *find_or_add(cspan_summary *summary, const char *name, bool api_call) {
  size_t len = strlen(name);
  len = len < MAX_NAME_BYTES ? len : MAX_NAME_BYTES;
  operation *op = find(summary, name, len, api_call);
  if (!op && summary->count >= MAX_NAMES) {
    name = "(other)";
    len = strlen(name);
    api_call = false;
    op = find(summary, name, len, api_call);
  }
  if (op || !grow(summary)) {
    return op;
  }
  op = &summary->operations[summary->count];
  memset(op, 0, sizeof *op);
  op->name = cspan_strndup(name, len);
  if (!op->name) {
    return NULL;
  }
  op->line.api_call = api_call;
  op->random = summary->count + 1;
  summary->count++;
  summary->sorted = false;
  return op;
}

static uint64_t next_random(operation *op) {
  op->random = op->random * 6364136223846793005u + 1442695040888963407u;
  return op->random >> 33;
}

/* Every duration has the same chance to be among the samples (reservoir sampling). */
static bool sample(operation *op, int64_t duration_ns) {
  if (op->sample_count == MAX_SAMPLES) {
    uint64_t at = next_random(op) % (op->line.calls + 1);
    if (at < MAX_SAMPLES) {
      op->samples[at] = duration_ns;
    }
    return true;
  }
  if (op->sample_count == op->sample_capacity) {
    size_t capacity = op->sample_capacity ? op->sample_capacity * 2 : 16;
    int64_t *samples = cspan_realloc(op->samples, capacity * sizeof *samples);
    if (!samples) {
      return false;
    }
    op->samples = samples;
    op->sample_capacity = capacity;
  }
  op->samples[op->sample_count++] = duration_ns;
  return true;
}

static void add_bytes(const cspan_span_view *view, const char *key, int64_t *total) {
  int64_t value = 0;
  if (cspan_view_number(view, key, &value) && value > 0) {
    *total = *total < INT64_MAX - value ? *total + value : INT64_MAX;
  }
}

static void count_bytes(const cspan_span_view *view, cspan_summary_line *line) {
  if (line->api_call) {
    add_bytes(view, "http.request.body.size", &line->sent_bytes);
    add_bytes(view, "http.response.body.size", &line->received_bytes);
  } else {
    add_bytes(view, "s3.object.size_bytes", &line->sent_bytes);
    add_bytes(view, "s3.part.size_bytes", &line->sent_bytes);
    add_bytes(view, "s3.bytes_read", &line->received_bytes);
  }
}

static uint64_t retries_of(const cspan_span_view *view) {
  int64_t attempts = 0;
  if (cspan_view_number(view, "aws.retry.attempts", &attempts)) {
    return attempts > 1 ? (uint64_t)attempts - 1 : 0;
  }
  uint64_t events = 0;
  for (size_t i = 0; i < view->event_count; i++) {
    events += strcmp(view->events[i].name, CSPAN_RETRY_EVENT) == 0;
  }
  return events;
}

cspan_status cspan_summary_add(cspan_summary *summary, const cspan_span_view *view) {
  if (is_attempt(view)) {
    return CSPAN_OK;
  }
  operation *op = find_or_add(summary, view->name, is_api_call(view));
  if (!op || !sample(op, cspan_span_view_end(view) - cspan_span_view_start(view))) {
    return CSPAN_ERR_NOMEM;
  }
  op->line.calls++;
  op->line.errors += view->status == CSPAN_SPAN_ERROR;
  op->line.retries += retries_of(view);
  count_bytes(view, &op->line);
  return CSPAN_OK;
}

size_t cspan_summary_count(const cspan_summary *summary) {
  return summary->count;
}

static int by_name(const void *a, const void *b) {
  const operation *left = a;
  const operation *right = b;
  if (left->line.api_call != right->line.api_call) {
    return left->line.api_call ? 1 : -1;
  }
  return strcmp(left->name, right->name);
}

static int by_value(const void *a, const void *b) {
  int64_t left = *(const int64_t *)a;
  int64_t right = *(const int64_t *)b;
  return left < right ? -1 : left > right;
}

/* Of sorted samples: the least that is not under `percent` of them. */
static int64_t nearest_rank(const operation *op, size_t percent) {
  size_t rank = (op->sample_count * percent + 99) / 100;
  return op->sample_count ? op->samples[rank ? rank - 1 : 0] : 0;
}

bool cspan_summary_at(cspan_summary *summary, size_t index, cspan_summary_line *out) {
  if (index >= summary->count) {
    return false;
  }
  if (!summary->sorted) {
    qsort(summary->operations, summary->count, sizeof *summary->operations, by_name);
    summary->sorted = true;
  }
  operation *op = &summary->operations[index];
  if (op->sample_count) {
    qsort(op->samples, op->sample_count, sizeof *op->samples, by_value);
  }
  *out = op->line;
  out->name = op->name;
  out->p50_ns = nearest_rank(op, 50);
  out->p99_ns = nearest_rank(op, 99);
  return true;
}
