/* SPDX-License-Identifier: Apache-2.0 */
/* Who reports the spans: the resource of a provider. */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "telemetry/core.h"
#include "telemetry/resource/plan.h"

/* Of OTEL_RESOURCE_ATTRIBUTES. */
enum { LIST_MAX = 512, LIST_BYTES_MAX = 1 << 18, NAME_BYTES = 4096 };

typedef struct text_pair {
  const char *key;
  const char *value; /* NULL: left out */
} text_pair;

static cspan_status put_texts(cspan_resource *out, const text_pair *pairs, size_t count) {
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    if (pairs[i].value != NULL) {
      cspan_attr attr = cspan_attr_string(pairs[i].key, pairs[i].value);
      status = cspan_resource_put(out, &attr);
    }
  }
  return status;
}

/* --------------------------------------------------------------- the environment */

/* Percent-decodes. CSPAN_ERR_INVALID for a broken escape. */
static cspan_status decode(cspan_str text, char **out) {
  for (size_t i = 0; i < text.len; i++) {
    uint8_t byte;
    if (text.data[i] == '%' &&
        (i + 2 >= text.len || !cspan_hex_decode(text.data + i + 1, 2, &byte) || byte == 0)) {
      return CSPAN_ERR_INVALID;
    }
  }
  cspan_buf buf;
  cspan_buf_init(&buf, LIST_BYTES_MAX);
  cspan_uri_decode(&buf, text.data, text.len);
  *out = cspan_buf_take(&buf, NULL);
  cspan_buf_free(&buf);
  return *out != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

/* One "key=value". */
static cspan_status put_member(cspan_resource *out, cspan_str member) {
  const char *equals = memchr(member.data, '=', member.len);
  if (equals == NULL) {
    return CSPAN_ERR_INVALID;
  }
  size_t key_len = (size_t)(equals - member.data);
  cspan_str key_text = cspan_str_trim((cspan_str){member.data, key_len});
  cspan_str value_text = cspan_str_trim((cspan_str){equals + 1, member.len - key_len - 1});
  char *key = NULL;
  char *value = NULL;
  cspan_status status = decode(key_text, &key);
  if (status == CSPAN_OK) {
    status = decode(value_text, &value);
  }
  if (status == CSPAN_OK) {
    cspan_attr attr = cspan_attr_string(key, value);
    status = cspan_resource_put(out, &attr);
  }
  cspan_free(key);
  cspan_free(value);
  return status;
}

static cspan_status put_members(cspan_resource *out, const char *text) {
  cspan_status status = CSPAN_OK;
  for (size_t count = 0; *text != '\0' && status == CSPAN_OK;) {
    size_t len = strcspn(text, ",");
    cspan_str member = cspan_str_trim((cspan_str){text, len});
    if (member.len > 0) {
      status = ++count <= LIST_MAX ? put_member(out, member) : CSPAN_ERR_INVALID;
    }
    text += len + (text[len] == ',');
  }
  return status;
}

/* A list with a malformed member is discarded as a whole, as the specification
 * asks, and so is one that would not fit. */
static cspan_status put_list(cspan_resource *out) {
  const char *text = cspan_setting_text("OTEL_RESOURCE_ATTRIBUTES");
  if (text == NULL) {
    return CSPAN_OK;
  }
  cspan_resource *list = cspan_resource_new();
  cspan_status status = list == NULL                     ? CSPAN_ERR_NOMEM
                        : strlen(text) <= LIST_BYTES_MAX ? put_members(list, text)
                                                         : CSPAN_ERR_INVALID;
  if (status == CSPAN_OK) {
    status = cspan_resource_update(out, list);
  }
  cspan_resource_free(list);
  if (status == CSPAN_ERR_INVALID) {
    cspan_log(CSPAN_LOG_ERROR,
              "OTEL_RESOURCE_ATTRIBUTES is not a list of at most %d key=value with "
              "percent-encoding, and is ignored",
              LIST_MAX);
    return CSPAN_OK;
  }
  return status;
}

cspan_status cspan_resource_from_env(cspan_resource *out) {
  const text_pair service = {"service.name", cspan_setting_text("OTEL_SERVICE_NAME")};
  cspan_status status = put_list(out);
  return status == CSPAN_OK ? put_texts(out, &service, 1) : status;
}

/* -------------------------------------------------------------------- the layers */

static cspan_status put_sdk(cspan_resource *out) {
  char name[NAME_BYTES];
  char service[NAME_BYTES + sizeof "unknown_service:"];
  cspan_executable_name(name, sizeof name);
  snprintf(service, sizeof service, "unknown_service%s%s", name[0] != '\0' ? ":" : "", name);
  const text_pair pairs[] = {{"telemetry.sdk.name", "cloudspan"},
                             {"telemetry.sdk.language", "c"},
                             {"telemetry.sdk.version", cspan_version()},
                             {"service.name", service}};
  return put_texts(out, pairs, sizeof pairs / sizeof pairs[0]);
}

static cspan_status put_options(cspan_resource *out, const cspan_provider_options *options) {
  const text_pair pairs[] = {{"service.name", options->service_name},
                             {"service.version", options->service_version}};
  cspan_status status = put_texts(out, pairs, sizeof pairs / sizeof pairs[0]);
  size_t count = options->resource != NULL ? options->resource_count : 0;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    status = cspan_resource_put(out, &options->resource[i]);
  }
  return status == CSPAN_OK && CSPAN_HAS(options, schema_url)
             ? cspan_resource_set_schema_url(out, options->schema_url)
             : status;
}

cspan_status cspan_resource_fail(cspan_status status, cspan_error **error) {
  if (status == CSPAN_OK) {
    return CSPAN_OK;
  }
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_error_set(error, status, "no memory for the resource");
  }
  return cspan_error_set(error, status,
                         "a resource attribute was not taken: it needs a key in UTF-8, and all "
                         "together may have %d keys and %d bytes",
                         CSPAN_RESOURCE_ATTRIBUTES_MAX, CSPAN_RESOURCE_BYTES_MAX);
}

void cspan_resource_plan_free(cspan_resource_plan *plan) {
  cspan_resource_free(plan->base);
  cspan_resource_free(plan->top);
  *plan = (cspan_resource_plan){.base = NULL};
}

cspan_status cspan_resource_plan_make(const cspan_provider_options *options,
                                      cspan_resource_plan *out, cspan_error **error) {
  const cspan_detection at = {.root = ""};
  const char *names = CSPAN_HAS(options, detectors) ? options->detectors : NULL;
  *out = (cspan_resource_plan){.base = NULL};
  cspan_status status = cspan_detector_list_parse(names, &out->detectors, error);
  if (status != CSPAN_OK) {
    return status;
  }
  out->base = cspan_resource_new();
  out->top = cspan_resource_new();
  status = out->base != NULL && out->top != NULL ? put_sdk(out->base) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    status = cspan_detectors_run(&out->detectors, false, &at, out->base);
  }
  if (status == CSPAN_OK && out->detectors.has_env) {
    status = cspan_resource_from_env(out->top);
  }
  if (status == CSPAN_OK) {
    status = put_options(out->top, options);
  }
  if (status != CSPAN_OK) {
    cspan_resource_plan_free(out);
  }
  return cspan_resource_fail(status, error);
}

cspan_status cspan_resource_plan_join(const cspan_resource_plan *plan, const cspan_resource *found,
                                      cspan_resource **out, cspan_error **error) {
  const char *own = cspan_resource_schema_url(plan->top);
  *out = cspan_resource_new();
  cspan_status status = *out != NULL ? cspan_resource_update(*out, plan->base) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    status = cspan_resource_update(*out, found);
  }
  /* A schema that the options name is what the program wants, not one more opinion. */
  if (status == CSPAN_OK && own[0] != '\0') {
    status = cspan_resource_set_schema_url(*out, own);
  }
  if (status == CSPAN_OK) {
    status = cspan_resource_update(*out, plan->top);
  }
  if (status != CSPAN_OK) {
    cspan_resource_free(*out);
    *out = NULL;
  }
  return cspan_resource_fail(status, error);
}

/* -------------------------------------------------------------------------- uses */

cspan_status cspan_resource_detect(const char *names, const cspan_context *context,
                                   cspan_resource **out, cspan_error **error) {
  const cspan_context own = cspan_context_with_timeout(context, CSPAN_DETECTION_MS);
  const cspan_detection at = {.root = "", .context = &own};
  cspan_detector_list list;
  *out = NULL;
  cspan_status status = cspan_detector_list_parse(names, &list, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_resource *found = cspan_resource_new();
  status = found != NULL ? cspan_detectors_run(&list, false, &at, found) : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK) {
    status = cspan_detectors_run(&list, true, &at, found);
  }
  if (status == CSPAN_OK && list.has_env) {
    status = cspan_resource_from_env(found);
  }
  if (status != CSPAN_OK) {
    cspan_resource_free(found);
    return cspan_resource_fail(status, error);
  }
  *out = found;
  return CSPAN_OK;
}
