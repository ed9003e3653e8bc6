/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of an operation before it is called: the span's name and kind, the attributes that
 * are always the same, and the rules that find the others. A plan is made by the first call of an
 * operation and lives as long as the instrumentation, so that a call only looks it up.
 */
#ifndef INSTRUMENT_PLAN_H
#define INSTRUMENT_PLAN_H

#include <cloudspan/trace.h>
#include <pthread.h>
#include <stdatomic.h>

#include "instrument/answered.h"
#include "instrument/partial.h"

enum { CSPAN_PLAN_MAX_FIXED = 14, CSPAN_PLAN_BUCKETS = 64 };

typedef struct cspan_plan {
  struct cspan_plan *next; /* of the bucket */
  const char *service;     /* copies, as are all texts here */
  const char *operation;
  const char *name;                           /* "SQS.SendMessage" */
  const char *method;                         /* "SQS/SendMessage" */
  cspan_attr fixed[CSPAN_PLAN_MAX_FIXED + 2]; /* the region is behind them */
  size_t fixed_count;
  const char *region;                    /* of the call by which the plan was made */
  size_t start_count;                    /* attributes of `fixed`, with those of that region */
  struct cspan_attr_block *block;        /* these, encoded; NULL: they have to be set one by one */
  cspan_extraction start;                /* rules over the input */
  cspan_extraction end;                  /* over output and error */
  const cspan_service_rules *own;        /* NULL: there is no table of the service */
  const cspan_messaging_rule *messaging; /* of the operation; NULL: none */
  const cspan_carrier *carrier;          /* where the option allows it; NULL: none */
  cspan_batch batch;                     /* of the operation */
  cspan_own_attributes_fn at_start;      /* of the service for the operation; NULL: none */
  cspan_own_attributes_fn at_end;
  const char *subject_key;                      /* cspan_metrics_subject_key() */
  cspan_answered answered;                      /* filled by the first calls */
  _Atomic(struct cspan_plan_metrics *) metrics; /* metrics.h; made by its first use */
  struct cspan_plan_prices *prices;             /* cost.h; NULL: none, or off */
} cspan_plan;

typedef struct cspan_plan_table {
  pthread_mutex_t mutex; /* for adding */
  _Atomic(cspan_plan *) buckets[CSPAN_PLAN_BUCKETS];
} cspan_plan_table;

struct cspan_tracing;

cspan_status cspan_plan_table_init(cspan_plan_table *table);
void cspan_plan_table_free(cspan_plan_table *table);
/* The plan of a call's operation. NULL when out of memory: the call is then not traced. */
const cspan_plan *cspan_plan_of(struct cspan_tracing *tracing, const struct cspan_call *call);
/* The attributes of a region, two at most, in the names of the mode. */
size_t cspan_plan_region(const struct cspan_tracing *tracing, const char *region, cspan_attr *out);

#endif
