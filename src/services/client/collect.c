/* SPDX-License-Identifier: Apache-2.0 */
/* All pages of a listing as one document. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "services/client/client.h"
#include "services/client/page_token.h"
#include "services/client/pages.h"

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
  case CSPAN_VALUE_NULL:
    break;
  default:
    cspan_builder_add(builder, name, *first);
  }
}

/* "DistributionList.Items": maps around the last name. Results do not share a
 * map. */
static cspan_status add_at_path(const collection *c, cspan_builder *builder, const char *path) {
  size_t depth = 0;
  const char *rest = path;
  for (const char *dot; (dot = strchr(rest, '.')) != NULL; rest = dot + 1) {
    char *name = cspan_strndup(rest, (size_t)(dot - rest));
    if (name == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    cspan_builder_begin_map(builder, name);
    cspan_free(name);
    depth++;
  }
  add_result(c, builder, rest, path);
  while (depth-- > 0) {
    cspan_builder_end(builder);
  }
  return CSPAN_OK;
}

static cspan_status build(const collection *c, cspan_document **out, cspan_error **error) {
  const cspan_paginator_model *model = cspan_pages_model(c->pages);
  cspan_builder *builder = cspan_builder_create();
  cspan_status status = CSPAN_OK;
  cspan_builder_begin_map(builder, NULL);
  for (uint32_t i = 0; i < model->result_key.count && status == CSPAN_OK; i++) {
    status = add_at_path(c, builder, cspan_pages_text(c->pages, model->result_key, i));
  }
  for (uint32_t i = 0; i < model->non_aggregate_keys.count && c->count > 0; i++) {
    const char *name = cspan_pages_text(c->pages, model->non_aggregate_keys, i);
    const cspan_value *value = on_page(c, 0, name);
    if (value != NULL && strchr(name, '.') == NULL) {
      cspan_builder_add(builder, name, *value);
    }
  }
  const char *resume = cspan_pages_resume_token(c->pages);
  if (resume != NULL) {
    cspan_builder_add(builder, "NextToken", cspan_string(resume));
  }
  if (status != CSPAN_OK) {
    cspan_builder_free(builder);
    return cspan_error_move(error, cspan_error_nomem());
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
