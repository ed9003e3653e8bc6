/* SPDX-License-Identifier: Apache-2.0 */
/* From the rules' parameters to a host, headers and ways to sign. */
#include "aws/rules/client_endpoint.h"

#include "aws/rules/resolver.h"
#include "base/error.h"

static cspan_status no_memory(const cspan_arena *arena, cspan_error **error) {
  return cspan_error_set(error, cspan_arena_refusal(arena), "out of memory for an endpoint");
}

static bool kind_of(const char *name, cspan_auth_kind *out) {
  static const struct {
    const char *name;
    cspan_auth_kind kind;
  } kinds[] = {
      {"sigv4", CSPAN_AUTH_V4},      {"sigv4a", CSPAN_AUTH_V4A},
      {"bearer", CSPAN_AUTH_BEARER}, {"sigv4-s3express", CSPAN_AUTH_S3EXPRESS},
      {"none", CSPAN_AUTH_NONE},
  };
  for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
    if (strcmp(name, kinds[i].name) == 0) {
      *out = kinds[i].kind;
      return true;
    }
  }
  return false;
}

/* A text of a property with a NUL behind it; NULL where there is none, or an empty one. */
static const char *text_of(const cspan_value *map, const char *name, cspan_arena *arena,
                           cspan_status *status) {
  size_t size = 0;
  const char *text = cspan_value_text(cspan_value_get(map, name), &size);
  if (text == NULL || size == 0) {
    return NULL;
  }
  const char *copy = cspan_arena_strndup(arena, text, size);
  if (copy == NULL) {
    *status = cspan_arena_refusal(arena);
  }
  return copy;
}

/* ["us-east-1", "us-west-2"] to "us-east-1,us-west-2" */
static const char *region_set(const cspan_value *list, cspan_arena *arena, cspan_status *status) {
  size_t size = 0;
  size_t part = 0;
  for (size_t i = 0; i < cspan_value_count(list); i++) {
    (void)cspan_value_text(cspan_value_at(list, i), &part);
    size += part + 1;
  }
  if (size == 0) {
    return NULL;
  }
  char *set = cspan_arena_alloc(arena, size);
  if (set == NULL) {
    *status = cspan_arena_refusal(arena);
    return NULL;
  }
  char *at = set;
  for (size_t i = 0; i < cspan_value_count(list); i++) {
    const char *text = cspan_value_text(cspan_value_at(list, i), &part);
    if (at != set) {
      *at++ = ',';
    }
    if (text != NULL) {
      memcpy(at, text, part);
      at += part;
    }
  }
  *at = '\0';
  return set;
}

static cspan_status read_auth(const cspan_value *schemes, cspan_arena *arena,
                              cspan_client_endpoint_result *out) {
  size_t count = cspan_value_count(schemes);
  cspan_status status = CSPAN_OK;
  cspan_endpoint_auth *all = cspan_arena_array(arena, count, sizeof *all);
  for (size_t i = 0; all != NULL && i < count; i++) {
    const cspan_value *scheme = cspan_value_at(schemes, i);
    cspan_endpoint_auth *next = &all[out->auth_count];
    next->name = text_of(scheme, "name", arena, &status);
    if (next->name == NULL || !kind_of(next->name, &next->auth.kind)) {
      continue;
    }
    next->auth.signing_name = text_of(scheme, "signingName", arena, &status);
    next->auth.region = text_of(scheme, "signingRegion", arena, &status);
    next->auth.region_set = region_set(cspan_value_get(scheme, "signingRegionSet"), arena, &status);
    next->auth.disable_double_encoding =
        cspan_value_bool(cspan_value_get(scheme, "disableDoubleEncoding"), false);
    next->auth.disable_normalize_path =
        cspan_value_bool(cspan_value_get(scheme, "disableNormalizePath"), false);
    out->auth_count++;
  }
  out->auth = all;
  return all != NULL ? status : cspan_arena_refusal(arena);
}

static cspan_status read_endpoint(const cspan_rules_endpoint *resolved, cspan_arena *arena,
                                  cspan_client_endpoint_result *out, cspan_error **error) {
  cspan_base_url base;
  out->url = resolved->url;
  out->headers = resolved->headers;
  out->properties = resolved->properties;
  size_t size = 0;
  const char *backend = cspan_value_text(cspan_value_get(&out->properties, "backend"), &size);
  out->is_s3express = backend != NULL && cspan_str_eq((cspan_str){backend, size}, "S3Express");
  cspan_status status =
      cspan_base_url_parse(out->url, "that the service's rules give", &base, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_endpoint_params params = {.custom = &base};
  status = cspan_endpoint_resolve(&params, &out->endpoint, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (read_auth(cspan_value_get(&out->properties, "authSchemes"), arena, out) != CSPAN_OK) {
    return no_memory(arena, error);
  }
  return CSPAN_OK;
}

cspan_status cspan_endpoint_evaluate(const cspan_endpoint_resolver *resolver,
                                     const cspan_value *values, cspan_arena *arena,
                                     cspan_client_endpoint_result *out, cspan_error **error) {
  const cspan_params_plan *plan = &resolver->plan;
  cspan_member *members = cspan_arena_array(arena, plan->count, sizeof *members);
  if (members == NULL) {
    return no_memory(arena, error);
  }
  for (size_t i = 0; i < plan->count; i++) {
    members[i] = cspan_field(plan->params[i].name, values[i]);
  }
  cspan_value params = cspan_map(members, plan->count);
  cspan_rules_endpoint resolved;
  memset(out, 0, sizeof *out);
  cspan_status status =
      cspan_rules_resolve(resolver->rules, resolver->partitions, &params, arena, &resolved, error);
  return status == CSPAN_OK ? read_endpoint(&resolved, arena, out, error) : status;
}

cspan_status cspan_client_endpoint(const cspan_endpoint_resolver *resolver,
                                   const cspan_endpoint_settings *settings,
                                   const cspan_operation_model *operation, const cspan_value *input,
                                   cspan_arena *arena, cspan_client_endpoint_result *out,
                                   cspan_error **error) {
  cspan_value values[CSPAN_RULES_MAX_PARAMS];
  cspan_status status = cspan_params_fill(&resolver->plan, resolver->model, settings, operation,
                                          input, arena, values, error);
  return status == CSPAN_OK ? cspan_endpoint_evaluate(resolver, values, arena, out, error) : status;
}

bool cspan_endpoint_force_path_style(cspan_addressing_style style, const cspan_base_url *custom) {
  if (style == CSPAN_ADDRESSING_PATH || style == CSPAN_ADDRESSING_VIRTUAL) {
    return style == CSPAN_ADDRESSING_PATH;
  }
  return custom != NULL && custom->is_local;
}
