/* SPDX-License-Identifier: Apache-2.0 */
/* The chain of middlewares: where they are placed, in what order they run, what happens when one
 * fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/pipeline.h"
#include "unit/aws/call_fixture.h"

#define OK_RESPONSE "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
#define UNAVAILABLE                                                                                \
  "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

static const script_step succeeds[] = {READ_REQUEST, SEND(OK_RESPONSE), END};
static const script_step is_unavailable[] = {READ_REQUEST, SEND(UNAVAILABLE), END};

/* --------------------------------------------------------------- composing */

static const cspan_middleware_vtable extra_vtable = {.size = sizeof extra_vtable, .name = "Extra"};

typedef struct place_case {
  cspan_step step;
  cspan_position position;
  const char *relative_to;
  const char *before; /* what comes right before and right after; NULL: the end of the chain */
  const char *after;
} place_case;

static const place_case places[] = {
    {CSPAN_STEP_INITIALIZE, CSPAN_BEFORE, NULL, NULL, "RegisterCall"},
    {CSPAN_STEP_INITIALIZE, CSPAN_AFTER, NULL, "RegisterCall", "OperationSerializer"},
    {CSPAN_STEP_SERIALIZE, CSPAN_BEFORE, "OperationSerializer", "RegisterCall",
     "OperationSerializer"},
    {CSPAN_STEP_BUILD, CSPAN_AFTER, "ResolveEndpoint", "ResolveEndpoint", "UserAgent"},
    {CSPAN_STEP_BUILD, CSPAN_AFTER, NULL, "ContentLength", "Retry"},
    {CSPAN_STEP_FINALIZE, CSPAN_BEFORE, NULL, "ContentLength", "Retry"},
    {CSPAN_STEP_FINALIZE, CSPAN_AFTER, "Retry", "Retry", "AttemptHeader"},
    {CSPAN_STEP_FINALIZE, CSPAN_BEFORE, "Signing", "ResolveCredentials", "Signing"},
    {CSPAN_STEP_DESERIALIZE, CSPAN_BEFORE, NULL, "Signing", "OperationDeserializer"},
    {CSPAN_STEP_DESERIALIZE, CSPAN_AFTER, NULL, "OperationDeserializer", NULL},
};

static const char *name_at(const cspan_chain *chain, size_t index) {
  return index < chain->count ? chain->entries[index].vtable->name : NULL;
}

static void expect_name(const char *actual, const char *expected) {
  if (expected) {
    assert_non_null(actual);
    assert_string_equal(actual, expected);
  } else {
    assert_null(actual);
  }
}

static void middlewares_are_placed(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
    cspan_middleware middleware = {.vtable = &extra_vtable,
                                   .step = places[i].step,
                                   .position = places[i].position,
                                   .relative_to = places[i].relative_to};
    cspan_chain *chain = cspan_chain_compose(&middleware, 1, NULL, 0, NULL);
    assert_non_null(chain);
    size_t at = 0;
    while (strcmp(chain->entries[at].vtable->name, "Extra") != 0) {
      at++;
    }
    expect_name(at > 0 ? name_at(chain, at - 1) : NULL, places[i].before);
    expect_name(name_at(chain, at + 1), places[i].after);
    assert_string_equal(name_at(chain, chain->retry_index), "Retry");
    cspan_free(chain);
  }
}

static void what_cannot_be_placed_is_refused(void **state) {
  (void)state;
  static const cspan_middleware_vtable nameless = {.size = sizeof nameless};
  static const cspan_middleware_vtable greedy = {
      .size = sizeof greedy, .name = "Greedy", .state_size = (size_t)1 << 40};
  static const struct {
    cspan_middleware middleware;
    cspan_status status;
  } cases[] = {
      {{.vtable = &extra_vtable, .step = CSPAN_STEP_BUILD, .relative_to = "Signing"},
       CSPAN_ERR_INVALID},
      {{.vtable = &extra_vtable, .step = (cspan_step)9}, CSPAN_ERR_INVALID},
      {{.vtable = &extra_vtable, .position = (cspan_position)9}, CSPAN_ERR_INVALID},
      {{.vtable = &nameless}, CSPAN_ERR_INVALID},
      {{.vtable = NULL}, CSPAN_ERR_INVALID},
      {{.vtable = &greedy}, CSPAN_ERR_LIMIT},
  };
  for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    cspan_error *error = NULL;
    assert_null(cspan_chain_compose(&cases[i].middleware, 1, NULL, 0, &error));
    assert_int_equal(cspan_error_status(error), cases[i].status);
    cspan_error_free(error);
  }
}

static void states_do_not_overlap(void **state) {
  (void)state;
  static const cspan_middleware_vtable small = {.name = "Small", .state_size = 1};
  static const cspan_middleware_vtable large = {.name = "Large", .state_size = 100};
  const cspan_middleware list[] = {
      {.vtable = &small, .step = CSPAN_STEP_INITIALIZE},
      {.vtable = &large, .step = CSPAN_STEP_BUILD},
      {.vtable = &small, .step = CSPAN_STEP_FINALIZE},
  };
  cspan_chain *chain = cspan_chain_compose(list, 3, NULL, 0, NULL);
  assert_non_null(chain);
  for (size_t i = 0; i + 1 < chain->count; i++) {
    assert_true(chain->entries[i].state_offset + chain->entries[i].vtable->state_size <=
                chain->entries[i + 1].state_offset);
    assert_int_equal(chain->entries[i].state_offset % _Alignof(max_align_t), 0);
  }
  for (size_t i = 0; i < chain->count; i++) {
    if (chain->entries[i].vtable->state_size > 0) {
      assert_int_equal(chain->entries[i].state_offset >= chain->attempt_offset,
                       i > chain->retry_index);
    }
  }
  cspan_free(chain);
}

/* ----------------------------------------------------------------- running */

/* Middlewares that write down what happens: "+name" begin, "-name" end, "~name" retry. */
typedef struct journal {
  char text[512];
} journal;

static void note(journal *j, char what, const char *name) {
  size_t len = strlen(j->text);
  snprintf(j->text + len, sizeof j->text - len, "%s%c%s", len ? " " : "", what, name);
}

typedef struct scribe {
  journal *journal;
  const char *name;
  cspan_status begin_status; /* of the first begin */
  int begins;
} scribe;

static cspan_status scribe_begin(void *self, struct cspan_call *call, void *state,
                                 cspan_error **error) {
  scribe *s = self;
  int *count = state;
  (void)call;
  note(s->journal, '+', s->name);
  ++*count;
  assert_int_equal(*count, 1); /* fresh for each begin */
  if (s->begins++ == 0 && s->begin_status != CSPAN_OK) {
    return cspan_error_set(error, s->begin_status, "refused by %s", s->name);
  }
  return CSPAN_OK;
}

static void scribe_end(void *self, struct cspan_call *call, void *state) {
  scribe *s = self;
  int *count = state;
  (void)call;
  assert_int_equal(*count, 1);
  note(s->journal, '-', s->name);
}

static void scribe_retry(void *self, struct cspan_call *call, void *state,
                         const cspan_retry_info *info) {
  scribe *s = self;
  (void)call;
  (void)state;
  (void)info;
  note(s->journal, '~', s->name);
}

#define SCRIBE_VTABLE(title)                                                                       \
  {                                                                                                \
    .size = sizeof(cspan_middleware_vtable), .name = (title), .state_size = sizeof(int),           \
    .begin = scribe_begin, .end = scribe_end, .retry = scribe_retry                                \
  }

static const cspan_middleware_vtable scribe_vtables[] = {SCRIBE_VTABLE("a"), SCRIBE_VTABLE("b"),
                                                         SCRIBE_VTABLE("c")};

/* a: whole call, outermost; b: whole call, right outside Retry; c: each attempt. */
static cspan_status scribbled_call(fixture *f, journal *j, cspan_status c_status,
                                   cspan_status b_status, cspan_error **error) {
  scribe scribes[] = {{.journal = j, .name = "a"},
                      {.journal = j, .name = "b", .begin_status = b_status},
                      {.journal = j, .name = "c", .begin_status = c_status}};
  const cspan_middleware list[] = {
      {&scribe_vtables[0], &scribes[0], CSPAN_STEP_INITIALIZE, CSPAN_BEFORE, NULL},
      {&scribe_vtables[1], &scribes[1], CSPAN_STEP_FINALIZE, CSPAN_BEFORE, "Retry"},
      {&scribe_vtables[2], &scribes[2], CSPAN_STEP_FINALIZE, CSPAN_AFTER, "Signing"},
  };
  cspan_call_options options = {.middlewares = list, .middleware_count = 3};
  fixture_input input = {.bucket = "bucket"};
  j->text[0] = '\0';
  return fixture_call(f, &fixture_get, &input, &options, NULL, error);
}

static void serve(fixture *f, const script_connection *scripts, size_t count) {
  fixture_serve(f, scripts, count);
  fixture_configure(f, NULL);
  fixture_connect(f);
}

static void ends_mirror_begins(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable, succeeds};
  fixture f;
  journal j;
  serve(&f, scripts, 2);
  assert_int_equal(scribbled_call(&f, &j, CSPAN_OK, CSPAN_OK, NULL), CSPAN_OK);
  assert_string_equal(j.text, "+a +b +c -c ~a ~b +c -c -b -a");
  assert_int_equal(scribbled_call(&f, &j, CSPAN_OK, CSPAN_OK, NULL), CSPAN_OK);
  assert_string_equal(j.text, "+a +b +c -c -b -a");
  fixture_stop(&f);
}

static void a_failed_begin_is_not_ended(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  fixture f;
  journal j;
  cspan_error *error = NULL;
  serve(&f, scripts, 1);
  assert_int_equal(scribbled_call(&f, &j, CSPAN_OK, CSPAN_ERR_INVALID, &error), CSPAN_ERR_INVALID);
  assert_string_equal(j.text, "+a +b -a");
  assert_string_equal(cspan_error_message(error), "refused by b");
  cspan_error_free(error);
  error = NULL;
  /* Inside an attempt: final when it would fail again... */
  assert_int_equal(scribbled_call(&f, &j, CSPAN_ERR_INVALID, CSPAN_OK, &error), CSPAN_ERR_INVALID);
  assert_string_equal(j.text, "+a +b +c -b -a");
  cspan_error_free(error);
  assert_int_equal(script_server_accepted(f.server), 0);
  /* ... and made again when it may not. */
  assert_int_equal(scribbled_call(&f, &j, CSPAN_ERR_CONNECT, CSPAN_OK, NULL), CSPAN_OK);
  assert_string_equal(j.text, "+a +b +c ~a ~b +c -c -b -a");
  fixture_stop(&f);
}

/* ------------------------------------------------------- what they may do */

static cspan_status add_headers(void *self, struct cspan_call *call, void *state,
                                cspan_error **error) {
  (void)state;
  (void)error;
  int *count = self;
  char value[16];
  snprintf(value, sizeof value, "n%d", ++*count);
  assert_null(cspan_call_request_header(call, "x-inner"));
  if (*count == 1) {
    assert_int_equal(cspan_call_set_request_header(call, "X-Only-First", "1"), CSPAN_OK);
  }
  assert_int_equal(cspan_call_set_request_header(call, "X-Inner", value), CSPAN_OK);
  assert_int_equal(cspan_call_set_request_header(call, "traceparent", value), CSPAN_OK);
  assert_int_equal(cspan_call_set_request_header(call, "bad name", "v"), CSPAN_ERR_INVALID);
  assert_int_equal(cspan_call_set_request_header(call, "name", "a\r\nb"), CSPAN_ERR_INVALID);
  return CSPAN_OK;
}

static void headers_of_an_attempt_last_for_it(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable, succeeds};
  static const cspan_middleware_vtable vtable = {.name = "Headers", .begin = add_headers};
  fixture f;
  int count = 0;
  const cspan_middleware middleware = {&vtable, &count, CSPAN_STEP_FINALIZE, CSPAN_AFTER, "Retry"};
  cspan_call_options options = {.middlewares = &middleware, .middleware_count = 1};
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, &options, NULL, NULL), CSPAN_OK);
  char *sent = script_server_received(f.server);
  char *second = strstr(sent + 1, "GET /bucket");
  assert_non_null(second);
  assert_null(strstr(second, "X-Only-First"));
  assert_non_null(strstr(second, "X-Inner: n2\r\n"));
  assert_non_null(strstr(second, "traceparent: n2\r\n"));
  /* Signed, but for what tracing adds. */
  char *signed_headers = strstr(second, "SignedHeaders=");
  assert_non_null(signed_headers);
  *strchr(signed_headers, '\n') = '\0';
  assert_non_null(strstr(signed_headers, ";x-inner"));
  assert_null(strstr(signed_headers, "traceparent"));
  free(sent);
  fixture_stop(&f);
}

static int marker;

static cspan_status replace_context(void *self, struct cspan_call *call, void *state,
                                    cspan_error **error) {
  (void)self;
  (void)state;
  (void)error;
  cspan_context inner = *cspan_call_context(call);
  assert_null(inner.span.slot);
  inner.span.slot = &marker;
  cspan_call_set_context(call, &inner);
  return CSPAN_OK;
}

static void see_replaced(void *self, struct cspan_call *call, void *state) {
  (void)self;
  (void)state;
  assert_ptr_equal(cspan_call_context(call)->span.slot, &marker);
}

static cspan_status see_replaced_on_begin(void *self, struct cspan_call *call, void *state,
                                          cspan_error **error) {
  (void)error;
  see_replaced(self, call, state);
  return CSPAN_OK;
}

static void see_original(void *self, struct cspan_call *call, void *state) {
  (void)state;
  int *seen = self;
  ++*seen;
  assert_null(cspan_call_context(call)->span.slot);
}

static void a_context_is_replaced_inwards(void **state) {
  (void)state;
  static const script_connection scripts[] = {is_unavailable, succeeds};
  static const cspan_middleware_vtable outer = {.name = "Outer", .end = see_original};
  static const cspan_middleware_vtable replacer = {
      .name = "Replacer", .begin = replace_context, .end = see_replaced};
  static const cspan_middleware_vtable inner = {
      .name = "Inner", .begin = see_replaced_on_begin, .end = see_replaced};
  fixture f;
  int seen = 0;
  const cspan_middleware list[] = {
      {&outer, &seen, CSPAN_STEP_INITIALIZE, CSPAN_BEFORE, NULL},
      {&replacer, NULL, CSPAN_STEP_FINALIZE, CSPAN_AFTER, "Retry"},
      {&inner, NULL, CSPAN_STEP_DESERIALIZE, CSPAN_AFTER, NULL},
  };
  cspan_call_options options = {.middlewares = list, .middleware_count = 3};
  fixture_input input = {.bucket = "bucket"};
  serve(&f, scripts, 2);
  assert_int_equal(fixture_call(&f, &fixture_get, &input, &options, NULL, NULL), CSPAN_OK);
  assert_int_equal(seen, 1);
  fixture_stop(&f);
}

static void fail_at_end(void *self, struct cspan_call *call, void *state) {
  (void)self;
  (void)state;
  cspan_error *error = NULL;
  assert_null(cspan_call_error(call));
  cspan_error_set(&error, CSPAN_ERR_PARTIAL, "changed its mind");
  cspan_call_set_error(call, error);
}

static void forgive_at_end(void *self, struct cspan_call *call, void *state) {
  (void)self;
  (void)state;
  assert_non_null(cspan_call_error(call));
  cspan_call_set_error(call, NULL);
}

static void an_end_may_change_the_outcome(void **state) {
  (void)state;
  static const script_step missing[] = {
      READ_REQUEST,
      SEND("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), END};
  static const script_connection good[] = {succeeds};
  static const script_connection bad[] = {missing};
  static const cspan_middleware_vtable failing = {.name = "Failing", .end = fail_at_end};
  static const cspan_middleware_vtable forgiving = {.name = "Forgiving", .end = forgive_at_end};
  for (int fails = 0; fails < 2; fails++) {
    fixture f;
    const cspan_middleware middleware = {fails ? &failing : &forgiving, NULL, CSPAN_STEP_INITIALIZE,
                                         CSPAN_AFTER, NULL};
    cspan_call_options options = {.middlewares = &middleware, .middleware_count = 1};
    fixture_input input = {.bucket = "bucket"};
    fixture_output *output = NULL;
    cspan_error *error = NULL;
    serve(&f, fails ? good : bad, 1);
    assert_int_equal(fixture_call(&f, &fixture_get, &input, &options, &output, &error),
                     fails ? CSPAN_ERR_PARTIAL : CSPAN_OK);
    assert_null(output);
    cspan_error_free(error);
    fixture_stop(&f);
  }
}

/* ------------------------------------------------------------- of a config */

static int freed;

static void count_free(void *self) {
  (void)self;
  freed++;
}

static void a_config_owns_its_middlewares(void **state) {
  (void)state;
  static const script_connection scripts[] = {succeeds};
  static const cspan_middleware_vtable owned = {.name = "Owned", .free = count_free};
  static const cspan_middleware_vtable relative = {.name = "Relative", .free = count_free};
  fixture f;
  cspan_error *error = NULL;
  freed = 0;
  fixture_serve(&f, scripts, 1);
  fixture_configure(&f, NULL);
  cspan_middleware middleware = {&owned, NULL, CSPAN_STEP_BUILD, CSPAN_AFTER, NULL};
  assert_int_equal(cspan_aws_config_add_middleware(f.config, &middleware, NULL), CSPAN_OK);
  middleware = (cspan_middleware){&relative, NULL, CSPAN_STEP_BUILD, CSPAN_AFTER, "Owned"};
  assert_int_equal(cspan_aws_config_add_middleware(f.config, &middleware, NULL), CSPAN_OK);
  middleware.relative_to = "Nobody";
  assert_int_equal(cspan_aws_config_add_middleware(f.config, &middleware, &error),
                   CSPAN_ERR_INVALID);
  assert_non_null(strstr(cspan_error_message(error), "Nobody"));
  cspan_error_free(error);
  assert_int_equal(freed, 1); /* the one that was refused */
  fixture_connect(&f);
  cspan_aws_config_free(f.config);
  f.config = NULL;
  fixture_input input = {.bucket = "bucket"};
  assert_int_equal(fixture_call(&f, &fixture_get, &input, NULL, NULL, NULL), CSPAN_OK);
  assert_int_equal(freed, 1);
  fixture_stop(&f);
  assert_int_equal(freed, 3);
}

static int prepare(void **state) {
  (void)state;
  fixture_clear_environment();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(middlewares_are_placed),
      cmocka_unit_test(what_cannot_be_placed_is_refused),
      cmocka_unit_test(states_do_not_overlap),
      cmocka_unit_test(ends_mirror_begins),
      cmocka_unit_test(a_failed_begin_is_not_ended),
      cmocka_unit_test(headers_of_an_attempt_last_for_it),
      cmocka_unit_test(a_context_is_replaced_inwards),
      cmocka_unit_test(an_end_may_change_the_outcome),
      cmocka_unit_test(a_config_owns_its_middlewares),
  };
  return cmocka_run_group_tests(tests, prepare, NULL);
}
