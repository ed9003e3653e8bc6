/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <string.h>

#include "aws/model/build.h"

typedef struct named_value {
  const char *name;
  unsigned value;
} named_value;

static const named_value types[] = {
    {"structure", CSPAN_SHAPE_STRUCTURE},
    {"list", CSPAN_SHAPE_LIST},
    {"map", CSPAN_SHAPE_MAP},
    {"string", CSPAN_SHAPE_STRING},
    {"character", CSPAN_SHAPE_STRING},
    {"blob", CSPAN_SHAPE_BLOB},
    {"boolean", CSPAN_SHAPE_BOOLEAN},
    {"integer", CSPAN_SHAPE_INTEGER},
    {"byte", CSPAN_SHAPE_INTEGER},
    {"short", CSPAN_SHAPE_INTEGER},
    {"long", CSPAN_SHAPE_LONG},
    {"bigInteger", CSPAN_SHAPE_LONG},
    {"float", CSPAN_SHAPE_FLOAT},
    {"double", CSPAN_SHAPE_DOUBLE},
    {"bigDecimal", CSPAN_SHAPE_DOUBLE},
    {"timestamp", CSPAN_SHAPE_TIMESTAMP},
    {NULL, 0},
};

static const named_value timestamp_formats[] = {
    {"iso8601", CSPAN_TIMESTAMP_ISO8601},
    {"unixTimestamp", CSPAN_TIMESTAMP_UNIX},
    {"rfc822", CSPAN_TIMESTAMP_RFC822},
    {NULL, 0},
};

static const named_value locations[] = {
    {"uri", CSPAN_LOCATION_URI},           {"querystring", CSPAN_LOCATION_QUERY},
    {"header", CSPAN_LOCATION_HEADER},     {"headers", CSPAN_LOCATION_HEADERS},
    {"statusCode", CSPAN_LOCATION_STATUS}, {NULL, 0},
};

static const named_value shape_flags[] = {
    {"union", CSPAN_SHAPE_UNION},
    {"exception", CSPAN_SHAPE_EXCEPTION},
    {"sensitive", CSPAN_SHAPE_SENSITIVE},
    {"streaming", CSPAN_SHAPE_STREAMING},
    {"eventstream", CSPAN_SHAPE_EVENT_STREAM},
    {"event", CSPAN_SHAPE_EVENT},
    {"requiresLength", CSPAN_SHAPE_REQUIRES_LENGTH},
    {"wrapper", CSPAN_SHAPE_WRAPPER},
    {"deprecated", CSPAN_SHAPE_DEPRECATED},
    {"sparse", CSPAN_SHAPE_SPARSE},
    {NULL, 0},
};

static const named_value member_flags[] = {
    {"idempotencyToken", CSPAN_MEMBER_IDEMPOTENCY_TOKEN},
    {"xmlAttribute", CSPAN_MEMBER_XML_ATTRIBUTE},
    {"jsonvalue", CSPAN_MEMBER_JSON_VALUE},
    {"hostLabel", CSPAN_MEMBER_HOST_LABEL},
    {"eventpayload", CSPAN_MEMBER_EVENT_PAYLOAD},
    {"eventheader", CSPAN_MEMBER_EVENT_HEADER},
    {"deprecated", CSPAN_MEMBER_DEPRECATED},
    {NULL, 0},
};

/* What a member has, or else its shape. */
static const named_value shared_flags[] = {
    {"flattened", CSPAN_MEMBER_FLATTENED},
    {"streaming", CSPAN_MEMBER_STREAMING},
    {"sensitive", CSPAN_MEMBER_SENSITIVE},
    {NULL, 0},
};

static unsigned flags_of(cspan_builder *build, json_t *from, const named_value *table) {
  unsigned flags = 0;
  for (; table->name; table++) {
    flags |= cspan_build_flag(build, from, table->name) ? table->value : 0;
  }
  return flags;
}

/* 0 where there is none. */
static unsigned value_of(cspan_builder *build, json_t *from, const char *key,
                         const named_value *table) {
  const char *name = cspan_build_string(build, from, key);
  for (; name && table->name; table++) {
    if (strcmp(name, table->name) == 0) {
      return table->value;
    }
  }
  if (name) {
    cspan_build_fail(build, "'%s' is '%s', which is not known", key, name);
  }
  return 0;
}

static unsigned timestamp_format_of(cspan_builder *build, json_t *from) {
  return value_of(build, from, "timestampFormat", timestamp_formats);
}

static bool is_required(json_t *required, const char *name) {
  size_t i = 0;
  json_t *item = NULL;
  json_array_foreach(required, i, item) {
    if (json_is_string(item) && strcmp(json_string_value(item), name) == 0) {
      return true;
    }
  }
  return false;
}

static void build_member(cspan_builder *build, const char *name, json_t *from, bool required) {
  json_t *shape = NULL;
  const char *prefix = NULL;
  if (!json_is_object(from)) {
    cspan_build_fail(build, "member '%s' is not an object", name);
    return;
  }
  cspan_member_model member = {
      .name = cspan_build_text(build, name),
      .shape = cspan_build_shape_ref(build, from, &shape),
      .location_name = cspan_build_text_of(build, from, "locationName"),
      .query_name = cspan_build_near_of(build, from, "queryName"),
      .location = (uint8_t)value_of(build, from, "location", locations),
      .documentation = cspan_build_documentation(build, from),
  };
  unsigned flags = flags_of(build, from, member_flags) | flags_of(build, from, shared_flags) |
                   flags_of(build, shape, shared_flags);
  member.flags = (uint16_t)(flags | (required ? CSPAN_MEMBER_REQUIRED : 0));
  unsigned format = timestamp_format_of(build, from);
  member.timestamp_format = (uint8_t)(format ? format : timestamp_format_of(build, shape));
  const char *uri = cspan_build_namespace(build, from, &prefix);
  if (!uri) {
    uri = cspan_build_namespace(build, shape, &prefix);
  }
  member.xml_uri = cspan_build_near(build, uri);
  member.xml_prefix = cspan_build_near(build, prefix);
  json_t *param = cspan_build_object(build, from, "contextParam");
  member.context_param = cspan_build_near_of(build, param, "name");
  (void)cspan_build_record(build, CSPAN_PART_MEMBERS, &member);
}

static void build_structure(cspan_builder *build, json_t *from, cspan_shape *shape) {
  json_t *required = cspan_build_list(build, from, "required");
  const char *payload = cspan_build_string(build, from, "payload");
  json_t *members = cspan_build_object(build, from, "members");
  const char *name = NULL;
  json_t *member = NULL;
  uint16_t position = 0;
  json_object_foreach(members, name, member) {
    build_member(build, name, member, is_required(required, name));
    position++;
    if (payload && strcmp(payload, name) == 0) {
      shape->payload = position;
    }
  }
  if (payload && !shape->payload) {
    cspan_build_fail(build, "its payload '%s' is not one of its members", payload);
  }
}

/* Keys of maps are texts, in every protocol. */
static void check_key(cspan_builder *build, json_t *from) {
  json_t *shape = NULL;
  (void)cspan_build_shape_ref(build, from, &shape);
  if (cspan_build_ok(build) && value_of(build, shape, "type", types) != CSPAN_SHAPE_STRING) {
    cspan_build_fail(build, "its key is not a string");
  }
}

static void build_part(cspan_builder *build, json_t *from, const char *name) {
  json_t *part = cspan_build_object(build, from, name);
  if (!part) {
    cspan_build_fail(build, "has no '%s'", name);
    return;
  }
  build_member(build, name, part, false);
}

static void build_members(cspan_builder *build, json_t *from, cspan_shape *shape) {
  uint16_t first = cspan_build_next(build, CSPAN_PART_MEMBERS);
  switch (shape->type) {
  case CSPAN_SHAPE_STRUCTURE:
    build_structure(build, from, shape);
    break;
  case CSPAN_SHAPE_LIST:
    build_part(build, from, "member");
    break;
  case CSPAN_SHAPE_MAP:
    build_part(build, from, "key");
    check_key(build, cspan_build_object(build, from, "key"));
    build_part(build, from, "value");
    break;
  default:
    return;
  }
  shape->members = cspan_build_range(build, CSPAN_PART_MEMBERS, first);
}

/* `upwards`: how a fraction is rounded, so that the bounds only widen. */
static int64_t bound_of(cspan_builder *build, json_t *from, const char *key, int64_t none,
                        bool upwards) {
  json_t *value = json_object_get(from, key);
  if (!value) {
    return none;
  }
  if (!json_is_number(value)) {
    cspan_build_fail(build, "'%s' is not a number", key);
    return none;
  }
  if (json_is_integer(value)) {
    return json_integer_value(value);
  }
  double number = upwards ? ceil(json_real_value(value)) : floor(json_real_value(value));
  return number > -9e18 && number < 9e18 ? (int64_t)number : none;
}

/* Few bounds differ. */
static cspan_table_ref limits_of(cspan_builder *build, json_t *from) {
  cspan_model_limits limits = {
      .min = bound_of(build, from, "min", INT64_MIN, false),
      .max = bound_of(build, from, "max", INT64_MAX, true),
  };
  if (limits.min == INT64_MIN && limits.max == INT64_MAX) {
    return 0;
  }
  const char *key = cspan_arena_strndup(build->arena, (const char *)&limits, sizeof limits);
  cspan_pool_entry *entry =
      key ? cspan_pool_add(&build->bounds, key, sizeof limits, UINT32_MAX) : NULL;
  if (!entry) {
    cspan_build_no_memory(build);
    return 0;
  }
  if (entry->value == UINT32_MAX) {
    entry->value = cspan_build_record(build, CSPAN_PART_LIMITS, &limits) + 1u;
  }
  return (cspan_table_ref)entry->value;
}

static void build_exception(cspan_builder *build, json_t *from, cspan_shape *shape) {
  json_t *error = cspan_build_object(build, from, "error");
  json_t *retryable = cspan_build_object(build, from, "retryable");
  shape->error_code = cspan_build_near_of(build, error, "code");
  shape->http_status = (uint16_t)cspan_build_count(build, error, "httpStatusCode", 999);
  unsigned flags = shape->flags;
  flags |= error ? CSPAN_SHAPE_EXCEPTION : 0;
  flags |= cspan_build_flag(build, error, "senderFault") ? CSPAN_SHAPE_SENDER_FAULT : 0;
  flags |= retryable ? CSPAN_SHAPE_RETRYABLE : 0;
  flags |= cspan_build_flag(build, retryable, "throttling") ? CSPAN_SHAPE_THROTTLING : 0;
  shape->flags = (uint16_t)flags;
}

static void build_shape(cspan_builder *build, json_t *from) {
  const char *prefix = NULL;
  const char *uri = cspan_build_namespace(build, from, &prefix);
  cspan_shape shape = {
      .name = cspan_build_text(build, build->name),
      .type = (uint8_t)value_of(build, from, "type", types),
      .timestamp_format = (uint8_t)timestamp_format_of(build, from),
      .flags = (uint16_t)flags_of(build, from, shape_flags),
      .enums = cspan_build_texts_of(build, from, "enum"),
      .location_name = cspan_build_near_of(build, from, "locationName"),
      .xml_prefix = cspan_build_near(build, prefix),
      .xml_uri = cspan_build_near(build, uri),
      .limits = limits_of(build, from),
      .documentation = cspan_build_documentation(build, from),
  };
  if (shape.type == 0) {
    cspan_build_fail(build, "has no type");
  }
  if (shape.type == CSPAN_SHAPE_STRUCTURE && cspan_build_flag(build, from, "document")) {
    shape.type = CSPAN_SHAPE_DOCUMENT;
  }
  build_members(build, from, &shape);
  build_exception(build, from, &shape);
  (void)cspan_build_record(build, CSPAN_PART_SHAPES, &shape);
}

void cspan_build_shapes(cspan_builder *build) {
  cspan_build_each(build, "shape", build->shape_models, build_shape);
}
