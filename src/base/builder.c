/* SPDX-License-Identifier: Apache-2.0 */
/* The public builder: a maker with an arena of its own. */
#include "base/alloc.h"
#include "base/value.h"

struct cspan_builder {
  cspan_arena *arena;
  cspan_maker maker;
};

cspan_builder *cspan_builder_create(void) {
  cspan_builder *builder = cspan_calloc(1, sizeof *builder);
  if (builder == NULL) {
    return NULL;
  }
  builder->arena = cspan_arena_create(0);
  if (builder->arena == NULL) {
    cspan_free(builder);
    return NULL;
  }
  cspan_maker_init(&builder->maker, builder->arena);
  return builder;
}

void cspan_builder_free(cspan_builder *builder) {
  if (builder != NULL) {
    cspan_maker_free(&builder->maker);
    cspan_arena_free(builder->arena);
    cspan_free(builder);
  }
}

static void take_name(cspan_builder *builder, const char *name) {
  if (name != NULL) {
    cspan_maker_name(&builder->maker, name, strlen(name));
  }
}

static void begin(cspan_builder *builder, const char *name, cspan_value_kind kind) {
  if (builder != NULL) {
    take_name(builder, name);
    cspan_maker_begin(&builder->maker, kind);
  }
}

void cspan_builder_begin_map(cspan_builder *builder, const char *name) {
  begin(builder, name, CSPAN_VALUE_MAP);
}

void cspan_builder_begin_list(cspan_builder *builder, const char *name) {
  begin(builder, name, CSPAN_VALUE_LIST);
}

void cspan_builder_end(cspan_builder *builder) {
  if (builder != NULL) {
    cspan_maker_end(&builder->maker);
  }
}

void cspan_builder_add(cspan_builder *builder, const char *name, cspan_value value) {
  if (builder == NULL || builder->maker.status != CSPAN_OK) {
    return;
  }
  cspan_value copy;
  cspan_status status = cspan_value_copy(builder->arena, &value, &copy);
  if (status != CSPAN_OK) {
    builder->maker.status = status;
    return;
  }
  take_name(builder, name);
  cspan_maker_put(&builder->maker, copy);
}

cspan_status cspan_builder_finish(cspan_builder *builder, cspan_document **out,
                                  cspan_error **error) {
  *out = NULL;
  if (builder == NULL) {
    return cspan_value_fault(CSPAN_ERR_NOMEM, error);
  }
  cspan_value root;
  cspan_maker *maker = &builder->maker;
  while (maker->depth > 0 && maker->status == CSPAN_OK) {
    cspan_maker_end(maker);
  }
  cspan_status status = cspan_maker_finish(maker, &root);
  cspan_arena *arena = builder->arena;
  builder->arena = NULL;
  cspan_builder_free(builder);
  return cspan_document_close(arena, &root, status, out, error);
}
