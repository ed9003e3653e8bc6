/* SPDX-License-Identifier: Apache-2.0 */
/* OTEL_TRACES_SAMPLER and its argument. */
#include <string.h>

#include "base/alloc.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/core.h"
#include "telemetry/otlp_wire.h"

enum { ATTRIBUTES = 1, KEY = 1, VALUE = 2, STRING_VALUE = 1 };
#define ARGUMENT "OTEL_TRACES_SAMPLER_ARG"

static double ratio_from_env(void) {
  const char *text = cspan_setting_text(ARGUMENT);
  double ratio = 1;
  if (text != NULL && (!cspan_parse_f64(text, &ratio) || !(ratio >= 0 && ratio <= 1))) {
    cspan_log(CSPAN_LOG_WARN, ARGUMENT " is \"%.40s\", not a number from 0 to 1; 1 is used", text);
    ratio = 1;
  }
  return ratio;
}

/* ------------------------------------------------------------- the remote sampler */

static cspan_str string_of(const cspan_pb_field *any_value) {
  cspan_pb_reader reader = cspan_pb_read(any_value->data, any_value->len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, STRING_VALUE, WIRE_BYTES)) {
      return (cspan_str){(const char *)field.data, field.len};
    }
  }
  return (cspan_str){"", 0};
}

/* The value of an attribute when it has that key; else NULL data. */
static cspan_str value_of(const cspan_pb_field *key_value, const char *wanted) {
  cspan_pb_reader reader = cspan_pb_read(key_value->data, key_value->len);
  cspan_pb_field field;
  bool is_wanted = false;
  cspan_str value = {"", 0};
  while (cspan_pb_next(&reader, &field)) {
    if (cspan_pb_is(&field, KEY, WIRE_BYTES)) {
      is_wanted = cspan_str_eq((cspan_str){(const char *)field.data, field.len}, wanted);
    } else if (cspan_pb_is(&field, VALUE, WIRE_BYTES)) {
      value = string_of(&field);
    }
  }
  return is_wanted ? value : (cspan_str){NULL, 0};
}

/* The service of a Resource message; NULL when out of memory. */
static char *service_of(const uint8_t *resource, size_t resource_len) {
  cspan_pb_reader reader = cspan_pb_read(resource, resource_len);
  cspan_pb_field field;
  while (cspan_pb_next(&reader, &field)) {
    cspan_str value = cspan_pb_is(&field, ATTRIBUTES, WIRE_BYTES) ? value_of(&field, "service.name")
                                                                  : (cspan_str){NULL, 0};
    if (value.len > 0) {
      return cspan_strndup(value.data, value.len);
    }
  }
  return cspan_strdup("unknown_service");
}

typedef struct remote_argument {
  char *endpoint;
  int64_t interval_ms;
  double initial_ratio; /* below 0: not given */
} remote_argument;

/* One `key=value`; false when it is not understood. */
static bool read_pair(char *pair, remote_argument *out) {
  char *equals = strchr(pair, '=');
  if (equals == NULL) {
    return false;
  }
  *equals = '\0';
  char *value = equals + 1;
  if (strcmp(pair, "endpoint") == 0) {
    out->endpoint = value;
    return value[0] != '\0';
  }
  if (strcmp(pair, "pollingIntervalMs") == 0) {
    return cspan_parse_i64(value, &out->interval_ms) && out->interval_ms > 0;
  }
  if (strcmp(pair, "initialSamplingRate") == 0) {
    return cspan_parse_f64(value, &out->initial_ratio) && out->initial_ratio >= 0 &&
           out->initial_ratio <= 1;
  }
  return false;
}

/* `text` is cut into its parts. */
static remote_argument read_argument(char *text) {
  remote_argument out = {.initial_ratio = -1};
  while (text != NULL && *text != '\0') {
    char *comma = strchr(text, ',');
    if (comma != NULL) {
      *comma = '\0';
    }
    cspan_str pair = cspan_str_trim(cspan_str_of(text));
    char *start = text + (pair.data - text);
    start[pair.len] = '\0';
    remote_argument read = out;
    if (read_pair(start, &read)) {
      out = read;
    } else if (pair.len > 0) {
      cspan_log(CSPAN_LOG_WARN,
                ARGUMENT ": \"%.40s\" is none of endpoint=URL, pollingIntervalMs=NUMBER, "
                         "initialSamplingRate=0..1; it is left out",
                start);
    }
    text = comma != NULL ? comma + 1 : NULL;
  }
  return out;
}

static cspan_sampler *jaeger_remote(const uint8_t *resource, size_t resource_len) {
  const char *text = cspan_setting_text(ARGUMENT);
  char *copy = cspan_strdup(text != NULL ? text : "");
  char *service = service_of(resource, resource_len);
  cspan_sampler *sampler = NULL;
  cspan_error *error = NULL;
  if (copy != NULL && service != NULL) {
    remote_argument argument = read_argument(copy);
    const cspan_jaeger_remote_options options = {
        .size = sizeof options,
        .service_name = service,
        .endpoint = argument.endpoint,
        .polling_interval_ms = argument.interval_ms,
        .initial = argument.initial_ratio >= 0
                       ? cspan_sampler_trace_id_ratio(argument.initial_ratio)
                       : NULL};
    if (cspan_sampler_jaeger_remote(&options, &sampler, &error) != CSPAN_OK &&
        cspan_error_status(error) != CSPAN_ERR_NOMEM) {
      cspan_log(CSPAN_LOG_WARN, "OTEL_TRACES_SAMPLER=jaeger_remote: %s; always_on is used",
                cspan_error_message(error));
      sampler = cspan_sampler_always_on();
    }
  }
  cspan_error_free(error);
  cspan_free(service);
  cspan_free(copy);
  return sampler;
}

/* -------------------------------------------------------------------------- names */

static const char parent_prefix[] = "parentbased_";

static bool has_prefix(const char *name) {
  for (size_t i = 0; parent_prefix[i] != '\0'; i++) {
    char c = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    if (c != parent_prefix[i]) {
      return false;
    }
  }
  return true;
}

/* False for a name that is not known. */
static bool make_named(const char *name, const uint8_t *resource, size_t resource_len,
                       cspan_sampler **out) {
  if (cspan_ieq(name, "always_on")) {
    *out = cspan_sampler_always_on();
  } else if (cspan_ieq(name, "always_off")) {
    *out = cspan_sampler_always_off();
  } else if (cspan_ieq(name, "traceidratio")) {
    *out = cspan_sampler_trace_id_ratio(ratio_from_env());
  } else if (cspan_ieq(name, "jaeger_remote")) {
    *out = jaeger_remote(resource, resource_len);
  } else {
    return false;
  }
  return true;
}

cspan_sampler *cspan_sampler_from_env(const uint8_t *resource, size_t resource_len) {
  const char *name = cspan_setting_text("OTEL_TRACES_SAMPLER");
  name = name != NULL ? name : "parentbased_always_on";
  bool is_parent_based = has_prefix(name);
  cspan_sampler *sampler = NULL;
  if (make_named(name + (is_parent_based ? strlen(parent_prefix) : 0), resource, resource_len,
                 &sampler)) {
    return is_parent_based ? cspan_sampler_parent_based(sampler) : sampler;
  }
  cspan_log(CSPAN_LOG_WARN,
            "OTEL_TRACES_SAMPLER is \"%.40s\", which is not known; parentbased_always_on is used",
            name);
  return cspan_sampler_parent_based(cspan_sampler_always_on());
}
