/* SPDX-License-Identifier: Apache-2.0 */
/* Detectors that ask servers, against servers of scripts; and providers while such detectors are at
 * work. */
#include "unit/telemetry/span_fixture.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cloudspan/ext/resource.h>

#include "base/sys.h"
#include "support/fail_alloc.h"
#include "support/quiet_log.h"
#include "support/script_server.h"
#include "telemetry/resource/detect.h"
#include "telemetry/resource/metadata.h"
#include "unit/telemetry/forked.h"

#define ANSWER(length, body) "HTTP/1.1 200 OK\r\nContent-Length: " length "\r\n\r\n" body
#define NOT_FOUND            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"

#define TOKEN_ANSWER    ANSWER("5", "token")
#define DOCUMENT_ANSWER ANSWER("46", "{\"instanceId\":\"i-0abc\",\"region\":\"eu-west-1\" }\n")
#define NAME_ANSWER     ANSWER("12", "ip-10-0-0-1\n")

static const script_step instance[] = {
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, TOKEN_ANSWER, 0},
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, DOCUMENT_ANSWER, 0},
    {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, NAME_ANSWER, 0},
    {SCRIPT_END, NULL, 0}};

static cspan_resource *detect(const char *names) {
  cspan_resource *found = NULL;
  cspan_error *error = NULL;
  if (cspan_resource_detect(names, NULL, &found, &error) != CSPAN_OK) {
    fail_msg("%s", cspan_error_message(error));
  }
  return found;
}

static size_t count_of(const cspan_resource *resource) {
  size_t count;
  cspan_resource_attributes(resource, &count);
  return count;
}

static void assert_text(const cspan_resource *resource, const char *key, const char *value) {
  size_t count;
  const cspan_attr *attrs = cspan_resource_attributes(resource, &count);
  assert_attr_string(attrs, count, key, value);
}

static void assert_received(script_server *server, const char *text) {
  char *received = script_server_received(server);
  if (strcasestr(received, text) == NULL) {
    fail_msg("%s was not received:\n%s", text, received);
  }
  free(received);
}

/* --------------------------------------------------------------------------- ec2 */

static void test_ec2(void **state) {
  (void)state;
  const script_connection connection = instance;
  script_server *server = script_server_start(&connection, 1);
  /* A slash at the end does no harm; neither does a proxy that does not exist. */
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", script_server_url(server, "/"), 1);
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  cspan_resource *found = detect("ec2");
  unsetenv("http_proxy");
  assert_text(found, "cloud.provider", "aws");
  assert_text(found, "cloud.platform", "aws_ec2");
  assert_text(found, "cloud.region", "eu-west-1");
  assert_text(found, "host.id", "i-0abc");
  assert_text(found, "host.name", "ip-10-0-0-1");
  assert_string_equal(cspan_resource_schema_url(found), CSPAN_RESOURCE_SCHEMA_URL);
  cspan_resource_free(found);
  assert_received(server, "PUT /latest/api/token HTTP/1.1\r\n");
  assert_received(server, "\r\nX-aws-ec2-metadata-token-ttl-seconds: 60\r\n");
  assert_received(server, "GET /latest/dynamic/instance-identity/document HTTP/1.1\r\n");
  assert_received(server, "GET /latest/meta-data/hostname HTTP/1.1\r\n");
  assert_received(server, "\r\nX-aws-ec2-metadata-token: token\r\n");
  script_server_stop(server);
  unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

static void test_ec2_disabled(void **state) {
  (void)state;
  const script_connection connection = instance;
  script_server *server = script_server_start(&connection, 1);
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", script_server_url(server, ""), 1);
  setenv("AWS_EC2_METADATA_DISABLED", "True", 1);
  cspan_resource *found = detect("ec2");
  assert_int_equal(count_of(found), 0);
  assert_int_equal(script_server_accepted(server), 0);
  cspan_resource_free(found);
  unsetenv("AWS_EC2_METADATA_DISABLED");
  unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  script_server_stop(server);
}

/* What is no metadata service, or a broken one. */
static void test_ec2_oddities(void **state) {
  (void)state;
  static const script_step refuses[] = {
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, NOT_FOUND, 0}, {SCRIPT_END, NULL, 0}};
  static const script_step bad_token[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                          {SCRIPT_SEND, ANSWER("5", "a\r\nb:"), 0},
                                          {SCRIPT_END, NULL, 0}};
  static const script_step no_token[] = {
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, ANSWER("0", ""), 0}, {SCRIPT_END, NULL, 0}};
  static const script_step bad_document[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                             {SCRIPT_SEND, TOKEN_ANSWER, 0},
                                             {SCRIPT_READ_REQUEST, NULL, 0},
                                             {SCRIPT_SEND, ANSWER("6", "<html>"), 0},
                                             {SCRIPT_END, NULL, 0}};
  static const script_step resets[] = {{SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_RESET, NULL, 0}};
  static const script_step endless[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, "HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n", 0},
      {SCRIPT_SEND_ZEROS, NULL, 9000000},
      {SCRIPT_END, NULL, 0}};
  static const script_step nameless[] = {
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, TOKEN_ANSWER, 0},
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, DOCUMENT_ANSWER, 0},
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, NOT_FOUND, 0},
      {SCRIPT_END, NULL, 0}};
  static const struct {
    const script_step *script;
    size_t attributes;
  } rows[] = {{refuses, 0}, {bad_token, 0}, {no_token, 0}, {bad_document, 0},
              {resets, 0},  {endless, 0},   {nameless, 4}};
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const script_connection connection = rows[i].script;
    script_server *server = script_server_start(&connection, 1);
    setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", script_server_url(server, ""), 1);
    cspan_resource *found = detect("ec2");
    if (count_of(found) != rows[i].attributes) {
      fail_msg("row %zu: %zu attributes", i, count_of(found));
    }
    cspan_resource_free(found);
    script_server_stop(server);
  }
  unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

/* A server that says nothing is given up, and so is one where the caller's deadline has passed. */
static void test_silence(void **state) {
  (void)state;
  static const script_step silent[] = {{SCRIPT_WAIT_CLOSE, NULL, 0}, {SCRIPT_END, NULL, 0}};
  const script_connection connection = silent;
  script_server *server = script_server_start(&connection, 1);
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", script_server_url(server, ""), 1);
  cspan_resource *found = detect("ec2,os");
  assert_text(found, "os.type", "linux");
  cspan_resource_free(found);
  assert_int_equal(script_server_accepted(server), 1);
  const cspan_context late = cspan_context_with_timeout(NULL, 0);
  assert_int_equal(cspan_resource_detect("ec2", &late, &found, NULL), CSPAN_OK);
  assert_int_equal(count_of(found), 0);
  assert_int_equal(script_server_accepted(server), 1);
  cspan_resource_free(found);
  script_server_stop(server);
  unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
}

/* --------------------------------------------------------------------------- ecs */

static void test_ecs(void **state) {
  (void)state;
  static const script_step task[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, ANSWER("18", "{\"DockerId\":\"cid\"}"), 0},
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, ANSWER("49", "{\"TaskARN\":\"arn:aws:ecs:eu-west-1:1:task/m/abc\"} "), 0},
      {SCRIPT_END, NULL, 0}};
  const script_connection connection = task;
  script_server *server = script_server_start(&connection, 1);
  setenv("ECS_CONTAINER_METADATA_URI_V4", script_server_url(server, "/v4/xyz"), 1);
  cspan_resource *found = detect("ecs");
  assert_text(found, "container.id", "cid");
  assert_text(found, "cloud.platform", "aws_ecs");
  assert_text(found, "aws.ecs.task.id", "abc");
  cspan_resource_free(found);
  assert_received(server, "GET /v4/xyz HTTP/1.1\r\n");
  assert_received(server, "GET /v4/xyz/task HTTP/1.1\r\n");
  script_server_stop(server);
  unsetenv("ECS_CONTAINER_METADATA_URI_V4");
  found = detect("ecs");
  assert_int_equal(count_of(found), 0);
  cspan_resource_free(found);
}

/* Nothing is asked beyond the machine's own network. */
static void test_local_addresses(void **state) {
  (void)state;
  static const struct {
    const char *url;
    bool is_local;
  } rows[] = {
      {"http://169.254.170.2/v4/x", true},
      {"http://169.254.170.2:80", true},
      {"http://127.0.0.1:51678/v4", true},
      {"http://[fd00:ec2::254]/", true},
      {"http://[fe80::1]/", true},
      {"http://[::1]:80/", true},
      {"https://169.254.170.2/", false},
      {"http://10.0.0.1/", false},
      {"http://169.254.example.com/", false},
      {"http://127.0.0.1.example.com/", false},
      {"http://169.254.1.1@example.com/", false},
      {"http://[::1]@example.com/", false},
      {"http://example.com/169.254.1.1", false},
      {"http://[2001:db8::1]/", false},
      {"file:///etc/passwd", false},
      {"", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (cspan_metadata_is_local(rows[i].url) != rows[i].is_local) {
      fail_msg("%s", rows[i].url);
    }
  }
}

/* --------------------------------------------------------------------------- eks */

#define ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

static char root[] = "/tmp/cloudspan-metadata-XXXXXX";

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at) {
  (void)info;
  (void)type;
  (void)at;
  return remove(path);
}

static void write_token(const char *token) {
  char path[256];
  snprintf(path, sizeof path, "%s%s/token", root, ACCOUNT);
  for (char *slash = strchr(path + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(path, 0700);
    *slash = '/';
  }
  FILE *file = fopen(path, "w");
  assert_non_null(file);
  fputs(token, file);
  fclose(file);
}

/* {"iss":"https://oidc.eks.eu-west-1.amazonaws.com/id/X"} */
#define EKS_TOKEN                                                                                  \
  "e30.eyJpc3MiOiJodHRwczovL29pZGMuZWtzLmV1LXdlc3QtMS5hbWF6b25hd3MuY29tL2lkL1gifQ.c2ln"

static void test_eks(void **state) {
  (void)state;
  static const script_step by_issuer[] = {
      {SCRIPT_READ_REQUEST, NULL, 0},
      {SCRIPT_SEND, ANSWER("32", "{\"data\":{\"cluster.name\":\"main\"}}"), 0},
      {SCRIPT_END, NULL, 0}};
  static const script_step by_map[] = {{SCRIPT_READ_REQUEST, NULL, 0},
                                       {SCRIPT_SEND, ANSWER("2", "{}"), 0},
                                       {SCRIPT_READ_REQUEST, NULL, 0},
                                       {SCRIPT_SEND, NOT_FOUND, 0},
                                       {SCRIPT_END, NULL, 0}};
  static const script_step elsewhere[] = {
      {SCRIPT_READ_REQUEST, NULL, 0}, {SCRIPT_SEND, NOT_FOUND, 0}, {SCRIPT_END, NULL, 0}};
  static const struct {
    const script_step *script;
    const char *token;
    const char *authorization;
    size_t attributes;
    const char *cluster;
  } rows[] = {
      {by_issuer, EKS_TOKEN "\n", "\r\nAuthorization: Bearer " EKS_TOKEN "\r\n", 3, "main"},
      {by_map, "opaque", "\r\nAuthorization: Bearer opaque\r\n", 2, NULL},
      {elsewhere, "opaque", "\r\nAuthorization: Bearer opaque\r\n", 0, NULL},
      {elsewhere, "bad\ntoken", NULL, 0, NULL},
      {elsewhere, NULL, NULL, 0, NULL},
  };
  assert_non_null(mkdtemp(root));
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    const script_connection connection = rows[i].script;
    script_server *server = script_server_start(&connection, 1);
    const cspan_detection at = {.root = rows[i].token != NULL ? root : "/nonexistent",
                                .kubernetes_url = script_server_url(server, "")};
    cspan_resource *found = cspan_resource_new();
    if (rows[i].token != NULL) {
      write_token(rows[i].token);
    }
    cspan_detect_eks(&at, found);
    if (count_of(found) != rows[i].attributes) {
      fail_msg("row %zu: %zu attributes", i, count_of(found));
    }
    if (rows[i].cluster != NULL) {
      assert_text(found, "cloud.platform", "aws_eks");
      assert_text(found, "k8s.cluster.name", rows[i].cluster);
    }
    assert_int_equal(script_server_accepted(server), rows[i].authorization != NULL);
    if (rows[i].authorization != NULL) {
      assert_received(server, rows[i].authorization);
    }
    cspan_resource_free(found);
    script_server_stop(server);
  }
  assert_int_equal(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
  /* Outside of a pod nothing is asked; a host that is none neither. */
  const cspan_detection at = {.root = ""};
  static const char *const hosts[] = {"", "example.com/x", "user@example.com"};
  for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
    cspan_resource *found = cspan_resource_new();
    setenv("KUBERNETES_SERVICE_HOST", hosts[i], 1);
    cspan_detect_eks(&at, found);
    assert_int_equal(count_of(found), 0);
    cspan_resource_free(found);
  }
  unsetenv("KUBERNETES_SERVICE_HOST");
}

/* --------------------------------------------------------------------- providers */

/* A slow detector that the tests hold: it finds a color when it is let go. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  int started;
  bool is_open;
  cspan_status ended_with; /* of the context */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};

static cspan_status find_behind_gate(void *user, const cspan_context *context, cspan_resource **out,
                                     cspan_error **error) {
  const cspan_attr attrs[] = {
      cspan_attr_string("color", "blue"), cspan_attr_string("service.name", "detected"),
      cspan_attr_string("host.name", "detected"), cspan_attr_string("shape", "detected")};
  (void)user;
  bool is_open = false;
  cspan_status status = CSPAN_OK;
  pthread_mutex_lock(&gate.lock);
  gate.started++;
  pthread_cond_broadcast(&gate.changed);
  pthread_mutex_unlock(&gate.lock);
  while (!is_open && (status = cspan_context_sleep_ms(context, 1)) == CSPAN_OK) {
    pthread_mutex_lock(&gate.lock);
    is_open = gate.is_open;
    pthread_mutex_unlock(&gate.lock);
  }
  pthread_mutex_lock(&gate.lock);
  gate.ended_with = status;
  pthread_mutex_unlock(&gate.lock);
  return is_open ? cspan_resource_create(attrs, 4, CSPAN_RESOURCE_SCHEMA_URL, out, error)
                 : CSPAN_OK;
}

static void set_gate(bool is_open) {
  pthread_mutex_lock(&gate.lock);
  gate.is_open = is_open;
  gate.started = 0;
  gate.ended_with = CSPAN_OK;
  pthread_mutex_unlock(&gate.lock);
}

static void wait_for_start(void) {
  pthread_mutex_lock(&gate.lock);
  while (gate.started == 0) {
    pthread_cond_wait(&gate.changed, &gate.lock);
  }
  pthread_mutex_unlock(&gate.lock);
}

typedef struct gated {
  cspan_span_exporter *memory;
  cspan_tracer_provider *provider;
  cspan_tracer *tracer;
} gated;

static void open_gated(gated *g, const char *detectors) {
  static const cspan_batch_options patient = {.size = sizeof patient, .schedule_delay_ms = 60000};
  static const cspan_attr given = {.key = "shape", .value.string = "round", .count = 5};
  g->memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_batch(g->memory, &patient);
  const cspan_provider_options options = {.size = sizeof options,
                                          .service_name = "given",
                                          .resource = &given,
                                          .resource_count = 1,
                                          .processors = &processor,
                                          .processor_count = 1,
                                          .detectors = detectors};
  assert_int_equal(cspan_tracer_provider_create(&options, &g->provider, NULL), CSPAN_OK);
  g->tracer = cspan_tracer_get(g->provider, "t", NULL, NULL);
}

static void make_span(const gated *g) {
  cspan_span_end(cspan_span_start(g->tracer, NULL, "span", NULL));
}

/* The provider is there at once; the first export has what was found, below what was given. */
static void test_provider_does_not_wait(void **state) {
  (void)state;
  gated g;
  set_gate(false);
  open_gated(&g, "host,gate");
  make_span(&g);
  wait_for_start(); /* and still the provider works */
  make_span(&g);
  cspan_span_list *list = cspan_memory_spans(g.memory);
  assert_int_equal(cspan_span_list_count(list), 0);
  cspan_span_list_free(list);
  set_gate(true);
  assert_int_equal(cspan_tracer_provider_force_flush(g.provider, 0, NULL), CSPAN_OK);
  list = cspan_memory_spans(g.memory);
  assert_int_equal(cspan_span_list_count(list), 2);
  for (size_t i = 0; i < 2; i++) {
    const cspan_span_view *span = cspan_span_list_at(list, i);
    assert_attr_string(span->resource, span->resource_count, "color", "blue");
    assert_attr_string(span->resource, span->resource_count, "host.name", "detected");
    assert_attr_string(span->resource, span->resource_count, "service.name", "given");
    assert_attr_string(span->resource, span->resource_count, "shape", "round");
  }
  cspan_span_list_free(list);
  assert_int_equal(gate.ended_with, CSPAN_OK);
  cspan_tracer_provider_free(g.provider);
}

/* The end of a provider gives detectors up, and exports what it has. */
static void test_end_while_detecting(void **state) {
  (void)state;
  for (int frees = 0; frees < 2; frees++) {
    gated g;
    set_gate(false);
    open_gated(&g, "gate");
    make_span(&g);
    wait_for_start();
    if (frees == 0) {
      assert_int_equal(cspan_tracer_provider_shutdown(g.provider, 0, NULL), CSPAN_OK);
      cspan_span_list *list = cspan_memory_spans(g.memory);
      const cspan_span_view *span = cspan_span_list_at(list, 0);
      assert_non_null(span);
      assert_attr_string(span->resource, span->resource_count, "service.name", "given");
      assert_null(cspan_attrs_find(span->resource, span->resource_count, "color"));
      cspan_span_list_free(list);
    }
    cspan_tracer_provider_free(g.provider);
    assert_int_equal(gate.ended_with, CSPAN_ERR_CANCELLED);
  }
}

/* Answers that are on their way at the end of a short program are still taken. */
static void test_end_waits_a_moment(void **state) {
  (void)state;
  gated g;
  set_gate(true);
  open_gated(&g, "gate");
  make_span(&g);
  assert_int_equal(cspan_tracer_provider_shutdown(g.provider, 0, NULL), CSPAN_OK);
  cspan_span_list *list = cspan_memory_spans(g.memory);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  if (gate.ended_with == CSPAN_OK) { /* else this machine was too busy for that */
    assert_attr_string(span->resource, span->resource_count, "color", "blue");
  }
  cspan_span_list_free(list);
  cspan_tracer_provider_free(g.provider);
}

/* The child does not have the thread, and is not waiting for it. */
static int in_child(void *arg) {
  gated *g = arg;
  make_span(g);
  if (cspan_tracer_provider_force_flush(g->provider, 20000, NULL) != CSPAN_OK) {
    return 1;
  }
  cspan_span_list *list = cspan_memory_spans(g->memory);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  int result = span != NULL ? 0 : 2;
  cspan_span_list_free(list);
  cspan_tracer_provider_free(g->provider);
  return result;
}

static void test_fork_while_detecting(void **state) {
  (void)state;
  if (!CHILD_MAY_START_THREADS) {
    skip();
  }
  gated g;
  set_gate(false);
  open_gated(&g, "gate");
  wait_for_start();
  assert_int_equal(run_forked(in_child, &g), 0);
  set_gate(true);
  cspan_tracer_provider_free(g.provider);
}

/* A real detector behind a provider. */
static void test_provider_on_ec2(void **state) {
  (void)state;
  const script_connection connection = instance;
  script_server *server = script_server_start(&connection, 1);
  gated g;
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", script_server_url(server, ""), 1);
  open_gated(&g, "host,ec2");
  make_span(&g);
  assert_int_equal(cspan_tracer_provider_force_flush(g.provider, 0, NULL), CSPAN_OK);
  cspan_span_list *list = cspan_memory_spans(g.memory);
  const cspan_span_view *span = cspan_span_list_at(list, 0);
  assert_attr_string(span->resource, span->resource_count, "host.id", "i-0abc");
  assert_attr_string(span->resource, span->resource_count, "service.name", "given");
  cspan_span_list_free(list);
  cspan_tracer_provider_free(g.provider);
  unsetenv("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  script_server_stop(server);
}

/* More than a resource has room for, with what is known already. */
static cspan_status find_a_flood(void *user, const cspan_context *context, cspan_resource **out,
                                 cspan_error **error) {
  static cspan_attr attrs[CSPAN_RESOURCE_ATTRIBUTES_MAX];
  static char keys[CSPAN_RESOURCE_ATTRIBUTES_MAX][8];
  (void)user;
  (void)context;
  for (int i = 0; i < CSPAN_RESOURCE_ATTRIBUTES_MAX; i++) {
    snprintf(keys[i], sizeof keys[i], "k%d", i);
    attrs[i] = cspan_attr_int64(keys[i], i);
  }
  return cspan_resource_create(attrs, CSPAN_RESOURCE_ATTRIBUTES_MAX, NULL, out, error);
}

typedef struct told_resource {
  int calls;
  bool is_final;
  size_t size_bytes;
} told_resource;

static void take_resource(void *self, const cspan_encoded_resource *resource) {
  told_resource *told = self;
  told->calls++;
  told->is_final = resource->is_final;
  told->size_bytes = resource->size_bytes;
}

static void pass_over(void *self, const cspan_ended_span *span) {
  (void)self;
  (void)span;
}

/* Processors that wait for the last word get it, though what was found is left out. */
static void test_too_much_is_final(void **state) {
  (void)state;
  static const cspan_processor_vtable vtable = {
      .size = sizeof vtable, .on_end = pass_over, .set_resource = take_resource};
  told_resource told = {.calls = 0};
  cspan_span_processor *processor = cspan_processor_create(&vtable, &told);
  cspan_tracer_provider *provider;
  const cspan_provider_options options = {
      .size = sizeof options, .processors = &processor, .processor_count = 1, .detectors = "flood"};
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, NULL), CSPAN_OK);
  assert_int_equal(cspan_tracer_provider_shutdown(provider, 0, NULL), CSPAN_OK);
  assert_int_equal(told.calls, 2);
  assert_true(told.is_final);
  assert_true(told.size_bytes < 1000);
  cspan_tracer_provider_free(provider);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
}

/* Each allocation of making a provider fails once: there is none then, or one that works. */
static void test_provider_without_memory(void **state) {
  (void)state;
  fail_alloc_install();
  cspan_log_set(ignore_log, NULL, CSPAN_LOG_WARN);
  set_gate(true);
  bool met = true;
  for (size_t n = 1; met; n++) {
    cspan_tracer_provider *provider = NULL;
    cspan_error *error = NULL;
    cspan_span_exporter *memory = cspan_exporter_memory();
    cspan_span_processor *processor = cspan_processor_batch(memory, NULL);
    const cspan_provider_options options = {.size = sizeof options,
                                            .processors = &processor,
                                            .processor_count = 1,
                                            .detectors = "gate"};
    assert_true(n < 500);
    fail_alloc_arm(n, false);
    cspan_status status = cspan_tracer_provider_create(&options, &provider, &error);
    met = fail_alloc_disarm();
    assert_int_equal(provider != NULL, status == CSPAN_OK);
    assert_int_equal(error == NULL, status == CSPAN_OK);
    assert_true(met || status == CSPAN_OK);
    cspan_tracer *tracer = provider ? cspan_tracer_get(provider, "t", NULL, NULL) : NULL;
    cspan_span_end(cspan_span_start(tracer, NULL, "span", NULL));
    assert_int_equal(cspan_tracer_provider_force_flush(provider, 0, NULL), CSPAN_OK);
    cspan_span_list *list = provider ? cspan_memory_spans(memory) : NULL;
    assert_int_equal(list ? cspan_span_list_count(list) : 1, 1);
    cspan_span_list_free(list);
    cspan_error_free(error);
    cspan_tracer_provider_free(provider);
  }
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  fail_alloc_uninstall();
}

static int register_detectors(void **state) {
  (void)state;
  static const cspan_resource_detector detectors[] = {
      {.size = sizeof detectors[0], .name = "gate", .is_slow = true, .detect = find_behind_gate},
      {.size = sizeof detectors[0], .name = "flood", .is_slow = true, .detect = find_a_flood}};
  return cspan_resource_detector_register(&detectors[0], NULL) != CSPAN_OK ||
         cspan_resource_detector_register(&detectors[1], NULL) != CSPAN_OK;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ec2),
      cmocka_unit_test(test_ec2_disabled),
      cmocka_unit_test(test_ec2_oddities),
      cmocka_unit_test(test_silence),
      cmocka_unit_test(test_ecs),
      cmocka_unit_test(test_local_addresses),
      cmocka_unit_test(test_eks),
      cmocka_unit_test(test_provider_does_not_wait),
      cmocka_unit_test(test_end_while_detecting),
      cmocka_unit_test(test_end_waits_a_moment),
      cmocka_unit_test(test_fork_while_detecting),
      cmocka_unit_test(test_provider_on_ec2),
      cmocka_unit_test(test_too_much_is_final),
      cmocka_unit_test(test_provider_without_memory),
  };
  return cmocka_run_group_tests(tests, register_detectors, NULL);
}
