/* SPDX-License-Identifier: Apache-2.0 */
/* All pages of a listing as one document. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/client/client.h"
#include "services/client/page_token.h"
#include "services/client/pages.h"

/* No model has paths of more than three names. */
enum { PATH_DEPTH_MAX = 8 };

/* The pages and where they are; values of the result refer to them. */
typedef struct collection {
  cspan_pages *pages;
  cspan_document **all;
  size_t count;
  size_t cap;
} collection;

static cspan_status keep(collection *c, cspan_document *page) {
  if (c->count == c->cap) {
    size_t cap = c->cap > 0 ? 2 * c->cap : 16;
    cspan_document **more = cspan_realloc(c->all, cap * sizeof(cspan_document *));
    if (more == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    c->all = more;
    c->cap = cap;
  }
  c->all[c->count++] = page;
  return CSPAN_OK;
}

static const cspan_value *on_page(const collection *c, size_t page, const char *path) {
  return cspan_page_find(cspan_document_value(c->all[page]), path);
}

/* What of the pages goes where in the result: "StreamDescription.Shards". */
typedef struct part {
  const char *path;
  bool is_result; /* else of the first page alone, and null where that has none, as botocore says */
  bool is_done;
} part;

static void add_list(const collection *c, cspan_builder *builder, const char *name,
                     const char *path) {
  cspan_builder_begin_list(builder, name);
  for (size_t i = 0; i < c->count; i++) {
    const cspan_value *items = on_page(c, i, path);
    for (size_t k = 0; k < cspan_value_count(items); k++) {
      cspan_builder_add(builder, NULL, *cspan_value_at(items, k));
    }
  }
  cspan_builder_end(builder);
}

/* Lists are joined and numbers added up; of anything else the first page's
 * value counts. */
static void add_result(const collection *c, cspan_builder *builder, const char *name,
                       const char *path) {
  const cspan_value *first = NULL;
  int64_t sum = 0;
  for (size_t i = 0; i < c->count; i++) {
    const cspan_value *value = on_page(c, i, path);
    first = first != NULL ? first : value;
    sum += cspan_value_int(value, 0);
  }
  switch (cspan_value_get_kind(first)) {
  case CSPAN_VALUE_LIST:
    add_list(c, builder, name, path);
    break;
  case CSPAN_VALUE_INT:
    cspan_builder_add(builder, name, cspan_int(sum));
    break;
  default:
    if (first != NULL && first->kind != CSPAN_VALUE_NULL) {
      cspan_builder_add(builder, name, *first);
    }
  }
}

static bool is_given(const collection *c, const part *p) {
  for (size_t i = 0; i < c->count; i++) {
    if (!p->is_result || !cspan_value_is_null(on_page(c, i, p->path))) {
      return true;
    }
  }
  return false;
}

static void add_part(const collection *c, cspan_builder *builder, const char *name, const part *p) {
  if (p->is_result) {
    add_result(c, builder, name, p->path);
    return;
  }
  const cspan_value *value = on_page(c, 0, p->path);
  cspan_builder_add(builder, name, value != NULL ? *value : cspan_null());
}

/* The parts whose paths begin with the first `prefix` bytes of parts[0]'s. Maps
 * within are as deep as a path has dots. */
static cspan_status add_parts(const collection *c, cspan_builder *builder, part *parts,
                              size_t count, size_t prefix, int depth) {
  const char *within = parts[0].path;
  cspan_status status = depth < PATH_DEPTH_MAX ? CSPAN_OK : CSPAN_ERR_LIMIT;
  for (size_t i = 0; i < count && status == CSPAN_OK; i++) {
    part *p = &parts[i];
    if (p->is_done || !is_given(c, p) || strncmp(p->path, within, prefix) != 0) {
      continue;
    }
    const char *name = p->path + prefix;
    const char *dot = strchr(name, '.');
    if (dot == NULL) {
      add_part(c, builder, name, p);
      p->is_done = true;
      continue;
    }
    char *outer = cspan_strndup(name, (size_t)(dot - name));
    if (outer == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    cspan_builder_begin_map(builder, outer);
    cspan_free(outer);
    status = add_parts(c, builder, p, count - i, (size_t)(dot + 1 - p->path), depth + 1);
    cspan_builder_end(builder);
  }
  return status;
}

static cspan_status add_all(const collection *c, cspan_builder *builder) {
  const cspan_paginator_model *model = cspan_pages_model(c->pages);
  size_t results = model->result_key.count;
  size_t count = results + model->non_aggregate_keys.count;
  part *parts = count > 0 ? cspan_calloc(count, sizeof *parts) : NULL;
  if (parts == NULL) {
    return count > 0 ? CSPAN_ERR_NOMEM : CSPAN_OK;
  }
  for (size_t i = 0; i < count; i++) {
    parts[i].is_result = i < results;
    parts[i].path = i < results
                        ? cspan_pages_text(c->pages, model->result_key, i)
                        : cspan_pages_text(c->pages, model->non_aggregate_keys, i - results);
  }
  cspan_status status = add_parts(c, builder, parts, count, 0, 0);
  cspan_free(parts);
  return status;
}

static cspan_status build(const collection *c, cspan_document **out, cspan_error **error) {
  cspan_builder *builder = cspan_builder_create();
  cspan_builder_begin_map(builder, NULL);
  cspan_status status = add_all(c, builder);
  const char *resume = cspan_pages_resume_token(c->pages);
  if (resume != NULL) {
    cspan_builder_add(builder, "NextToken", cspan_string(resume));
  }
  if (status != CSPAN_OK) {
    cspan_builder_free(builder);
    return cspan_error_set(error, status, "the pages could not be joined (%s)",
                           cspan_status_name(status));
  }
  return cspan_builder_finish(builder, out, error);
}

cspan_status cspan_pages_collect(cspan_pages *pages, cspan_document **out, cspan_error **error) {
  collection c = {.pages = pages};
  cspan_document *page = NULL;
  *out = NULL;
  cspan_status status = cspan_pages_next(pages, &page, error);
  while (status == CSPAN_OK && page != NULL) {
    if (keep(&c, page) != CSPAN_OK) {
      cspan_document_free(page);
      status = cspan_error_move(error, cspan_error_nomem());
    } else {
      status = cspan_pages_next(pages, &page, error);
    }
  }
  if (status == CSPAN_OK) {
    status = build(&c, out, error);
  }
  for (size_t i = 0; i < c.count; i++) {
    cspan_document_free(c.all[i]);
  }
  cspan_free(c.all);
  return status;
}
