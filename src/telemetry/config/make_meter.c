/* SPDX-License-Identifier: Apache-2.0 */
/* The meter provider of a configuration file. */
#include <string.h>

#include <cloudspan/metrics.h>

#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/config/make.h"

enum { READERS_MAX = 4, STDOUT = 1 };

/* ------------------------------------------------------------------- exporters */

static cspan_status make_otlp(cspan_maker *maker, const cspan_config_node *named,
                              cspan_metric_exporter **out, cspan_error **error) {
  cspan_otlp_options options;
  char *headers;
  cspan_error *failure = NULL;
  cspan_status status = cspan_make_otlp_options(maker, named, "metrics", &options, &headers, error);
  if (status == CSPAN_OK) {
    status = cspan_metric_exporter_otlp(&options, out, &failure);
    if (status != CSPAN_OK) {
      status = cspan_config_wrap(named, error, failure);
    }
  }
  cspan_free_secret(headers);
  return status;
}

static cspan_status make_exporter(cspan_maker *maker, const cspan_config_node *named,
                                  cspan_metric_exporter **out, cspan_error **error) {
  const char *aggregation = cspan_config_text(named, "default_histogram_aggregation", "explicit");
  *out = NULL;
  if (cspan_starts_with(aggregation, "base2")) {
    cspan_config_warn(cspan_config_node_get(named, "default_histogram_aggregation"),
                      "cloudspan has no exponential histograms; explicit buckets are used");
  }
  if (strcmp(named->key, "otlp_http") == 0 || strcmp(named->key, "otlp_grpc") == 0) {
    return make_otlp(maker, named, out, error);
  }
  if (strcmp(named->key, "console") == 0) {
    *out = cspan_metric_exporter_console(STDOUT);
    return *out != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
  }
  return cspan_config_fail(named, error,
                           "cloudspan has no metric exporter of that name; there are otlp_http, "
                           "otlp_grpc and console");
}

static cspan_temporality temporality_of(const char *name) {
  return cspan_ieq(name, "delta")        ? CSPAN_TEMPORALITY_DELTA
         : cspan_ieq(name, "low_memory") ? CSPAN_TEMPORALITY_LOW_MEMORY
                                         : CSPAN_TEMPORALITY_CUMULATIVE;
}

/* --------------------------------------------------------------------- readers */

/* A 0 in the options stands for the default, so that one in the file becomes the smallest interval
 * and the longest timeout. */
static cspan_status make_reader(cspan_maker *maker, const cspan_config_node *named,
                                cspan_metric_reader **out, cspan_error **error) {
  cspan_metric_exporter *exporter;
  if (strcmp(named->key, "periodic") != 0) {
    return cspan_config_fail(named, error, "cloudspan has no pull readers; use periodic");
  }
  const cspan_config_node *choice = cspan_config_node_get(named, "exporter")->first;
  int64_t interval_ms = cspan_config_whole(named, "interval", 60000);
  int64_t timeout_ms = cspan_config_whole(named, "timeout", 30000);
  const cspan_metric_reader_options options = {
      .size = sizeof options,
      .interval_ms = interval_ms > 0 ? interval_ms : 1,
      .timeout_ms = timeout_ms > 0 ? timeout_ms : INT32_MAX,
      .temporality =
          temporality_of(cspan_config_text(choice, "temporality_preference", "cumulative"))};
  cspan_status status = make_exporter(maker, choice, &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (cspan_config_node_get(named, "producers") != NULL) {
    cspan_config_warn(named, "cloudspan has no metric producers; they are ignored");
  }
  *out = cspan_metric_reader_periodic(exporter, &options);
  return *out != NULL ? CSPAN_OK : cspan_config_no_memory(named, error);
}

static cspan_exemplar_filter filter_of(const char *name) {
  return cspan_ieq(name, "always_on")    ? CSPAN_EXEMPLAR_ALWAYS_ON
         : cspan_ieq(name, "always_off") ? CSPAN_EXEMPLAR_ALWAYS_OFF
                                         : CSPAN_EXEMPLAR_TRACE_BASED;
}

/* The provider has one limit for all instruments of all readers: the smallest default. */
static size_t cardinality_of(const cspan_config_node *list) {
  int64_t smallest = INT64_MAX;
  for (const cspan_config_node *reader = list->first; reader != NULL; reader = reader->next) {
    const cspan_config_node *limits = cspan_config_node_get(reader->first, "cardinality_limits");
    int64_t limit = cspan_config_whole(limits, "default", INT64_MAX);
    smallest = limit < smallest ? limit : smallest;
    if (cspan_config_node_count(limits) > (cspan_config_node_get(limits, "default") != NULL)) {
      cspan_config_warn(limits, "only \"default\" is used, for all instruments");
    }
  }
  return smallest < INT64_MAX ? (size_t)smallest : 0;
}

cspan_status cspan_make_meter_provider(cspan_maker *maker, const cspan_config_node *root,
                                       const cspan_made_resource *resource,
                                       cspan_meter_provider **out, cspan_error **error) {
  const cspan_config_node *node = cspan_config_node_get(root, "meter_provider");
  const cspan_config_node *list = cspan_config_node_get(node, "readers");
  cspan_metric_reader *readers[READERS_MAX] = {NULL};
  cspan_meter_provider_options options = {.size = sizeof options,
                                          .service_name = maker->service_name,
                                          .service_version = resource->service_version,
                                          .resource = resource->attributes,
                                          .resource_count = resource->count,
                                          .detectors = resource->detectors,
                                          .schema_url = resource->schema_url,
                                          .readers = readers,
                                          .reports_itself = true};
  cspan_status status = CSPAN_OK;
  *out = NULL;
  if (node == NULL || cspan_config_flag(root, "disabled", false)) {
    return CSPAN_OK;
  }
  if (list->count > READERS_MAX) {
    return cspan_config_fail(list, error, "there may be 4 readers");
  }
  for (const cspan_config_node *reader = list->first; reader != NULL && status == CSPAN_OK;
       reader = reader->next) {
    status = make_reader(maker, reader->first, &readers[options.reader_count], error);
    options.reader_count += status == CSPAN_OK;
  }
  if (status != CSPAN_OK) {
    for (size_t i = 0; i < options.reader_count; i++) {
      cspan_metric_reader_free(readers[i]);
    }
    return status;
  }
  options.exemplar_filter = filter_of(cspan_config_text(node, "exemplar_filter", "trace_based"));
  options.cardinality_limit = cardinality_of(list);
  return cspan_meter_provider_create(&options, out, error);
}
