/* SPDX-License-Identifier: Apache-2.0 */
/* The calls of calls.json by cloudspan, with default options:
 *
 *   comparison_ours CALLS
 *
 * What is to be set is in the environment (compare.py). Each call is in a span of its own, which
 * has the number of the call as its name. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>

#include <cloudspan/cloudspan.h>

enum { MAX_CLIENTS = 32, MAX_KEPT = 16, TEXT_ROOM = 1024, FILE_ROOM = 64 * 1024 };

typedef struct kept {
  char name[32];
  char text[TEXT_ROOM];
} kept;

typedef struct entry {
  char service[32];
  bool through_gateway;
  cspan_client *client;
} entry;

typedef struct program {
  cspan_aws_config *config;
  cspan_aws_config *gateway_config;
  cspan_tracer *tracer;
  entry clients[MAX_CLIENTS];
  size_t client_count;
  kept kept[MAX_KEPT];
  size_t kept_count;
  cspan_error *error;
} program;

static const char *text_of(const cspan_value *value, const char *name) {
  const char *text = cspan_value_text(cspan_value_get(value, name), NULL);
  return text != NULL ? text : "";
}

/* ------------------------------------------------------------------ inputs */

static const char *kept_text(const program *p, const char *name, size_t size) {
  for (size_t i = p->kept_count; i-- > 0;) {
    if (strlen(p->kept[i].name) == size && memcmp(p->kept[i].name, name, size) == 0) {
      return p->kept[i].text;
    }
  }
  return "";
}

static void keep(program *p, const char *name, const char *text) {
  if (p->kept_count < MAX_KEPT) {
    kept *k = &p->kept[p->kept_count++];
    snprintf(k->name, sizeof k->name, "%s", name);
    snprintf(k->text, sizeof k->text, "%s", text);
  }
}

/* Writes the text with what was kept in the place of "${name}". */
static void fill_text(const program *p, const char *text, char out[TEXT_ROOM]) {
  size_t used = 0;
  while (*text != '\0' && used + 1 < TEXT_ROOM) {
    const char *end = text[0] == '$' && text[1] == '{' ? strchr(text, '}') : NULL;
    if (end == NULL) {
      out[used++] = *text++;
      continue;
    }
    int written = snprintf(out + used, TEXT_ROOM - used, "%s",
                           kept_text(p, text + 2, (size_t)(end - text) - 2));
    used += written > 0 ? (size_t)written : 0;
    text = end + 1;
  }
  out[used < TEXT_ROOM ? used : TEXT_ROOM - 1] = '\0';
}

static void fill(const program *p, cspan_builder *builder, const char *name,
                 const cspan_value *value) {
  char text[TEXT_ROOM];
  const cspan_value *bytes = cspan_value_get(value, "$bytes");
  if (bytes != NULL) {
    const char *data = cspan_value_text(bytes, NULL);
    cspan_builder_add(builder, name, cspan_blob(data, strlen(data)));
    return;
  }
  switch (cspan_value_get_kind(value)) {
  case CSPAN_VALUE_STRING:
    fill_text(p, cspan_value_text(value, NULL), text);
    cspan_builder_add(builder, name, cspan_string(text));
    break;
  case CSPAN_VALUE_LIST:
    cspan_builder_begin_list(builder, name);
    for (size_t i = 0; i < cspan_value_count(value); i++) {
      fill(p, builder, NULL, cspan_value_at(value, i));
    }
    cspan_builder_end(builder);
    break;
  case CSPAN_VALUE_MAP:
    cspan_builder_begin_map(builder, name);
    for (size_t i = 0; i < cspan_value_count(value); i++) {
      fill_text(p, cspan_value_name_at(value, i), text);
      fill(p, builder, text, cspan_value_at(value, i));
    }
    cspan_builder_end(builder);
    break;
  default:
    cspan_builder_add(builder, name, *value);
    break;
  }
}

/* ------------------------------------------------------------------- calls */

static cspan_client *client_of(program *p, const char *service, bool through_gateway) {
  for (size_t i = 0; i < p->client_count; i++) {
    if (strcmp(p->clients[i].service, service) == 0 &&
        p->clients[i].through_gateway == through_gateway) {
      return p->clients[i].client;
    }
  }
  if (p->client_count == MAX_CLIENTS) {
    return NULL;
  }
  const char *models = getenv("COMPARISON_MODELS");
  cspan_client_options options = {.size = sizeof options, .models = models};
  entry *e = &p->clients[p->client_count];
  const cspan_aws_config *config = through_gateway ? p->gateway_config : p->config;
  if (cspan_client_create(config, service, &options, &e->client, &p->error) != CSPAN_OK) {
    return NULL;
  }
  p->client_count++;
  snprintf(e->service, sizeof e->service, "%s", service);
  e->through_gateway = through_gateway;
  return e->client;
}

/* "Messages.0.ReceiptHandle" */
static const char *text_at(const cspan_value *value, const char *path) {
  while (*path != '\0') {
    char step[64];
    size_t size = strcspn(path, ".");
    snprintf(step, sizeof step, "%.*s", (int)size, path);
    bool is_index = *step >= '0' && *step <= '9';
    value =
        is_index ? cspan_value_at(value, strtoul(step, NULL, 10)) : cspan_value_get(value, step);
    path += size + (path[size] == '.');
  }
  const char *text = cspan_value_text(value, NULL);
  return text != NULL ? text : "";
}

static void keep_output(program *p, const cspan_value *wanted, const cspan_value *output) {
  for (size_t i = 0; i < cspan_value_count(wanted); i++) {
    const char *path = cspan_value_text(cspan_value_at(wanted, i), NULL);
    keep(p, cspan_value_name_at(wanted, i), text_at(output, path));
  }
}

static bool matches(const char *pattern, const char *text) {
  regex_t compiled;
  if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0) {
    return false;
  }
  bool found = regexec(&compiled, text, 0, NULL, 0) == 0;
  regfree(&compiled);
  return found;
}

/* Whether it ended as calls.json says. */
static bool carry_out(program *p, const cspan_value *call, const cspan_value *input) {
  const char *expected = text_of(call, "error");
  bool through_gateway = cspan_value_bool(cspan_value_get(call, "gateway"), false);
  cspan_client *client = client_of(p, text_of(call, "service"), through_gateway);
  cspan_document *output = NULL;
  if (client == NULL) {
    return false;
  }
  cspan_status status =
      cspan_call(NULL, client, text_of(call, "operation"), input, &output, &p->error);
  bool done = status == CSPAN_OK && *expected == '\0';
  if (status == CSPAN_OK) {
    keep_output(p, cspan_value_get(call, "keep"), cspan_document_value(output));
  } else if (*expected != '\0' && matches(expected, cspan_error_code(p->error))) {
    cspan_error_free(p->error);
    p->error = NULL;
    done = true;
  }
  cspan_document_free(output);
  return done;
}

static bool run_call(program *p, size_t number, const cspan_value *call) {
  char name[32];
  cspan_document *input = NULL;
  cspan_builder *builder = cspan_builder_create();
  fill(p, builder, NULL, cspan_value_get(call, "input"));
  if (cspan_builder_finish(builder, &input, &p->error) != CSPAN_OK) {
    return false;
  }
  snprintf(name, sizeof name, "%zu", number);
  cspan_span span = cspan_span_start(p->tracer, NULL, name, NULL);
  cspan_span before = cspan_span_make_current(span);
  bool done = carry_out(p, call, cspan_document_value(input));
  cspan_span_make_current(before);
  cspan_span_end(span);
  cspan_document_free(input);
  if (!done) {
    fprintf(stderr, "call %zu, %s: %s: %s\n", number, text_of(call, "operation"),
            p->error != NULL ? cspan_error_code(p->error) : "no error",
            p->error != NULL ? cspan_error_message(p->error) : "");
  }
  return done;
}

static bool run_all(program *p, const char *path) {
  static char text[FILE_ROOM];
  cspan_document *calls = NULL;
  FILE *file = fopen(path, "r");
  size_t size = file != NULL ? fread(text, 1, sizeof text, file) : 0;
  if (file != NULL) {
    fclose(file);
  }
  if (cspan_document_parse_json(text, size, &calls, &p->error) != CSPAN_OK) {
    return false;
  }
  bool done = true;
  for (size_t i = 0; done && i < cspan_value_count(cspan_document_value(calls)); i++) {
    done = run_call(p, i, cspan_value_at(cspan_document_value(calls), i));
  }
  cspan_document_free(calls);
  return done;
}

static cspan_status load(program *p, const char *endpoint, cspan_aws_config **config) {
  cspan_aws_options options = {.size = sizeof options, .endpoint_url = endpoint};
  cspan_status status = cspan_aws_config_load(&options, config, &p->error);
  return status == CSPAN_OK ? cspan_trace_append(*config, NULL, &p->error) : status;
}

int main(int argc, char **argv) {
  static program p;
  cspan_tracer_provider *provider = NULL;
  const char *peer = getenv("OTEL_SERVICE_NAME");
  bool done = false;
  if (argc != 2 || peer == NULL) {
    fprintf(stderr, "this program is started by tests/peers/comparison/run.sh\n");
    return 2;
  }
  keep(&p, "peer", peer);
  if (cspan_telemetry_init(peer, NULL, &provider, &p.error) == CSPAN_OK &&
      load(&p, NULL, &p.config) == CSPAN_OK &&
      load(&p, getenv("COMPARISON_GATEWAY"), &p.gateway_config) == CSPAN_OK) {
    p.tracer = cspan_tracer_get(provider, "comparison", NULL, NULL);
    done = run_all(&p, argv[1]);
  }
  if (p.error != NULL) {
    fprintf(stderr, "%s: %s\n", cspan_error_code(p.error), cspan_error_message(p.error));
  }
  for (size_t i = 0; i < p.client_count; i++) {
    cspan_client_free(p.clients[i].client);
  }
  cspan_aws_config_free(p.config);
  cspan_aws_config_free(p.gateway_config);
  cspan_error_free(p.error);
  cspan_tracer_provider_free(provider);
  return done ? 0 : 1;
}
