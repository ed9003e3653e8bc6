/* SPDX-License-Identifier: Apache-2.0 */
/* The header lines that libcurl gets. They are laid out in one block that the
 * handle keeps: no allocation per request once it is large enough. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "http/internal.h"

enum { MAX_HEADERS = 4096, MAX_HEADER_TEXT = 1 << 20, EXTRA_HEADERS = 3, EXTRA_TEXT = 64 };

static bool is_valid(const cspan_http_header *header) {
  return header->name && header->value && cspan_header_is_token(header->name) &&
         strpbrk(header->value, "\r\n") == NULL;
}

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while preparing a request");
}

static cspan_status make_room(cspan_http_exchange *exchange, size_t nodes, size_t text,
                              cspan_error **error) {
  if (nodes > MAX_HEADERS || text > MAX_HEADER_TEXT) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "the request's headers are too large (at most %d lines, %d bytes)",
                           MAX_HEADERS, MAX_HEADER_TEXT);
  }
  if (nodes > exchange->header_cap) {
    struct curl_slist *grown = cspan_realloc(exchange->header_nodes, nodes * sizeof *grown);
    if (!grown) {
      return out_of_memory(error);
    }
    exchange->header_nodes = grown;
    exchange->header_cap = nodes;
  }
  if (text > exchange->header_text_cap) {
    char *grown = cspan_realloc(exchange->header_text, text);
    if (!grown) {
      return out_of_memory(error);
    }
    exchange->header_text = grown;
    exchange->header_text_cap = text;
  }
  return CSPAN_OK;
}

typedef struct writer {
  struct curl_slist *node; /* the next one to fill */
  struct curl_slist *last;
  char *at;
} writer;

static void put(writer *w, const char *text, size_t len) {
  memcpy(w->at, text, len);
  w->at += len;
}

static void put_line(writer *w, const char *name, const char *separator, const char *value) {
  struct curl_slist *node = w->node++;
  node->data = w->at;
  node->next = NULL;
  put(w, name, strlen(name));
  put(w, separator, strlen(separator));
  put(w, value, strlen(value) + 1);
  if (w->last) {
    w->last->next = node;
  }
  w->last = node;
}

/* libcurl's notation: "Name;" sends the name with nothing after the colon,
 * "Name:" (or with blanks only) keeps libcurl from sending its own. */
static void put_header(writer *w, const cspan_http_header *header) {
  bool empty = header->value[strspn(header->value, " \t\v\f")] == '\0';
  put_line(w, header->name, empty ? ";" : ": ", empty ? "" : header->value);
}

static void put_switches(writer *w, const cspan_http_request *request, cspan_exchange_mode mode,
                         bool has_accept, bool has_type, bool has_expect) {
  bool has_body = mode == CSPAN_MODE_BYTES || mode == CSPAN_MODE_READER;
  if (!has_accept) {
    put_line(w, "Accept", ":", "");
  }
  if (!has_type && mode == CSPAN_MODE_BYTES) {
    put_line(w, "Content-Type", ":", "");
  }
  if (!has_expect && has_body) {
    put_line(w, "Expect", ":", request->expect_continue ? " 100-continue" : "");
  }
}

cspan_status cspan_exchange_headers(cspan_http_exchange *exchange,
                                    const cspan_http_request *request, cspan_exchange_mode mode,
                                    cspan_error **error) {
  bool has_accept = false;
  bool has_type = false;
  bool has_expect = false;
  size_t text = EXTRA_TEXT;
  for (size_t i = 0; i < request->header_count; i++) {
    const cspan_http_header *header = &request->headers[i];
    if (!is_valid(header)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "the header \"%s\" cannot be sent: a name must be a token, and a "
                             "value must not hold a line end",
                             header->name ? header->name : "");
    }
    text += strlen(header->name) + strlen(header->value) + 3;
    has_accept = has_accept || cspan_ieq(header->name, "accept");
    has_type = has_type || cspan_ieq(header->name, "content-type");
    has_expect = has_expect || cspan_ieq(header->name, "expect");
  }
  cspan_status status = make_room(exchange, request->header_count + EXTRA_HEADERS, text, error);
  if (status != CSPAN_OK) {
    return status;
  }
  writer w = {.node = exchange->header_nodes, .at = exchange->header_text};
  /* First: libcurl walks the list from its start to look for these. */
  put_switches(&w, request, mode, has_accept, has_type, has_expect);
  for (size_t i = 0; i < request->header_count; i++) {
    put_header(&w, &request->headers[i]);
  }
  curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, w.last ? exchange->header_nodes : NULL);
  return CSPAN_OK;
}
