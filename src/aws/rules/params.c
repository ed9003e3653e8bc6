/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/rules/params.h"

#include <stddef.h>

#include "base/error.h"
#include "base/jmespath.h"
#include "base/json.h"

typedef enum field_kind { FIELD_TEXT, FIELD_FLAG, FIELD_CHOICE } field_kind;

/* The built-in parameters, and the fields that have their values. */
static const struct {
  const char *name;
  size_t offset;
  field_kind kind;
} builtins[] = {
    {"AWS::Region", offsetof(cspan_endpoint_settings, region), FIELD_TEXT},
    {"SDK::Endpoint", offsetof(cspan_endpoint_settings, endpoint_url), FIELD_TEXT},
    {"AWS::UseFIPS", offsetof(cspan_endpoint_settings, use_fips), FIELD_FLAG},
    {"AWS::UseDualStack", offsetof(cspan_endpoint_settings, use_dualstack), FIELD_FLAG},
    {"AWS::Auth::AccountId", offsetof(cspan_endpoint_settings, account_id), FIELD_TEXT},
    {"AWS::Auth::AccountIdEndpointMode", offsetof(cspan_endpoint_settings, account_id_mode),
     FIELD_TEXT},
    {"AWS::S3::Accelerate", offsetof(cspan_endpoint_settings, s3_accelerate), FIELD_FLAG},
    {"AWS::S3::ForcePathStyle", offsetof(cspan_endpoint_settings, s3_force_path_style), FIELD_FLAG},
    {"AWS::S3::UseGlobalEndpoint", offsetof(cspan_endpoint_settings, s3_use_global_endpoint),
     FIELD_FLAG},
    {"AWS::S3::DisableMultiRegionAccessPoints", offsetof(cspan_endpoint_settings, s3_disable_mrap),
     FIELD_FLAG},
    {"AWS::S3::DisableS3ExpressSessionAuth",
     offsetof(cspan_endpoint_settings, s3_disable_express_session), FIELD_FLAG},
    {"AWS::S3::UseArnRegion", offsetof(cspan_endpoint_settings, s3_use_arn_region), FIELD_CHOICE},
    {"AWS::S3Control::UseArnRegion", offsetof(cspan_endpoint_settings, s3_use_arn_region),
     FIELD_CHOICE},
    {"AWS::STS::UseGlobalEndpoint", offsetof(cspan_endpoint_settings, sts_use_global_endpoint),
     FIELD_FLAG},
};

enum { BUILTIN_COUNT = sizeof builtins / sizeof builtins[0] };

/* -------------------------------------------------------------------- plan */

static uint8_t builtin_of(const cspan_rules_param *param) {
  /* S3's rules have no name for this one but that of the client's parameter. */
  const char *name = strcmp(param->name, "DisableS3ExpressSessionAuth") == 0
                         ? "AWS::S3::DisableS3ExpressSessionAuth"
                         : param->builtin;
  for (size_t i = 0; i < BUILTIN_COUNT; i++) {
    if (strcmp(builtins[i].name, name) == 0) {
      return (uint8_t)(i + 1);
    }
  }
  return 0;
}

static bool is_client_param(const cspan_service_model *model, const char *name) {
  const cspan_table_range *range = &model->info->client_params;
  for (uint16_t i = 0; i < range->count; i++) {
    const cspan_model_pair *pair = &model->pairs[range->first + i];
    if (strcmp(cspan_model_text(model, pair->name), name) == 0) {
      return true;
    }
  }
  return false;
}

void cspan_params_plan_make(const cspan_service_model *model, const cspan_rules *rules,
                            cspan_params_plan *out) {
  memset(out, 0, sizeof *out);
  while (out->count < CSPAN_RULES_MAX_PARAMS &&
         cspan_rules_param_at(rules, out->count, &out->params[out->count])) {
    const cspan_rules_param *param = &out->params[out->count];
    out->builtin[out->count] = builtin_of(param);
    out->by_client[out->count] = is_client_param(model, param->name);
    out->count++;
  }
}

/* -------------------------------------------------------------------- values */

/* The parameter of that name that the rules use; SIZE_MAX: none. */
static size_t find(const cspan_params_plan *plan, const char *name) {
  for (size_t i = 0; i < plan->count; i++) {
    if (plan->params[i].used && strcmp(plan->params[i].name, name) == 0) {
      return i;
    }
  }
  return SIZE_MAX;
}

static cspan_value setting(const cspan_endpoint_settings *settings, size_t builtin) {
  const void *field = (const char *)settings + builtins[builtin].offset;
  switch (builtins[builtin].kind) {
  case FIELD_TEXT:
    return cspan_string(*(const char *const *)field);
  case FIELD_FLAG: /* false is what the rules take for granted */
    return *(const bool *)field ? cspan_bool(true) : cspan_null();
  default: {
    cspan_choice choice = *(const cspan_choice *)field;
    return choice != CSPAN_CHOICE_UNSET ? cspan_bool(choice == CSPAN_CHOICE_YES) : cspan_null();
  }
  }
}

static void fill_from_client(const cspan_params_plan *plan, const cspan_endpoint_settings *settings,
                             cspan_value *values) {
  for (size_t i = 0; i < plan->count; i++) {
    const cspan_value *given = NULL;
    if (plan->params[i].used && plan->by_client[i] && settings->client_params != NULL) {
      given = cspan_value_get(settings->client_params, plan->params[i].name);
    }
    if (given != NULL && given->kind != CSPAN_VALUE_NULL) {
      values[i] = *given;
    } else if (plan->params[i].used && plan->builtin[i] != 0) {
      values[i] = setting(settings, plan->builtin[i] - (size_t)1);
    }
  }
}

/* The value that a JMESPath finds in the input; null where it finds none of the right type. */
static cspan_status search(const char *path, cspan_rules_param_type type, const cspan_value *input,
                           cspan_arena *arena, cspan_value *out, cspan_error **error) {
  cspan_jmespath *expression = NULL;
  cspan_value found;
  cspan_status status = cspan_jmespath_compile(path, arena, &expression, error);
  if (status == CSPAN_OK) {
    status = cspan_jmespath_eval(expression, input, arena, &found, error);
  }
  if (status == CSPAN_OK && found.kind != CSPAN_VALUE_NULL) {
    cspan_value_kind wanted = type == CSPAN_RULES_STRING    ? CSPAN_VALUE_STRING
                              : type == CSPAN_RULES_BOOLEAN ? CSPAN_VALUE_BOOL
                                                            : CSPAN_VALUE_LIST;
    if (found.kind == wanted) {
      *out = found;
    }
  }
  return status;
}

static cspan_status fill_from_paths(const cspan_params_plan *plan, const cspan_service_model *model,
                                    cspan_table_range range, const cspan_value *input,
                                    cspan_arena *arena, cspan_value *values, cspan_error **error) {
  for (uint16_t i = 0; i < range.count; i++) {
    const cspan_model_pair *pair = &model->pairs[range.first + i];
    size_t param = find(plan, cspan_model_text(model, pair->name));
    if (param == SIZE_MAX) {
      continue;
    }
    cspan_status status = search(cspan_model_text(model, pair->value), plan->params[param].type,
                                 input, arena, &values[param], error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

static void fill_from_members(const cspan_params_plan *plan, const cspan_service_model *model,
                              const cspan_operation_model *operation, const cspan_value *input,
                              cspan_value *values) {
  const cspan_shape *shape = cspan_model_shape(model, operation->input);
  if (shape == NULL || cspan_value_is_null(input)) {
    return;
  }
  const cspan_member_model *members = cspan_shape_members(model, shape);
  for (uint16_t i = 0; i < shape->members.count; i++) {
    if (members[i].context_param == 0) {
      continue;
    }
    size_t param = find(plan, cspan_model_text(model, members[i].context_param));
    const cspan_value *given =
        param != SIZE_MAX ? cspan_value_get(input, cspan_model_text(model, members[i].name)) : NULL;
    if (given != NULL && given->kind != CSPAN_VALUE_NULL) {
      values[param] = *given;
    }
  }
}

/* Static values are texts, "true" and "false", or JSON lists. */
static cspan_status fill_from_model(const cspan_params_plan *plan, const cspan_service_model *model,
                                    cspan_table_range range, cspan_arena *arena,
                                    cspan_value *values) {
  for (uint16_t i = 0; i < range.count; i++) {
    const cspan_model_pair *pair = &model->pairs[range.first + i];
    const char *text = cspan_model_text(model, pair->value);
    size_t param = find(plan, cspan_model_text(model, pair->name));
    if (param == SIZE_MAX) {
      continue;
    }
    if (plan->params[param].type == CSPAN_RULES_STRING) {
      values[param] = cspan_string(text);
    } else if (plan->params[param].type == CSPAN_RULES_BOOLEAN) {
      values[param] = cspan_bool(strcmp(text, "true") == 0);
    } else {
      cspan_status status = cspan_json_parse(text, strlen(text), arena, &values[param], NULL);
      if (status != CSPAN_OK) {
        return status;
      }
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_params_fill(const cspan_params_plan *plan, const cspan_service_model *model,
                               const cspan_endpoint_settings *settings,
                               const cspan_operation_model *operation, const cspan_value *input,
                               cspan_arena *arena, cspan_value *values, cspan_error **error) {
  cspan_endpoint_settings full = *settings;
  if (full.account_id_mode == NULL) {
    full.account_id_mode = "preferred";
  }
  for (size_t i = 0; i < plan->count; i++) {
    values[i] = cspan_null();
  }
  fill_from_client(plan, &full, values);
  if (operation == NULL) {
    return CSPAN_OK;
  }
  cspan_status status =
      fill_from_paths(plan, model, operation->operation_params, input, arena, values, error);
  if (status != CSPAN_OK) {
    return status;
  }
  fill_from_members(plan, model, operation, input, values);
  status = fill_from_model(plan, model, operation->static_params, arena, values);
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status,
                           "the endpoint parameters that the model sets cannot be read");
  }
  return CSPAN_OK;
}
