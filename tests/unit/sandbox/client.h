/* SPDX-License-Identifier: Apache-2.0 */
/* A small HTTP client for the tests of the sandbox: one request at a time over a
 * plain socket, so that a test sees exactly what goes over the wire. */
#ifndef TESTS_SANDBOX_CLIENT_H
#define TESTS_SANDBOX_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <cloudspan/sandbox.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/digest.h"
#include "base/text.h"

typedef struct answer {
  int status;      /* 0: the head was not complete */
  char head[8192]; /* with the empty line */
  char *body;      /* NUL-terminated */
  size_t len;
  int64_t announced; /* Content-Length, -1 when there is none */
  int error;         /* errno of a read that failed, else 0 */
} answer;

static inline void answer_free(answer *a) {
  free(a->body);
  *a = (answer){0};
}

static inline cspan_sandbox *start_with(cspan_sandbox_options options) {
  cspan_sandbox *sandbox = NULL;
  cspan_error *error = NULL;
  options.size = sizeof options;
  if (cspan_sandbox_start(&options, &sandbox, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return sandbox;
}

static inline cspan_sandbox *start_open(void) {
  return start_with((cspan_sandbox_options){.allow_anonymous = true});
}

static inline int dial(const cspan_sandbox *sandbox) {
  struct sockaddr_in address = {
      .sin_family = AF_INET,
      .sin_port = htons((uint16_t)cspan_sandbox_port(sandbox)),
      .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
  };
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  assert_true(fd >= 0);
  assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
  return fd;
}

static inline void send_bytes(int fd, const void *data, size_t len) {
  const char *at = data;
  while (len > 0) {
    ssize_t done = send(fd, at, len, MSG_NOSIGNAL);
    assert_true(done > 0);
    at += done;
    len -= (size_t)done;
  }
}

/* The value of a header of the answer in a buffer of this thread, or NULL. */
static inline const char *header_of(const answer *a, const char *name) {
  static _Thread_local char value[1024];
  size_t len = strlen(name);
  for (const char *line = strstr(a->head, "\r\n"); line && line[2]; line = strstr(line, "\r\n")) {
    line += 2;
    if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
      const char *text = line + len + 1 + strspn(line + len + 1, " ");
      snprintf(value, sizeof value, "%.*s", (int)strcspn(text, "\r"), text);
      return value;
    }
  }
  return NULL;
}

static inline ssize_t receive(int fd, char *out, size_t cap, answer *a) {
  ssize_t got = recv(fd, out, cap, 0);
  a->error = got < 0 ? errno : 0;
  return got;
}

/* Reads one answer; stops at the end of the body or of the connection. */
static inline answer read_answer(int fd, bool is_head) {
  answer a = {.announced = -1};
  size_t len = 0;
  while (!strstr(a.head, "\r\n\r\n") && len + 1 < sizeof a.head &&
         receive(fd, a.head + len, 1, &a) == 1) {
    a.head[++len] = '\0';
  }
  a.body = calloc(1, 1);
  assert_non_null(a.body);
  if (!strstr(a.head, "\r\n\r\n")) {
    return a;
  }
  a.status = (int)strtol(a.head + strlen("HTTP/1.1 "), NULL, 10);
  const char *length = header_of(&a, "Content-Length");
  a.announced = length ? strtoll(length, NULL, 10) : -1;
  if (is_head || a.announced <= 0) {
    return a;
  }
  a.body = realloc(a.body, (size_t)a.announced + 1);
  assert_non_null(a.body);
  while (a.len < (size_t)a.announced) {
    ssize_t got = receive(fd, a.body + a.len, (size_t)a.announced - a.len, &a);
    if (got <= 0) {
      break;
    }
    a.len += (size_t)got;
  }
  a.body[a.len] = '\0';
  return a;
}

static inline void send_request(int fd, const char *method, const char *target, const char *headers,
                                const void *body, size_t len) {
  cspan_buf head;
  cspan_buf_init(&head, 1 << 20);
  cspan_buf_printf(&head, "%s %s HTTP/1.1\r\n", method, target);
  if (!headers || !strstr(headers, "Host:")) {
    cspan_buf_str(&head, "Host: 127.0.0.1\r\n");
  }
  cspan_buf_str(&head, headers ? headers : "");
  bool has_length =
      headers && (strstr(headers, "Content-Length:") || strstr(headers, "Transfer-Encoding:"));
  if (body && !has_length) {
    cspan_buf_printf(&head, "Content-Length: %zu\r\n", len);
  }
  cspan_buf_str(&head, "\r\n");
  assert_int_equal(cspan_buf_status(&head), CSPAN_OK);
  send_bytes(fd, head.data, head.len);
  send_bytes(fd, body, len);
  cspan_buf_free(&head);
}

/* `headers`: lines that end in CRLF, or NULL. A body of NULL: none. */
static inline answer ask_bytes(const cspan_sandbox *sandbox, const char *method, const char *target,
                               const char *headers, const void *body, size_t len) {
  int fd = dial(sandbox);
  send_request(fd, method, target, headers, body, len);
  answer a = read_answer(fd, strcmp(method, "HEAD") == 0);
  close(fd);
  return a;
}

static inline answer ask(const cspan_sandbox *sandbox, const char *method, const char *target,
                         const char *headers, const char *body) {
  return ask_bytes(sandbox, method, target, headers, body, body ? strlen(body) : 0);
}

/* What is between <name> and </name>, from `from` on, in a buffer of this thread. */
static inline const char *element(const char *from, const char *name) {
  static _Thread_local char value[4096];
  char open[64];
  snprintf(open, sizeof open, "<%s>", name);
  const char *start = strstr(from, open);
  if (!start) {
    return NULL;
  }
  start += strlen(open);
  snprintf(value, sizeof value, "%.*s", (int)strcspn(start, "<"), start);
  return value;
}

/* A copy of what element() or header_of() gave, which must be there and fit. */
static inline void keep(char *out, size_t cap, const char *text) {
  assert_non_null(text);
  assert_true(strlen(text) < cap);
  memcpy(out, text, strlen(text) + 1);
}

static inline size_t count_of(const char *text, const char *needle) {
  size_t count = 0;
  for (const char *at = text; (at = strstr(at, needle)) != NULL; at += strlen(needle)) {
    count++;
  }
  return count;
}

/* Asks, expects a status and, for an error, its code; gives the answer away. */
static inline answer expect(const cspan_sandbox *sandbox, const char *method, const char *target,
                            const char *headers, const char *body, int status, const char *code) {
  answer a = ask(sandbox, method, target, headers, body);
  if (a.status != status) {
    fail_msg("%s %.100s: %d instead of %d: %s", method, target, a.status, status, a.body);
  }
  if (code) {
    const char *given = element(a.body, "Code");
    assert_non_null(given);
    assert_string_equal(given, code);
  }
  return a;
}

static inline void check(const cspan_sandbox *sandbox, const char *method, const char *target,
                         const char *headers, const char *body, int status, const char *code) {
  answer a = expect(sandbox, method, target, headers, body, status, code);
  answer_free(&a);
}

static inline void check_body(const cspan_sandbox *sandbox, const char *target, const char *headers,
                              int status, const char *body) {
  answer a = expect(sandbox, "GET", target, headers, NULL, status, NULL);
  assert_string_equal(a.body, body);
  answer_free(&a);
}

static inline void check_header(const answer *a, const char *name, const char *value) {
  const char *given = header_of(a, name);
  if (!given || !value) {
    assert_true(!given && !value);
    return;
  }
  assert_string_equal(given, value);
}

static inline cspan_sandbox_record last_record(const cspan_sandbox *sandbox) {
  cspan_sandbox_record record = {.http_status = -1};
  size_t count = cspan_sandbox_request_count(sandbox);
  assert_true(count > 0);
  assert_true(cspan_sandbox_request_at(sandbox, count < 4096 ? count - 1 : 4095, &record));
  return record;
}

#endif
