/* SPDX-License-Identifier: Apache-2.0 */
/* The pages of an operation, by the model's paginator. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aws/protocol/protocol.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/jmespath.h"
#include "services/client/client.h"
#include "services/client/page_token.h"
#include "services/client/pages.h"

enum { TOKENS_MAX = 16 };

static const size_t arena_max = 64U << 20;

struct cspan_pages {
  cspan_client *client;
  cspan_client_request request; /* `input` is of `base` */
  cspan_document *base;
  cspan_context context;
  const cspan_operation_model *operation;
  const cspan_paginator_model *model;
  cspan_pages_options options;
  cspan_page_token token; /* of the next page */
  bool is_over;
  int64_t given; /* items so far */
  char *resume;
  /* of cspan_pages_next_item() */
  cspan_document *page;
  cspan_document *items;
  size_t next_item;
};

static cspan_status nomem(cspan_error **error) {
  return cspan_error_move(error, cspan_error_nomem());
}

const cspan_paginator_model *cspan_pages_model(const cspan_pages *pages) {
  return pages->model;
}

const char *cspan_pages_text(const cspan_pages *pages, cspan_table_range range, size_t index) {
  return cspan_model_text(pages->client->model, pages->client->model->refs[range.first + index]);
}

/* ------------------------------------------------------------------ making */

static cspan_status find_paginator(cspan_pages *pages, cspan_error **error) {
  const cspan_client *client = pages->client;
  cspan_status status =
      cspan_client_operation(client, pages->request.operation, &pages->operation, error);
  if (status != CSPAN_OK) {
    return status;
  }
  if (pages->operation->paginator == 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "%s of %s has no pages",
                           pages->request.operation, client->service.id);
  }
  pages->model = &client->model->paginators[pages->operation->paginator - 1];
  if (pages->model->input_token.count > TOKENS_MAX) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "the paginator of %s has more than %d tokens",
                           pages->request.operation, TOKENS_MAX);
  }
  return CSPAN_OK;
}

static cspan_status take_request(cspan_pages *pages, const cspan_client_request *request,
                                 const cspan_pages_options *options, cspan_error **error) {
  pages->request = cspan_client_request_of(request);
  if (options != NULL) {
    size_t size = options->size;
    memcpy(&pages->options, options,
           size != 0 && size < sizeof pages->options ? size : sizeof pages->options);
  }
  if (pages->request.context != NULL) {
    pages->context = *pages->request.context;
  }
  pages->request.context = &pages->context;
  if (pages->request.options != NULL && pages->request.options->loop != NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "pages are asked for one after the other: not on a loop");
  }
  cspan_value empty = cspan_map(NULL, 0);
  const cspan_value *input = cspan_value_is_null(pages->request.input) ? &empty : request->input;
  cspan_status status = cspan_document_copy(input, &pages->base, error);
  pages->request.input = cspan_document_value(pages->base);
  return status;
}

cspan_status cspan_pages_create(cspan_client *client, const cspan_client_request *request,
                                const cspan_pages_options *options, cspan_pages **out,
                                cspan_error **error) {
  if (client == NULL || request == NULL || out == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_pages_create needs a client, a request and a place for the "
                           "pages");
  }
  *out = NULL;
  cspan_pages *pages = cspan_calloc(1, sizeof *pages);
  if (pages == NULL) {
    return nomem(error);
  }
  pages->client = client;
  cspan_status status = take_request(pages, request, options, error);
  if (status == CSPAN_OK) {
    status = find_paginator(pages, error);
  }
  if (status == CSPAN_OK) {
    status =
        cspan_protocol_check_root(client->model, pages->operation, pages->request.input, error);
  }
  if (status == CSPAN_OK && pages->options.starting_token != NULL) {
    status = cspan_page_token_read(pages->options.starting_token, &pages->token, error);
  }
  if (status != CSPAN_OK) {
    cspan_pages_free(pages);
    return status;
  }
  *out = pages;
  return CSPAN_OK;
}

void cspan_pages_free(cspan_pages *pages) {
  if (pages != NULL) {
    cspan_document_free(pages->base);
    cspan_document_free(pages->page);
    cspan_document_free(pages->items);
    cspan_page_token_free(&pages->token);
    cspan_free(pages->resume);
    cspan_free(pages);
  }
}

/* ----------------------------------------------------------------- request */

static bool is_set_by_us(const cspan_pages *pages, const char *name) {
  const cspan_value *tokens = cspan_document_value(pages->token.values);
  if (cspan_value_get(tokens, name) != NULL) {
    return true;
  }
  return pages->options.page_size > 0 && pages->model->limit_key != 0 &&
         strcmp(name, cspan_model_text(pages->client->model, pages->model->limit_key)) == 0;
}

/* The page size, as a number or, as Route 53 wants it, as a text. */
static cspan_status size_member(const cspan_pages *pages, cspan_arena *arena, cspan_member *out) {
  const cspan_service_model *model = pages->client->model;
  const char *name = cspan_model_text(model, pages->model->limit_key);
  const cspan_shape *input = cspan_model_shape(model, pages->operation->input);
  const cspan_member_model *member =
      input != NULL ? cspan_shape_member(model, input, name, strlen(name)) : NULL;
  if (member == NULL || cspan_member_shape(model, member)->type != CSPAN_SHAPE_STRING) {
    *out = cspan_field(name, cspan_int(pages->options.page_size));
    return CSPAN_OK;
  }
  char digits[24];
  (void)snprintf(digits, sizeof digits, "%" PRId64, pages->options.page_size);
  const char *text = cspan_arena_strdup(arena, digits);
  *out = cspan_field(name, cspan_string(text != NULL ? text : ""));
  return text != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

/* The base with the tokens and the page size; members refer to these. */
static cspan_status make_input(const cspan_pages *pages, cspan_arena *arena, cspan_value *out) {
  const cspan_value *base = cspan_document_value(pages->base);
  const cspan_value *tokens = cspan_document_value(pages->token.values);
  size_t count = 0;
  cspan_member *members =
      cspan_arena_array(arena, base->size + cspan_value_count(tokens) + 1, sizeof *members);
  if (members == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  for (size_t i = 0; i < base->size; i++) {
    if (!is_set_by_us(pages, base->as.members[i].name)) {
      members[count++] = base->as.members[i];
    }
  }
  for (size_t i = 0; i < cspan_value_count(tokens); i++) {
    if (!cspan_value_is_null(cspan_value_at(tokens, i))) {
      members[count++] = tokens->as.members[i];
    }
  }
  if (pages->options.page_size > 0 && pages->model->limit_key != 0 &&
      size_member(pages, arena, &members[count++]) != CSPAN_OK) {
    return CSPAN_ERR_NOMEM;
  }
  *out = cspan_map(members, count);
  return CSPAN_OK;
}

static cspan_status ask(const cspan_pages *pages, cspan_document **page, cspan_error **error) {
  cspan_value input;
  cspan_arena *arena = cspan_arena_create(arena_max);
  if (arena == NULL || make_input(pages, arena, &input) != CSPAN_OK) {
    cspan_arena_free(arena);
    return nomem(error);
  }
  cspan_client_request request = pages->request;
  request.input = &input;
  cspan_status status = cspan_client_send(pages->client, &request, page, error);
  cspan_arena_free(arena);
  return status;
}

/* ------------------------------------------------------------------ tokens */

static cspan_status evaluate(const char *expression, const cspan_value *in, cspan_arena *arena,
                             cspan_value *out, cspan_error **error) {
  cspan_jmespath *compiled = NULL;
  cspan_status status = cspan_jmespath_compile(expression, arena, &compiled, error);
  return status == CSPAN_OK ? cspan_jmespath_eval(compiled, in, arena, out, error) : status;
}

static bool is_empty(const cspan_value *value) {
  return value->kind == CSPAN_VALUE_NULL ||
         (value->kind == CSPAN_VALUE_BOOL && !value->as.boolean) ||
         ((value->kind == CSPAN_VALUE_STRING || value->kind >= CSPAN_VALUE_LIST) &&
          value->size == 0);
}

/* *next is a map, or null where this was the last page. */
static cspan_status next_tokens(const cspan_pages *pages, const cspan_value *page,
                                cspan_arena *arena, cspan_value *next, cspan_error **error) {
  const cspan_paginator_model *model = pages->model;
  cspan_member *members =
      cspan_arena_array(arena, (size_t)model->input_token.count + 1, sizeof *members);
  cspan_value more = cspan_bool(true);
  bool any = false;
  *next = cspan_null();
  if (members == NULL) {
    return nomem(error);
  }
  if (model->more_results != 0) {
    cspan_status status = evaluate(cspan_model_text(pages->client->model, model->more_results),
                                   page, arena, &more, error);
    if (status != CSPAN_OK || is_empty(&more)) {
      return status;
    }
  }
  for (uint32_t i = 0; i < model->input_token.count && i < model->output_token.count; i++) {
    cspan_value value;
    cspan_status status =
        evaluate(cspan_pages_text(pages, model->output_token, i), page, arena, &value, error);
    if (status != CSPAN_OK) {
      return status;
    }
    members[i] = cspan_field(cspan_pages_text(pages, model->input_token, i), value);
    any = any || !is_empty(&value);
  }
  if (any) {
    *next = cspan_map(members, model->input_token.count);
  }
  return CSPAN_OK;
}

/* Takes the tokens over for the next page. */
static cspan_status advance(cspan_pages *pages, const cspan_value *tokens, cspan_error **error) {
  cspan_document *copy = NULL;
  if (tokens->kind == CSPAN_VALUE_NULL) {
    pages->is_over = true;
    return CSPAN_OK;
  }
  if (cspan_value_equals(tokens, cspan_document_value(pages->token.values))) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "%s answered with the token that it was asked with: the pages would "
                           "never end",
                           pages->request.operation);
  }
  cspan_status status = cspan_document_copy(tokens, &copy, error);
  if (status == CSPAN_OK) {
    cspan_page_token_free(&pages->token);
    pages->token = (cspan_page_token){.values = copy};
  }
  return status;
}

/* ------------------------------------------------------------------- items */

/* The page with the items of its results that are wanted. */
static cspan_status cut(const cspan_pages *pages, cspan_document **page, size_t from, size_t to,
                        cspan_error **error) {
  const cspan_table_range keys = pages->model->result_key;
  cspan_arena *arena = cspan_arena_create(arena_max);
  cspan_value value = *cspan_document_value(*page);
  cspan_status status = arena != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
  for (uint32_t i = 0; i < keys.count && status == CSPAN_OK; i++) {
    bool is_main = i == 0;
    status = cspan_page_cut(arena, &value, cspan_pages_text(pages, keys, i),
                            is_main || from == 0 ? from : SIZE_MAX, is_main ? to : SIZE_MAX);
  }
  cspan_document *less = NULL;
  if (status == CSPAN_OK) {
    status = cspan_document_copy(&value, &less, error);
  } else {
    nomem(error);
  }
  cspan_arena_free(arena);
  if (status == CSPAN_OK) {
    cspan_document_free(*page);
    *page = less;
  }
  return status;
}

static size_t main_count(const cspan_pages *pages, const cspan_value *page) {
  return pages->model->result_key.count > 0
             ? cspan_value_count(
                   cspan_page_find(page, cspan_pages_text(pages, pages->model->result_key, 0)))
             : 0;
}

/* Skips what an earlier listing gave already, and stops at max_items. */
static cspan_status limit(cspan_pages *pages, cspan_document **page, cspan_error **error) {
  size_t count = main_count(pages, cspan_document_value(*page));
  size_t from = pages->token.skip < count ? pages->token.skip : count;
  size_t to = count;
  if (pages->options.max_items > 0) {
    uint64_t left = (uint64_t)(pages->options.max_items - pages->given);
    to = count - from > left ? from + (size_t)left : count;
  }
  pages->given += (int64_t)(to - from);
  cspan_status status = CSPAN_OK;
  if (to < count) {
    pages->is_over = true;
    status = cspan_page_token_write(&pages->token, to, &pages->resume);
  }
  if (status != CSPAN_OK) {
    return nomem(error);
  }
  return from > 0 || to < count ? cut(pages, page, from, to, error) : CSPAN_OK;
}

/* A page that ends with the last item that is wanted, where more pages follow.
 */
static cspan_status stop_at_limit(cspan_pages *pages, cspan_error **error) {
  if (pages->is_over || pages->options.max_items <= 0 || pages->given < pages->options.max_items) {
    return CSPAN_OK;
  }
  pages->is_over = true;
  return cspan_page_token_write(&pages->token, 0, &pages->resume) == CSPAN_OK ? CSPAN_OK
                                                                              : nomem(error);
}

cspan_status cspan_pages_next(cspan_pages *pages, cspan_document **page, cspan_error **error) {
  cspan_value tokens = cspan_null();
  *page = NULL;
  if (pages->is_over) {
    return CSPAN_OK;
  }
  cspan_document *got = NULL;
  cspan_arena *arena = cspan_arena_create(arena_max);
  if (arena == NULL) {
    return nomem(error);
  }
  cspan_status status = ask(pages, &got, error);
  if (status == CSPAN_OK) {
    status = next_tokens(pages, cspan_document_value(got), arena, &tokens, error);
  }
  cspan_document *whole = NULL; /* tokens may refer to the page that limit() replaces */
  if (status == CSPAN_OK) {
    status = cspan_document_copy(&tokens, &whole, error);
  }
  if (status == CSPAN_OK) {
    status = limit(pages, &got, error);
  }
  if (status == CSPAN_OK && !pages->is_over) {
    status = advance(pages, cspan_document_value(whole), error);
  }
  if (status == CSPAN_OK) {
    status = stop_at_limit(pages, error);
  }
  cspan_arena_free(arena);
  cspan_document_free(whole);
  if (status != CSPAN_OK) {
    cspan_document_free(got);
    return status;
  }
  *page = got;
  return CSPAN_OK;
}

static const cspan_value *current_items(const cspan_pages *pages) {
  return pages->model->result_key.count > 0
             ? cspan_page_find(cspan_document_value(pages->page),
                               cspan_pages_text(pages, pages->model->result_key, 0))
             : NULL;
}

cspan_status cspan_pages_next_item(cspan_pages *pages, const cspan_value **item,
                                   cspan_error **error) {
  *item = NULL;
  for (;;) {
    const cspan_value *items = pages->page != NULL ? current_items(pages) : NULL;
    if (pages->next_item < cspan_value_count(items)) {
      *item = cspan_value_at(items, pages->next_item++);
      return CSPAN_OK;
    }
    cspan_document_free(pages->page);
    pages->page = NULL;
    pages->next_item = 0;
    cspan_status status = cspan_pages_next(pages, &pages->page, error);
    if (status != CSPAN_OK || pages->page == NULL) {
      return status;
    }
  }
}

const char *cspan_pages_resume_token(const cspan_pages *pages) {
  return pages->resume;
}
