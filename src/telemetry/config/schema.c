/* SPDX-License-Identifier: Apache-2.0 */
/* The check of a configuration file against the tables. */
#include <math.h>
#include <string.h>

#include "base/text.h"
#include "telemetry/config/schema.h"

enum { NAMES_MAX = 512, NEAR_MAX = 48 };

/* ------------------------------------------------------------------- names */

static const cspan_schema_member *member_of(const cspan_schema *schema, const char *name) {
  for (size_t i = 0; i < schema->member_count; i++) {
    if (strcmp(schema->members[i].name, name) == 0) {
      return &schema->members[i];
    }
  }
  return NULL;
}

bool cspan_schema_has(const cspan_schema *choice, const char *name) {
  return member_of(choice, name) != NULL;
}

void cspan_schema_names(const cspan_schema *schema, cspan_buf *out) {
  for (size_t i = 0; i < schema->member_count; i++) {
    cspan_buf_printf(out, "%s%s", i > 0 ? ", " : "", schema->members[i].name);
  }
}

/* How many letters must change, up to a bound. */
static size_t distance(const char *a, const char *b) {
  size_t row[NEAR_MAX + 1];
  size_t a_len = strlen(a);
  size_t b_len = strlen(b);
  if (a_len > NEAR_MAX || b_len > NEAR_MAX) {
    return SIZE_MAX;
  }
  for (size_t j = 0; j <= b_len; j++) {
    row[j] = j;
  }
  for (size_t i = 1; i <= a_len; i++) {
    size_t corner = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      size_t change = corner + (a[i - 1] != b[j - 1]);
      corner = row[j];
      size_t step = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
      row[j] = change < step ? change : step;
    }
  }
  return row[b_len];
}

const char *cspan_schema_nearest(const cspan_schema *schema, const char *name) {
  size_t best = strlen(name) / 3 + 1;
  const char *nearest = NULL;
  for (size_t i = 0; i < schema->member_count; i++) {
    size_t far = distance(name, schema->members[i].name);
    if (far <= best) {
      best = far - (far > 0);
      nearest = schema->members[i].name;
    }
  }
  return nearest;
}

/* ----------------------------------------------------------------- failures */

static const char *type_name(const cspan_config_node *node) {
  static const char *const names[] = {
      [CSPAN_CONFIG_ABSENT] = "absent",   [CSPAN_CONFIG_NULL] = "empty",
      [CSPAN_CONFIG_BOOL] = "a boolean",  [CSPAN_CONFIG_INT64] = "a whole number",
      [CSPAN_CONFIG_DOUBLE] = "a number", [CSPAN_CONFIG_STRING] = "text",
      [CSPAN_CONFIG_LIST] = "a list",     [CSPAN_CONFIG_MAP] = "a map"};
  return names[node->type];
}

static cspan_status wrong_type(const cspan_config_node *node, const char *wanted,
                               cspan_error **error) {
  return cspan_config_fail(node, error, "must be %s, but is %s", wanted, type_name(node));
}

static cspan_status unknown_member(const cspan_schema *schema, const cspan_config_node *node,
                                   cspan_error **error) {
  const char *nearest = cspan_schema_nearest(schema, node->key);
  if (nearest != NULL) {
    return cspan_config_fail(node, error, "is not known; did you mean \"%s\"?", nearest);
  }
  if (schema->member_count == 0) {
    return cspan_config_fail(node, error, "is not known; nothing may stand here");
  }
  cspan_buf names;
  cspan_buf_init(&names, NAMES_MAX);
  cspan_schema_names(schema, &names);
  cspan_config_fail(node, error, "is not known; there may be %s", cspan_buf_text(&names));
  cspan_buf_free(&names);
  return CSPAN_ERR_CONFIG;
}

/* -------------------------------------------------------------------- kinds */

static cspan_status check_object(const cspan_schema *schema, const cspan_config_node *node,
                                 cspan_error **error) {
  if (node->type != CSPAN_CONFIG_MAP) {
    return wrong_type(node, "a map", error);
  }
  for (size_t i = 0; i < schema->member_count; i++) {
    const cspan_schema_member *member = &schema->members[i];
    if (member->is_required && cspan_config_node_get(node, member->name) == NULL) {
      return cspan_config_fail(node, error, "needs \"%s\"", member->name);
    }
  }
  for (const cspan_config_node *child = node->first; child != NULL; child = child->next) {
    const cspan_schema_member *member = member_of(schema, child->key);
    if (member != NULL) {
      cspan_status status = cspan_schema_check(member->schema, child, error);
      if (status != CSPAN_OK) {
        return status;
      }
    } else if (!schema->is_open) {
      return unknown_member(schema, child, error);
    } else if (cspan_schema_nearest(schema, child->key) != NULL) {
      cspan_config_warn(child, "is not known and is ignored; did you mean \"%s\"?",
                        cspan_schema_nearest(schema, child->key));
    }
  }
  return CSPAN_OK;
}

/* A name that is not built in is a plugin's: that it is registered is seen when it is made. */
static cspan_status check_choice(const cspan_schema *schema, const cspan_config_node *node,
                                 cspan_error **error) {
  if (node->type != CSPAN_CONFIG_MAP) {
    return wrong_type(node, "a map with one member, whose name says what is meant", error);
  }
  if (node->count != 1) {
    return cspan_config_fail(node, error,
                             "must have exactly one member, whose name says what is meant, but "
                             "has %zu",
                             node->count);
  }
  const cspan_schema_member *member = member_of(schema, node->first->key);
  if (member != NULL) {
    return cspan_schema_check(member->schema, node->first, error);
  }
  if (!schema->is_open) {
    return unknown_member(schema, node->first, error);
  }
  return node->first->type == CSPAN_CONFIG_MAP || node->first->type == CSPAN_CONFIG_NULL
             ? CSPAN_OK
             : wrong_type(node->first, "a map or empty", error);
}

static cspan_status check_list(const cspan_schema *schema, const cspan_config_node *node,
                               cspan_error **error) {
  if (node->type != CSPAN_CONFIG_LIST) {
    return wrong_type(node, "a list", error);
  }
  if (node->count == 0 && !schema->may_be_empty) {
    return cspan_config_fail(node, error, "must have at least one element");
  }
  cspan_status status = CSPAN_OK;
  for (const cspan_config_node *child = node->first; child != NULL && status == CSPAN_OK;
       child = child->next) {
    status = cspan_schema_check(schema->items, child, error);
  }
  return status;
}

static cspan_status check_string(const cspan_schema *schema, const cspan_config_node *node,
                                 cspan_error **error) {
  if (node->type != CSPAN_CONFIG_STRING) {
    return wrong_type(
        node, node->text != NULL && node->type != CSPAN_CONFIG_NULL ? "text (in quotes)" : "text",
        error);
  }
  if (schema->values == NULL) {
    return CSPAN_OK;
  }
  cspan_buf names;
  cspan_buf_init(&names, NAMES_MAX);
  for (const char *const *value = schema->values; *value != NULL; value++) {
    if (cspan_ieq(*value, node->text)) {
      cspan_buf_free(&names);
      return CSPAN_OK;
    }
    cspan_buf_printf(&names, "%s%s", names.len > 0 ? ", " : "", *value);
  }
  cspan_config_fail(node, error, "is \"%.40s\", which is none of %s", node->text,
                    cspan_buf_text(&names));
  cspan_buf_free(&names);
  return CSPAN_ERR_CONFIG;
}

static cspan_status check_number(const cspan_schema *schema, const cspan_config_node *node,
                                 cspan_error **error) {
  const char *wanted = schema->kind == CSPAN_SCHEMA_INTEGER ? "a whole number" : "a number";
  double value = 0;
  bool is_number = cspan_config_node_double(node, &value) &&
                   (schema->kind != CSPAN_SCHEMA_INTEGER || node->type == CSPAN_CONFIG_INT64);
  if (!is_number) {
    return wrong_type(node, wanted, error);
  }
  if (value >= schema->min && value <= schema->max) {
    return CSPAN_OK;
  }
  return isinf(schema->max)
             ? cspan_config_fail(node, error, "must be %s of at least %.0f", wanted, schema->min)
             : cspan_config_fail(node, error, "must be %s from %.0f to %.0f", wanted, schema->min,
                                 schema->max);
}

/* Drafts of 1.0 are read as 1.0. The number without quotes is what people write. */
static cspan_status check_version(const cspan_config_node *node, cspan_error **error) {
  if (node->type == CSPAN_CONFIG_LIST || node->type == CSPAN_CONFIG_MAP ||
      node->type == CSPAN_CONFIG_NULL) {
    return wrong_type(node, "text, \"1.0\"", error);
  }
  if (strcmp(node->text, "1.0") == 0) {
    return CSPAN_OK;
  }
  if (cspan_starts_with(node->text, "1.0-rc.")) {
    cspan_config_warn(node, "is a draft of the format; the file is read as \"1.0\"");
    return CSPAN_OK;
  }
  uint64_t minor;
  if (cspan_starts_with(node->text, "1.") && cspan_parse_u64(node->text + 2, &minor)) {
    cspan_config_warn(node, "is newer than this library knows; the file is read as \"1.0\"");
    return CSPAN_OK;
  }
  return cspan_config_fail(node, error, "is \"%.20s\", but must be \"1.0\"", node->text);
}

static bool is_scalar(const cspan_config_node *node) {
  return node->type >= CSPAN_CONFIG_BOOL && node->type <= CSPAN_CONFIG_STRING;
}

static cspan_status check_attribute(const cspan_config_node *node, cspan_error **error) {
  if (node->type == CSPAN_CONFIG_NULL || is_scalar(node)) {
    return CSPAN_OK;
  }
  if (node->type == CSPAN_CONFIG_MAP || node->count == 0) {
    return cspan_config_fail(node, error, "must be text, a number, a boolean, or a list of them");
  }
  for (const cspan_config_node *child = node->first; child != NULL; child = child->next) {
    if (!is_scalar(child)) {
      return wrong_type(child, "text, a number or a boolean", error);
    }
  }
  return CSPAN_OK;
}

cspan_status cspan_schema_check(const cspan_schema *schema, const cspan_config_node *node,
                                cspan_error **error) {
  if (node->type == CSPAN_CONFIG_NULL && schema->is_nullable) {
    return CSPAN_OK;
  }
  switch (schema->kind) {
  case CSPAN_SCHEMA_ANY:
    return node->type == CSPAN_CONFIG_MAP ? CSPAN_OK : wrong_type(node, "a map", error);
  case CSPAN_SCHEMA_OBJECT:
    return check_object(schema, node, error);
  case CSPAN_SCHEMA_CHOICE:
    return check_choice(schema, node, error);
  case CSPAN_SCHEMA_LIST:
    return check_list(schema, node, error);
  case CSPAN_SCHEMA_STRING:
    return check_string(schema, node, error);
  case CSPAN_SCHEMA_BOOL:
    return node->type == CSPAN_CONFIG_BOOL ? CSPAN_OK : wrong_type(node, "true or false", error);
  case CSPAN_SCHEMA_INTEGER:
  case CSPAN_SCHEMA_NUMBER:
    return check_number(schema, node, error);
  case CSPAN_SCHEMA_VERSION:
    return check_version(node, error);
  case CSPAN_SCHEMA_ATTRIBUTE:
    break;
  }
  return check_attribute(node, error);
}
