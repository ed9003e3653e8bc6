/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/config.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "instrument/cost.h"
#include "instrument/extract.h"
#include "instrument/metrics.h"
#include "instrument/options.h"
#include "instrument/tracing.h"

cspan_tracer *cspan_tracing_tracer(const cspan_tracing *self) {
  return self->tracer ? self->tracer
                      : cspan_tracer_get(NULL, CSPAN_TRACE_SCOPE, CSPAN_VERSION, NULL);
}

void cspan_tracing_free(void *data) {
  cspan_tracing *self = data;
  if (self) {
    cspan_propagator_free(self->propagator);
    cspan_expected_free(&self->expected);
    cspan_plan_table_free(&self->plans);
    cspan_own_rules_free(&self->own_rules);
    cspan_call_metrics_free(self->metrics);
    cspan_prices_free(self->prices);
    cspan_allocation_tags_free(self->allocation_tags);
    cspan_free(self);
  }
}

const cspan_tracing *cspan_tracing_of_config(const cspan_aws_config *config) {
  for (size_t i = 0; i < config->middleware_count; i++) {
    if (config->middlewares[i].vtable == &cspan_trace_call_vtable) {
      return config->middlewares[i].self;
    }
  }
  return NULL;
}

cspan_propagator *cspan_default_propagator(cspan_error **error) {
  cspan_propagator *parts[2] = {cspan_propagator_xray(), NULL};
  if (!parts[0]) {
    cspan_error_move(error, cspan_error_nomem());
    return NULL;
  }
  parts[1] = cspan_propagator_from_names(NULL, error);
  if (!parts[1]) {
    cspan_propagator_free(parts[0]);
    return NULL;
  }
  cspan_propagator *both = cspan_propagator_composite(parts, 2);
  if (!both) {
    cspan_error_move(error, cspan_error_nomem());
  }
  return both;
}

static cspan_status check_options(const cspan_trace_options *options, cspan_error **error) {
  if ((unsigned)options->retries > CSPAN_RETRY_EVENTS_AND_SPANS ||
      (unsigned)options->semconv > CSPAN_SEMCONV_DUP ||
      (unsigned)options->messaging_spans > CSPAN_MESSAGING_SPANS_PLAIN ||
      (unsigned)options->metrics > CSPAN_SWITCH_OFF ||
      ((unsigned)options->carriers & ~(unsigned)CSPAN_CARRIERS_ALL & ~1U) != 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_trace_append: retries, semconv, messaging_spans, metrics or "
                           "carriers is not one of the values of trace.h");
  }
  return CSPAN_OK;
}

static cspan_context_carriers carriers_of(cspan_context_carriers option) {
  if (option == CSPAN_CARRIERS_DEFAULT) {
    return (cspan_context_carriers)(CSPAN_CARRIERS_ALL & ~CSPAN_CARRIER_KINESIS);
  }
  return option == CSPAN_CARRIERS_NONE ? CSPAN_CARRIERS_DEFAULT : option;
}

/* Takes the propagator out of the options in every case. */
static cspan_status instrument_new(const cspan_trace_options *options, cspan_tracing **out,
                                   cspan_error **error) {
  cspan_tracing *self = cspan_calloc(1, sizeof *self);
  if (!self || cspan_plan_table_init(&self->plans) != CSPAN_OK) {
    cspan_propagator_free(options->propagator);
    cspan_free(self);
    return cspan_error_move(error, cspan_error_nomem());
  }
  self->propagator = options->propagator;
  self->provider = options->provider;
  self->retries = options->retries;
  self->semconv = options->semconv != CSPAN_SEMCONV_DEFAULT
                      ? options->semconv
                      : cspan_semconv_parse(cspan_env("OTEL_SEMCONV_STABILITY_OPT_IN"));
  self->messaging_spans = options->messaging_spans;
  self->carriers = carriers_of(options->carriers);
  self->before = options->before;
  self->before_user = options->before_user;
  self->after = options->after;
  self->after_user = options->after_user;
  cspan_status status = check_options(options, error);
  if (status == CSPAN_OK) {
    status = cspan_expected_parse(options->expected_outcomes, &self->expected, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_own_rules_copy(options, &self->own_rules, error);
    self->left_out = cspan_call_keys_left_out(&self->own_rules);
  }
  if (status == CSPAN_OK && self->provider) {
    self->tracer = cspan_tracer_get(self->provider, CSPAN_TRACE_SCOPE, CSPAN_VERSION, NULL);
    status = self->tracer ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
  }
  if (status == CSPAN_OK && options->metrics != CSPAN_SWITCH_OFF) {
    status = cspan_call_metrics_create(options->meter_provider, &self->metrics, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_cost_configure(self, options, error);
  }
  if (status == CSPAN_OK && !self->propagator) {
    cspan_error *why = NULL;
    self->propagator = cspan_default_propagator(&why);
    status = self->propagator ? CSPAN_OK : cspan_error_move(error, why);
  }
  if (status != CSPAN_OK) {
    cspan_tracing_free(self);
    return status;
  }
  self->known_headers = cspan_trace_known_headers(self->propagator);
  cspan_trace_header_parts_find(self->propagator, &self->header_parts);
  *out = self;
  return CSPAN_OK;
}

static cspan_status add_middlewares(cspan_aws_config *config, cspan_tracing *self,
                                    cspan_error **error) {
  /* TraceCall owns `self`; the others only use it. */
  cspan_middleware attempt = {
      .vtable = &cspan_trace_attempt_vtable,
      .self = self,
      .step = CSPAN_STEP_FINALIZE,
      .position = CSPAN_AFTER,
      .relative_to = "Retry",
  };
  cspan_middleware call = {
      .vtable = &cspan_trace_call_vtable,
      .self = self,
      .step = CSPAN_STEP_INITIALIZE,
      .position = CSPAN_BEFORE,
  };
  cspan_middleware headers = {
      .vtable = &cspan_trace_headers_vtable,
      .self = self,
      .step = CSPAN_STEP_FINALIZE,
      .position = CSPAN_AFTER,
      .relative_to = "Signing",
  };
  cspan_status status = cspan_aws_config_add_middleware(config, &call, error);
  if (status == CSPAN_OK) {
    status = cspan_aws_config_add_middleware(config, &attempt, error);
  }
  return status == CSPAN_OK ? cspan_aws_config_add_middleware(config, &headers, error) : status;
}

cspan_status cspan_trace_append(cspan_aws_config *config, const cspan_trace_options *options,
                                cspan_error **error) {
  cspan_trace_options all = {0};
  if (options) {
    size_t size = options->size && options->size < sizeof all ? options->size : sizeof all;
    memcpy(&all, options, size);
  }
  if (!config || cspan_aws_config_has_middleware(config, cspan_trace_call_vtable.name)) {
    cspan_propagator_free(all.propagator);
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           config
                               ? "cspan_trace_append was called twice for this config: its calls "
                                 "are traced already"
                               : "cspan_trace_append needs a config");
  }
  cspan_tracing *self = NULL;
  cspan_file_options file;
  cspan_status status = cspan_options_complete(&all, &file, error);
  if (status == CSPAN_OK) {
    status = instrument_new(&all, &self, error);
  } else {
    cspan_propagator_free(all.propagator);
  }
  cspan_file_options_free(&file);
  return status == CSPAN_OK ? add_middlewares(config, self, error) : status;
}
