/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "aws/model/skeleton.h"
#include "aws/protocol/shape.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/call.h"
#include "cli/stream.h"

enum { INPUT_MAX = 64 << 20, STEP = 65536 };

/* ------------------------------------------------------------- reading text */

static cspan_status read_stream(const cspan_cli_call *call, int fd, cspan_buf *text,
                                cspan_error **error) {
  cspan_cli_stream stream;
  char *block = cspan_malloc(STEP);
  ptrdiff_t got = -1;
  if (block == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_cli_stream_init(&stream, fd, call->session.run->cancel);
  while ((got = cspan_cli_stream_read(&stream, block, STEP)) > 0 &&
         cspan_buf_append(text, block, (size_t)got) == CSPAN_OK) {
  }
  cspan_cli_stream_clear(&stream);
  cspan_free(block);
  if (cspan_buf_status(text) == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  if (cspan_buf_status(text) != CSPAN_OK) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "the input is larger than 64 MiB");
  }
  return got < 0 ? cspan_error_set(error, CSPAN_ERR_IO, "the input cannot be read") : CSPAN_OK;
}

static cspan_status read_text(const cspan_cli_call *call, cspan_buf *text, cspan_error **error) {
  const char *input = call->values->input;
  if (strcmp(input, "-") == 0) {
    return read_stream(call, STDIN_FILENO, text, error);
  }
  if (input[0] != '@') {
    return cspan_buf_str(text, input) == CSPAN_OK ? CSPAN_OK
                                                  : cspan_error_move(error, cspan_error_nomem());
  }
  int fd = cspan_cli_stream_open(input + 1, error);
  if (fd < 0) {
    return CSPAN_ERR_IO;
  }
  cspan_status status = read_stream(call, fd, text, error);
  close(fd);
  return status;
}

/* ------------------------------------------------------------------- blobs */

typedef struct reader {
  const cspan_service_model *model;
  cspan_maker out;
  bool is_raw;
  cspan_error *failure; /* the first */
} reader;

static void put(reader *r, const cspan_shape *shape, const cspan_value *value,
                const cspan_value_path *at);

static void put_blob(reader *r, const cspan_value *value, const cspan_value_path *at) {
  cspan_buf bytes;
  cspan_buf_init(&bytes, INPUT_MAX);
  if (r->is_raw) {
    cspan_maker_put_text(&r->out, CSPAN_VALUE_BLOB, value->as.text, value->size);
  } else if (cspan_base64_decode(value->as.text, value->size, &bytes)) {
    cspan_maker_put_text(&r->out, CSPAN_VALUE_BLOB, cspan_buf_text(&bytes), bytes.len);
  } else if (cspan_buf_status(&bytes) == CSPAN_ERR_NOMEM) {
    r->out.status = CSPAN_ERR_NOMEM;
  } else {
    cspan_path_error(&r->failure, CSPAN_ERR_INVALID, at,
                     "a blob is written in base64; --binary-format raw takes the text as it is");
    cspan_maker_put(&r->out, cspan_null());
  }
  cspan_buf_free(&bytes);
}

/* The shape of a member of a map or structure; NULL: the model knows nothing of
 * it. */
static const cspan_shape *inner_shape(const reader *r, const cspan_shape *shape,
                                      const cspan_member *member) {
  if (shape == NULL) {
    return NULL;
  }
  if (shape->type == CSPAN_SHAPE_MAP) {
    return cspan_member_shape(r->model, &cspan_shape_members(r->model, shape)[1]);
  }
  const cspan_member_model *found =
      shape->type == CSPAN_SHAPE_STRUCTURE
          ? cspan_shape_member(r->model, shape, member->name, member->name_size_bytes)
          : NULL;
  return found != NULL ? cspan_member_shape(r->model, found) : NULL;
}

static void put_map(reader *r, const cspan_shape *shape, const cspan_value *value,
                    const cspan_value_path *at) {
  cspan_maker_begin(&r->out, CSPAN_VALUE_MAP);
  for (size_t i = 0; i < value->size; i++) {
    const cspan_member *member = &value->as.members[i];
    const cspan_value_path inner = {
        .up = at, .name = member->name, .name_len = member->name_size_bytes};
    cspan_maker_name(&r->out, member->name, member->name_size_bytes);
    put(r, inner_shape(r, shape, member), &member->value, &inner);
  }
  cspan_maker_end(&r->out);
}

static void put_list(reader *r, const cspan_shape *shape, const cspan_value *value,
                     const cspan_value_path *at) {
  const cspan_shape *of_items =
      shape != NULL && shape->type == CSPAN_SHAPE_LIST
          ? cspan_member_shape(r->model, cspan_shape_members(r->model, shape))
          : NULL;
  cspan_maker_begin(&r->out, CSPAN_VALUE_LIST);
  for (size_t i = 0; i < value->size; i++) {
    const cspan_value_path inner = {.up = at, .index = i};
    put(r, of_items, &value->as.items[i], &inner);
  }
  cspan_maker_end(&r->out);
}

/* What the model does not know goes as it is: the check that follows says what is wrong. The
 * reader of JSON has limited the depth. */
static void put(reader *r, const cspan_shape *shape, const cspan_value *value,
                const cspan_value_path *at) {
  if (value->kind == CSPAN_VALUE_MAP) {
    put_map(r, shape, value, at);
  } else if (value->kind == CSPAN_VALUE_LIST) {
    put_list(r, shape, value, at);
  } else if (value->kind == CSPAN_VALUE_STRING && shape != NULL &&
             shape->type == CSPAN_SHAPE_BLOB) {
    put_blob(r, value, at);
  } else if (value->kind == CSPAN_VALUE_STRING || value->kind == CSPAN_VALUE_NUMBER) {
    cspan_maker_put_text(&r->out, value->kind, value->as.text, value->size);
  } else {
    cspan_maker_put(&r->out, *value);
  }
}

static cspan_status decode_blobs(const cspan_cli_call *call, const cspan_shape *shape,
                                 const cspan_value *value, cspan_document **out,
                                 cspan_error **error) {
  const char *format = call->values->binary_format;
  reader r = {.model = call->client->model, .is_raw = format != NULL && strcmp(format, "raw") == 0};
  cspan_value root = cspan_null();
  cspan_arena *arena = cspan_arena_create(0);
  if (arena == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_maker_init(&r.out, arena);
  put(&r, shape, value, NULL);
  cspan_status status = cspan_maker_finish(&r.out, &root);
  cspan_maker_free(&r.out);
  if (status != CSPAN_OK) {
    cspan_error_set(error, status, "the input cannot be taken (%s)", cspan_status_name(status));
    cspan_error_free(r.failure);
  } else if (r.failure != NULL) {
    status = cspan_error_move(error, r.failure);
  }
  if (status != CSPAN_OK) {
    cspan_arena_free(arena);
    return status;
  }
  *out = cspan_document_new(arena, &root);
  return *out != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

/* Where the text goes over a limit, as that of depth, it is at fault as well: not the call. */
static cspan_status refuse_text(cspan_error *failure, const char *what, cspan_error **error) {
  cspan_status status = cspan_error_status(failure);
  if (status != CSPAN_ERR_LIMIT) {
    cspan_error_prefix(failure, "%s", what);
    return cspan_error_move(error, failure);
  }
  status = cspan_error_set(error, CSPAN_ERR_INVALID, "%s: %s", what, cspan_error_message(failure));
  cspan_error_free(failure);
  return status;
}

cspan_status cspan_cli_call_decode(const cspan_cli_call *call, cspan_str json,
                                   const cspan_shape *shape, const char *what, cspan_document **out,
                                   cspan_error **error) {
  cspan_document *parsed = NULL;
  cspan_error *failure = NULL;
  cspan_status status = cspan_document_parse_json(json.data, json.len, &parsed, &failure);
  if (status == CSPAN_OK) {
    status = decode_blobs(call, shape, cspan_document_value(parsed), out, error);
  } else {
    status = refuse_text(failure, what, error);
  }
  cspan_document_free(parsed);
  return status;
}

cspan_status cspan_cli_call_read_input(cspan_cli_call *call, cspan_error **error) {
  const cspan_shape *shape = cspan_model_shape(call->client->model, call->model->input);
  cspan_buf text;
  if (call->values->input == NULL) {
    return CSPAN_OK;
  }
  cspan_buf_init(&text, INPUT_MAX);
  cspan_status status = read_text(call, &text, error);
  if (status == CSPAN_OK) {
    cspan_str json = {cspan_buf_text(&text), text.len};
    status = cspan_cli_call_decode(call, json, shape, "--input", &call->input, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_protocol_check_root(call->client->model, call->model,
                                       cspan_document_value(call->input), error);
  }
  cspan_buf_free(&text);
  return status;
}

/* ------------------------------------------------------- waiters, skeletons */

cspan_status cspan_cli_call_wait_input(const cspan_cli_call *call, cspan_document **out,
                                       cspan_error **error) {
  const cspan_service_model *model = call->client->model;
  const cspan_value *input = cspan_document_value(call->input);
  const cspan_operation_model *asked = &model->operations[call->waiter->operation];
  const cspan_shape *shape = cspan_model_shape(model, asked->input);
  cspan_builder *builder = cspan_builder_create();
  cspan_builder_begin_map(builder, NULL);
  for (size_t i = 0; i < cspan_value_count(input) && input->kind == CSPAN_VALUE_MAP; i++) {
    const cspan_member *member = &input->as.members[i];
    if (shape != NULL &&
        cspan_shape_member(model, shape, member->name, member->name_size_bytes) != NULL) {
      cspan_builder_add(builder, member->name, member->value);
    }
  }
  return cspan_builder_finish(builder, out, error);
}

cspan_status cspan_cli_call_skeleton(const cspan_cli_call *call, cspan_document **out,
                                     cspan_error **error) {
  const cspan_service_model *model = call->client->model;
  const cspan_shape *shape = cspan_model_shape(model, call->model->input);
  cspan_value value = cspan_map(NULL, 0);
  cspan_arena *arena = cspan_arena_create(0);
  cspan_status status = arena != NULL ? CSPAN_OK : CSPAN_ERR_NOMEM;
  if (status == CSPAN_OK && shape != NULL) {
    status = cspan_model_skeleton(model, shape, false, arena, &value);
  }
  if (status != CSPAN_OK) {
    cspan_arena_free(arena);
    return cspan_error_set(error, status, "the skeleton cannot be made (%s)",
                           cspan_status_name(status));
  }
  *out = cspan_document_new(arena, &value);
  return *out != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}
