/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/path.h"

#include <stdint.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/value.h"

typedef enum step_kind { STEP_MEMBER, STEP_INDEX, STEP_EACH } step_kind;

typedef struct path_step {
  step_kind kind;
  uint32_t size;    /* of a name */
  size_t index;     /* of an item */
  const char *name; /* in the path's memory */
} path_step;

struct cspan_path {
  size_t count;
  bool has_each;
  path_step steps[CSPAN_PATH_MAX_STEPS];
  char text[]; /* each name ends with a NUL in the place of what followed it */
};

/* What is read, and what is wrong with it. */
typedef struct path_reader {
  cspan_path *path;
  char *at;
  const char *wrong;
} path_reader;

static path_step *add_step(path_reader *r, step_kind kind) {
  if (r->path->count == CSPAN_PATH_MAX_STEPS) {
    r->wrong = "it has more than 16 steps";
    return NULL;
  }
  path_step *step = &r->path->steps[r->path->count++];
  step->kind = kind;
  return step;
}

static void read_name(path_reader *r) {
  size_t size = strcspn(r->at, ".[]");
  if (size == 0) {
    r->wrong = "a name is missing";
    return;
  }
  path_step *step = add_step(r, STEP_MEMBER);
  if (step != NULL) {
    step->name = r->at;
    step->size = (uint32_t)size;
    r->at += size;
  }
}

static void read_brackets(path_reader *r) {
  enum { MAX_DIGITS = 9 };
  size_t digits = strspn(r->at + 1, "0123456789");
  if (r->at[1 + digits] != ']' || digits > MAX_DIGITS) {
    r->wrong = "between '[' and ']' there may be nothing, or a number below 1,000,000,000";
    return;
  }
  path_step *step = add_step(r, digits != 0 ? STEP_INDEX : STEP_EACH);
  if (step == NULL) {
    return;
  }
  r->path->has_each = r->path->has_each || digits == 0;
  for (size_t i = 0; i < digits; i++) {
    step->index = step->index * 10 + (size_t)(r->at[1 + i] - '0');
  }
  r->at += digits + 2;
}

static void read_path(path_reader *r) {
  read_name(r);
  while (r->wrong == NULL && *r->at != '\0') {
    if (*r->at == '[') {
      read_brackets(r);
    } else if (*r->at == '.') {
      r->at++;
      read_name(r);
    } else {
      r->wrong = "after ']' there may be '.', '[' or nothing";
    }
  }
}

static void end_names(cspan_path *path) {
  for (size_t i = 0; i < path->count; i++) {
    if (path->steps[i].kind == STEP_MEMBER) {
      path->text[(size_t)(path->steps[i].name - path->text) + path->steps[i].size] = '\0';
    }
  }
}

cspan_status cspan_path_parse(const char *text, cspan_path **out, cspan_error **error) {
  size_t size = strlen(text);
  *out = NULL;
  if (size > CSPAN_PATH_MAX_BYTES) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "a path has at most %d bytes, not %zu",
                           (int)CSPAN_PATH_MAX_BYTES, size);
  }
  cspan_path *path = cspan_calloc(1, sizeof *path + size + 1);
  if (path == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  memcpy(path->text, text, size);
  path_reader reader = {.path = path, .at = path->text};
  read_path(&reader);
  if (reader.wrong != NULL) {
    cspan_status status =
        cspan_error_set(error, CSPAN_ERR_INVALID, "the path \"%s\" is wrong at byte %zu: %s", text,
                        (size_t)(reader.at - path->text) + 1, reader.wrong);
    cspan_free(path);
    return status;
  }
  end_names(path);
  *out = path;
  return CSPAN_OK;
}

void cspan_path_free(cspan_path *path) {
  cspan_free(path);
}

const char *cspan_path_member(const cspan_path *path) {
  return path->count == 1 ? path->steps[0].name : NULL;
}

bool cspan_path_has_each(const cspan_path *path) {
  return path->has_each;
}

/* One step that leads to one value. */
static const cspan_value *take(const path_step *step, const cspan_value *value) {
  if (step->kind == STEP_MEMBER) {
    return cspan_value_find(value, step->name, step->size);
  }
  return cspan_value_get_kind(value) == CSPAN_VALUE_LIST ? cspan_value_at(value, step->index)
                                                         : NULL;
}

/* False: no more is wanted. As deep as the path has steps. */
static bool walk(const cspan_path *path, size_t at, const cspan_value *value,
                 cspan_path_visit_fn visit, void *user) {
  while (at < path->count && path->steps[at].kind != STEP_EACH) {
    value = take(&path->steps[at++], value);
  }
  if (cspan_value_is_null(value)) {
    return true;
  }
  if (at == path->count) {
    return visit(user, value);
  }
  for (size_t i = 0; i < cspan_value_count(value); i++) {
    if (!walk(path, at + 1, cspan_value_at(value, i), visit, user)) {
      return false;
    }
  }
  return true;
}

void cspan_path_visit(const cspan_path *path, const cspan_value *value, cspan_path_visit_fn visit,
                      void *user) {
  (void)walk(path, 0, value, visit, user);
}

static bool keep_first(void *user, const cspan_value *value) {
  *(const cspan_value **)user = value;
  return false;
}

const cspan_value *cspan_path_first(const cspan_path *path, const cspan_value *value) {
  const cspan_value *found = NULL;
  cspan_path_visit(path, value, keep_first, &found);
  return found;
}
