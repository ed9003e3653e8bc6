/* SPDX-License-Identifier: Apache-2.0 */
#include "support/span_cases.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "support/script_server.h"

enum { MAX_VARIABLES = 16, MAX_TEXT = 4096, MAX_FILE = 1 << 20 };

typedef struct variable {
  char name[32];
  char text[512];
} variable;

typedef struct runner {
  const span_cases *cases;
  const char *path;
  const cspan_value *file;
  cspan_tracer_provider *provider;
  cspan_span_exporter *memory;
  cspan_aws_config *config;
  cspan_client *client;
  variable variables[MAX_VARIABLES];
  size_t variable_count;
  const char *what; /* the call that is made */
  int faults;       /* of it */
} runner;

static _Noreturn void give_up(const char *path, const char *why) {
  fprintf(stderr, "%s: %s\n", path, why);
  abort();
}

static const char *text_of(const cspan_value *map, const char *name, const char *otherwise) {
  const char *text = cspan_value_text(cspan_value_get(map, name), NULL);
  return text != NULL ? text : otherwise;
}

static void fault(runner *r, const char *format, ...) CSPAN_PRINTF(2, 3);
static void fault(runner *r, const char *format, ...) {
  va_list args;
  va_start(args, format);
  fprintf(stderr, "%s: %s: ", r->path, r->what);
  vfprintf(stderr, format, args);
  fputc('\n', stderr);
  va_end(args);
  r->faults++;
}

/* --------------------------------------------------------------- variables */

static void set_variable(runner *r, const char *name, const char *text) {
  variable *to = NULL;
  for (size_t i = 0; i < r->variable_count; i++) {
    to = strcmp(r->variables[i].name, name) == 0 ? &r->variables[i] : to;
  }
  if (to == NULL && r->variable_count == MAX_VARIABLES) {
    give_up(r->path, "too many variables");
  }
  if (to == NULL) {
    to = &r->variables[r->variable_count++];
  }
  snprintf(to->name, sizeof to->name, "%s", name);
  snprintf(to->text, sizeof to->text, "%s", text);
}

static void set_port(runner *r, int port) {
  char text[16];
  snprintf(text, sizeof text, "%d", port);
  set_variable(r, "port", text);
}

static const char *variable_text(const runner *r, const char *name, size_t size) {
  for (size_t i = 0; i < r->variable_count; i++) {
    if (strlen(r->variables[i].name) == size && memcmp(r->variables[i].name, name, size) == 0) {
      return r->variables[i].text;
    }
  }
  give_up(r->path, "a variable is not known");
}

/* A text with its variables put in. */
static void expand(const runner *r, const char *text, char out[MAX_TEXT]) {
  size_t used = 0;
  while (*text != '\0') {
    size_t size = strncmp(text, "${", 2) == 0 ? strcspn(text, "}") : 0;
    const char *more = size != 0 ? variable_text(r, text + 2, size - 2) : text;
    size_t more_size = size != 0 ? strlen(more) : 1;
    if (used + more_size >= MAX_TEXT) {
      give_up(r->path, "a text is too long");
    }
    memcpy(out + used, more, more_size);
    used += more_size;
    text += size != 0 ? size + 1 : 1;
  }
  out[used] = '\0';
}

/* A value with its variables and blobs put in. */
static void build(const runner *r, cspan_builder *to, const char *name, const cspan_value *value) {
  char text[MAX_TEXT];
  const char *blob = text_of(value, "$blob", NULL);
  const char *base64 = text_of(value, "$base64", NULL);
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_MAP:
    if (blob != NULL) {
      cspan_builder_add(to, name, cspan_blob(blob, strlen(blob)));
      break;
    }
    if (base64 != NULL) {
      cspan_buf bytes;
      cspan_buf_init(&bytes, MAX_TEXT);
      if (!cspan_base64_decode(base64, strlen(base64), &bytes)) {
        give_up(r->path, "a blob is not base64");
      }
      cspan_builder_add(to, name, cspan_blob(bytes.data, bytes.len));
      cspan_buf_free(&bytes);
      break;
    }
    cspan_builder_begin_map(to, name);
    for (size_t i = 0; i < cspan_value_count(value); i++) {
      char key[MAX_TEXT];
      expand(r, cspan_value_name_at(value, i), key);
      build(r, to, key, cspan_value_at(value, i));
    }
    cspan_builder_end(to);
    break;
  case CSPAN_VALUE_LIST:
    cspan_builder_begin_list(to, name);
    for (size_t i = 0; i < cspan_value_count(value); i++) {
      build(r, to, NULL, cspan_value_at(value, i));
    }
    cspan_builder_end(to);
    break;
  case CSPAN_VALUE_STRING:
    expand(r, cspan_value_text(value, NULL), text);
    cspan_builder_add(to, name, cspan_string(text));
    break;
  default:
    cspan_builder_add(to, name, *value);
  }
}

static cspan_document *built(const runner *r, const cspan_value *value) {
  const cspan_value empty = cspan_map(NULL, 0);
  cspan_document *document = NULL;
  cspan_builder *builder = cspan_builder_create();
  build(r, builder, NULL, cspan_value_is_null(value) ? &empty : value);
  if (cspan_builder_finish(builder, &document, NULL) != CSPAN_OK) {
    give_up(r->path, "an input cannot be built");
  }
  return document;
}

/* -------------------------------------------------------------- comparing */

static const struct {
  const char *name;
  cspan_attr_type type;
} placeholders[] = {
    {"$int", CSPAN_ATTR_INT64},        {"$double", CSPAN_ATTR_DOUBLE},
    {"$bool", CSPAN_ATTR_BOOL},        {"$string", CSPAN_ATTR_STRING},
    {"$ints", CSPAN_ATTR_INT64_ARRAY}, {"$strings", CSPAN_ATTR_STRING_ARRAY},
};

static bool is_optional(const cspan_value *want) {
  size_t size = 0;
  const char *text = cspan_value_text(want, &size);
  return text != NULL && text[0] == '$' && size != 0 && text[size - 1] == '?';
}

static bool matches_text(const runner *r, const char *want, const cspan_attr *attr) {
  char text[MAX_TEXT];
  size_t size = strlen(want) - (want[0] == '$' && want[strlen(want) - 1] == '?');
  for (size_t i = 0; i < sizeof placeholders / sizeof placeholders[0]; i++) {
    if (strlen(placeholders[i].name) == size && memcmp(placeholders[i].name, want, size) == 0) {
      return attr->type == placeholders[i].type &&
             (attr->type != CSPAN_ATTR_INT64 || attr->value.int64 >= 0) &&
             (attr->type != CSPAN_ATTR_STRING || attr->count != 0);
    }
  }
  expand(r, want, text);
  if (attr->type == CSPAN_ATTR_INT64 && strcmp(want, "${port}") == 0) {
    return attr->value.int64 == strtol(text, NULL, 10);
  }
  return attr->type == CSPAN_ATTR_STRING && attr->count == strlen(text) &&
         memcmp(attr->value.string, text, attr->count) == 0;
}

static bool matches_list(const runner *r, const cspan_value *want, const cspan_attr *attr) {
  if (attr->count != cspan_value_count(want)) {
    return false;
  }
  for (size_t i = 0; i < attr->count; i++) {
    const cspan_value *each = cspan_value_at(want, i);
    const char *text = cspan_value_text(each, NULL);
    cspan_attr item;
    if (attr->type == CSPAN_ATTR_STRING_ARRAY && text != NULL) {
      item = cspan_attr_string("", attr->value.strings[i]);
      if (!matches_text(r, text, &item)) {
        return false;
      }
    } else if (attr->type != CSPAN_ATTR_INT64_ARRAY ||
               attr->value.int64s[i] != cspan_value_int(each, -1)) {
      return false;
    }
  }
  return true;
}

static bool matches(const runner *r, const cspan_value *want, const cspan_attr *attr) {
  switch (cspan_value_get_kind(want)) {
  case CSPAN_VALUE_STRING:
    return matches_text(r, cspan_value_text(want, NULL), attr);
  case CSPAN_VALUE_INT:
    return attr->type == CSPAN_ATTR_INT64 && attr->value.int64 == cspan_value_int(want, -1);
  case CSPAN_VALUE_DOUBLE:
    return attr->type == CSPAN_ATTR_DOUBLE && attr->value.number == cspan_value_double(want, -1);
  case CSPAN_VALUE_BOOL:
    return attr->type == CSPAN_ATTR_BOOL && attr->value.boolean == cspan_value_bool(want, false);
  default:
    return matches_list(r, want, attr);
  }
}

/* What an attribute is, as a file has it. */
static void print_attr(const cspan_attr *attr) {
  cspan_value items[64];
  cspan_value value = cspan_null();
  size_t count = attr->count < 64 ? attr->count : 64;
  char *json = NULL;
  for (size_t i = 0; attr->type == CSPAN_ATTR_STRING_ARRAY && i < count; i++) {
    items[i] = cspan_string(attr->value.strings[i]);
  }
  for (size_t i = 0; attr->type == CSPAN_ATTR_INT64_ARRAY && i < count; i++) {
    items[i] = cspan_int(attr->value.int64s[i]);
  }
  if (attr->type == CSPAN_ATTR_STRING) {
    value = cspan_string_of(attr->value.string, attr->count);
  } else if (attr->type == CSPAN_ATTR_INT64) {
    value = cspan_int(attr->value.int64);
  } else if (attr->type == CSPAN_ATTR_DOUBLE) {
    value = cspan_double(attr->value.number);
  } else if (attr->type == CSPAN_ATTR_BOOL) {
    value = cspan_bool(attr->value.boolean);
  } else {
    value = cspan_list(items, count);
  }
  if (cspan_value_to_json(&value, CSPAN_JSON_COMPACT, &json, NULL, NULL) == CSPAN_OK) {
    fprintf(stderr, "  \"%s\": %s%s,\n", attr->key, json,
            attr->type == CSPAN_ATTR_DOUBLE ? " (a double)" : "");
  }
  cspan_free(json);
}

static bool is_in(const cspan_value *list, const char *key) {
  for (size_t i = 0; i < cspan_value_count(list); i++) {
    if (strcmp(cspan_value_text(cspan_value_at(list, i), NULL), key) == 0) {
      return true;
    }
  }
  return false;
}

/* `also` are of every span, but those in `without`; both may be NULL. */
static void check_attributes(runner *r, const cspan_attr *attrs, size_t count,
                             const cspan_value *want, const cspan_value *also,
                             const cspan_value *without) {
  const cspan_value *wanted[] = {want, also};
  for (size_t m = 0; m < 2; m++) {
    for (size_t i = 0; i < cspan_value_count(wanted[m]); i++) {
      const char *key = cspan_value_name_at(wanted[m], i);
      const cspan_value *value = cspan_value_at(wanted[m], i);
      const cspan_attr *attr = cspan_attrs_find(attrs, count, key);
      if (m == 1 && (is_in(without, key) || cspan_value_get(want, key) != NULL)) {
        continue;
      }
      if (attr == NULL && !is_optional(value)) {
        fault(r, "%s is missing", key);
      } else if (attr != NULL && !matches(r, value, attr)) {
        fault(r, "%s is not as it should be:", key);
        print_attr(attr);
      }
    }
  }
  for (size_t i = 0; i < count; i++) {
    bool known = cspan_value_get(want, attrs[i].key) != NULL ||
                 (cspan_value_get(also, attrs[i].key) != NULL && !is_in(without, attrs[i].key));
    if (!known) {
      fault(r, "%s should not be there:", attrs[i].key);
      print_attr(&attrs[i]);
    }
  }
}

static void check_text(runner *r, const char *what, const char *seen, const char *want) {
  char text[MAX_TEXT];
  expand(r, want, text);
  if (strcmp(seen != NULL ? seen : "", text) != 0 && strcmp(want, "*") != 0) {
    fault(r, "the %s is \"%s\", not \"%s\"", what, seen != NULL ? seen : "", text);
  }
}

static void check_span(runner *r, const cspan_span_view *span, const cspan_value *want) {
  static const char *const kinds[] = {"INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"};
  static const char *const statuses[] = {"UNSET", "OK", "ERROR"};
  static const uint8_t no_parent[8] = {0};
  const cspan_value *events = cspan_value_get(want, "events");
  check_text(r, "name", span->name, text_of(want, "name", ""));
  check_text(r, "kind", kinds[span->kind], text_of(want, "kind", "CLIENT"));
  check_text(r, "status", statuses[span->status], text_of(want, "status", "UNSET"));
  check_text(r, "message", span->status_message, text_of(want, "message", ""));
  check_text(r, "scope", span->scope_name, "cloudspan/aws");
  check_attributes(r, span->attributes, span->attribute_count, cspan_value_get(want, "attributes"),
                   cspan_value_get(r->file, "every"), cspan_value_get(want, "without"));
  if (span->event_count != cspan_value_count(events)) {
    fault(r, "there are %zu events, not %zu", span->event_count, cspan_value_count(events));
  }
  for (size_t i = 0; i < span->event_count && i < cspan_value_count(events); i++) {
    const cspan_value *event = cspan_value_at(events, i);
    check_text(r, "event", span->events[i].name, text_of(event, "name", ""));
    check_attributes(r, span->events[i].attributes, span->events[i].attribute_count,
                     cspan_value_get(event, "attributes"), NULL, NULL);
  }
  if ((int64_t)span->link_count != cspan_value_int(cspan_value_get(want, "links"), 0)) {
    fault(r, "there are %zu links", span->link_count);
  }
  if (memcmp(span->parent_span_id, no_parent, sizeof no_parent) != 0 ||
      span->end_time_unix_ns < span->start_time_unix_ns || span->dropped_attributes != 0 ||
      span->dropped_events != 0) {
    fault(r, "it has a parent, ends before it starts, or lost something");
  }
}

/* ---------------------------------------------------------------- running */

typedef struct stub {
  script_server *server;
  script_step steps[3];
  script_connection connection;
  char answer[1 << 16];
} stub;

static void start_stub(const runner *r, stub *s, const cspan_value *response) {
  char *body = NULL;
  size_t size = 0;
  const cspan_value *given = cspan_value_get(response, "body");
  const char *text = cspan_value_text(given, &size);
  cspan_document *document = built(r, given);
  if (text == NULL && cspan_value_to_json(cspan_document_value(document), CSPAN_JSON_COMPACT, &body,
                                          &size, NULL) != CSPAN_OK) {
    give_up(r->path, "a body cannot be written");
  }
  snprintf(s->answer, sizeof s->answer,
           "HTTP/1.1 %s\r\nConnection: close\r\nx-amzn-RequestId: REQUEST-1\r\n"
           "Content-Length: %zu\r\n%s\r\n%s",
           text_of(response, "status", "200 OK"), size, text_of(response, "headers", ""),
           text != NULL ? text : body);
  s->steps[0] = (script_step){SCRIPT_READ_REQUEST, NULL, 0};
  s->steps[1] = (script_step){SCRIPT_SEND, s->answer, 0};
  s->steps[2] = (script_step){SCRIPT_END, NULL, 0};
  s->connection = s->steps;
  s->server = script_server_start(&s->connection, 1);
  cspan_free(body);
  cspan_document_free(document);
}

/* CSPAN_ERR_NOT_FOUND and the like where the models do not have the service. */
static cspan_status connect_to(runner *r, const char *endpoint, int port) {
  cspan_trace_options trace = {.size = sizeof trace};
  cspan_aws_options aws = {.size = sizeof aws,
                           .region = "us-east-1",
                           .config_file = "/nonexistent",
                           .credentials_file = "/nonexistent",
                           .endpoint_url = endpoint,
                           .access_key_id = "testing",
                           .secret_access_key = "testing",
                           .max_attempts = 1};
  cspan_client_options options = {.size = sizeof options, .models = r->cases->models};
  if (r->cases->trace != NULL) {
    trace = *r->cases->trace;
  }
  trace.provider = r->provider;
  set_port(r, port);
  if (cspan_aws_config_load(&aws, &r->config, NULL) != CSPAN_OK ||
      cspan_trace_append(r->config, &trace, NULL) != CSPAN_OK) {
    give_up(r->path, "there is no config");
  }
  cspan_error *error = NULL;
  cspan_status status =
      cspan_client_create(r->config, text_of(r->file, "service", ""), &options, &r->client, &error);
  if (status != CSPAN_OK) {
    fprintf(stderr, "%s: %s\n", r->path, cspan_error_message(error));
  }
  cspan_error_free(error);
  return status;
}

static void disconnect(runner *r) {
  cspan_client_free(r->client);
  cspan_aws_config_free(r->config);
  r->client = NULL;
  r->config = NULL;
}

static void save(runner *r, const cspan_value *names, const cspan_value *output) {
  for (size_t i = 0; i < cspan_value_count(names); i++) {
    cspan_document *found = NULL;
    const char *expression = cspan_value_text(cspan_value_at(names, i), NULL);
    const char *text = NULL;
    if (cspan_value_search(output, expression, &found, NULL) == CSPAN_OK) {
      text = cspan_value_text(cspan_document_value(found), NULL);
    }
    if (text == NULL) {
      fault(r, "the output has no %s", expression);
    }
    set_variable(r, cspan_value_name_at(names, i), text != NULL ? text : "");
    cspan_document_free(found);
  }
}

/* Of another service where the call says so. */
static cspan_client *client_of(runner *r, const cspan_value *call) {
  cspan_client_options options = {.size = sizeof options, .models = r->cases->models};
  const char *service = text_of(call, "service", NULL);
  cspan_client *client = r->client;
  if (service != NULL &&
      cspan_client_create(r->config, service, &options, &client, NULL) != CSPAN_OK) {
    give_up(r->path, "there is no other client");
  }
  return client;
}

static void wait_for(runner *r, const cspan_value *call, const cspan_value *input) {
  cspan_wait_options options = {.size = sizeof options, .min_delay_ms = 20, .timeout_ms = 60000};
  const char *waiter = text_of(call, "wait", NULL);
  if (waiter != NULL &&
      cspan_wait(NULL, r->client, waiter, input, &options, NULL, NULL) != CSPAN_OK) {
    fault(r, "%s did not come", waiter);
  }
}

static void make_call(runner *r, const cspan_value *call) {
  const cspan_value *want = cspan_value_get(call, "span");
  cspan_document *input = built(r, cspan_value_get(call, "input"));
  cspan_document *output = NULL;
  cspan_error *error = NULL;
  cspan_client *client = client_of(r, call);
  cspan_memory_reset(r->memory);
  cspan_status status =
      cspan_call(NULL, client, r->what, cspan_document_value(input), &output, &error);
  save(r, cspan_value_get(call, "save"), cspan_document_value(output));
  if (client != r->client) {
    cspan_client_free(client);
  }
  if (want == NULL && status != CSPAN_OK) {
    fault(r, "%s: %s", cspan_error_code(error), cspan_error_message(error));
  } else if (want != NULL) {
    cspan_span_list *spans = cspan_memory_spans(r->memory);
    if (cspan_span_list_count(spans) == 1) {
      check_span(r, cspan_span_list_at(spans, 0), want);
    } else {
      fault(r, "it left %zu spans", cspan_span_list_count(spans));
    }
    cspan_span_list_free(spans);
  }
  wait_for(r, call, cspan_document_value(input));
  cspan_error_free(error);
  cspan_document_free(output);
  cspan_document_free(input);
}

static bool run_call(runner *r, const cspan_value *call) {
  static stub s;
  if (r->cases->endpoint != NULL) {
    make_call(r, call);
    return true;
  }
  set_port(r, 0);
  start_stub(r, &s, cspan_value_get(call, "response"));
  cspan_status status =
      connect_to(r, script_server_url(s.server, ""), script_server_port(s.server));
  if (status == CSPAN_OK) {
    make_call(r, call);
  }
  disconnect(r);
  script_server_stop(s.server);
  return status == CSPAN_OK;
}

static cspan_document *read_file(const char *path) {
  cspan_document *document = NULL;
  cspan_error *error = NULL;
  char *text = malloc(MAX_FILE);
  FILE *file = fopen(path, "rb");
  if (text == NULL || file == NULL) {
    give_up(path, "cannot be read");
  }
  size_t size = fread(text, 1, MAX_FILE, file);
  fclose(file);
  if (cspan_document_parse_json(text, size, &document, &error) != CSPAN_OK) {
    give_up(path, cspan_error_message(error));
  }
  free(text);
  return document;
}

static void make_provider(runner *r) {
  r->memory = cspan_exporter_memory();
  cspan_span_processor *processor = cspan_processor_simple(r->memory);
  cspan_provider_options options = {.size = sizeof options,
                                    .service_name = "test",
                                    .processors = &processor,
                                    .processor_count = 1};
  if (cspan_tracer_provider_create(&options, &r->provider, NULL) != CSPAN_OK) {
    give_up(r->path, "there is no provider");
  }
}

int span_cases_run(const span_cases *cases, const char *path) {
  cspan_document *document = read_file(path);
  runner r = {.cases = cases, .path = path, .file = cspan_document_value(document)};
  const cspan_value *calls = cspan_value_get(r.file, "calls");
  char round[16];
  bool has_model = true;
  int failed = 0;
  make_provider(&r);
  snprintf(round, sizeof round, "%d", cases->round);
  set_variable(&r, "round", round);
  if (cases->endpoint != NULL) {
    has_model = connect_to(&r, cases->endpoint, cases->port) == CSPAN_OK;
  }
  for (size_t i = 0; i < cspan_value_count(calls) && has_model; i++) {
    r.what = text_of(cspan_value_at(calls, i), "operation", "");
    r.faults = 0;
    has_model = run_call(&r, cspan_value_at(calls, i));
    failed += r.faults != 0;
  }
  if (cases->endpoint != NULL) {
    disconnect(&r);
  }
  cspan_tracer_provider_free(r.provider);
  cspan_document_free(document);
  return has_model ? failed : -1;
}
