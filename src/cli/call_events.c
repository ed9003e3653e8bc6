/* SPDX-License-Identifier: Apache-2.0 */
/* Event streams of `cloudspan call`: JSON lines, in as there are some, out as they come. */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aws/protocol/shape.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "cli/call.h"
#include "cli/stream.h"

enum { LINE_MAX_BYTES = 64 << 20, STEP = 65536 };

struct cspan_cli_events {
  const cspan_cli_call *call;
  cspan_cli_stream input;
  bool has_input;
  bool owns_input; /* the descriptor */
  bool is_at_end;  /* of the input; what is left of `text` is the last line */
  cspan_buf text;  /* from `taken` on: what was read and not yet given */
  size_t taken;
  size_t line;
  cspan_document *event; /* given last */
  cspan_error *error;    /* why one of the callbacks failed */
};

typedef struct cspan_cli_events cli_events;

bool cspan_cli_call_prints_events(const cspan_cli_call *call) {
  return (call->model->flags & CSPAN_OPERATION_RESPONSE_EVENTS) != 0;
}

/* ----------------------------------------------------------------------- printing */

static cspan_status print_line(const cli_events *events, const cspan_value *value,
                               cspan_error **error) {
  char *json = NULL;
  size_t size = 0;
  cspan_status status = cspan_value_to_json(value, CSPAN_JSON_COMPACT, &json, &size, error);
  if (status == CSPAN_OK) {
    (void)fwrite(json, 1, size, stdout);
    (void)fputc('\n', stdout);
  }
  cspan_free(json);
  /* Whoever reads along waits for the line. */
  if (status == CSPAN_OK && fflush(stdout) != 0) {
    status = cspan_error_set(error, CSPAN_ERR_IO, "the events of %s cannot be written",
                             events->call->operation);
  }
  return status;
}

static cspan_status print_event(void *user, const cspan_value *event) {
  cli_events *events = user;
  const cspan_cli_call_values *values = events->call->values;
  cspan_document *found = NULL;
  if (values->output != NULL && strcmp(values->output, "json") != 0) {
    cspan_status printed = cspan_cli_call_print(events->call, event, &events->error);
    (void)fflush(stdout);
    return printed;
  }
  if (values->query == NULL) {
    return print_line(events, event, &events->error);
  }
  cspan_status status = cspan_value_search(event, values->query, &found, &events->error);
  if (status == CSPAN_OK && !cspan_value_is_null(cspan_document_value(found))) {
    status = print_line(events, cspan_document_value(found), &events->error);
  }
  cspan_document_free(found);
  return status;
}

/* ------------------------------------------------------------------------ reading */

/* Reads what is there. *is_late: nothing is, as yet. */
static cspan_status read_more(cli_events *events, bool *is_late) {
  struct pollfd wait = {.fd = events->input.fd, .events = POLLIN};
  *is_late = poll(&wait, 1, 0) == 0;
  if (*is_late) {
    return CSPAN_OK;
  }
  char *block = cspan_malloc(STEP);
  if (block == NULL) {
    return cspan_error_move(&events->error, cspan_error_nomem());
  }
  cspan_status status = CSPAN_OK;
  ptrdiff_t got = cspan_cli_stream_read(&events->input, block, STEP);
  if (got < 0) {
    status = cspan_error_set(&events->error, CSPAN_ERR_IO, "--events: the input cannot be read");
  } else if (cspan_buf_append(&events->text, block, (size_t)got) != CSPAN_OK) {
    status = cspan_error_set(&events->error, cspan_buf_status(&events->text),
                             "--events: line %zu is longer than 64 MiB", events->line + 1);
  }
  events->is_at_end = got == 0;
  cspan_free(block);
  return status;
}

/* Throws away what was given. */
static void shift(cli_events *events) {
  cspan_buf *text = &events->text;
  if (events->taken > 0) {
    memmove(text->data, text->data + events->taken, text->len - events->taken);
    text->len -= events->taken;
    events->taken = 0;
  }
}

/* The next line that is not blank; false: it is not there yet. */
static bool next_line(cli_events *events, cspan_str *line) {
  while (events->taken < events->text.len) {
    const char *start = events->text.data + events->taken;
    size_t left = events->text.len - events->taken;
    const char *end = memchr(start, '\n', left);
    if (end == NULL && !events->is_at_end) {
      break;
    }
    size_t len = end != NULL ? (size_t)(end - start) : left;
    events->taken += end != NULL ? len + 1 : len;
    events->line++;
    *line = cspan_str_trim((cspan_str){start, len});
    if (line->len > 0) {
      return true;
    }
  }
  return false;
}

static const cspan_shape *events_shape(const cspan_cli_call *call) {
  const cspan_service_model *model = call->client->model;
  const cspan_shape *input = cspan_model_shape(model, call->model->input);
  const cspan_member_model *member = input != NULL ? cspan_event_stream_member(model, input) : NULL;
  return member != NULL ? cspan_member_shape(model, member) : NULL;
}

static cspan_status read_event(void *user, const cspan_value **event) {
  static const cspan_value none_yet = {.kind = CSPAN_VALUE_NULL};
  cli_events *events = user;
  cspan_str line;
  char what[48];
  bool is_late = false;
  *event = NULL;
  while (!next_line(events, &line)) {
    if (events->is_at_end) {
      return CSPAN_OK;
    }
    shift(events);
    cspan_status status = read_more(events, &is_late);
    if (status != CSPAN_OK || is_late) {
      *event = &none_yet;
      return status;
    }
  }
  cspan_document_free(events->event);
  events->event = NULL;
  (void)snprintf(what, sizeof what, "--events, line %zu", events->line);
  cspan_status status = cspan_cli_call_decode(events->call, line, events_shape(events->call), what,
                                              &events->event, &events->error);
  *event = cspan_document_value(events->event);
  return status;
}

/* ----------------------------------------------------------------------- both ends */

static cspan_status open_input(cli_events *events, cspan_error **error) {
  const cspan_cli_call *call = events->call;
  const char *path = call->values->events;
  const char *input = call->values->input;
  bool is_stdin = strcmp(path, "-") == 0;
  if (is_stdin && input != NULL && strcmp(input, "-") == 0) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "the standard input is either --input or --events, not both");
  }
  int fd = is_stdin ? STDIN_FILENO : cspan_cli_stream_open(path, error);
  if (fd < 0) {
    return CSPAN_ERR_IO;
  }
  cspan_cli_stream_init(&events->input, fd, call->session.run->cancel);
  events->has_input = true;
  events->owns_input = !is_stdin;
  return CSPAN_OK;
}

cspan_status cspan_cli_events_open(cli_events **out, const cspan_cli_call *call,
                                   cspan_client_request *request, cspan_error **error) {
  bool is_sent = (call->model->flags & CSPAN_OPERATION_REQUEST_EVENTS) != 0;
  *out = NULL;
  if (is_sent != (call->values->events != NULL)) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           is_sent ? "%s is sent events: give them by --events FILE"
                                   : "--events: %s is not sent any",
                           call->operation);
  }
  if (!is_sent && !cspan_cli_call_prints_events(call)) {
    return CSPAN_OK;
  }
  cli_events *events = cspan_calloc(1, sizeof *events);
  if (events == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  *out = events;
  events->call = call;
  cspan_buf_init(&events->text, LINE_MAX_BYTES);
  request->event_user = events;
  request->on_event = cspan_cli_call_prints_events(call) ? print_event : NULL;
  request->next_event = is_sent ? read_event : NULL;
  return is_sent ? open_input(events, error) : CSPAN_OK;
}

void cspan_cli_events_close(cli_events *events, cspan_error **error) {
  if (events == NULL) {
    return;
  }
  if (events->error != NULL && *error != NULL) {
    cspan_error_free(*error); /* this one says why */
    *error = events->error;
    events->error = NULL;
  }
  if (events->owns_input) {
    (void)close(events->input.fd);
  }
  if (events->has_input) {
    cspan_cli_stream_clear(&events->input);
  }
  cspan_document_free(events->event);
  cspan_buf_free(&events->text);
  cspan_error_free(events->error);
  cspan_free(events);
}
