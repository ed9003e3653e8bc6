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
  NO_EXPECT_BYTES =
      65536 /* up to here libcurl expects nothing of its own accord, see put_switches */
};

/* What a request is like. */
typedef struct survey {
  size_t text; /* at least what list and block need together */
  bool has_accept;
  bool has_type;
  bool has_expect;
  bool has_host;
  size_t agents;
  const cspan_http_header *agent; /* the last one */
  bool in_block;                  /* what libcurl does not read goes into the target */
  cspan_str origin;               /* then: scheme and authority of the URL */
  cspan_str host;                 /* the authority, without a port that is the scheme's */
  cspan_str target;               /* path and query, "" or with a leading '/' or '?' */
} survey;

static bool is_valid(const cspan_http_header *header) {
  return header->name && header->value && cspan_header_is_token(header->name) &&
         strpbrk(header->value, "\r\n") == NULL;
}

static bool is_blank(const char *value) {
  return value[strspn(value, " \t\v\f")] == '\0';
}

/* The headers that libcurl looks for in its list, to do what they say or to leave out its own. */
static bool is_read_by_curl(const char *name) {
  switch (name[0] | 0x20) {
  case 'c':
    return cspan_ieq(name, "connection") || cspan_ieq(name, "content-length") ||
           cspan_ieq(name, "cookie");
  case 'e':
    return cspan_ieq(name, "expect");
  case 'h':
    return cspan_ieq(name, "host");
  case 'p':
    return cspan_ieq(name, "proxy-connection");
  case 't':
    return cspan_ieq(name, "te") || cspan_ieq(name, "transfer-encoding");
  case 'u':
    return cspan_ieq(name, "upgrade");
  default:
    return false;
  }
}

static void note_header(survey *s, const cspan_http_header *header) {
  const char *name = header->name;
  s->text += strlen(name) + strlen(header->value) + sizeof ": \r\n";
  switch (name[0] | 0x20) {
  case 'a':
    s->has_accept = s->has_accept || cspan_ieq(name, "accept");
    break;
  case 'c':
    s->has_type = s->has_type || cspan_ieq(name, "content-type");
    break;
  case 'e':
    s->has_expect = s->has_expect || cspan_ieq(name, "expect");
    break;
  case 'h':
    s->has_host = s->has_host || cspan_ieq(name, "host");
    break;
  case 'u':
    if (cspan_ieq(name, "user-agent")) {
      s->agents++;
      s->agent = header;
    }
    break;
  default:
    break;
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

/* An HTTP proxy that is asked for http:// wants a whole URL for a target. */
static bool may_use_block(const cspan_http_exchange *exchange, const char *url, const survey *s) {
  bool is_https = url[4] == 's';
  return exchange->keeps_target && (is_https || exchange->is_direct) && s->agents == 1 &&
         !is_blank(s->agent->value);
}

static cspan_status take_survey(const cspan_http_exchange *exchange,
                                const cspan_http_request *request, survey *s, cspan_error **error) {
  s->text = EXTRA_TEXT;
  for (size_t i = 0; i < request->header_count; i++) {
    const cspan_http_header *header = &request->headers[i];
    if (!is_valid(header)) {
      return cspan_error_set(error, CSPAN_ERR_INVALID,
                             "the header \"%s\" cannot be sent: a name must be a token, and a "
                             "value must not hold a line end",
                             header->name ? header->name : "");
    }
    note_header(s, header);
  }
  if (may_use_block(exchange, request->url, s) && split_url(request->url, s)) {
    size_t url_text = s->origin.len + s->host.len + s->target.len;
    s->in_block = s->text <= MAX_HEADER_TEXT && url_text <= MAX_HEADER_TEXT - s->text;
    s->text += s->in_block ? url_text : 0;
  }
  return CSPAN_OK;
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

static void put_text(writer *w, const char *text) {
  put(w, text, strlen(text));
}

static void put_line(writer *w, const char *name, const char *separator, const char *value) {
  struct curl_slist *node = w->node++;
  node->data = w->at;
  node->next = NULL;
  put_text(w, name);
  put_text(w, separator);
  put(w, value, strlen(value) + 1);
  if (w->last) {
    w->last->next = node;
  }
  w->last = node;
}

/* libcurl's notation: "Name;" sends the name with nothing after the colon,
 * "Name:" (or with blanks only) keeps libcurl from sending its own. */
static void put_header(writer *w, const cspan_http_header *header) {
  bool empty = is_blank(header->value);
  put_line(w, header->name, empty ? ";" : ": ", empty ? "" : header->value);
}

/* What the block has, libcurl must not send as well. Each line makes it search longer, so that a
 * small body, for which libcurl does not ask "Expect: 100-continue", has none against that. */
static void put_switches(writer *w, const cspan_http_request *request, cspan_exchange_mode mode,
                         const survey *s) {
  bool is_small = s->in_block && mode == CSPAN_MODE_BYTES && !request->expect_continue &&
                  request->body_length <= NO_EXPECT_BYTES;
  bool has_body = mode == CSPAN_MODE_BYTES || mode == CSPAN_MODE_READER;
  if (!s->has_accept || s->in_block) {
    put_line(w, "Accept", ":", "");
  }
  if (s->in_block && !s->has_host) {
    put_line(w, "Host", ":", "");
  }
  if ((!s->has_type || s->in_block) && mode == CSPAN_MODE_BYTES) {
    put_line(w, "Content-Type", ":", "");
  }
  if (!s->has_expect && has_body && !is_small) {
    put_line(w, "Expect", ":", request->expect_continue ? " 100-continue" : "");
  }
}

static void put_block(writer *w, const cspan_http_request *request, const survey *s) {
  if (s->target.len == 0 || s->target.data[0] != '/') {
    put_text(w, "/");
  }
  put(w, s->target.data, s->target.len);
  put_text(w, " HTTP/1.1\r\n");
  if (!s->has_host) {
    put_text(w, "Host: ");
    put(w, s->host.data, s->host.len);
    put_text(w, "\r\n");
  }
  for (size_t i = 0; i < request->header_count; i++) {
    const cspan_http_header *header = &request->headers[i];
    if (header != s->agent && !is_read_by_curl(header->name)) {
      bool empty = is_blank(header->value);
      put_text(w, header->name);
      put_text(w, empty ? ":" : ": ");
      put_text(w, empty ? "" : header->value);
      put_text(w, "\r\n");
    }
  }
  put_text(w, s->agent->name);
  put_text(w, ": ");
  put(w, s->agent->value, strlen(s->agent->value) + 1);
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
  cspan_status status = take_survey(exchange, request, &s, error);
  if (status == CSPAN_OK) {
    status = make_room(exchange, request->header_count + EXTRA_HEADERS, s.text, error);
  }
  if (status != CSPAN_OK) {
    return status;
  }
  writer w = {.node = exchange->header_nodes, .at = exchange->header_text};
  /* First: libcurl walks the list from its start to look for these. */
  put_switches(&w, request, mode, &s);
  for (size_t i = 0; i < request->header_count; i++) {
    if (!s.in_block || is_read_by_curl(request->headers[i].name)) {
      put_header(&w, &request->headers[i]);
    }
  }
  curl_easy_setopt(exchange->easy, CURLOPT_HTTPHEADER, w.last ? exchange->header_nodes : NULL);
  const char *url = request->url;
  const char *block = NULL;
  if (s.in_block) {
    url = put_origin(&w, &s);
    block = w.at;
    put_block(&w, request, &s);
  }
  return set_target(exchange, url, block) ? CSPAN_OK : out_of_memory(error);
}
