/* SPDX-License-Identifier: Apache-2.0 */
/* The resource of a configuration file. By rising precedence: what plugins and the detector
 * "service" found, `attributes_list`, `attributes`. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "telemetry/config/make.h"
#include "telemetry/core.h"
#include "telemetry/resource/plan.h"
#include "telemetry/resource/value.h"
#include "telemetry/sampling/match.h"

enum { DETECTORS_BYTES = 1024 };

typedef struct building {
  cspan_maker *maker;
  cspan_resource *resource;        /* the last value of a key counts */
  const cspan_config_node *filter; /* of `detection/development` */
  char detectors[DETECTORS_BYTES];
  cspan_error **error;
} building;

static cspan_status add(building *b, const cspan_config_node *where, const cspan_attr *attr) {
  cspan_status status = cspan_resource_put(b->resource, attr);
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_config_no_memory(where, b->error);
  }
  return status == CSPAN_OK
             ? CSPAN_OK
             : cspan_config_fail(where, b->error,
                                 "cannot be taken: a key is not UTF-8, or the resource has more "
                                 "than 1,024 attributes or a mebibyte");
}

/* ------------------------------------------------------------------ attributes */

static const struct {
  const char *name;
  cspan_config_type scalar;
  cspan_attr_type single;
  cspan_attr_type array;
} types[] = {{"string", CSPAN_CONFIG_STRING, CSPAN_ATTR_STRING, CSPAN_ATTR_STRING_ARRAY},
             {"bool", CSPAN_CONFIG_BOOL, CSPAN_ATTR_BOOL, CSPAN_ATTR_BOOL_ARRAY},
             {"int", CSPAN_CONFIG_INT64, CSPAN_ATTR_INT64, CSPAN_ATTR_INT64_ARRAY},
             {"double", CSPAN_CONFIG_DOUBLE, CSPAN_ATTR_DOUBLE, CSPAN_ATTR_DOUBLE_ARRAY}};

static bool fits(const cspan_config_node *node, cspan_config_type wanted) {
  return node->type == wanted ||
         (wanted == CSPAN_CONFIG_DOUBLE && node->type == CSPAN_CONFIG_INT64);
}

static void set_element(void *array, size_t index, const cspan_config_node *node,
                        cspan_config_type type) {
  if (type == CSPAN_CONFIG_STRING) {
    ((const char **)array)[index] = node->text;
  } else if (type == CSPAN_CONFIG_BOOL) {
    ((bool *)array)[index] = node->value.boolean;
  } else if (type == CSPAN_CONFIG_INT64) {
    ((int64_t *)array)[index] = node->value.int64;
  } else {
    cspan_config_node_double(node, &((double *)array)[index]);
  }
}

static cspan_status fill_array(building *b, const cspan_config_node *list, size_t type,
                               cspan_attr *attr) {
  void *array = cspan_arena_array(b->maker->arena, list->count, sizeof(uint64_t));
  if (array == NULL) {
    return cspan_config_no_memory(list, b->error);
  }
  for (const cspan_config_node *child = list->first; child != NULL; child = child->next) {
    if (!fits(child, types[type].scalar)) {
      return cspan_config_fail(child, b->error, "is not of the attribute's type, %s_array",
                               types[type].name);
    }
    set_element(array, child->index, child, types[type].scalar);
  }
  attr->type = types[type].array;
  attr->count = list->count;
  attr->value.strings = array;
  return CSPAN_OK;
}

static cspan_status fill_value(building *b, const cspan_config_node *value, const char *type_name,
                               cspan_attr *attr) {
  size_t len = strcspn(type_name, "_");
  size_t type = 0;
  while (strncmp(types[type].name, type_name, len) != 0 || types[type].name[len] != '\0') {
    type++; /* the schema knows no others */
  }
  bool is_array = type_name[len] != '\0';
  if (is_array && value->type == CSPAN_CONFIG_LIST) {
    return fill_array(b, value, type, attr);
  }
  if (is_array || !fits(value, types[type].scalar)) {
    return cspan_config_fail(
        value, b->error, "is not of the attribute's type, %s%s", type_name,
        strcmp(type_name, "string") == 0 ? ": put it in quotes, or say another `type`" : "");
  }
  if (types[type].scalar == CSPAN_CONFIG_STRING) {
    *attr = cspan_attr_string(attr->key, value->text);
  } else if (types[type].scalar == CSPAN_CONFIG_BOOL) {
    *attr = cspan_attr_bool(attr->key, value->value.boolean);
  } else if (types[type].scalar == CSPAN_CONFIG_INT64) {
    *attr = cspan_attr_int64(attr->key, value->value.int64);
  } else {
    double number = 0;
    cspan_config_node_double(value, &number);
    *attr = cspan_attr_double(attr->key, number);
  }
  return CSPAN_OK;
}

static cspan_status add_attributes(building *b, const cspan_config_node *list) {
  cspan_status status = CSPAN_OK;
  for (const cspan_config_node *pair = list != NULL ? list->first : NULL;
       pair != NULL && status == CSPAN_OK; pair = pair->next) {
    const cspan_config_node *value = cspan_config_node_get(pair, "value");
    cspan_attr attr = {.key = cspan_config_text(pair, "name", "")};
    const char *type = cspan_config_text(pair, "type", "string");
    if (attr.key[0] == '\0') {
      status = cspan_config_fail(pair, b->error, "an attribute needs a name");
    } else if (value->type != CSPAN_CONFIG_NULL) {
      char lower[16] = "";
      for (size_t i = 0; type[i] != '\0' && i + 1 < sizeof lower; i++) {
        lower[i] = (char)(type[i] | ('A' <= type[i] && type[i] <= 'Z' ? 0x20 : 0));
      }
      status = fill_value(b, value, lower, &attr);
      status = status == CSPAN_OK ? add(b, pair, &attr) : status;
    }
  }
  return status;
}

/* ------------------------------------------------------------------ lists of text */

static cspan_status decode(building *b, cspan_str text, const char **out) {
  cspan_buf buf;
  cspan_buf_init(&buf, CSPAN_CONFIG_TEXT_MAX);
  cspan_buf_reserve(&buf, 1);
  cspan_uri_decode(&buf, text.data, text.len);
  cspan_status status = cspan_buf_status(&buf);
  if (status == CSPAN_OK &&
      (memchr(buf.data, '\0', buf.len) != NULL || !cspan_utf8_valid(buf.data, buf.len))) {
    status = CSPAN_ERR_INVALID;
  }
  if (status == CSPAN_OK) {
    *out = cspan_arena_strndup(b->maker->arena, buf.data, buf.len);
    status = *out != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
  }
  cspan_buf_free(&buf);
  return status;
}

static cspan_status add_member(building *b, const cspan_config_node *where, cspan_str member) {
  const char *equals = memchr(member.data, '=', member.len);
  size_t key_len = equals != NULL ? (size_t)(equals - member.data) : 0;
  const char *key = NULL;
  const char *value = NULL;
  cspan_status status = CSPAN_ERR_INVALID;
  if (key_len > 0) {
    status = decode(b, cspan_str_trim((cspan_str){member.data, key_len}), &key);
  }
  if (status == CSPAN_OK) {
    status = decode(b, cspan_str_trim((cspan_str){equals + 1, member.len - key_len - 1}), &value);
  }
  if (status == CSPAN_ERR_NOMEM) {
    return cspan_config_no_memory(where, b->error);
  }
  if (status != CSPAN_OK || key[0] == '\0') {
    return cspan_config_fail(where, b->error, "is not a list of key=value with percent-encoding");
  }
  const cspan_attr attr = cspan_attr_string(key, value);
  return add(b, where, &attr);
}

/* "key=value,key2=value2", percent-encoded, as in OTEL_RESOURCE_ATTRIBUTES. */
static cspan_status add_list(building *b, const cspan_config_node *where, const char *text) {
  cspan_status status = CSPAN_OK;
  while (*text != '\0' && status == CSPAN_OK) {
    size_t len = strcspn(text, ",");
    cspan_str member = cspan_str_trim((cspan_str){text, len});
    if (member.len > 0) {
      status = add_member(b, where, member);
    }
    text += len + (text[len] == ',');
  }
  return status;
}

/* ------------------------------------------------------------------ detectors */

/* A UUID, version 4: telling apart processes of one service. */
static const char *new_instance_id(cspan_arena *arena) {
  uint8_t bytes[16];
  char hex[33];
  char *text = cspan_arena_alloc(arena, 37);
  cspan_random_id(bytes, 2);
  bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40);
  bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
  cspan_hex_encode(bytes, sizeof bytes, hex);
  for (size_t from = 0, to = 0; text != NULL && from < 32; from++) {
    if (from == 8 || from == 12 || from == 16 || from == 20) {
      text[to++] = '-';
    }
    text[to++] = hex[from];
  }
  return text;
}

static bool matches_any(const cspan_config_node *patterns, const char *key) {
  for (const cspan_config_node *p = patterns != NULL ? patterns->first : NULL; p != NULL;
       p = p->next) {
    if (cspan_pattern_matches(p->text, cspan_str_of(key))) {
      return true;
    }
  }
  return false;
}

static bool is_wanted(const building *b, const char *key) {
  const cspan_config_node *included = cspan_config_node_get(b->filter, "included");
  const cspan_config_node *excluded = cspan_config_node_get(b->filter, "excluded");
  return (included == NULL || matches_any(included, key)) && !matches_any(excluded, key);
}

static cspan_status detected(building *b, const cspan_config_node *where, const char *key,
                             const char *value) {
  cspan_attr attr = cspan_attr_string(key, value);
  return value != NULL && value[0] != '\0' && is_wanted(b, key) ? add(b, where, &attr) : CSPAN_OK;
}

/* Asked for by name, so that the environment is read here even though a file is in use. */
static cspan_status detect_service(building *b, const cspan_config_node *where) {
  const char *id = new_instance_id(b->maker->arena);
  if (id == NULL) {
    return cspan_config_no_memory(where, b->error);
  }
  cspan_status status = detected(b, where, "service.instance.id", id);
  return status == CSPAN_OK ? detected(b, where, "service.name", cspan_env("OTEL_SERVICE_NAME"))
                            : status;
}

/* Takes what a detector found, as far as the filter lets it through. */
static cspan_status take_found(building *b, const cspan_config_node *where,
                               const cspan_resource *found) {
  size_t count;
  const cspan_attr *attributes = cspan_resource_attributes(found, &count);
  cspan_status status = CSPAN_OK;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    if (is_wanted(b, attributes[i].key)) {
      status = add(b, where, &attributes[i]);
    }
  }
  return status;
}

/* Asked for by name as well. A list that is malformed is ignored as a whole, with a warning. */
static cspan_status detect_environment(building *b, const cspan_config_node *where) {
  cspan_resource *found = cspan_resource_new();
  if (found == NULL) {
    return cspan_config_no_memory(where, b->error);
  }
  cspan_settings_heed();
  cspan_status status = cspan_resource_from_env(found);
  cspan_settings_ignore();
  status =
      status == CSPAN_OK ? take_found(b, where, found) : cspan_config_no_memory(where, b->error);
  cspan_resource_free(found);
  return status;
}

static cspan_status detect_plugin(building *b, const cspan_config_node *choice) {
  cspan_component component = {.resource = NULL};
  cspan_status status =
      cspan_component_make(CSPAN_COMPONENT_RESOURCE_DETECTOR, choice, &component, b->error);
  if (status == CSPAN_OK) {
    status = take_found(b, choice->first, component.resource);
    cspan_resource_free(component.resource);
  }
  return status;
}

/* ----------------------------------------------------------- detectors of the library */

/* The provider runs it. */
static cspan_status leave_to_provider(building *b, const cspan_config_node *where,
                                      const char *name) {
  size_t len = strlen(b->detectors);
  if (len + strlen(name) + 2 > sizeof b->detectors) {
    return cspan_config_fail(where, b->error, "there are too many detectors");
  }
  snprintf(b->detectors + len, sizeof b->detectors - len, "%s%s", len > 0 ? "," : "", name);
  return CSPAN_OK;
}

/* With a filter it runs here, unless it is slow: those work in the background later on. */
static cspan_status use_detector(building *b, const cspan_config_node *where, const char *name) {
  cspan_detector_list list;
  cspan_resource *found = NULL;
  cspan_error *failure = NULL;
  cspan_status status = cspan_detector_list_parse(name, &list, &failure);
  if (status != CSPAN_OK) {
    return cspan_config_wrap(where, b->error, failure);
  }
  if (b->filter == NULL || cspan_detector_list_has_slow(&list)) {
    if (b->filter != NULL) {
      cspan_config_warn(where, "works in the background: its attributes are not filtered");
    }
    return leave_to_provider(b, where, name);
  }
  status = cspan_resource_detect(name, NULL, &found, &failure);
  if (status != CSPAN_OK) {
    return cspan_config_wrap(where, b->error, failure);
  }
  status = take_found(b, where, found);
  cspan_resource_free(found);
  return status;
}

/* By the schema, `host` populates host.* and os.* attributes. */
static cspan_status detect_one(building *b, const cspan_config_node *choice) {
  const cspan_config_node *named = choice->first;
  const char *name = named->key;
  if (strcmp(name, "service") == 0) {
    return detect_service(b, named);
  }
  if (strcmp(name, "env") == 0) {
    return detect_environment(b, named);
  }
  cspan_detector_list known;
  if (cspan_component_is_registered(CSPAN_COMPONENT_RESOURCE_DETECTOR, name) ||
      cspan_detector_list_parse(name, &known, NULL) == CSPAN_ERR_CONFIG) {
    return detect_plugin(b, choice); /* or it is not known, and is told so there */
  }
  cspan_status status = use_detector(b, named, name);
  return status == CSPAN_OK && strcmp(name, "host") == 0 ? use_detector(b, named, "os") : status;
}

static cspan_status detect(building *b, const cspan_config_node *detection) {
  const cspan_config_node *list = cspan_config_node_get(detection, "detectors");
  cspan_status status = CSPAN_OK;
  b->filter = cspan_config_node_get(detection, "attributes");
  for (const cspan_config_node *choice = list != NULL ? list->first : NULL;
       choice != NULL && status == CSPAN_OK; choice = choice->next) {
    status = detect_one(b, choice);
  }
  return status;
}

cspan_status cspan_make_resource(cspan_maker *maker, const cspan_config_node *node,
                                 cspan_made_resource *out, cspan_error **error) {
  building b = {.maker = maker, .resource = cspan_resource_new(), .error = error};
  *out = (cspan_made_resource){.resource = b.resource, .detectors = ""};
  if (b.resource == NULL) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the resource");
  }
  cspan_status status = detect(&b, cspan_config_node_get(node, "detection/development"));
  if (status == CSPAN_OK) {
    status = add_list(&b, cspan_config_node_get(node, "attributes_list"),
                      cspan_config_text(node, "attributes_list", ""));
  }
  if (status == CSPAN_OK) {
    status = add_attributes(&b, cspan_config_node_get(node, "attributes"));
  }
  out->attributes = cspan_resource_attributes(b.resource, &out->count);
  out->schema_url = cspan_config_text(node, "schema_url", NULL);
  out->detectors = cspan_arena_strdup(maker->arena, b.detectors);
  if (status == CSPAN_OK && out->detectors == NULL) {
    status = cspan_error_set(error, CSPAN_ERR_NOMEM, "no memory for the resource");
  }
  const cspan_attr *name = cspan_attrs_find(out->attributes, out->count, "service.name");
  if (name != NULL && name->type == CSPAN_ATTR_STRING) {
    maker->service_name = cspan_arena_strndup(maker->arena, name->value.string, name->count);
  }
  return status;
}
