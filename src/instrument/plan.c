/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/plan.h"

#include <cloudspan/ext/middleware.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "instrument/cost.h"
#include "instrument/extract.h"
#include "instrument/messaging_span.h"
#include "instrument/metrics.h"
#include "instrument/tracing.h"
#include "telemetry/attr_block.h"

cspan_status cspan_plan_table_init(cspan_plan_table *table) {
  memset(table, 0, sizeof *table);
  return pthread_mutex_init(&table->mutex, NULL) == 0 ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static void plan_free(cspan_plan *plan) {
  if (plan != NULL) {
    cspan_extraction_free(&plan->start);
    cspan_extraction_free(&plan->end);
    cspan_plan_prices_free(plan->prices);
    cspan_batch_free(&plan->batch);
    cspan_attr_block_free(plan->block);
    cspan_answered_free(&plan->answered);
    cspan_plan_metrics_free(atomic_load_explicit(&plan->metrics, memory_order_acquire));
    cspan_free(plan);
  }
}

void cspan_plan_table_free(cspan_plan_table *table) {
  for (size_t i = 0; i < CSPAN_PLAN_BUCKETS; i++) {
    cspan_plan *plan = atomic_load_explicit(&table->buckets[i], memory_order_acquire);
    while (plan != NULL) {
      cspan_plan *next = plan->next;
      plan_free(plan);
      plan = next;
    }
  }
  pthread_mutex_destroy(&table->mutex);
}

/* The texts of a plan are one piece behind it: service, operation, name, method, region. */
static cspan_plan *plan_new(const char *service, const char *operation, const char *region) {
  size_t a = strlen(service);
  size_t b = strlen(operation);
  size_t c = strlen(region);
  cspan_plan *plan = cspan_calloc(1, sizeof *plan + 3 * (a + b + 2) + c + 1);
  if (plan == NULL) {
    return NULL;
  }
  char *at = (char *)(plan + 1);
  plan->service = memcpy(at, service, a);
  plan->operation = memcpy(at + a + 1, operation, b);
  at += a + b + 2;
  for (int i = 0; i < 2; i++) {
    memcpy(at, service, a);
    at[a] = i == 0 ? '.' : '/';
    memcpy(at + a + 1, operation, b);
    *(i == 0 ? &plan->name : &plan->method) = at;
    at += a + b + 2;
  }
  plan->region = memcpy(at, region, c);
  return plan;
}

static void add_fixed(cspan_plan *plan, const char *key, const char *value) {
  if (plan->fixed_count < CSPAN_PLAN_MAX_FIXED) {
    plan->fixed[plan->fixed_count] = cspan_attr_string(key, value);
    plan->fixed[plan->fixed_count++].key_size = (uint32_t)strlen(key);
  }
}

/* What is called, in the names of the mode. */
static void fill_fixed(cspan_plan *plan, cspan_semconv_mode semconv) {
  bool stable = semconv != CSPAN_SEMCONV_LEGACY;
  if (stable) {
    add_fixed(plan, "rpc.system.name", "aws-api");
  }
  if (semconv != CSPAN_SEMCONV_STABLE) {
    add_fixed(plan, "rpc.system", "aws-api");
    add_fixed(plan, "rpc.service", plan->service);
  }
  add_fixed(plan, "rpc.method", stable ? plan->method : plan->operation);
  const cspan_service_rules *own = plan->own;
  for (size_t i = 0; own != NULL && i < own->fixed_count; i++) {
    const cspan_fixed_attribute *fixed = &own->fixed[i];
    if (cspan_operation_matches(fixed->operation, plan->operation)) {
      add_fixed(plan, fixed->key, fixed->value != NULL ? fixed->value : plan->operation);
    }
  }
}

size_t cspan_plan_region(const cspan_tracing *tracing, const char *region, cspan_attr *out) {
  size_t n = 0;
  if (*region == '\0') {
    return 0;
  }
  if (tracing->semconv != CSPAN_SEMCONV_LEGACY) {
    out[n++] = cspan_attr_string("cloud.region", region);
  }
  if (tracing->semconv != CSPAN_SEMCONV_STABLE) {
    out[n++] = cspan_attr_string("aws.region", region);
  }
  return n;
}

/* What every call begins with, unless it goes to another region. */
static void fill_start(cspan_plan *plan, const cspan_tracing *tracing) {
  size_t more = cspan_plan_region(tracing, plan->region, &plan->fixed[plan->fixed_count]);
  plan->start_count = plan->fixed_count + more;
  if (tracing->own_rules.removed == NULL) { /* else some of them may have to be left out */
    /* Those of messaging have names that depend on the call. */
    const char *name = plan->messaging == NULL ? plan->name : NULL;
    plan->block = cspan_attr_block_make(name, plan->fixed, plan->start_count);
  }
}

static const cspan_batch_rule *batch_of(const cspan_plan *plan) {
  const cspan_service_rules *own = plan->own;
  for (size_t i = 0; own != NULL && i < own->batch_count; i++) {
    if (cspan_operation_matches(own->batches[i].operation, plan->operation)) {
      return &own->batches[i];
    }
  }
  return NULL;
}

static void fill_rows(cspan_plan *plan, cspan_context_carriers carriers) {
  const cspan_service_rules *own = plan->own;
  if (cspan_operation_matches(own->at_start_of, plan->operation)) {
    plan->at_start = own->at_start;
  }
  if (cspan_operation_matches(own->at_end_of, plan->operation)) {
    plan->at_end = own->at_end;
  }
  for (size_t i = 0; i < own->messaging_count; i++) {
    if (cspan_operation_matches(own->messaging[i].operation, plan->operation)) {
      plan->messaging = &own->messaging[i];
    }
  }
  if (plan->messaging != NULL) {
    add_fixed(plan, "messaging.system", own->messaging_system);
    add_fixed(plan, "messaging.operation.name", plan->messaging->name);
    add_fixed(plan, "messaging.operation.type", cspan_messaging_type(plan->messaging->kind));
  }
  for (size_t i = 0; i < own->carrier_count; i++) {
    if ((own->carriers[i].flag & carriers) != 0 &&
        cspan_operation_matches(own->carriers[i].operation, plan->operation)) {
      plan->carrier = &own->carriers[i];
    }
  }
}

static cspan_plan *plan_make(const cspan_tracing *tracing, const char *service,
                             const char *operation, const char *region) {
  cspan_plan *plan = plan_new(service, operation, region);
  if (plan == NULL) {
    return NULL;
  }
  plan->own = cspan_rules_of(service);
  fill_fixed(plan, tracing->semconv);
  if (plan->own != NULL) {
    fill_rows(plan, tracing->carriers);
  }
  fill_start(plan, tracing);
  plan->subject_key = cspan_metrics_subject_key(plan);
  const cspan_batch_rule *batch = batch_of(plan);
  if ((batch != NULL && cspan_batch_make(batch, &plan->batch, NULL) != CSPAN_OK) ||
      cspan_extraction_make(plan->own, &tracing->own_rules, service, operation, true, &plan->start,
                            NULL) != CSPAN_OK ||
      cspan_extraction_make(plan->own, &tracing->own_rules, service, operation, false, &plan->end,
                            NULL) != CSPAN_OK ||
      cspan_prices_of(tracing->prices, service, operation, &plan->prices) != CSPAN_OK) {
    plan_free(plan);
    return NULL;
  }
  return plan;
}

/* By the operation's length and its letters at both ends. */
static size_t bucket_of(const char *service, const char *operation) {
  size_t len = strlen(operation);
  size_t ends = len > 1 ? (size_t)operation[1] * 5 + (size_t)operation[len - 2] * 11 : 0;
  return (len * 7 + ends + (size_t)operation[0] + (size_t)service[0] * 3) % CSPAN_PLAN_BUCKETS;
}

static const cspan_plan *find(const cspan_plan *plan, const char *service, const char *operation) {
  while (plan != NULL &&
         (strcmp(plan->operation, operation) != 0 || strcmp(plan->service, service) != 0)) {
    plan = plan->next;
  }
  return plan;
}

const cspan_plan *cspan_plan_of(struct cspan_tracing *tracing, const struct cspan_call *call) {
  const char *service = cspan_call_service(call);
  const char *operation = cspan_call_operation(call);
  cspan_plan_table *table = &tracing->plans;
  _Atomic(cspan_plan *) *bucket = &table->buckets[bucket_of(service, operation)];
  const cspan_plan *found =
      find(atomic_load_explicit(bucket, memory_order_acquire), service, operation);
  if (found != NULL) {
    return found;
  }
  pthread_mutex_lock(&table->mutex);
  cspan_plan *first = atomic_load_explicit(bucket, memory_order_acquire);
  found = find(first, service, operation);
  if (found == NULL) {
    cspan_plan *made = plan_make(tracing, service, operation, cspan_call_region(call));
    if (made != NULL) {
      cspan_extraction_find_members(&made->start, call);
      made->next = first;
      atomic_store_explicit(bucket, made, memory_order_release);
    }
    found = made;
  }
  pthread_mutex_unlock(&table->mutex);
  return found;
}
