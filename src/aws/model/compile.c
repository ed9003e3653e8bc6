/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/model/compile.h"

#include <stdlib.h>
#include <string.h>

#include "aws/model/build.h"
#include "aws/rules/rules.h"
#include "base/alloc.h"
#include "base/error.h"

#define TEXTS_MAX ((size_t)64 << 20)

static json_t *load(cspan_builder *build, const char *file, cspan_str json) {
  json_error_t fault;
  json_t *root = json_loadb(json.data ? json.data : "", json.len, 0, &fault);
  if (!root && json_error_code(&fault) == json_error_out_of_memory) {
    cspan_build_no_memory(build);
  } else if (!root) {
    cspan_build_fail(build, "%s, line %d, column %d: %s", file, fault.line, fault.column,
                     fault.text);
  } else if (!json_is_object(root)) {
    cspan_build_fail(build, "%s is not an object", file);
  }
  return root;
}

static json_t *load_optional(cspan_builder *build, const char *file, cspan_str json) {
  return json.data ? load(build, file, json) : NULL;
}

/* What the public model lacks and its users need. */
static void merge(cspan_builder *build, json_t *into, const char *file, cspan_str json) {
  if (!json.data || !into || !cspan_build_ok(build)) {
    return;
  }
  json_t *extras = load(build, file, json);
  json_t *changes = cspan_build_object(build, extras, "merge");
  if (changes && json_object_update_recursive(into, changes) != 0) {
    cspan_build_no_memory(build);
  }
  json_decref(extras);
}

static int compare_names(const void *left, const void *right) {
  return strcmp(*(const char *const *)left, *(const char *const *)right);
}

static void number_shapes(cspan_builder *build) {
  const char *name = NULL;
  json_t *shape = NULL;
  uint32_t index = 0;
  json_object_foreach(build->shape_models, name, shape) {
    if (!cspan_pool_add(&build->shapes, name, strlen(name), index++)) {
      cspan_build_no_memory(build);
      return;
    }
  }
}

/* In the order of their names. */
static void number_operations(cspan_builder *build) {
  size_t count = json_object_size(build->operation_models);
  const char **names = cspan_calloc(count + 1, sizeof *names);
  const char *name = NULL;
  json_t *operation = NULL;
  size_t i = 0;
  if (!names) {
    cspan_build_no_memory(build);
    return;
  }
  json_object_foreach(build->operation_models, name, operation) {
    names[i++] = name;
  }
  qsort(names, count, sizeof *names, compare_names);
  for (i = 0; i < count; i++) {
    if (!cspan_pool_add(&build->operations, names[i], strlen(names[i]), (uint32_t)i)) {
      cspan_build_no_memory(build);
      break;
    }
  }
  cspan_free(names);
}

static void walk(cspan_builder *build, json_t *service, json_t *paginators, json_t *waiters) {
  for (int part = 0; part < CSPAN_PART_COUNT; part++) {
    if (part != CSPAN_PART_TEXTS) {
      cspan_buf_clear(&build->parts[part]);
    }
  }
  cspan_pool_free(&build->bounds);
  cspan_build_service(build, service);
  cspan_build_shapes(build);
  cspan_build_operations(build);
  if (cspan_build_ok(build)) {
    cspan_build_paginators(build, paginators);
    cspan_build_waiters(build, waiters);
  }
}

static void compile_rules(cspan_builder *build, cspan_str rules) {
  cspan_error *error = NULL;
  if (!rules.data || !cspan_build_ok(build)) {
    return;
  }
  build->status = cspan_rules_compile(rules, &build->parts[CSPAN_PART_RULES], &error);
  if (build->status != CSPAN_OK) {
    cspan_error_prefix(error, "model of '%s'", build->key);
    build->status = cspan_error_move(build->error, error);
  }
}

static void compile(cspan_builder *build, const cspan_model_source *source, json_t *service,
                    json_t *paginators, json_t *waiters) {
  build->shape_models = cspan_build_object(build, service, "shapes");
  build->operation_models = cspan_build_object(build, service, "operations");
  number_shapes(build);
  number_operations(build);
  if (cspan_build_ok(build)) {
    walk(build, service, paginators, waiters);
  }
  if (cspan_build_ok(build)) {
    build->status = cspan_pool_layout(&build->texts, &build->parts[CSPAN_PART_TEXTS]);
    build->laid_out = true;
  }
  if (cspan_build_ok(build)) {
    walk(build, service, paginators, waiters);
    cspan_build_documentation_end(build);
  }
  compile_rules(build, source->rules);
}

static bool builder_init(cspan_builder *build, const cspan_model_source *source,
                         cspan_error **error) {
  *build = (cspan_builder){
      .key = source->key ? source->key : "",
      .with_documentation = !source->without_documentation,
      .error = error,
  };
  for (int part = 0; part < CSPAN_PART_COUNT; part++) {
    cspan_buf_init(&build->parts[part], TEXTS_MAX);
  }
  cspan_buf_init(&build->block, CSPAN_DOCUMENTATION_BLOCK_MAX);
  build->arena = cspan_arena_create(TEXTS_MAX);
  if (!build->arena) {
    cspan_build_no_memory(build);
  }
  return build->arena != NULL;
}

static void builder_free(cspan_builder *build) {
  for (int part = 0; part < CSPAN_PART_COUNT; part++) {
    cspan_buf_free(&build->parts[part]);
  }
  cspan_buf_free(&build->block);
  cspan_pool_free(&build->texts);
  cspan_pool_free(&build->documents);
  cspan_pool_free(&build->shapes);
  cspan_pool_free(&build->operations);
  cspan_pool_free(&build->bounds);
  cspan_arena_free(build->arena);
}

/* A buffer that failed is told here, once. */
static void finish(cspan_builder *build, cspan_buf *section) {
  if (cspan_build_ok(build)) {
    build->status = cspan_section_write(build->parts, section);
  }
  if (build->status == CSPAN_ERR_NOMEM) {
    (void)cspan_error_set(build->error, CSPAN_ERR_NOMEM, "out of memory");
  } else if (build->status == CSPAN_ERR_LIMIT) {
    (void)cspan_error_set(build->error, CSPAN_ERR_LIMIT,
                          "model of '%s': is larger than a model may be", build->key);
  }
}

cspan_status cspan_model_compile(const cspan_model_source *source, cspan_buf *section,
                                 cspan_error **error) {
  cspan_builder build;
  json_t *service = NULL;
  json_t *paginators = NULL;
  json_t *waiters = NULL;
  if (builder_init(&build, source, error)) {
    service = load(&build, "service-2.json", source->service);
    paginators = load_optional(&build, "paginators-1.json", source->paginators);
    waiters = load_optional(&build, "waiters-2.json", source->waiters);
    merge(&build, service, "service-2.sdk-extras.json", source->service_extras);
    merge(&build, paginators, "paginators-1.sdk-extras.json", source->paginators_extras);
  }
  if (cspan_build_ok(&build)) {
    compile(&build, source, service, paginators, waiters);
  }
  finish(&build, section);
  json_decref(service);
  json_decref(paginators);
  json_decref(waiters);
  builder_free(&build);
  return build.status;
}
