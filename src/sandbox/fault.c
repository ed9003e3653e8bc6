/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/fault.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "sandbox/errors.h"

enum { MAX_FAULTS = 1024 };

typedef struct entry {
  char *operation; /* NULL: any */
  char *key;       /* NULL: any */
  int part_number;
  int count;
  int skip;
  double probability;
  int skipped;
  int struck;
  sbx_strike strike;
} entry;

struct sbx_faults {
  pthread_mutex_t mutex;
  entry *entries;
  size_t count;
};

bool cspan_sbx_glob(const char *pattern, const char *text) {
  const char *star = NULL;
  const char *resume = NULL;
  while (*text) {
    if (*pattern == '*') {
      star = ++pattern;
      resume = text;
    } else if (*pattern == '?' || *pattern == *text) {
      pattern++;
      text++;
    } else if (star) {
      pattern = star;
      text = ++resume;
    } else {
      return false;
    }
  }
  while (*pattern == '*') {
    pattern++;
  }
  return *pattern == '\0';
}

sbx_faults *cspan_sbx_faults_new(void) {
  sbx_faults *faults = cspan_calloc(1, sizeof *faults);
  if (faults && pthread_mutex_init(&faults->mutex, NULL) != 0) {
    cspan_free(faults);
    return NULL;
  }
  return faults;
}

static void free_entry(entry *e) {
  cspan_free(e->operation);
  cspan_free(e->key);
}

void cspan_sbx_faults_free(sbx_faults *faults) {
  if (faults) {
    cspan_sbx_faults_clear(faults);
    pthread_mutex_destroy(&faults->mutex);
    cspan_free(faults);
  }
}

void cspan_sbx_faults_clear(sbx_faults *faults) {
  pthread_mutex_lock(&faults->mutex);
  for (size_t i = 0; i < faults->count; i++) {
    free_entry(&faults->entries[i]);
  }
  cspan_free(faults->entries);
  faults->entries = NULL;
  faults->count = 0;
  pthread_mutex_unlock(&faults->mutex);
}

static const char *why_invalid(const cspan_sandbox_fault *f) {
  if (f->kind < CSPAN_FAULT_STATUS || f->kind > CSPAN_FAULT_ERROR_IN_200) {
    return "its kind is not one of cspan_fault_kind";
  }
  if (!(f->probability >= 0 && f->probability <= 1)) {
    return "its probability is not between 0 and 1";
  }
  if (f->http_status != 0 && (f->http_status < 300 || f->http_status > 599)) {
    return "its status is not between 300 and 599";
  }
  if (f->kind == CSPAN_FAULT_DELAY && f->delay_ms <= 0) {
    return "a delay needs delay_ms, a number of milliseconds above 0";
  }
  if (f->kind == CSPAN_FAULT_SLOW_BODY && f->bytes_per_second <= 0) {
    return "a slow body needs bytes_per_second, a number above 0";
  }
  if (f->count < 0 || f->skip < 0 || f->part_number < 0 || f->after_bytes < 0 ||
      f->retry_after_ms < 0 || f->delay_ms < 0 || f->bytes_per_second < 0) {
    return "one of its numbers is negative";
  }
  return NULL;
}

static sbx_strike strike_of(const cspan_sandbox_fault *f) {
  sbx_strike strike = {
      .kind = f->kind,
      .http_status = f->http_status ? f->http_status : 503,
      .retry_after_ms = f->retry_after_ms,
      .delay_ms = f->delay_ms,
      .after_bytes = f->after_bytes > 0 ? f->after_bytes : -1,
      .bytes_per_second = f->bytes_per_second,
  };
  const char *code = f->code;
  if (!code) {
    bool bare = f->kind == CSPAN_FAULT_ERROR_IN_200 && f->http_status == 0;
    code = bare ? "InternalError" : cspan_sbx_default_code(strike.http_status);
  }
  snprintf(strike.code, sizeof strike.code, "%s", code);
  return strike;
}

static cspan_status append(sbx_faults *faults, const entry *e) {
  cspan_status status = CSPAN_ERR_LIMIT;
  pthread_mutex_lock(&faults->mutex);
  if (faults->count < MAX_FAULTS) {
    size_t size = (faults->count + 1) * sizeof *faults->entries;
    entry *entries = cspan_realloc(faults->entries, size);
    status = entries ? CSPAN_OK : CSPAN_ERR_NOMEM;
    if (entries) {
      faults->entries = entries;
      entries[faults->count++] = *e;
    }
  }
  pthread_mutex_unlock(&faults->mutex);
  return status;
}

cspan_status cspan_sbx_faults_add(sbx_faults *faults, const cspan_sandbox_fault *fault,
                                  cspan_error **error) {
  const char *reason = why_invalid(fault);
  if (reason) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the fault cannot be added: %s", reason);
  }
  entry e = {
      .operation = cspan_strdup(fault->operation),
      .key = cspan_strdup(fault->key),
      .part_number = fault->part_number,
      .count = fault->count,
      .skip = fault->skip,
      .probability = fault->probability,
      .strike = strike_of(fault),
  };
  bool copied = (!fault->operation || e.operation) && (!fault->key || e.key);
  cspan_status status = copied ? append(faults, &e) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  free_entry(&e);
  return status == CSPAN_ERR_NOMEM
             ? cspan_error_set(error, status, "out of memory while adding a fault")
             : cspan_error_set(error, status,
                               "there are %d faults already; clear them before adding more",
                               MAX_FAULTS);
}

static bool fits(const entry *e, const char *operation, const char *key, int part_number,
                 bool per_key) {
  if (per_key && (e->strike.kind != CSPAN_FAULT_STATUS || (!e->operation && !e->key))) {
    return false;
  }
  return (!e->operation || cspan_sbx_glob(e->operation, operation)) &&
         (!e->key || (key && cspan_sbx_glob(e->key, key))) &&
         (!e->part_number || e->part_number == part_number);
}

/* Counts a match; whether it strikes. */
static bool strikes(entry *e) {
  if (e->count && e->struck >= e->count) {
    return false;
  }
  if (e->skipped < e->skip) {
    e->skipped++;
    return false;
  }
  if (e->probability > 0 && e->probability < 1 && cspan_random_unit() >= e->probability) {
    return false;
  }
  e->struck += e->count ? 1 : 0;
  return true;
}

sbx_strike cspan_sbx_faults_match(sbx_faults *faults, const char *operation, const char *key,
                                  int part_number, bool per_key) {
  sbx_strike strike = {0};
  pthread_mutex_lock(&faults->mutex);
  for (size_t i = 0; i < faults->count && strike.kind == 0; i++) {
    entry *e = &faults->entries[i];
    if (fits(e, operation, key, part_number, per_key) && strikes(e)) {
      strike = e->strike;
    }
  }
  pthread_mutex_unlock(&faults->mutex);
  return strike;
}
