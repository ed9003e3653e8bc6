/* SPDX-License-Identifier: Apache-2.0 */
/* A service for the W3C trace context working group's tests: `w3c_service PORT` (0: one of the
 * kernel's choice, which is printed). POST /test takes a JSON array of {"url", "arguments"}: each
 * "arguments" is posted to its "url" as JSON, in a client span below this request's server span.
 * SIGTERM ends it in order. */
#include <arpa/inet.h>
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cloudspan/telemetry.h>

enum { HEADERS_MAX = 200, HEAD_MAX = 1 << 17, BODY_MAX = 1 << 20, CONNECTIONS_MAX = 256 };
enum { CALL_TIMEOUT_S = 10 };

static cspan_tracer *tracer;
static cspan_propagator *propagator;

/* --------------------------------------------------------------- a connection */

typedef struct connection {
  int fd;
  char *data; /* HEAD_MAX + BODY_MAX */
  size_t len; /* received and not yet used */
} connection;

typedef struct request {
  const char *method;
  const char *path;
  const char *version;
  struct {
    const char *name;
    const char *value;
  } headers[HEADERS_MAX];
  size_t header_count;
  char *body;
  size_t body_len;
} request;

static bool send_text(int fd, const char *text) {
  size_t len = strlen(text);
  while (len > 0) {
    ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
    if (n <= 0)
      return false;
    text += n;
    len -= (size_t)n;
  }
  return true;
}

static bool receive(connection *c) {
  size_t room = HEAD_MAX + BODY_MAX - c->len;
  ssize_t n = room > 0 ? recv(c->fd, c->data + c->len, room, 0) : 0;
  if (n <= 0)
    return false;
  c->len += (size_t)n;
  return true;
}

static void consume(connection *c, size_t len) {
  c->len -= len;
  memmove(c->data, c->data + len, c->len);
}

/* ------------------------------------------------------------------- requests */

static const char *header_line(void *from, const char *name, size_t index) {
  const request *r = from;
  for (size_t i = 0; i < r->header_count; i++)
    if (strcasecmp(r->headers[i].name, name) == 0 && index-- == 0)
      return r->headers[i].value;
  return NULL;
}

static const char *header_name(void *from, size_t index) {
  const request *r = from;
  return index < r->header_count ? r->headers[index].name : NULL;
}

static const char *header(request *r, const char *name) {
  return header_line(r, name, 0);
}

static char *trim(char *text) {
  text += strspn(text, " \t");
  size_t len = strlen(text);
  while (len > 0 && strchr(" \t\r", text[len - 1]))
    text[--len] = '\0';
  return text;
}

/* Ends the next word; NULL when there is none. */
static char *next_word(char **rest) {
  char *word = *rest + strspn(*rest, " ");
  size_t len = strcspn(word, " \r");
  *rest = word + len + (word[len] != '\0');
  word[len] = '\0';
  return len > 0 ? word : NULL;
}

/* `head` is a copy that is cut into pieces. */
static bool parse_head(char *head, request *r) {
  char *line = head;
  char *end = strchr(head, '\n');
  if (!end)
    return false;
  *end = '\0';
  r->method = next_word(&line);
  r->path = next_word(&line);
  r->version = next_word(&line);
  for (line = end + 1; (end = strchr(line, '\n')); line = end + 1) {
    *end = '\0';
    char *colon = strchr(line, ':');
    if (!colon)
      continue;
    if (r->header_count == HEADERS_MAX)
      return false;
    *colon = '\0';
    r->headers[r->header_count].name = line;
    r->headers[r->header_count++].value = trim(colon + 1);
  }
  return r->method && r->path && r->version;
}

/* Chunks are put together in place. */
static bool read_chunked(connection *c, request *r) {
  size_t at = 0;
  for (;;) {
    char *line_end;
    while (!(line_end = memchr(c->data + at, '\n', c->len - at)))
      if (!receive(c))
        return false;
    unsigned long size = strtoul(c->data + at, NULL, 16);
    size_t start = (size_t)(line_end + 1 - c->data);
    if (size > BODY_MAX || r->body_len + size > BODY_MAX)
      return false;
    while (c->len < start + size + 2)
      if (!receive(c))
        return false;
    memcpy(r->body + r->body_len, c->data + start, size);
    r->body_len += size;
    at = start + size + 2;
    if (size == 0) {
      consume(c, at); /* no trailers are expected */
      return true;
    }
  }
}

static bool read_body(connection *c, request *r) {
  const char *coding = header(r, "transfer-encoding");
  const char *length = header(r, "content-length");
  const char *expect = header(r, "expect");
  if (expect && strcasecmp(expect, "100-continue") == 0 &&
      !send_text(c->fd, "HTTP/1.1 100 Continue\r\n\r\n"))
    return false;
  if (coding && strcasecmp(coding, "chunked") == 0)
    return read_chunked(c, r);
  unsigned long size = length ? strtoul(length, NULL, 10) : 0;
  if (size > BODY_MAX)
    return false;
  while (c->len < size)
    if (!receive(c))
      return false;
  memcpy(r->body, c->data, size);
  r->body_len = size;
  consume(c, size);
  return true;
}

/* The head is kept in `head`. False at the end of the connection. */
static bool read_request(connection *c, request *r, char *head) {
  char *end;
  r->header_count = 0;
  r->body_len = 0;
  while (!(end = memmem(c->data, c->len, "\r\n\r\n", 4)))
    if (c->len >= HEAD_MAX || !receive(c))
      return false;
  size_t len = (size_t)(end + 4 - c->data);
  if (len > HEAD_MAX)
    return false;
  memcpy(head, c->data, len);
  head[len] = '\0';
  consume(c, len);
  return parse_head(head, r) && read_body(c, r);
}

/* ---------------------------------------------------------------------- calls */

static void add_header(void *to, const char *name, const char *value) {
  struct curl_slist **list = to;
  size_t size = strlen(name) + strlen(value) + 3;
  char *line = malloc(size);
  if (line) {
    snprintf(line, size, "%s: %s", name, value);
    struct curl_slist *more = curl_slist_append(*list, line);
    *list = more ? more : *list;
    free(line);
  }
}

static size_t ignore(char *data, size_t size, size_t count, void *user) {
  (void)data;
  (void)user;
  return size * count;
}

/* True when it was answered with success. */
static bool post(const char *url, const char *body, struct curl_slist *headers) {
  long status = 0;
  CURL *curl = curl_easy_init();
  if (!curl)
    return false;
  curl_easy_setopt(curl, CURLOPT_URL, url);
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)CALL_TIMEOUT_S);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
  bool is_answered = curl_easy_perform(curl) == CURLE_OK &&
                     curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK;
  curl_easy_cleanup(curl);
  return is_answered && status < 400;
}

static bool make_call(const cspan_context *context, const char *url, const json_t *arguments) {
  const cspan_span_options options = {.size = sizeof options, .kind = CSPAN_SPAN_CLIENT};
  cspan_span span = cspan_span_start(tracer, context, "POST", &options);
  cspan_context inside = cspan_context_with_span(context, span);
  struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
  char *body = json_dumps(arguments, JSON_ENCODE_ANY | JSON_COMPACT);
  cspan_propagator_inject(propagator, &inside, add_header, &headers);
  bool is_done = body && post(url, body, headers);
  if (!is_done)
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, "no answer");
  curl_slist_free_all(headers);
  free(body);
  cspan_span_end(span);
  return is_done;
}

/* The HTTP status to answer with. */
static int make_calls(const cspan_context *context, const request *r) {
  json_t *items = json_loadb(r->body, r->body_len, JSON_DECODE_ANY, NULL);
  int status = json_is_array(items) ? 200 : 400;
  for (size_t i = 0; status == 200 && i < json_array_size(items); i++) {
    const json_t *item = json_array_get(items, i);
    const char *url = json_string_value(json_object_get(item, "url"));
    const json_t *arguments = json_object_get(item, "arguments");
    if (!url || !arguments)
      status = 400;
    else if (!make_call(context, url, arguments))
      status = 502;
  }
  json_decref(items);
  return status;
}

static int serve_test(request *r) {
  static const cspan_carrier_getter getter = {.keys = header_name, .get_all = header_line};
  const cspan_span_options options = {.size = sizeof options, .kind = CSPAN_SPAN_SERVER};
  cspan_extracted extracted;
  cspan_propagator_extract(propagator, NULL, &getter, r, &extracted);
  cspan_span span = cspan_span_start(tracer, &extracted.context, "POST /test", &options);
  cspan_context inside = cspan_context_with_span(&extracted.context, span);
  int status = make_calls(&inside, r);
  cspan_span_set_int64(span, "http.response.status_code", status);
  cspan_span_end(span);
  cspan_extracted_free(&extracted);
  return status;
}

/* -------------------------------------------------------------------- serving */

static bool answer(int fd, int status, bool keep_alive) {
  char text[256];
  const char *reason = status == 200   ? "OK"
                       : status == 400 ? "Bad Request"
                       : status == 404 ? "Not Found"
                       : status == 405 ? "Method Not Allowed"
                                       : "Bad Gateway";
  snprintf(text, sizeof text,
           "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
           "Connection: %s\r\n\r\n[]",
           status, reason, keep_alive ? "keep-alive" : "close");
  return send_text(fd, text);
}

static bool stays_open(request *r) {
  const char *wish = header(r, "connection");
  if (strcmp(r->version, "HTTP/1.1") == 0)
    return !wish || strcasecmp(wish, "close") != 0;
  return wish && strcasecmp(wish, "keep-alive") == 0;
}

static void serve(connection *c, request *r, char *head) {
  bool is_open = true;
  while (is_open && read_request(c, r, head)) {
    int status = strcmp(r->path, "/test") != 0    ? 404
                 : strcmp(r->method, "POST") != 0 ? 405
                                                  : serve_test(r);
    is_open = stays_open(r);
    is_open = answer(c->fd, status, is_open) && is_open;
  }
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int open_fds[CONNECTIONS_MAX];
static size_t open_count;

static bool add_connection(int fd) {
  pthread_mutex_lock(&lock);
  bool fits = open_count < CONNECTIONS_MAX;
  if (fits)
    open_fds[open_count++] = fd;
  pthread_mutex_unlock(&lock);
  return fits;
}

static void close_connection(int fd) {
  pthread_mutex_lock(&lock);
  size_t i = 0;
  while (open_fds[i] != fd)
    i++;
  open_fds[i] = open_fds[--open_count];
  close(fd);
  pthread_cond_signal(&changed);
  pthread_mutex_unlock(&lock);
}

static void *run_connection(void *fd) {
  connection c = {.fd = (int)(intptr_t)fd, .data = malloc(HEAD_MAX + BODY_MAX)};
  request *r = calloc(1, sizeof *r);
  char *head = malloc(HEAD_MAX + 1);
  char *body = malloc(BODY_MAX + 1);
  if (c.data && r && head && body) {
    r->body = body;
    serve(&c, r, head);
  }
  free(c.data);
  free(r);
  free(head);
  free(body);
  close_connection(c.fd);
  return NULL;
}

static int ends[2]; /* written by SIGTERM */

static void stop(int number) {
  (void)number;
  if (write(ends[1], "x", 1) < 0)
    _exit(1);
}

static int listen_on(int port) {
  int on = 1;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t len = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, 128) != 0 ||
      getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
    fprintf(stderr, "w3c_service: port %d: %s\n", port, strerror(errno));
    exit(1);
  }
  printf("listening on http://127.0.0.1:%d/test\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static void accept_all(int listener) {
  struct pollfd polled[2] = {{.fd = listener, .events = POLLIN}, {.fd = ends[0], .events = POLLIN}};
  while (polled[1].revents == 0) {
    pthread_t thread;
    if (poll(polled, 2, -1) <= 0 || polled[0].revents == 0)
      continue;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0)
      continue;
    if (!add_connection(fd))
      close(fd);
    else if (pthread_create(&thread, NULL, run_connection, (void *)(intptr_t)fd) != 0)
      close_connection(fd);
    else
      pthread_detach(thread);
  }
  close(listener);
}

static void end_connections(void) {
  pthread_mutex_lock(&lock);
  for (size_t i = 0; i < open_count; i++)
    shutdown(open_fds[i], SHUT_RDWR);
  while (open_count > 0)
    pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

int main(int argc, char **argv) {
  cspan_tracer_provider *provider = NULL;
  char *rest = NULL;
  long port = argc == 2 ? strtol(argv[1], &rest, 10) : -1;
  if (port < 0 || port > 65535 || *rest) {
    fprintf(stderr, "usage: w3c_service PORT\n");
    return 2;
  }
  const cspan_provider_options options = {.size = sizeof options, .service_name = "w3c_service"};
  propagator = cspan_propagator_from_names("tracecontext,baggage", NULL);
  if (!propagator || cspan_tracer_provider_create(&options, &provider, NULL) != CSPAN_OK ||
      curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || pipe(ends) != 0)
    return 1;
  tracer = cspan_tracer_get(provider, "w3c_service", NULL, NULL);
  signal(SIGTERM, stop);
  signal(SIGPIPE, SIG_IGN);
  accept_all(listen_on((int)port));
  end_connections();
  cspan_tracer_provider_free(provider);
  cspan_propagator_free(propagator);
  curl_global_cleanup();
  return 0;
}
