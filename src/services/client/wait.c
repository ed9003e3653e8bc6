/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a state, by the model's waiters. Delays as in Smithy's
 * specification of waiters: they grow from the model's delay up to a cap, each
 * with full jitter above the smallest. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/jmespath.h"
#include "base/json.h"
#include "base/log.h"
#include "base/sys.h"
#include "services/client/client.h"

enum { SLICE_MS = 100, MAX_DELAY_MS = 120000, NAME_MAX_BYTES = 128, NS_PER_MS = 1000000 };

static const size_t arena_max = 64U << 20;

typedef struct waiting {
  const cspan_client *client;
  const cspan_waiter_model *model;
  cspan_context context;
  int64_t min_delay_ms;
  int64_t max_delay_ms;
  int max_attempts;
} waiting;

/* What a call came to. */
typedef struct answer {
  cspan_status status;
  cspan_error *error;
  cspan_document *output;
  int http_status;
} answer;

static void forget(answer *a) {
  cspan_error_free(a->error);
  cspan_document_free(a->output);
  *a = (answer){.status = CSPAN_OK};
}

/* --------------------------------------------------------------- setting up */

/* "table-exists" and "table_exists" to "TableExists". */
static void camel_case(const char *name, char out[NAME_MAX_BYTES]) {
  size_t len = 0;
  bool is_start = true;
  for (; *name != '\0' && len + 1 < NAME_MAX_BYTES; name++) {
    if (*name == '-' || *name == '_') {
      is_start = true;
      continue;
    }
    bool is_lower = *name >= 'a' && *name <= 'z';
    out[len++] = is_start && is_lower ? (char)(*name - 'a' + 'A') : *name;
    is_start = false;
  }
  out[len] = '\0';
}

/* Waiters with digits or acronyms are not hit by that rule: compare without
 * case and dashes. */
static bool is_same_name(const char *a, const char *b) {
  for (;;) {
    while (*a == '-' || *a == '_') {
      a++;
    }
    while (*b == '-' || *b == '_') {
      b++;
    }
    char x = *a >= 'A' && *a <= 'Z' ? (char)(*a - 'A' + 'a') : *a;
    char y = *b >= 'A' && *b <= 'Z' ? (char)(*b - 'A' + 'a') : *b;
    if (x != y) {
      return false;
    }
    if (x == '\0') {
      return true;
    }
    a++;
    b++;
  }
}

static const cspan_waiter_model *find(const cspan_service_model *model, const char *name) {
  char camel[NAME_MAX_BYTES];
  camel_case(name, camel);
  const cspan_waiter_model *found = cspan_model_waiter(model, camel);
  for (uint32_t i = 0; found == NULL && i < model->waiter_count; i++) {
    if (is_same_name(name, cspan_model_text(model, model->waiters[i].name))) {
      found = &model->waiters[i];
    }
  }
  return found;
}

static cspan_status unknown(const cspan_client *client, const char *name, cspan_error **error) {
  const cspan_service_model *model = client->model;
  cspan_buf names;
  cspan_buf_init(&names, 4096);
  for (uint32_t i = 0; i < model->waiter_count; i++) {
    cspan_buf_printf(&names, "%s%s", i > 0 ? ", " : "",
                     cspan_model_text(model, model->waiters[i].name));
  }
  cspan_status status = cspan_error_set(
      error, CSPAN_ERR_INVALID, "%s has no waiter \"%.80s\"%s%s", client->service.id, name,
      names.len > 0 ? "; it has " : "; it has none", cspan_buf_text(&names));
  cspan_buf_free(&names);
  return status;
}

static void set_times(waiting *w, const cspan_context *context, const cspan_wait_options *given) {
  cspan_wait_options options = {0};
  if (given != NULL) {
    memcpy(&options, given,
           given->size != 0 && given->size < sizeof options ? given->size : sizeof options);
  }
  int64_t delay_ms = (int64_t)w->model->delay_s * 1000;
  int64_t timeout_ms = options.timeout_ms;
  if (timeout_ms <= 0 && options.max_attempts <= 0) {
    timeout_ms = delay_ms * (int64_t)w->model->max_attempts;
  }
  w->min_delay_ms = options.min_delay_ms > 0 ? options.min_delay_ms : delay_ms;
  w->max_delay_ms = options.max_delay_ms > 0 ? options.max_delay_ms : MAX_DELAY_MS;
  if (w->max_delay_ms < w->min_delay_ms) {
    w->max_delay_ms = w->min_delay_ms;
  }
  w->max_attempts = options.max_attempts;
  w->context = context != NULL ? *context : (cspan_context){0};
  if (timeout_ms > 0) {
    w->context = cspan_context_with_timeout(&w->context, timeout_ms);
  }
}

/* ----------------------------------------------------------------- the call */

/* Matchers ask for the HTTP status, which an output does not hold. */
static void take_status(void *self, struct cspan_call *call, void *state) {
  (void)state;
  int *http_status = self;
  *http_status = cspan_call_http_status(call);
}

static void ask(const waiting *w, cspan_client *client, const cspan_value *input, answer *out) {
  static const cspan_middleware_vtable vtable = {
      .size = sizeof vtable, .name = "WaiterStatus", .end = take_status};
  const cspan_middleware middleware = {
      .vtable = &vtable, .self = &out->http_status, .step = CSPAN_STEP_INITIALIZE};
  const cspan_call_options options = {
      .size = sizeof options, .middlewares = &middleware, .middleware_count = 1};
  const cspan_operation_model *operation = &client->model->operations[w->model->operation];
  cspan_client_request request = {.operation = cspan_model_text(client->model, operation->name),
                                  .input = input,
                                  .context = &w->context,
                                  .options = &options};
  out->status = cspan_client_send(client, &request, &out->output, &out->error);
}

/* ----------------------------------------------------------------- matching */

/* All, or any, of the items of a list that is not empty. */
static bool matches_items(const cspan_value *list, const cspan_value *expected, bool all) {
  size_t count = cspan_value_count(list);
  if (list->kind != CSPAN_VALUE_LIST || count == 0) {
    return false;
  }
  for (size_t i = 0; i < count; i++) {
    if (cspan_value_equals(cspan_value_at(list, i), expected) != all) {
      return !all;
    }
  }
  return all;
}

static cspan_status matches_path(const cspan_service_model *model,
                                 const cspan_acceptor_model *acceptor, const answer *a,
                                 const cspan_value *expected, cspan_arena *arena, bool *out,
                                 cspan_error **error) {
  cspan_jmespath *path = NULL;
  cspan_value value = cspan_null();
  *out = false;
  if (a->status != CSPAN_OK) {
    return CSPAN_OK;
  }
  cspan_status status =
      cspan_jmespath_compile(cspan_model_text(model, acceptor->argument), arena, &path, error);
  if (status == CSPAN_OK) {
    status = cspan_jmespath_eval(path, cspan_document_value(a->output), arena, &value, error);
  }
  if (status == CSPAN_ERR_INVALID) {
    cspan_error_free(error != NULL ? *error : NULL); /* of a type that the path does not expect */
    if (error != NULL) {
      *error = NULL;
    }
    return CSPAN_OK;
  }
  *out = acceptor->matcher == CSPAN_MATCH_PATH
             ? cspan_value_equals(&value, expected)
             : matches_items(&value, expected, acceptor->matcher == CSPAN_MATCH_PATH_ALL);
  return status;
}

/* A code by name, or whether there is an error at all. */
static bool matches_error(const answer *a, const cspan_value *expected) {
  if (expected->kind == CSPAN_VALUE_BOOL) {
    return (a->status == CSPAN_ERR_SERVICE) == expected->as.boolean &&
           (a->status == CSPAN_OK || a->status == CSPAN_ERR_SERVICE);
  }
  const char *code = cspan_value_text(expected, NULL);
  return a->status == CSPAN_ERR_SERVICE && code != NULL &&
         strcmp(cspan_error_code(a->error), code) == 0;
}

static cspan_status matches(const cspan_service_model *model, const cspan_acceptor_model *acceptor,
                            const answer *a, cspan_arena *arena, bool *out, cspan_error **error) {
  cspan_value expected = cspan_null();
  const char *json = cspan_model_text(model, acceptor->expected);
  cspan_status status = cspan_json_parse(json, strlen(json), arena, &expected, NULL);
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the waiter expects what is no JSON: %.80s", json);
  }
  switch (acceptor->matcher) {
  case CSPAN_MATCH_STATUS:
    *out = a->http_status != 0 && cspan_value_int(&expected, -1) == a->http_status;
    return CSPAN_OK;
  case CSPAN_MATCH_ERROR:
    *out = matches_error(a, &expected);
    return CSPAN_OK;
  default:
    return matches_path(model, acceptor, a, &expected, arena, out, error);
  }
}

/* The state of the first acceptor that matches; without one, an error is a
 * failure of the call
 * (*state 0) and anything else is asked again. */
static cspan_status judge(const waiting *w, const answer *a, int *state, cspan_error **error) {
  const cspan_service_model *model = w->client->model;
  cspan_arena *arena = cspan_arena_create(arena_max);
  cspan_status status = arena != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
  bool found = false;
  *state = a->status == CSPAN_OK ? CSPAN_WAITER_RETRY : 0;
  for (uint32_t i = 0; i < w->model->acceptors.count && status == CSPAN_OK && !found; i++) {
    const cspan_acceptor_model *acceptor = &model->acceptors[w->model->acceptors.first + i];
    status = matches(model, acceptor, a, arena, &found, error);
    if (found) {
      *state = (int)acceptor->state;
    }
  }
  cspan_arena_free(arena);
  return status;
}

/* ----------------------------------------------------------------- sleeping */

static int64_t delay_ms(const waiting *w, int attempt) {
  int64_t most = w->min_delay_ms;
  for (int i = 1; i < attempt && most < w->max_delay_ms; i++) {
    most *= 2;
  }
  most = most < w->max_delay_ms ? most : w->max_delay_ms;
  return w->min_delay_ms + (int64_t)((double)(most - w->min_delay_ms) * cspan_random_unit());
}

static cspan_status sleep_for(const waiting *w, int64_t ms) {
  int64_t end = cspan_now_ns() + ms * NS_PER_MS;
  cspan_status status = cspan_context_status(&w->context);
  for (int64_t now = cspan_now_ns(); status == CSPAN_OK && now < end; now = cspan_now_ns()) {
    int64_t left = end - now;
    int64_t slice = left < (int64_t)SLICE_MS * NS_PER_MS ? left : (int64_t)SLICE_MS * NS_PER_MS;
    struct timespec t = {.tv_nsec = (long)slice};
    nanosleep(&t, NULL);
    status = cspan_context_status(&w->context);
  }
  return status;
}

/* ------------------------------------------------------------------ the end */

static cspan_status tell_late(const waiting *w, cspan_status status, int attempts,
                              cspan_error **error) {
  return cspan_error_set(error, status, "%s: not reached %s %d attempt%s",
                         cspan_model_text(w->client->model, w->model->name),
                         status == CSPAN_ERR_CANCELLED ? "when it was cancelled, after" : "after",
                         attempts, cspan_plural((uint64_t)attempts));
}

static cspan_status tell_failure(const waiting *w, const answer *a, cspan_error **error) {
  const char *name = cspan_model_text(w->client->model, w->model->name);
  cspan_error_info info = {.status = CSPAN_ERR_SERVICE,
                           .code = "waiter_failure",
                           .http_status = a->http_status,
                           .request_id = cspan_error_request_id(a->error)};
  char text[512];
  snprintf(text, sizeof text, "%s cannot be reached any more%s%.300s", name,
           a->error != NULL ? ": " : "", cspan_error_message(a->error));
  return cspan_error_set_info(error, &info, text);
}

/* True when it is over, with *status. */
static bool is_over(const waiting *w, answer *a, int attempt, cspan_status *status,
                    cspan_error **error) {
  int state = 0;
  *status = judge(w, a, &state, error);
  if (*status != CSPAN_OK || state == CSPAN_WAITER_SUCCESS) {
    return true;
  }
  if (state == CSPAN_WAITER_FAILURE) {
    *status = tell_failure(w, a, error);
    return true;
  }
  if (state == 0) {
    *status = a->status;
    cspan_error_move(error, a->error);
    a->error = NULL;
    return true;
  }
  if (w->max_attempts > 0 && attempt >= w->max_attempts) {
    *status = tell_late(w, CSPAN_ERR_TIMEOUT, attempt, error);
    return true;
  }
  return false;
}

cspan_status cspan_wait(const cspan_context *context, cspan_client *client, const char *waiter,
                        const cspan_value *input, const cspan_wait_options *options,
                        cspan_document **output, cspan_error **error) {
  if (output != NULL) {
    *output = NULL;
  }
  if (client == NULL || waiter == NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "cspan_wait needs a client and the name of a waiter");
  }
  waiting w = {.client = client, .model = find(client->model, waiter)};
  if (w.model == NULL) {
    return unknown(client, waiter, error);
  }
  set_times(&w, context, options);
  answer a = {.status = CSPAN_OK};
  cspan_status status = CSPAN_OK;
  for (int attempt = 1;; attempt++) {
    ask(&w, client, input, &a);
    if (is_over(&w, &a, attempt, &status, error)) {
      break;
    }
    status = sleep_for(&w, delay_ms(&w, attempt));
    if (status != CSPAN_OK) {
      status = tell_late(&w, status, attempt, error);
      break;
    }
    forget(&a);
  }
  if (status == CSPAN_OK && output != NULL) {
    *output = a.output;
    a.output = NULL;
  }
  forget(&a);
  return status;
}
