/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/shape_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/alloc.h"
#include "cli/html_text.h"

#define DOCUMENTATION_MAX ((size_t)8 << 20)
#define INDENT            2
/* Of structures in one another, and of lists of lists. */
#define DEPTH_MAX   64
#define NESTING_MAX 16

enum { UNSEEN, OPEN, DONE };

static const char *const type_names[] = {
    [CSPAN_SHAPE_STRUCTURE] = "structure",
    [CSPAN_SHAPE_LIST] = "list",
    [CSPAN_SHAPE_MAP] = "map",
    [CSPAN_SHAPE_STRING] = "string",
    [CSPAN_SHAPE_BLOB] = "blob",
    [CSPAN_SHAPE_BOOLEAN] = "boolean",
    [CSPAN_SHAPE_INTEGER] = "integer",
    [CSPAN_SHAPE_LONG] = "long",
    [CSPAN_SHAPE_FLOAT] = "float",
    [CSPAN_SHAPE_DOUBLE] = "double",
    [CSPAN_SHAPE_TIMESTAMP] = "timestamp",
    [CSPAN_SHAPE_DOCUMENT] = "document",
};

bool cspan_cli_shapes_open(cspan_cli_shapes *shapes, const cspan_service_model *model) {
  *shapes = (cspan_cli_shapes){.model = model, .width = 100};
  shapes->seen = cspan_calloc(model->shape_count + 1, 1);
  return shapes->seen != NULL;
}

void cspan_cli_shapes_close(cspan_cli_shapes *shapes) {
  cspan_documentation_reader_clear(&shapes->reader);
  cspan_free(shapes->seen);
  cspan_error_free(shapes->error);
}

char *cspan_cli_documentation(cspan_cli_shapes *shapes, uint32_t documentation) {
  const char *html = NULL;
  cspan_buf text;
  if (documentation == 0 ||
      cspan_documentation_read(&shapes->reader, shapes->model, documentation, &html,
                               shapes->error ? NULL : &shapes->error) != CSPAN_OK) {
    return NULL;
  }
  cspan_buf_init(&text, DOCUMENTATION_MAX);
  cspan_cli_html_text(html, &text);
  if (text.len == 0) {
    cspan_buf_free(&text);
    return NULL;
  }
  return cspan_buf_take(&text, NULL);
}

void cspan_cli_put_documentation(cspan_cli_shapes *shapes, uint32_t documentation, size_t indent,
                                 bool whole) {
  char *text = cspan_cli_documentation(shapes, documentation);
  if (text) {
    size_t len = whole ? strlen(text) : cspan_cli_sentence(text);
    cspan_cli_put_wrapped(stdout, text, len, indent, shapes->width);
  }
  cspan_free(text);
}

static const cspan_shape *element_of(const cspan_service_model *model, const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(model, shape);
  return cspan_member_shape(model, &members[shape->type == CSPAN_SHAPE_MAP ? 1 : 0]);
}

/* The shape within lists and maps; itself where it is neither. */
static const cspan_shape *innermost(const cspan_service_model *model, const cspan_shape *shape) {
  for (int depth = 0; depth < NESTING_MAX; depth++) {
    if (shape->type != CSPAN_SHAPE_LIST && shape->type != CSPAN_SHAPE_MAP) {
      break;
    }
    shape = element_of(model, shape);
  }
  return shape;
}

void cspan_cli_type_text(const cspan_service_model *model, const cspan_shape *shape,
                         cspan_buf *out) {
  for (int depth = 0; depth < NESTING_MAX; depth++) {
    if (shape->type == CSPAN_SHAPE_LIST) {
      (void)cspan_buf_str(out, "list of ");
    } else if (shape->type == CSPAN_SHAPE_MAP) {
      (void)cspan_buf_str(out, "map of string to ");
    } else {
      break;
    }
    shape = element_of(model, shape);
  }
  const char *name = type_names[shape->type];
  if (shape->flags & CSPAN_SHAPE_EVENT_STREAM) {
    name = "event stream";
  } else if (shape->flags & CSPAN_SHAPE_UNION) {
    name = "union";
  }
  (void)cspan_buf_str(out, name);
  if (shape->type == CSPAN_SHAPE_STRUCTURE) {
    (void)cspan_buf_printf(out, " %s", cspan_model_text(model, shape->name));
  }
}

static void put_limits(const cspan_service_model *model, const cspan_shape *shape, cspan_buf *out) {
  int64_t min = cspan_shape_min(model, shape);
  int64_t max = cspan_shape_max(model, shape);
  if (min != INT64_MIN && max != INT64_MAX) {
    (void)cspan_buf_printf(out, ", %" PRId64 " to %" PRId64, min, max);
  } else if (min != INT64_MIN) {
    (void)cspan_buf_printf(out, ", at least %" PRId64, min);
  } else if (max != INT64_MAX) {
    (void)cspan_buf_printf(out, ", at most %" PRId64, max);
  }
}

static void put_location(const cspan_service_model *model, const cspan_member_model *member,
                         cspan_buf *out) {
  static const char *const places[] = {
      [CSPAN_LOCATION_BODY] = NULL,         [CSPAN_LOCATION_URI] = "path",
      [CSPAN_LOCATION_QUERY] = "query",     [CSPAN_LOCATION_HEADER] = "header",
      [CSPAN_LOCATION_HEADERS] = "headers", [CSPAN_LOCATION_STATUS] = "status code",
  };
  if (places[member->location]) {
    const char *name =
        cspan_model_text(model, member->location_name ? member->location_name : member->name);
    (void)cspan_buf_printf(out, ", in the %s", places[member->location]);
    if (member->location != CSPAN_LOCATION_STATUS) {
      (void)cspan_buf_printf(out, " %s", name);
    }
  }
}

typedef struct flag_text {
  unsigned flag;
  const char *text;
} flag_text;

static const flag_text member_flags[] = {
    {CSPAN_MEMBER_REQUIRED, "required"},
    {CSPAN_MEMBER_STREAMING, "streaming"},
    {CSPAN_MEMBER_IDEMPOTENCY_TOKEN, "made where it is not given"},
    {CSPAN_MEMBER_JSON_VALUE, "JSON"},
    {CSPAN_MEMBER_HOST_LABEL, "part of the host name"},
    {CSPAN_MEMBER_SENSITIVE, "sensitive"},
    {CSPAN_MEMBER_DEPRECATED, "deprecated"},
};

static void put_enums(const cspan_service_model *model, const cspan_shape *shape, cspan_buf *out) {
  for (uint32_t i = 0; i < shape->enums.count; i++) {
    (void)cspan_buf_printf(out, "%s%s", i ? ", " : "One of ",
                           cspan_model_text(model, model->refs[shape->enums.first + i]));
  }
}

static void put_lines(cspan_cli_shapes *shapes, cspan_buf *text, size_t indent) {
  if (cspan_buf_status(text) == CSPAN_OK && text->len) {
    cspan_cli_put_wrapped(stdout, text->data, text->len, indent, shapes->width);
  }
  cspan_buf_free(text);
}

static void put_member(cspan_cli_shapes *shapes, const cspan_member_model *member, const char *mark,
                       size_t indent) {
  const cspan_service_model *model = shapes->model;
  const cspan_shape *shape = cspan_member_shape(model, member);
  cspan_buf line;
  cspan_buf_init(&line, DOCUMENTATION_MAX);
  (void)cspan_buf_printf(&line, "%s: ", cspan_model_text(model, member->name));
  cspan_cli_type_text(model, shape, &line);
  for (size_t i = 0; i < sizeof member_flags / sizeof member_flags[0]; i++) {
    if (member->flags & member_flags[i].flag) {
      (void)cspan_buf_printf(&line, ", %s", member_flags[i].text);
    }
  }
  put_limits(model, shape, &line);
  put_location(model, member, &line);
  (void)cspan_buf_str(&line, mark);
  put_lines(shapes, &line, indent);
  uint32_t documentation = member->documentation ? member->documentation : shape->documentation;
  cspan_cli_put_documentation(shapes, documentation, indent + 2 * INDENT, shapes->whole);
  cspan_buf_init(&line, DOCUMENTATION_MAX);
  put_enums(model, innermost(model, shape), &line);
  put_lines(shapes, &line, indent + 2 * INDENT);
}

static void put_tree(cspan_cli_shapes *shapes, const cspan_shape *shape, size_t depth) {
  const cspan_service_model *model = shapes->model;
  const cspan_member_model *members = cspan_shape_members(model, shape);
  uint8_t *state = &shapes->seen[shape - model->shapes];
  *state = OPEN;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    const cspan_shape *inner = innermost(model, cspan_member_shape(model, &members[i]));
    bool is_structure = inner->type == CSPAN_SHAPE_STRUCTURE && inner->members.count;
    uint8_t seen = is_structure ? shapes->seen[inner - model->shapes] : UNSEEN;
    put_member(shapes, &members[i],
               seen == OPEN   ? " (recursive)"
               : seen == DONE ? " (see above)"
                              : "",
               (depth + 1) * INDENT);
    if (is_structure && seen == UNSEEN && depth < DEPTH_MAX) {
      put_tree(shapes, inner, depth + 1);
    }
  }
  *state = DONE;
}

void cspan_cli_put_shape_tree(cspan_cli_shapes *shapes, const cspan_shape *shape) {
  memset(shapes->seen, UNSEEN, shapes->model->shape_count);
  if (shape->members.count == 0) {
    (void)printf("%*s(no members)\n", INDENT, "");
    return;
  }
  put_tree(shapes, shape, 0);
}

static void json_names(const cspan_service_model *model, cspan_table_range range, const char *name,
                       cspan_cli_json *json) {
  cspan_cli_json_list(json, name);
  for (uint32_t i = 0; i < range.count; i++) {
    cspan_cli_json_item(json, cspan_model_text(model, model->refs[range.first + i]));
  }
  cspan_cli_json_list_end(json);
}

static void json_member(cspan_cli_shapes *shapes, const cspan_member_model *member,
                        cspan_cli_json *json) {
  const cspan_service_model *model = shapes->model;
  char *documentation = cspan_cli_documentation(shapes, member->documentation);
  cspan_cli_json_open(json, cspan_model_text(model, member->name));
  cspan_cli_json_text(json, "shape",
                      cspan_model_text(model, cspan_member_shape(model, member)->name));
  if (member->flags & CSPAN_MEMBER_REQUIRED) {
    cspan_cli_json_bool(json, "required", true);
  }
  if (member->location_name) {
    cspan_cli_json_text(json, "location_name", cspan_model_text(model, member->location_name));
  }
  cspan_cli_json_text(json, "documentation", documentation);
  cspan_cli_json_close(json);
  cspan_free(documentation);
}

static void json_shape(cspan_cli_shapes *shapes, const cspan_shape *shape, cspan_cli_json *json) {
  const cspan_service_model *model = shapes->model;
  const cspan_member_model *members = cspan_shape_members(model, shape);
  cspan_cli_json_open(json, cspan_model_text(model, shape->name));
  cspan_cli_json_text(json, "type", type_names[shape->type]);
  if (shape->members.count) {
    cspan_cli_json_open(json, "members");
    for (uint32_t i = 0; i < shape->members.count; i++) {
      json_member(shapes, &members[i], json);
    }
    cspan_cli_json_close(json);
  }
  if (shape->enums.count) {
    json_names(model, shape->enums, "enum", json);
  }
  cspan_cli_json_close(json);
}

/* Marks what a shape's members refer to; true when that is more than before. */
static bool reach(cspan_cli_shapes *shapes, const cspan_shape *shape) {
  const cspan_member_model *members = cspan_shape_members(shapes->model, shape);
  bool more = false;
  for (uint32_t i = 0; i < shape->members.count; i++) {
    uint8_t *state = &shapes->seen[members[i].shape];
    more = more || *state == UNSEEN;
    *state = *state == UNSEEN ? OPEN : *state;
  }
  return more;
}

void cspan_cli_json_shapes(cspan_cli_shapes *shapes, cspan_cli_json *json,
                           const cspan_shape *const *roots, size_t count) {
  const cspan_service_model *model = shapes->model;
  memset(shapes->seen, UNSEEN, model->shape_count);
  for (size_t i = 0; i < count; i++) {
    if (roots[i]) {
      shapes->seen[roots[i] - model->shapes] = OPEN;
    }
  }
  bool more = true;
  while (more) {
    more = false;
    for (uint32_t i = 0; i < model->shape_count; i++) {
      if (shapes->seen[i] == OPEN) {
        shapes->seen[i] = DONE;
        more = reach(shapes, &model->shapes[i]) || more;
      }
    }
  }
  cspan_cli_json_open(json, "shapes");
  for (uint32_t i = 0; i < model->shape_count; i++) {
    if (shapes->seen[i] != UNSEEN) {
      json_shape(shapes, &model->shapes[i], json);
    }
  }
  cspan_cli_json_close(json);
}
