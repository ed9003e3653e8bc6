/* SPDX-License-Identifier: Apache-2.0 */
#include "services/client/page_token.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define SKIP_NAME "boto_truncate_amount"

enum { TOKEN_MAX = 1 << 20 };

void cspan_page_token_free(cspan_page_token *token) {
  cspan_document_free(token->values);
  *token = (cspan_page_token){0};
}

cspan_status cspan_page_token_write(const cspan_page_token *token, size_t skip, char **text) {
  const cspan_value *values = cspan_document_value(token->values);
  cspan_buf json;
  cspan_buf out;
  cspan_buf_init(&json, TOKEN_MAX);
  cspan_buf_init(&out, 2 * TOKEN_MAX);
  cspan_buf_char(&json, '{');
  for (size_t i = 0; i < cspan_value_count(values); i++) {
    const cspan_member *member = &values->as.members[i];
    cspan_buf_str(&json, i > 0 ? ", " : "");
    cspan_json_write_string(&json, member->name, member->name_size_bytes);
    cspan_buf_str(&json, ": ");
    cspan_json_write(&json, &member->value, CSPAN_JSON_COMPACT);
  }
  if (skip > 0) {
    cspan_buf_printf(&json, "%s\"" SKIP_NAME "\": %zu", json.len > 1 ? ", " : "", skip);
  }
  cspan_buf_char(&json, '}');
  cspan_status status = cspan_buf_status(&json);
  if (status == CSPAN_OK) {
    status = cspan_base64_encode(&out, json.data, json.len);
  }
  *text = status == CSPAN_OK ? cspan_buf_take(&out, NULL) : NULL;
  cspan_buf_free(&json);
  cspan_buf_free(&out);
  return *text != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
}

static cspan_status invalid(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_INVALID,
                         "the starting token is none that a listing ended with");
}

/* The members but the one that tells how many to skip. */
static cspan_status take_members(const cspan_value *all, cspan_page_token *out,
                                 cspan_error **error) {
  cspan_builder *builder = cspan_builder_create();
  cspan_builder_begin_map(builder, NULL);
  for (size_t i = 0; i < all->size; i++) {
    const cspan_member *member = &all->as.members[i];
    if (strcmp(member->name, SKIP_NAME) != 0) {
      cspan_builder_add(builder, member->name, member->value);
    } else {
      int64_t skip = cspan_value_int(&member->value, 0);
      out->skip = skip > 0 ? (size_t)skip : 0;
    }
  }
  return cspan_builder_finish(builder, &out->values, error);
}

cspan_status cspan_page_token_read(const char *text, cspan_page_token *out, cspan_error **error) {
  cspan_document *document = NULL;
  cspan_buf json;
  *out = (cspan_page_token){0};
  cspan_buf_init(&json, TOKEN_MAX);
  if (!cspan_base64_decode(text, strlen(text), &json) || json.len == 0) {
    cspan_buf_free(&json);
    return invalid(error);
  }
  cspan_status status = cspan_document_parse_json(json.data, json.len, &document, NULL);
  cspan_buf_free(&json);
  if (status != CSPAN_OK || cspan_document_value(document)->kind != CSPAN_VALUE_MAP) {
    cspan_document_free(document);
    return status == CSPAN_ERR_NOMEM ? cspan_error_move(error, cspan_error_nomem())
                                     : invalid(error);
  }
  status = take_members(cspan_document_value(document), out, error);
  cspan_document_free(document);
  return status;
}

/* The length of the first name of a path. */
static size_t head_of(const char *path) {
  return strcspn(path, ".");
}

static const cspan_member *member_of(const cspan_value *map, const char *name, size_t len) {
  for (size_t i = 0; map->kind == CSPAN_VALUE_MAP && i < map->size; i++) {
    const cspan_member *member = &map->as.members[i];
    if (member->name_size_bytes == len && memcmp(member->name, name, len) == 0) {
      return member;
    }
  }
  return NULL;
}

const cspan_value *cspan_page_find(const cspan_value *page, const char *path) {
  while (page != NULL) {
    size_t len = head_of(path);
    const cspan_member *member = member_of(page, path, len);
    page = member != NULL ? &member->value : NULL;
    if (path[len] == '\0') {
      return page;
    }
    path += len + 1;
  }
  return NULL;
}

static void cut_list(cspan_value *list, size_t from, size_t to) {
  if (list->kind != CSPAN_VALUE_LIST) {
    return;
  }
  size_t end = to < list->size ? to : list->size;
  size_t start = from < end ? from : end;
  list->as.items += start;
  list->size = end - start;
}

cspan_status cspan_page_cut(cspan_arena *arena, cspan_value *page, const char *path, size_t from,
                            size_t to) {
  for (;;) {
    size_t len = head_of(path);
    const cspan_member *found = member_of(page, path, len);
    if (found == NULL) {
      return CSPAN_OK;
    }
    size_t index = (size_t)(found - page->as.members);
    cspan_member *copy = cspan_arena_array(arena, page->size, sizeof *copy);
    if (copy == NULL) {
      return CSPAN_ERR_NOMEM;
    }
    memcpy(copy, page->as.members, page->size * sizeof *copy);
    page->as.members = copy;
    if (path[len] == '\0') {
      cut_list(&copy[index].value, from, to);
      return CSPAN_OK;
    }
    page = &copy[index].value;
    path += len + 1;
  }
}
