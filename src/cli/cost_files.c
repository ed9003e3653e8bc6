/* SPDX-License-Identifier: Apache-2.0 */
/* Where costs are read from: files of OTLP/JSON, and a running viewer. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/sys.h"
#include "cli/cost.h"
#include "http/fetch.h"
#include "telemetry/otlp_json.h"

enum { CHUNK = 1 << 16, MAX_DOCUMENT = 256 << 20, FETCH_MS = 10000 };

/* Cuts a stream of bytes into JSON documents, by their brackets. */
typedef struct cutter {
  const char *path;
  cspan_cost_sum *sum;
  int64_t since_ns;
  cspan_buf document;
  size_t depth;
  bool in_string;
  bool is_escaped;
  size_t line;       /* from 1 */
  size_t begin_line; /* of the document */
} cutter;

static cspan_status add_document(cutter *c, cspan_error **error) {
  cspan_span_list *list = NULL;
  cspan_error *fault = NULL;
  cspan_status status =
      cspan_span_list_decode_json(c->document.data, c->document.len, &list, &fault);
  for (size_t i = 0; status == CSPAN_OK && i < cspan_span_list_count(list); i++) {
    const cspan_span_view *view = cspan_span_list_at(list, i);
    if (view->start_time_unix_ns >= c->since_ns) {
      status = cspan_cost_sum_add_span(c->sum, view);
    }
  }
  cspan_span_list_free(list);
  cspan_buf_clear(&c->document);
  if (fault != NULL) {
    cspan_error_prefix(fault, "%s, line %zu", c->path, c->begin_line);
    return cspan_error_move(error, fault);
  }
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

static bool is_blank(char byte) {
  return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* Whether the byte ends a document. */
static bool follow(cutter *c, char byte) {
  if (c->in_string) {
    c->in_string = c->is_escaped || byte != '"';
    c->is_escaped = !c->is_escaped && byte == '\\';
    return false;
  }
  c->in_string = byte == '"';
  c->depth += byte == '{' || byte == '[';
  if ((byte == '}' || byte == ']') && c->depth > 0) {
    c->depth--;
    return c->depth == 0;
  }
  return false;
}

static cspan_status no_json(const cutter *c, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                         "%s, line %zu: this is no OTLP/JSON; a document begins with '{'", c->path,
                         c->line);
}

static cspan_status full(const cutter *c, cspan_error **error) {
  if (cspan_buf_status(&c->document) == CSPAN_ERR_NOMEM) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  return cspan_error_set(error, CSPAN_ERR_LIMIT, "%s, line %zu: a document is larger than %d MiB",
                         c->path, c->begin_line, MAX_DOCUMENT >> 20);
}

static cspan_status cut(cutter *c, const char *data, size_t size, cspan_error **error) {
  size_t from = 0; /* of what is not in the document yet */
  for (size_t i = 0; i < size; i++) {
    bool is_outside = c->depth == 0;
    c->line += data[i] == '\n';
    if (is_outside) {
      if (is_blank(data[i])) {
        continue;
      }
      if (data[i] != '{') {
        return no_json(c, error);
      }
      c->begin_line = c->line;
      from = i;
    }
    if (!follow(c, data[i])) {
      continue;
    }
    cspan_buf_append(&c->document, data + from, i + 1 - from);
    cspan_status status =
        cspan_buf_status(&c->document) == CSPAN_OK ? add_document(c, error) : full(c, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  if (c->depth > 0) {
    cspan_buf_append(&c->document, data + from, size - from);
  }
  return cspan_buf_status(&c->document) == CSPAN_OK ? CSPAN_OK : full(c, error);
}

static cspan_status io_error(const char *path, const char *what, cspan_error **error) {
  char text[128];
  int code = errno;
  return cspan_error_set(error, CSPAN_ERR_IO, "cannot %s %s: %s", what, path,
                         cspan_errno_text(code, text, sizeof text));
}

static cspan_status read_stream(cutter *c, FILE *file, cspan_error **error) {
  char chunk[CHUNK];
  size_t size;
  while ((size = fread(chunk, 1, sizeof chunk, file)) > 0) {
    cspan_status status = cut(c, chunk, size, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  if (ferror(file)) {
    return io_error(c->path, "read", error);
  }
  return c->depth == 0 ? CSPAN_OK
                       : cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                                         "%s ends inside of the document that begins in line %zu",
                                         c->path, c->begin_line);
}

cspan_status cspan_cli_cost_read_file(const char *path, int64_t since_ns, cspan_cost_sum *sum,
                                      cspan_error **error) {
  bool is_stdin = strcmp(path, "-") == 0;
  cutter c = {
      .path = is_stdin ? "the standard input" : path, .sum = sum, .since_ns = since_ns, .line = 1};
  FILE *file = is_stdin ? stdin : fopen(path, "re");
  if (file == NULL) {
    return io_error(path, "open", error);
  }
  cspan_buf_init(&c.document, MAX_DOCUMENT);
  cspan_status status = read_stream(&c, file, error);
  cspan_buf_free(&c.document);
  if (!is_stdin) {
    (void)fclose(file);
  }
  return status;
}

/* ------------------------------------------------------------------ viewer */

static cspan_status check_answer(const char *url, int http_status, cspan_error **error) {
  if (http_status == 200) {
    return CSPAN_OK;
  }
  return cspan_error_set(error, CSPAN_ERR_IO,
                         "%s answers with the status %d and not as cloudspan view does%s", url,
                         http_status, http_status == 404 ? "; is it another collector?" : "");
}

cspan_status cspan_cli_cost_read_view(const char *url, const cspan_context *context,
                                      cspan_cost_sum *sum, cspan_error **error) {
  const cspan_http_client_options options = {
      .connect_timeout_ms = FETCH_MS, .proxy = "", .max_idle_loops = 1};
  const cspan_context own = cspan_context_with_timeout(context, FETCH_MS);
  cspan_http_client *client = NULL;
  cspan_buf target;
  cspan_buf answer;
  int http_status = 0;
  cspan_buf_init(&target, 4096);
  cspan_buf_init(&answer, CSPAN_COST_MAX_JSON);
  size_t len = strlen(url);
  cspan_buf_append(&target, url, len > 0 && url[len - 1] == '/' ? len - 1 : len);
  cspan_buf_str(&target, "/costs");
  cspan_status status = cspan_buf_status(&target);
  if (status != CSPAN_OK) {
    cspan_error_set(error, status, "the URL of the viewer is too long");
    goto out;
  }
  status = cspan_http_client_create(&options, &client, error);
  if (status == CSPAN_OK) {
    const cspan_http_request request = {.method = "GET", .url = target.data};
    status = cspan_http_fetch(client, &request, &own, &answer, &http_status, error);
    if (status != CSPAN_OK && error) {
      cspan_error_prefix(*error, "no 'cloudspan view' answers at %s; run one, or name a FILE", url);
    }
  }
  if (status == CSPAN_OK) {
    status = check_answer(url, http_status, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_cost_sum_read(sum, cspan_buf_text(&answer), answer.len, error);
  }
out:
  cspan_http_client_free(client);
  cspan_buf_free(&answer);
  cspan_buf_free(&target);
  return status;
}
