/* SPDX-License-Identifier: Apache-2.0 */
/* W3C Trace Context as a service keeps it: w3c_service runs as a process and is sent requests with
 * all kinds of traceparent and tracestate; what its own calls to us carry is checked. Where level 2
 * and the working group's tests differ (keys of the form tenant@system), the stricter one counts.
 * Each row is a rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include "integration/w3c_harness.h"

#define TRACE  "0af7651916cd43dd8448eb211c80319c"
#define PARENT "b7ad6b7169203331"
#define VALID  "traceparent: 00-" TRACE "-" PARENT "-01"

typedef enum trace_fate { INHERITED, RESTARTED } trace_fate;

typedef struct rule {
  const char *name;
  const char *lines[8]; /* of headers, as they are sent */
  trace_fate fate;
  const char *state; /* what arrives; "": none */
} rule;

/* ------------------------------------------------------------------ the rules */

static const rule parent_rules[] = {
    {"nothing is sent: a trace begins", {NULL}, RESTARTED, ""},
    {"a parent without a state", {VALID}, INHERITED, ""},
    {"an unsampled parent", {"traceparent: 00-" TRACE "-" PARENT "-00"}, INHERITED, ""},
    {"two parents, the same", {VALID, VALID}, RESTARTED, ""},
    {"two parents, different",
     {VALID, "traceparent: 00-1af7651916cd43dd8448eb211c80319c-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a second parent that is malformed", {VALID, "traceparent: x"}, RESTARTED, ""},
    {"a name with a dash", {"trace-parent: 00-" TRACE "-" PARENT "-01"}, RESTARTED, ""},
    {"a name with a dot", {"trace.parent: 00-" TRACE "-" PARENT "-01"}, RESTARTED, ""},
    {"a name in upper case", {"TRACEPARENT: 00-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"a name in title case", {"TraceParent: 00-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"a name in mixed case", {"tRaCeParENT: 00-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"version 00 with a tail", {VALID "-more"}, RESTARTED, ""},
    {"version 00 with a dash behind", {VALID "-"}, RESTARTED, ""},
    {"version 00 with a dot behind", {VALID "."}, RESTARTED, ""},
    {"version 01", {"traceparent: 01-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"version 01 with more fields", {"traceparent: 01-" TRACE "-" PARENT "-01-x-y"}, INHERITED, ""},
    {"version cc", {"traceparent: cc-" TRACE "-" PARENT "-00"}, INHERITED, ""},
    {"version cc, a tail without a dash",
     {"traceparent: cc-" TRACE "-" PARENT "-01.x"},
     RESTARTED,
     ""},
    {"version fe", {"traceparent: fe-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"version ff", {"traceparent: ff-" TRACE "-" PARENT "-01"}, RESTARTED, ""},
    {"a version in upper case", {"traceparent: CC-" TRACE "-" PARENT "-01"}, RESTARTED, ""},
    {"a version that begins with no digit",
     {"traceparent: .0-" TRACE "-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a version that ends with no digit",
     {"traceparent: 0g-" TRACE "-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a version of one digit", {"traceparent: 0-" TRACE "-" PARENT "-01"}, RESTARTED, ""},
    {"a version of three digits", {"traceparent: 000-" TRACE "-" PARENT "-01"}, RESTARTED, ""},
    {"a trace id of zeros",
     {"traceparent: 00-00000000000000000000000000000000-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a trace id in upper case",
     {"traceparent: 00-0AF7651916CD43DD8448EB211C80319C-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a trace id that begins with no digit",
     {"traceparent: 00-.af7651916cd43dd8448eb211c80319c-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a trace id that ends with no digit",
     {"traceparent: 00-0af7651916cd43dd8448eb211c80319.-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a trace id of 33 digits", {"traceparent: 00-" TRACE "0-" PARENT "-01"}, RESTARTED, ""},
    {"a trace id of 31 digits",
     {"traceparent: 00-0af7651916cd43dd8448eb211c80319-" PARENT "-01"},
     RESTARTED,
     ""},
    {"a parent id of zeros", {"traceparent: 00-" TRACE "-0000000000000000-01"}, RESTARTED, ""},
    {"a parent id in upper case", {"traceparent: 00-" TRACE "-B7AD6B7169203331-01"}, RESTARTED, ""},
    {"a parent id that begins with no digit",
     {"traceparent: 00-" TRACE "-.7ad6b7169203331-01"},
     RESTARTED,
     ""},
    {"a parent id that ends with no digit",
     {"traceparent: 00-" TRACE "-b7ad6b716920333.-01"},
     RESTARTED,
     ""},
    {"a parent id of 17 digits", {"traceparent: 00-" TRACE "-" PARENT "0-01"}, RESTARTED, ""},
    {"a parent id of 15 digits", {"traceparent: 00-" TRACE "-b7ad6b716920333-01"}, RESTARTED, ""},
    {"flags that begin with no digit", {"traceparent: 00-" TRACE "-" PARENT "-.0"}, RESTARTED, ""},
    {"flags that end with no digit", {"traceparent: 00-" TRACE "-" PARENT "-0."}, RESTARTED, ""},
    {"flags in upper case", {"traceparent: 00-" TRACE "-" PARENT "-0A"}, RESTARTED, ""},
    {"flags of three digits", {"traceparent: 00-" TRACE "-" PARENT "-001"}, RESTARTED, ""},
    {"flags of one digit", {"traceparent: 00-" TRACE "-" PARENT "-1"}, RESTARTED, ""},
    {"no flags", {"traceparent: 00-" TRACE "-" PARENT}, RESTARTED, ""},
    {"an empty parent", {"traceparent: "}, RESTARTED, ""},
    {"a blank before", {"traceparent:  \t 00-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"a blank behind", {VALID " "}, INHERITED, ""},
    {"a tab behind", {VALID "\t"}, INHERITED, ""},
    {"no blank behind the colon", {"traceparent:00-" TRACE "-" PARENT "-01"}, INHERITED, ""},
    {"a blank within", {"traceparent: 00-" TRACE " -" PARENT "-01"}, RESTARTED, ""},
};

#define REPEAT10(text) text text text text text text text text text text
#define CHARS40(c)     REPEAT10(c c c c)
#define CHARS100(c)    REPEAT10(REPEAT10(c))
#define CHARS240(c)    CHARS100(c) CHARS100(c) CHARS40(c)
#define CHARS256(c)    CHARS240(c) REPEAT10(c) c c c c c c
#define MEMBERS8(k)    k "1=1," k "2=2," k "3=3," k "4=4," k "5=5," k "6=6," k "7=7," k "8=8"

static const rule state_rules[] = {
    {"a state without a parent", {"tracestate: foo=1"}, RESTARTED, ""},
    {"a state beside a bad parent", {VALID "-", "tracestate: foo=1"}, RESTARTED, ""},
    {"a state is handed on", {VALID, "tracestate: foo=1,bar=2"}, INHERITED, "foo=1,bar=2"},
    {"a state before its parent", {"tracestate: foo=1", VALID}, INHERITED, "foo=1"},
    {"a state of version cc",
     {"traceparent: cc-" TRACE "-" PARENT "-01-x", "tracestate: foo=1"},
     INHERITED,
     "foo=1"},
    {"a name with a dash", {VALID, "trace-state: foo=1"}, INHERITED, ""},
    {"a name with a dot", {VALID, "trace.state: foo=1"}, INHERITED, ""},
    {"a name in upper case", {VALID, "TRACESTATE: foo=1"}, INHERITED, "foo=1"},
    {"a name in mixed case", {VALID, "TraceState: foo=1"}, INHERITED, "foo=1"},
    {"an empty state", {VALID, "tracestate: "}, INHERITED, ""},
    {"an empty state behind another",
     {VALID, "tracestate: foo=1", "tracestate:"},
     INHERITED,
     "foo=1"},
    {"an empty state before another",
     {VALID, "tracestate:", "tracestate: foo=1"},
     INHERITED,
     "foo=1"},
    {"an empty member", {VALID, "tracestate: foo=1,,bar=2,"}, INHERITED, "foo=1,bar=2"},
    {"several headers are one, in their order",
     {VALID, "tracestate: foo=1,bar=2", "tracestate: rojo=3", "TraceState: baz=4,congo=5"},
     INHERITED,
     "foo=1,bar=2,rojo=3,baz=4,congo=5"},
    {"a key twice, the same value", {VALID, "tracestate: foo=1,foo=1"}, INHERITED, ""},
    {"a key twice", {VALID, "tracestate: foo=1,bar=1,foo=2"}, INHERITED, ""},
    {"a key twice in two headers",
     {VALID, "tracestate: foo=1", "tracestate: foo=2"},
     INHERITED,
     ""},
    {"all characters of keys",
     {VALID, "tracestate: abcdefghijklmnopqrstuvwxyz0123456789_-*/=1"},
     INHERITED,
     "abcdefghijklmnopqrstuvwxyz0123456789_-*/=1"},
    {"a key that begins with a digit", {VALID, "tracestate: 0a=1"}, INHERITED, "0a=1"},
    {"all characters of values",
     {VALID, "tracestate: a= !\"#$%&'()*+-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
             "abcdefghijklmnopqrstuvwxyz{|}~"},
     INHERITED,
     "a= !\"#$%&'()*+-./0123456789:;<>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
     "abcdefghijklmnopqrstuvwxyz{|}~"},
    {"a tenant and a system",
     {VALID, "tracestate: 0tenant_-*/@a-system_*/=1"},
     INHERITED,
     "0tenant_-*/@a-system_*/=1"},
    {"blanks around members",
     {VALID, "tracestate: foo=1 \t , \t bar=2, \t baz=3"},
     INHERITED,
     "foo=1,bar=2,baz=3"},
    {"blanks around all of it",
     {VALID, "tracestate: \t foo=1,bar=2 \t "},
     INHERITED,
     "foo=1,bar=2"},
    {"a blank within a key", {VALID, "tracestate: foo =1,bar=2"}, INHERITED, ""},
    {"a key in upper case", {VALID, "tracestate: FOO=1,bar=2"}, INHERITED, ""},
    {"a key with a dot", {VALID, "tracestate: foo.bar=1,bar=2"}, INHERITED, ""},
    {"a key that begins with a dash", {VALID, "tracestate: -foo=1,bar=2"}, INHERITED, ""},
    {"no key", {VALID, "tracestate: =1,bar=2"}, INHERITED, ""},
    {"no value", {VALID, "tracestate: foo=,bar=2"}, INHERITED, ""},
    {"no equals sign", {VALID, "tracestate: foo,bar=2"}, INHERITED, ""},
    {"an equals sign in a value", {VALID, "tracestate: foo=1=2,bar=2"}, INHERITED, ""},
    {"a tab within a value", {VALID, "tracestate: foo=1\t2,bar=2"}, INHERITED, ""},
    {"a value that is not ASCII", {VALID, "tracestate: foo=\xc3\xa9,bar=2"}, INHERITED, ""},
    {"a system without a name", {VALID, "tracestate: foo@=1,bar=2"}, INHERITED, ""},
    {"a tenant without a name", {VALID, "tracestate: @foo=1,bar=2"}, INHERITED, ""},
    {"two at signs together", {VALID, "tracestate: foo@@bar=1,bar=2"}, INHERITED, ""},
    {"two at signs", {VALID, "tracestate: foo@bar@baz=1,bar=2"}, INHERITED, ""},
    {"32 members",
     {VALID, "tracestate: " MEMBERS8("a"), "tracestate: " MEMBERS8("b"),
      "tracestate: " MEMBERS8("c"), "tracestate: " MEMBERS8("d")},
     INHERITED,
     MEMBERS8("a") "," MEMBERS8("b") "," MEMBERS8("c") "," MEMBERS8("d")},
    {"33 members",
     {VALID, "tracestate: " MEMBERS8("a"), "tracestate: " MEMBERS8("b"),
      "tracestate: " MEMBERS8("c"), "tracestate: " MEMBERS8("d"), "tracestate: e=1"},
     INHERITED,
     ""},
    {"a key of 256 characters",
     {VALID, "tracestate: foo=1", "tracestate: " CHARS256("z") "=1"},
     INHERITED,
     "foo=1," CHARS256("z") "=1"},
    {"a key of 257 characters",
     {VALID, "tracestate: foo=1", "tracestate: z" CHARS256("z") "=1"},
     INHERITED,
     ""},
    {"a tenant of 241 and a system of 14 characters",
     {VALID, "tracestate: foo=1,t" CHARS240("t") "@vvvvvvvvvvvvvv=1"},
     INHERITED,
     "foo=1,t" CHARS240("t") "@vvvvvvvvvvvvvv=1"},
    {"a tenant of 242 characters",
     {VALID, "tracestate: foo=1,tt" CHARS240("t") "@v=1"},
     INHERITED,
     ""},
    {"a system of 15 characters", {VALID, "tracestate: foo=1,t@vvvvvvvvvvvvvvv=1"}, INHERITED, ""},
    {"a value of 256 characters",
     {VALID, "tracestate: foo=" CHARS256("v")},
     INHERITED,
     "foo=" CHARS256("v")},
    {"a value of 257 characters", {VALID, "tracestate: foo=v" CHARS256("v")}, INHERITED, ""},
    {"more than 512 characters: long members go first",
     {VALID, "tracestate: a=" CHARS100("1"), "tracestate: b=" CHARS240("2"),
      "tracestate: c=" CHARS240("3"), "tracestate: d=4"},
     INHERITED,
     "a=" CHARS100("1") ",b=" CHARS240("2") ",d=4"},
};

/* ----------------------------------------------------------------- the checks */

static harness h;

/* One traceparent of version 00, its ids valid. */
static void check_parent(const rule *r, const char *head, char trace[33], char parent[17],
                         unsigned *flags) {
  char values[2][256];
  size_t count = harness_headers(head, "traceparent", values, 2);
  if (count != 1)
    fail_msg("%s: %zu traceparent headers arrived", r->name, count);
  int end = 0;
  if (sscanf(values[0], "00-%32[0-9a-f]-%16[0-9a-f]-%2x%n", trace, parent, flags, &end) != 3 ||
      end != 55 || values[0][55] || !strcmp(trace, "00000000000000000000000000000000") ||
      !strcmp(parent, "0000000000000000"))
    fail_msg("%s: \"%s\" arrived", r->name, values[0]);
}

static void check_rule(const rule *r) {
  char trace[33];
  char parent[17];
  unsigned flags;
  char state[1024];
  harness_calls calls;
  harness_run(&h, r->lines, 1, &calls);
  if (calls.status != 200 || calls.count != 1)
    fail_msg("%s: answered with %d after %zu calls", r->name, calls.status, calls.count);
  check_parent(r, calls.heads[0], trace, parent, &flags);
  if ((strcmp(trace, TRACE) == 0) != (r->fate == INHERITED))
    fail_msg("%s: the trace is %s", r->name, trace);
  if (strcmp(parent, PARENT) == 0)
    fail_msg("%s: the parent's id was not replaced", r->name);
  harness_joined(calls.heads[0], "tracestate", state, sizeof state);
  if (strcmp(state, r->state) != 0)
    fail_msg("%s: the state is \"%s\"", r->name, state);
  harness_free(&calls);
}

static void test_traceparent(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof parent_rules / sizeof parent_rules[0]; i++)
    check_rule(&parent_rules[i]);
}

static void test_tracestate(void **unused) {
  (void)unused;
  for (size_t i = 0; i < sizeof state_rules / sizeof state_rules[0]; i++)
    check_rule(&state_rules[i]);
}

/* The flags that go on, by those that came: sampled as it was, random as it was, no other. */
static void test_flags(void **unused) {
  (void)unused;
  static const struct {
    rule rule;
    unsigned flags;
  } rows[] = {
      {{"unsampled", {"traceparent: 00-" TRACE "-" PARENT "-00"}, INHERITED, ""}, 0},
      {{"sampled", {"traceparent: 00-" TRACE "-" PARENT "-01"}, INHERITED, ""}, 1},
      {{"random", {"traceparent: 00-" TRACE "-" PARENT "-02"}, INHERITED, ""}, 2},
      {{"sampled and random", {"traceparent: 00-" TRACE "-" PARENT "-03"}, INHERITED, ""}, 3},
      {{"all", {"traceparent: 00-" TRACE "-" PARENT "-ff"}, INHERITED, ""}, 3},
      {{"of version cc", {"traceparent: cc-" TRACE "-" PARENT "-fd-x"}, INHERITED, ""}, 1},
      {{"of a trace that begins here", {NULL}, RESTARTED, ""}, 3},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char trace[33];
    char parent[17];
    unsigned flags;
    harness_calls calls;
    check_rule(&rows[i].rule);
    harness_run(&h, rows[i].rule.lines, 1, &calls);
    check_parent(&rows[i].rule, calls.heads[0], trace, parent, &flags);
    if (flags != rows[i].flags)
      fail_msg("%s: the flags are %02x", rows[i].rule.name, flags);
    harness_free(&calls);
  }
}

/* Each call has an id of its own; all of them are of one trace. */
static void test_several_calls(void **unused) {
  (void)unused;
  static const rule rows[] = {
      {"three calls of a trace", {VALID, "tracestate: foo=1"}, INHERITED, "foo=1"},
      {"three calls without a trace", {NULL}, RESTARTED, ""},
      {"three calls of a bad trace",
       {"traceparent: 00-00000000000000000000000000000000-" PARENT "-01"},
       RESTARTED,
       ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    char traces[3][33];
    char parents[3][17];
    unsigned flags;
    harness_calls calls;
    harness_run(&h, rows[i].lines, 3, &calls);
    assert_int_equal(calls.status, 200);
    assert_int_equal(calls.count, 3);
    for (size_t n = 0; n < 3; n++)
      check_parent(&rows[i], calls.heads[n], traces[n], parents[n], &flags);
    assert_string_equal(traces[0], traces[1]);
    assert_string_equal(traces[0], traces[2]);
    assert_int_equal(strcmp(traces[0], TRACE) == 0, rows[i].fate == INHERITED);
    assert_string_not_equal(parents[0], parents[1]);
    assert_string_not_equal(parents[0], parents[2]);
    assert_string_not_equal(parents[1], parents[2]);
    harness_free(&calls);
  }
}

/* ------------------------------------------------------- the service as such */

/* It calls itself, which calls itself, which calls us. */
static void test_nested(void **unused) {
  (void)unused;
  char body[1024];
  char head[256];
  char trace[33];
  char parent[17];
  unsigned flags;
  harness_calls calls;
  const rule r = {"nested", {VALID}, INHERITED, ""};
  snprintf(body, sizeof body,
           "[{\"url\":\"%s\",\"arguments\":[{\"url\":\"%s\",\"arguments\":[{\"url\":\"%s\","
           "\"arguments\":[]},{\"url\":\"%s\",\"arguments\":{\"a\":[1,2]}}]}]}]",
           h.service_url, h.service_url, h.own_url, h.own_url);
  snprintf(head, sizeof head, VALID "\r\nContent-Length: %zu\r\nConnection: close\r\n",
           strlen(body));
  harness_post(&h, head, body, &calls);
  assert_int_equal(calls.status, 200);
  assert_int_equal(calls.count, 2);
  for (size_t i = 0; i < 2; i++) {
    check_parent(&r, calls.heads[i], trace, parent, &flags);
    assert_string_equal(trace, TRACE);
  }
  assert_non_null(strstr(calls.heads[0], "\r\n\r\n[]"));
  assert_non_null(strstr(calls.heads[1], "\r\n\r\n{\"a\":[1,2]}"));
  harness_free(&calls);
}

/* Ways of HTTP to say the same. */
static void test_forms_of_requests(void **unused) {
  (void)unused;
  static const struct {
    const char *line; /* the first, and a header that is different */
    bool is_chunked;
    int status; /* the first that comes */
  } forms[] = {
      {"POST /test HTTP/1.1\r\nConnection: close", false, 200},
      {"POST /test HTTP/1.0\r\nAccept: */*", false, 200},
      {"POST /test HTTP/1.1\r\nConnection: close\r\nTransfer-Encoding: chunked", true, 200},
      {"POST /test HTTP/1.1\r\nConnection: close\r\nExpect: 100-continue", false, 100},
  };
  char body[200];
  char request[1024];
  snprintf(body, sizeof body, "[{\"url\":\"%s\",\"arguments\":[]}]", h.own_url);
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    harness_calls calls;
    size_t len = strlen(body);
    if (forms[i].is_chunked)
      snprintf(request, sizeof request,
               "%s\r\n" VALID "\r\n\r\n1\r\n[\r\n%zX;x=y\r\n%s\r\n0\r\n\r\n", forms[i].line,
               len - 1, body + 1);
    else
      snprintf(request, sizeof request, "%s\r\n" VALID "\r\nContent-Length: %zu\r\n\r\n%s",
               forms[i].line, len, body);
    harness_send(&h, request, &calls);
    if (calls.count != 1 || calls.status != forms[i].status)
      fail_msg("form %zu: answered with %d after %zu calls", i, calls.status, calls.count);
    assert_non_null(strstr(calls.heads[0], "\r\ntraceparent: 00-" TRACE "-"));
    assert_non_null(strstr(calls.answer, "HTTP/1.1 200 OK"));
    harness_free(&calls);
  }
}

/* Two requests on one connection, the second sent before the first was answered. */
static void test_kept_connection(void **unused) {
  (void)unused;
  char body[200];
  char request[1024];
  harness_calls calls;
  snprintf(body, sizeof body, "[{\"url\":\"%s\",\"arguments\":[]}]", h.own_url);
  snprintf(request, sizeof request,
           "POST /test HTTP/1.1\r\nHost: x\r\nContent-Length: %zu\r\n\r\n%s"
           "POST /test HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2\r\n\r\n[]",
           strlen(body), body);
  harness_send(&h, request, &calls);
  assert_int_equal(calls.count, 1);
  const char *second = strstr(calls.answer + 1, "HTTP/1.1 200 ");
  assert_non_null(second);
  harness_free(&calls);
}

static void test_bad_requests(void **unused) {
  (void)unused;
  static const struct {
    const char *request;
    int status;
  } rows[] = {
      {"GET /test HTTP/1.1\r\nConnection: close\r\n\r\n", 405},
      {"POST /other HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]", 404},
      {"POST /test HTTP/1.1\r\nContent-Length: 1\r\nConnection: close\r\n\r\n[", 400},
      {"POST /test HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", 400},
      {"POST /test HTTP/1.1\r\nContent-Length: 4\r\nConnection: close\r\n\r\n[{}]", 400},
      {"POST /test HTTP/1.1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]", 200},
      {"POST /test HTTP/1.1\r\nContent-Length: 46\r\nConnection: close\r\n\r\n"
       "[{\"url\":\"http://127.0.0.1:1/\",\"arguments\":[]}]",
       502},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    harness_calls calls;
    harness_send(&h, rows[i].request, &calls);
    if (calls.status != rows[i].status)
      fail_msg("request %zu: answered with %d", i, calls.status);
    harness_free(&calls);
  }
}

/* -------------------------------------------------------------- the processes */

static pid_t service;

static int start(void **unused) {
  extern char **environ;
  char *const arguments[] = {"w3c_service", "0", NULL};
  char line[200] = "";
  int ends[2];
  posix_spawn_file_actions_t actions;
  (void)unused;
  if (pipe(ends) != 0)
    return 1;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  int failed = posix_spawn(&service, W3C_SERVICE, &actions, NULL, arguments, environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  FILE *output = fdopen(ends[0], "r");
  if (failed || !output || !fgets(line, sizeof line, output))
    return 1;
  fclose(output);
  return harness_open(&h, line) ? 0 : 1;
}

/* It ends in order, so that a sanitizer can say what it thinks of it. */
static int finish(void **unused) {
  int status = 1;
  (void)unused;
  harness_close(&h);
  kill(service, SIGTERM);
  if (waitpid(service, &status, 0) != service || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    fprintf(stderr, "w3c_service ended with status %d\n", status);
    return 1;
  }
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_traceparent),     cmocka_unit_test(test_tracestate),
      cmocka_unit_test(test_flags),           cmocka_unit_test(test_several_calls),
      cmocka_unit_test(test_nested),          cmocka_unit_test(test_forms_of_requests),
      cmocka_unit_test(test_kept_connection), cmocka_unit_test(test_bad_requests),
  };
  return cmocka_run_group_tests(tests, start, finish);
}
