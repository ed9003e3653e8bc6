/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/sampling/jaeger_strategies.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

typedef struct operation {
  char *name; /* NULL: all that are not named */
  cspan_sampler *sampler;
  /* At least so many spans are sampled, whatever their trace ids. */
  bool has_lower_bound;
  cspan_rate_limit lower_bound;
} operation;

struct cspan_jaeger_strategies {
  operation others;
  operation *operations; /* in the order of their names */
  size_t count;
  cspan_clock_fn clock;
};

static cspan_status failed(const char *what, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_PROTOCOL, "the answer %s", what);
}

static cspan_status no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the sampling strategies");
}

/* ---------------------------------------------------------------------- deciding */

static int compare_names(const void *a, const void *b) {
  return strcmp(((const operation *)a)->name, ((const operation *)b)->name);
}

static operation *operation_of(cspan_jaeger_strategies *strategies, const char *name) {
  const operation key = {.name = (char *)name};
  operation *found = strategies->count > 0
                         ? bsearch(&key, strategies->operations, strategies->count,
                                   sizeof *strategies->operations, compare_names)
                         : NULL;
  return found != NULL ? found : &strategies->others;
}

void cspan_jaeger_sample(cspan_jaeger_strategies *strategies, const cspan_sampling_input *input,
                         cspan_sampling_result *result) {
  operation *op = operation_of(strategies, input->name);
  cspan_sampler_ask(op->sampler, input, result);
  if (!op->has_lower_bound) {
    return;
  }
  bool is_owed = cspan_rate_limit_take(&op->lower_bound, strategies->clock());
  if (is_owed && result->decision == CSPAN_SAMPLING_DROP) {
    result->decision = CSPAN_SAMPLING_RECORD_AND_SAMPLE;
    result->trace_state =
        cspan_ot_with_threshold(input->parent->trace_state, CSPAN_THRESHOLD_ABSENT);
  }
}

/* ----------------------------------------------------------------------- reading */

/* A number from 0 to `most`; one that is not there is 0, as protobuf leaves zeros out. */
static bool read_number(const json_t *object, const char *key, double most, double *out) {
  const json_t *value = json_object_get(object, key);
  *out = 0;
  if (value == NULL) {
    return true;
  }
  *out = json_number_value(value);
  return json_is_number(value) && *out >= 0 && *out <= most;
}

static cspan_status set_probability(operation *op, double ratio, double lower_bound,
                                    cspan_error **error) {
  op->sampler = cspan_sampler_trace_id_ratio(ratio);
  op->has_lower_bound = lower_bound > 0;
  if (op->has_lower_bound) {
    cspan_rate_limit_init(&op->lower_bound, lower_bound, 0);
  }
  return op->sampler != NULL ? CSPAN_OK : no_memory(error);
}

static cspan_status read_probabilistic(const json_t *strategy, double lower_bound, operation *op,
                                       cspan_error **error) {
  const json_t *sampling = json_object_get(strategy, "probabilisticSampling");
  double ratio;
  if (!json_is_object(sampling) || !read_number(sampling, "samplingRate", 1, &ratio)) {
    return failed("has a probabilistic strategy without a \"samplingRate\" from 0 to 1", error);
  }
  return set_probability(op, ratio, lower_bound, error);
}

static cspan_status read_rate_limiting(const json_t *strategy, cspan_jaeger_strategies *out,
                                       cspan_error **error) {
  const json_t *sampling = json_object_get(strategy, "rateLimitingSampling");
  double rate;
  if (!json_is_object(sampling) || !read_number(sampling, "maxTracesPerSecond", 1e9, &rate)) {
    return failed("has a rate limiting strategy without \"maxTracesPerSecond\"", error);
  }
  out->others.sampler = cspan_sampler_rate_limited_by(rate, 0, out->clock);
  return out->others.sampler != NULL ? CSPAN_OK : no_memory(error);
}

static cspan_status read_operations(const json_t *list, double lower_bound,
                                    cspan_jaeger_strategies *out, cspan_error **error) {
  size_t count = json_array_size(list);
  count = count < CSPAN_JAEGER_OPERATIONS_MAX ? count : CSPAN_JAEGER_OPERATIONS_MAX;
  out->operations = cspan_calloc(count > 0 ? count : 1, sizeof *out->operations);
  if (out->operations == NULL) {
    return no_memory(error);
  }
  for (size_t i = 0; i < count; i++) {
    const json_t *item = json_array_get(list, i);
    const char *name = json_string_value(json_object_get(item, "operation"));
    if (name == NULL) {
      return failed("has a strategy of an operation without its name", error);
    }
    operation *op = &out->operations[out->count++];
    op->name = cspan_strdup(name);
    cspan_status status =
        op->name != NULL ? read_probabilistic(item, lower_bound, op, error) : no_memory(error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  qsort(out->operations, out->count, sizeof *out->operations, compare_names);
  return CSPAN_OK;
}

static cspan_status read_by_operation(const json_t *sampling, cspan_jaeger_strategies *out,
                                      cspan_error **error) {
  const json_t *list = json_object_get(sampling, "perOperationStrategies");
  double ratio;
  double lower_bound;
  if (!read_number(sampling, "defaultSamplingProbability", 1, &ratio) ||
      !read_number(sampling, "defaultLowerBoundTracesPerSecond", 1e9, &lower_bound)) {
    return failed("has strategies by operation with a default that is no share or rate", error);
  }
  if (list != NULL && !json_is_null(list) && !json_is_array(list)) {
    return failed("has \"perOperationStrategies\" that are no array", error);
  }
  cspan_status status = set_probability(&out->others, ratio, lower_bound, error);
  return status == CSPAN_OK ? read_operations(list, lower_bound, out, error) : status;
}

static bool is_rate_limiting(const json_t *root) {
  const json_t *type = json_object_get(root, "strategyType");
  if (json_is_string(type)) {
    return strcmp(json_string_value(type), "RATE_LIMITING") == 0;
  }
  if (json_is_integer(type)) {
    return json_integer_value(type) == 1;
  }
  return json_object_get(root, "probabilisticSampling") == NULL;
}

static cspan_status read_strategies(const json_t *root, cspan_jaeger_strategies *out,
                                    cspan_error **error) {
  const json_t *by_operation = json_object_get(root, "operationSampling");
  if (json_is_object(by_operation)) {
    return read_by_operation(by_operation, out, error);
  }
  if (json_object_get(root, "probabilisticSampling") == NULL &&
      json_object_get(root, "rateLimitingSampling") == NULL) {
    return failed("has no sampling strategy", error);
  }
  return is_rate_limiting(root) ? read_rate_limiting(root, out, error)
                                : read_probabilistic(root, 0, &out->others, error);
}

cspan_status cspan_jaeger_parse(const char *json, size_t size, cspan_clock_fn clock,
                                cspan_jaeger_strategies **out, cspan_error **error) {
  json_error_t why; /* its text quotes the answer: not shown */
  *out = NULL;
  json_t *root = json_loadb(json, size, 0, &why);
  if (!json_is_object(root)) {
    json_decref(root);
    return failed("is no JSON object", error);
  }
  cspan_jaeger_strategies *strategies = cspan_calloc(1, sizeof *strategies);
  cspan_status status;
  if (strategies == NULL) {
    status = no_memory(error);
  } else {
    strategies->clock = clock;
    status = read_strategies(root, strategies, error);
  }
  json_decref(root);
  if (status != CSPAN_OK) {
    cspan_jaeger_free(strategies);
    return status;
  }
  *out = strategies;
  return CSPAN_OK;
}

cspan_jaeger_strategies *cspan_jaeger_single(cspan_sampler *sampler) {
  cspan_jaeger_strategies *strategies =
      sampler != NULL ? cspan_calloc(1, sizeof *strategies) : NULL;
  if (strategies == NULL) {
    cspan_sampler_free(sampler);
    return NULL;
  }
  strategies->others.sampler = sampler;
  return strategies;
}

void cspan_jaeger_free(cspan_jaeger_strategies *strategies) {
  if (strategies == NULL) {
    return;
  }
  for (size_t i = 0; i < strategies->count; i++) {
    cspan_free(strategies->operations[i].name);
    cspan_sampler_free(strategies->operations[i].sampler);
  }
  cspan_free(strategies->operations);
  cspan_sampler_free(strategies->others.sampler);
  cspan_free(strategies);
}
