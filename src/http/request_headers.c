/* SPDX-License-Identifier: Apache-2.0 */
/* The head of a request. libcurl formats each header of its list byte by byte, which costs more
 * than all else of a small request. What it does not read itself therefore goes into the request
 * target (CURLOPT_REQUEST_TARGET), which it copies as it is: the block
 *
 *   /path?query HTTP/1.1
 *   Host: example.com
 *   x-amz-date: 20150830T123600Z
 *   User-Agent: cloudspan/1.0
 *
 * without the last line's end, where libcurl goes on with " HTTP/1.1" and its own lines,
 * Content-Length among them. What it appends is a product of the user agent's form (RFC 9110,
 * 10.1.5): the receiver sees "User-Agent: cloudspan/1.0 HTTP/1.1". A request without a user agent
 * goes by the list whole, as do those over HTTP/2 and those that an HTTP proxy reads.
 *
 * List and block are laid out in memory that the handle keeps: no allocation per request once it
 * is large enough. Nothing gets there that could end a line. */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "http/internal.h"

enum {
  MAX_HEADERS = 4096,
  MAX_HEADER_TEXT = 1 << 20,
  EXTRA_HEADERS = 4,
  EXTRA_TEXT = 160,
  NO_EXPECT_BYTES = 65536, /* up to here libcurl never asks before it sends a body */
};

/* What a request is like. */
typedef struct survey {
  size_t text; /* at least what list and block need together */
  bool has_accept;
  bool has_type;
  bool has_expect;
  bool has_host;
  size_t agents;
  size_t agent;     /* index of the last one */
  bool in_block;    /* what libcurl does not read goes into the target */
  cspan_str origin; /* then: scheme and authority of the URL */
  cspan_str host;   /* the authority, without a port that is the scheme's */
  cspan_str target; /* path and query, "" or with a leading '/' or '?' */
} survey;

static bool is_blank(const char *value) {
  return value[strspn(value, " \t\v\f")] == '\0';
}

/* False where the header cannot be sent. */
static bool measure(const cspan_http_header *header, cspan_head_line *line) {
  if (header->is_safe) {
    line->name_len = header->name_len;
    line->value_len = header->value_len;
    line->is_empty = false;
    return true;
  }
  if (!header->name || !header->value) {
    return false;
  }
  line->name_len = cspan_header_token_length(header->name);
  line->value_len = strlen(header->value);
  line->is_empty = *header->value <= ' ' && is_blank(header->value);
  return line->name_len > 0 && header->name[line->name_len] == '\0' &&
         !memchr(header->value, '\n', line->value_len) &&
         !memchr(header->value, '\r', line->value_len);
}

static bool is_name(const char *name, size_t len, const char *other) {
  return len == strlen(other) && cspan_ieq(name, other);
}

/* Returns whether libcurl looks for the header in its list, to do what it says or to leave out its
 * own. */
static bool classify(survey *s, const char *name, size_t len, size_t index) {
  switch (name[0] | 0x20) {
  case 'a':
    s->has_accept = s->has_accept || is_name(name, len, "accept");
    return false;
  case 'c':
    s->has_type = s->has_type || is_name(name, len, "content-type");
    return is_name(name, len, "connection") || is_name(name, len, "content-length") ||
           is_name(name, len, "cookie");
  case 'e':
    s->has_expect = s->has_expect || is_name(name, len, "expect");
    return is_name(name, len, "expect");
  case 'h':
    s->has_host = s->has_host || is_name(name, len, "host");
    return is_name(name, len, "host");
  case 'p':
    return is_name(name, len, "proxy-connection");
  case 't':
    return is_name(name, len, "te") || is_name(name, len, "transfer-encoding");
  case 'u':
    if (is_name(name, len, "user-agent")) {
      s->agents++;
      s->agent = index;
    }
    return is_name(name, len, "upgrade");
  default:
    return false;
  }
}

static bool is_host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == ':' || c == '[' || c == ']' || c == '_';
}

static void cut_default_port(cspan_str *host, const char *port) {
  size_t len = strlen(port);
  if (host->len > len && memcmp(host->data + host->len - len, port, len) == 0) {
    host->len -= len;
  }
}

/* Takes a URL apart whose authority was checked. False where a byte cannot be in its part
 * (RFC 3986), with which libcurl has its own ways. */
static bool split_url(const char *url, survey *s) {
  const char *authority = strchr(url, ':') + strlen("://");
  const char *at = authority;
  while (is_host_char(*at)) {
    at++;
  }
  s->origin = (cspan_str){url, (size_t)(at - url)};
  s->host = (cspan_str){authority, (size_t)(at - authority)};
  cut_default_port(&s->host, url[4] == 's' ? ":443" : ":80");
  const char *target = at;
  if (*at && !strchr("/?#", *at)) {
    return false;
  }
  while (*at > 0x20 && *at < 0x7f && *at != '#') {
    at++;
  }
  s->target = (cspan_str){target, (size_t)(at - target)};
  return (*at == '\0' || *at == '#') && s->host.data[s->host.len - 1] != ':';
}

static cspan_status out_of_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while preparing a request");
}

static cspan_status too_large(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_LIMIT,
                         "the request's headers are too large (at most %d lines, %d bytes)",
                         MAX_HEADERS, MAX_HEADER_TEXT);
}

static cspan_status reserve_lines(cspan_http_exchange *exchange, size_t count,
                                  cspan_error **error) {
  if (count <= exchange->header_cap) {
    return CSPAN_OK;
  }
  if (count > MAX_HEADERS) {
    return too_large(error);
  }
  struct curl_slist *nodes = cspan_realloc(exchange->header_nodes, count * sizeof *nodes);
  if (!nodes) {
    return out_of_memory(error);
  }
  exchange->header_nodes = nodes;
  cspan_head_line *lines = cspan_realloc(exchange->head_lines, count * sizeof *lines);
  if (!lines) {
    return out_of_memory(error);
  }
  exchange->head_lines = lines;
  exchange->header_cap = count;
  return CSPAN_OK;
}

static cspan_status reserve_text(cspan_http_exchange *exchange, size_t len, cspan_error **error) {
  if (len <= exchange->header_text_cap) {
    return CSPAN_OK;
  }
  if (len > MAX_HEADER_TEXT) {
    return too_large(error);
  }
  char *grown = cspan_realloc(exchange->header_text, len);
  if (!grown) {
    return out_of_memory(error);
  }
  exchange->header_text = grown;
  exchange->header_text_cap = len;
  return CSPAN_OK;
}

/* An HTTP proxy that is asked for http:// wants a whole URL for a target. */
static bool may_use_block(const cspan_http_exchange *exchange, const char *url, const survey *s) {
  bool is_https = url[4] == 's';
  return exchange->keeps_target && (is_https || exchange->is_direct) && s->agents == 1 &&
         !exchange->head_lines[s->agent].is_empty;
}

static cspan_status take_survey(const cspan_http_exchange *exchange,
                                const cspan_http_request *request, survey *s, cspan_error **error) {
  s->text = EXTRA_TEXT;
  for (size_t i = 0; i < request->header_count; i++) {
    const cspan_http_header *header = &request->headers[i];
    cspan_head_line *line = &exchange->head_lines[i];
    if (!measure(header, line)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "the header \"%s\" cannot be sent: a name must be a token, and a "
                             "value must not hold a line end",
                             header->name ? header->name : "");
    }
    line->is_listed = classify(s, header->name, line->name_len, i);
    s->text += line->name_len + line->value_len + sizeof ": \r\n";
  }
  if (may_use_block(exchange, request->url, s) && split_url(request->url, s)) {
    size_t url_text = s->origin.len + s->host.len + s->target.len;
    s->in_block = s->text <= MAX_HEADER_TEXT && url_text <= MAX_HEADER_TEXT - s->text;
    s->text += s->in_block ? url_text : 0;
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

static void put_text(writer *w, const char *text) {
  put(w, text, strlen(text));
}

/* Ends a line of the list that began at `line`. */
static void end_line(writer *w, char *line) {
  struct curl_slist *node = w->node++;
  *w->at++ = '\0';
  node->data = line;
  node->next = NULL;
  if (w->last) {
    w->last->next = node;
  }
  w->last = node;
}

static void put_switch(writer *w, const char *text) {
  char *line = w->at;
  put_text(w, text);
  end_line(w, line);
}

static void put_header(writer *w, const cspan_http_header *header, const cspan_head_line *line,
                       const char *when_empty) {
  put(w, header->name, line->name_len);
  if (line->is_empty) {
    put_text(w, when_empty);
  } else {
    put(w, ": ", 2);
    put(w, header->value, line->value_len);
  }
}

/* What the block has, libcurl must not send as well. Each line makes it search longer, so that a
 * small body, for which libcurl does not ask "Expect: 100-continue", has none against that. */
static void put_switches(writer *w, const cspan_http_request *request, cspan_exchange_mode mode,
                         const survey *s) {
  bool is_small = s->in_block && mode == CSPAN_MODE_BYTES && !request->expect_continue &&
                  request->body_length <= NO_EXPECT_BYTES;
  bool has_body = mode == CSPAN_MODE_BYTES || mode == CSPAN_MODE_READER;
  if (!s->has_accept || s->in_block) {
    put_switch(w, "Accept:");
  }
  if (s->in_block && !s->has_host) {
    put_switch(w, "Host:");
  }
  if ((!s->has_type || s->in_block) && mode == CSPAN_MODE_BYTES) {
    put_switch(w, "Content-Type:");
  }
  if (!s->has_expect && has_body && !is_small) {
    put_switch(w, request->expect_continue ? "Expect: 100-continue" : "Expect:");
  }
}

/* libcurl's notation: "Name;" sends the name with nothing after the colon,
 * "Name:" (or with blanks only) keeps libcurl from sending its own. */
static void put_list(writer *w, const cspan_http_exchange *exchange,
                     const cspan_http_request *request, const survey *s) {
  for (size_t i = 0; i < request->header_count; i++) {
    const cspan_head_line *line = &exchange->head_lines[i];
    if (!s->in_block || line->is_listed) {
      char *start = w->at;
      put_header(w, &request->headers[i], line, ";");
      end_line(w, start);
    }
  }
}

static void put_block(writer *w, const cspan_http_exchange *exchange,
                      const cspan_http_request *request, const survey *s) {
  if (s->target.len == 0 || s->target.data[0] != '/') {
    put_text(w, "/");
  }
  put(w, s->target.data, s->target.len);
  put_text(w, " HTTP/1.1\r\n");
  if (!s->has_host) {
    put_text(w, "Host: ");
    put(w, s->host.data, s->host.len);
    put(w, "\r\n", 2);
  }
  for (size_t i = 0; i < request->header_count; i++) {
    const cspan_head_line *line = &exchange->head_lines[i];
    if (i != s->agent && !line->is_listed) {
      put_header(w, &request->headers[i], line, ":");
      put(w, "\r\n", 2);
    }
  }
  put_header(w, &request->headers[s->agent], &exchange->head_lines[s->agent], ":");
  *w->at++ = '\0';
}

/* libcurl takes URLs apart and puts them together again: all but the origin is spared that. */
static const char *put_origin(writer *w, const survey *s) {
  const char *url = w->at;
  put(w, s->origin.data, s->origin.len);
  put(w, "/", sizeof "/");
  return url;
}

/* What libcurl copies: this can run out of memory. */
static bool set_target(cspan_http_exchange *exchange, const char *url, const char *block) {
  if (curl_easy_setopt(exchange->easy, CURLOPT_URL, url) != CURLE_OK) {
    return false;
  }
  if (!block && !exchange->has_target) {
    return true;
  }
  exchange->has_target = block != NULL;
  return curl_easy_setopt(exchange->easy, CURLOPT_REQUEST_TARGET, block) == CURLE_OK;
}

cspan_status cspan_exchange_head(cspan_http_exchange *exchange, const cspan_http_request *request,
                                 cspan_exchange_mode mode, cspan_error **error) {
  survey s = {.text = 0};
  cspan_status status = reserve_lines(exchange, request->header_count + EXTRA_HEADERS, error);
  if (status == CSPAN_OK) {
    status = take_survey(exchange, request, &s, error);
  }
  if (status == CSPAN_OK) {
    status = reserve_text(exchange, s.text, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  writer w = {.node = exchange->header_nodes, .at = exchange->header_text};
  /* First: libcurl walks the list from its start to look for these. */
  put_switches(&w, request, mode, &s);
  put_list(&w, exchange, request, &s);
  curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, w.last ? exchange->header_nodes : NULL);
  const char *url = request->url;
  const char *block = NULL;
  if (s.in_block) {
    url = put_origin(&w, &s);
    block = w.at;
    put_block(&w, exchange, request, &s);
  }
  return set_target(exchange, url, block) ? CSPAN_OK : out_of_memory(error);
}
