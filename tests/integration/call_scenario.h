/* SPDX-License-Identifier: Apache-2.0 */
/* `cloudspan call` as a process with a folder of models, against a server that plays a script. */
#ifndef INTEGRATION_CALL_SCENARIO_H
#define INTEGRATION_CALL_SCENARIO_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/attic_model.h"
#include "support/command.h"
#include "support/script_server.h"
#include "unit/aws/home_fixture.h"

#define SECRET "planted-secret"

enum { MOST_ARGS = 16, MOST_ANSWERS = 4, MOST_SENT = 4, ANSWER_SIZE = 2048 };

static char root[64];

/* One run. A '~' in an argument stands for the test's folder. */
typedef struct scenario {
  const char *args[MOST_ARGS];       /* behind "cloudspan call --models ... --endpoint-url ..." */
  const char *answers[MOST_ANSWERS]; /* "200 BODY"; none: nothing may be sent */
  const char *sent[MOST_SENT];       /* parts of what the server receives */
  int code;
  const char *out;   /* all of it; NULL: not compared */
  const char *err;   /* a part of it; NULL: there is none */
  const char *input; /* on the standard input */
} scenario;

typedef struct service {
  script_server *server;
  script_step steps[2 * MOST_ANSWERS + 2];
  script_connection connections[1];
  char answers[MOST_ANSWERS][ANSWER_SIZE];
} service;

static inline void service_start(service *s, const char *const *answers) {
  size_t n = 0;
  for (size_t i = 0; i < MOST_ANSWERS && answers[i]; i++) {
    const char *body = strchr(answers[i], ' ') + 1;
    (void)snprintf(s->answers[i], ANSWER_SIZE,
                   "HTTP/1.1 %.3s X\r\nx-amzn-RequestId: id-%zu\r\n"
                   "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                   answers[i], i + 1, strlen(body), body);
    s->steps[n++] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
    s->steps[n++] = (script_step){SCRIPT_SEND, s->answers[i], 0};
  }
  s->steps[n++] = (script_step){SCRIPT_WAIT_CLOSE, NULL, 0};
  s->steps[n] = (script_step){SCRIPT_END, NULL, 0};
  s->connections[0] = s->steps;
  s->server = script_server_start(s->connections, 1);
}

static inline const char *expand(const char *arg, char out[512]) {
  const char *tilde = arg ? strchr(arg, '~') : NULL;
  if (!tilde) {
    return arg;
  }
  (void)snprintf(out, 512, "%.*s%s%s", (int)(tilde - arg), arg, root, tilde + 1);
  return out;
}

static inline void assert_has(const char *what, const char *text, const char *part) {
  if (!strstr(text, part)) {
    fail_msg("\"%s\" is not in %s:\n%s", part, what, text);
  }
}

static inline void run_at(const scenario *s, const char *endpoint, command *c) {
  static char expanded[MOST_ARGS][512];
  const char *args[MOST_ARGS + 8] = {"cloudspan", "call",           "--models",
                                     root,        "--endpoint-url", endpoint};
  for (size_t i = 0; i < MOST_ARGS && s->args[i]; i++) {
    args[6 + i] = expand(s->args[i], expanded[i]);
  }
  command_start(c, args, s->input, s->input ? strlen(s->input) : 0);
  command_wait(c);
  if (c->exit_code != s->code) {
    fail_msg("%s %s: exit code %d, not %d: %s", s->args[0], s->args[1] ? s->args[1] : "",
             c->exit_code, s->code, c->err);
  }
  assert_null(strstr(c->out, SECRET));
  assert_null(strstr(c->err, SECRET));
  if (s->out) {
    assert_string_equal(c->out, s->out);
  }
  if (s->err) {
    assert_has("the error", c->err, s->err);
  } else {
    assert_string_equal(c->err, "");
  }
}

static inline void play(const scenario *s) {
  service own;
  command c;
  service_start(&own, s->answers);
  run_at(s, script_server_url(own.server, ""), &c);
  char *received = script_server_received(own.server);
  for (size_t i = 0; i < MOST_SENT && s->sent[i]; i++) {
    assert_has("the requests", received, s->sent[i]);
  }
  if (!s->answers[0]) {
    assert_string_equal(received, "");
  }
  free(received);
  command_free(&c);
  script_server_stop(own.server);
}

#define PLAY(scenarios)                                                                            \
  do {                                                                                             \
    for (size_t play_i = 0; play_i < sizeof(scenarios) / sizeof(scenarios)[0]; play_i++) {         \
      play(&(scenarios)[play_i]);                                                                  \
    }                                                                                              \
  } while (0)

#define NAME_A "--input", "{\"Name\": \"a\"}"

/* A config with a region and keys before each test, and one attempt a call. */
static inline int call_set_up(void **state) {
  (void)state;
  home_set("[default]\nregion = us-east-2\n",
           "[default]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = " SECRET "\n");
  setenv("AWS_MAX_ATTEMPTS", "1", 1);
  return 0;
}

static inline int call_make(void **state) {
  attic_make(root);
  return home_make(state);
}

static inline int call_clean(void **state) {
  model_folder_remove(root);
  return home_remove(state);
}

#endif
