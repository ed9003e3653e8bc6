/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/cmd_models.h"
#include "cli/html_text.h"
#include "cli/names.h"
#include "cli/output.h"
#include "cli/shape_text.h"
#include "cli/text.h"

#define INDENT   2
#define JSON_MAX ((size_t)64 << 20)

typedef struct show_values {
  cspan_cli_places places;
  const char *api_version;
  bool whole;
} show_values;

#define VALUE(member) offsetof(show_values, member)

static const cspan_cli_option options[] = {
    {"api-version", 0, CSPAN_CLI_STRING, VALUE(api_version), "DATE",
     "of the model (default: the newest)", 0, 0},
    {"from", 0, CSPAN_CLI_STRING, VALUE(places.from), "PATH", CSPAN_CLI_FROM_HELP, 0, 0},
    {"models", 0, CSPAN_CLI_STRING, VALUE(places.models), "PATH", CSPAN_CLI_MODELS_HELP, 0, 0},
    {"whole", 0, CSPAN_CLI_FLAG, VALUE(whole), NULL,
     "the whole documentation of members, not one sentence", 0, 0},
};

static const char *text_of(const cspan_cli_shapes *shapes, cspan_text_ref ref) {
  return cspan_model_text(shapes->model, ref);
}

static void put_service(cspan_cli_shapes *shapes) {
  const cspan_service_model *model = shapes->model;
  const cspan_service_record *info = model->info;
  (void)printf("%s (%s), %s, API version %s, protocol %s, %u operations\n\n",
               text_of(shapes, info->full_name), text_of(shapes, info->service_id),
               text_of(shapes, info->key), text_of(shapes, info->api_version),
               text_of(shapes, info->protocol), model->operation_count);
  cspan_cli_put_documentation(shapes, info->documentation, 0, shapes->whole);
  (void)printf("\nOperations:\n");
  for (uint32_t i = 0; i < model->operation_count; i++) {
    const cspan_operation_model *operation = &model->operations[i];
    (void)printf("%*s%s%s\n", INDENT, "", text_of(shapes, operation->name),
                 operation->flags & CSPAN_OPERATION_DEPRECATED ? " (deprecated)" : "");
    cspan_cli_put_documentation(shapes, operation->documentation, 3 * INDENT, false);
  }
  if (model->waiter_count) {
    (void)printf("\nWaiters:\n");
  }
  for (uint32_t i = 0; i < model->waiter_count; i++) {
    const cspan_waiter_model *waiter = &model->waiters[i];
    (void)printf("%*s%s: %s every %u s, at most %u times\n", INDENT, "",
                 text_of(shapes, waiter->name),
                 text_of(shapes, model->operations[waiter->operation].name), waiter->delay_s,
                 waiter->max_attempts);
  }
}

static void json_service(cspan_cli_shapes *shapes) {
  const cspan_service_model *model = shapes->model;
  for (uint32_t i = 0; i < model->operation_count; i++) {
    const cspan_operation_model *operation = &model->operations[i];
    char *text = cspan_cli_documentation(shapes, operation->documentation);
    if (text) {
      text[cspan_cli_sentence(text)] = '\0';
    }
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "service", text_of(shapes, model->info->key));
    cspan_cli_json_text(&json, "operation", text_of(shapes, operation->name));
    cspan_cli_json_text(&json, "http_method", text_of(shapes, operation->http_method));
    cspan_cli_json_text(&json, "request_uri", text_of(shapes, operation->request_uri));
    cspan_cli_json_text(&json, "summary", text);
    (void)cspan_cli_json_end(&json, stdout);
    cspan_free(text);
  }
}

static void put_shape(cspan_cli_shapes *shapes, const char *title, cspan_table_ref ref) {
  const cspan_shape *shape = cspan_model_shape(shapes->model, ref);
  (void)printf("\n%s:%s%s\n", title, shape ? " " : " nothing",
               shape ? text_of(shapes, shape->name) : "");
  if (shape) {
    cspan_cli_put_shape_tree(shapes, shape);
  }
}

static void put_errors(cspan_cli_shapes *shapes, const cspan_operation_model *operation) {
  const cspan_service_model *model = shapes->model;
  if (operation->errors.count) {
    (void)printf("\nErrors:\n");
  }
  for (uint32_t i = 0; i < operation->errors.count; i++) {
    const cspan_shape *shape = &model->shapes[model->refs[operation->errors.first + i]];
    (void)printf("%*s%s", INDENT, "",
                 text_of(shapes, shape->error_code ? shape->error_code : shape->name));
    if (shape->http_status) {
      (void)printf(" (HTTP %u)", shape->http_status);
    }
    (void)fputc('\n', stdout);
    cspan_cli_put_documentation(shapes, shape->documentation, 3 * INDENT, false);
  }
}

static void put_operation(cspan_cli_shapes *shapes, const cspan_operation_model *operation) {
  const cspan_service_model *model = shapes->model;
  (void)printf("%s: %s %s, protocol %s%s%s%s\n\n", text_of(shapes, operation->name),
               text_of(shapes, operation->http_method), text_of(shapes, operation->request_uri),
               text_of(shapes, model->info->protocol), operation->paginator ? ", in pages" : "",
               operation->flags & CSPAN_OPERATION_IDEMPOTENT ? ", idempotent" : "",
               operation->flags & CSPAN_OPERATION_DEPRECATED ? ", deprecated" : "");
  cspan_cli_put_documentation(shapes, operation->documentation, 0, true);
  put_shape(shapes, "Input", operation->input);
  put_shape(shapes, "Output", operation->output);
  put_errors(shapes, operation);
}

static void json_operation(cspan_cli_shapes *shapes, const cspan_operation_model *operation) {
  const cspan_service_model *model = shapes->model;
  const cspan_shape *roots[] = {cspan_model_shape(model, operation->input),
                                cspan_model_shape(model, operation->output)};
  static const char *const names[] = {"input", "output"};
  char *text = cspan_cli_documentation(shapes, operation->documentation);
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  json.buf.max = JSON_MAX;
  cspan_cli_json_text(&json, "service", text_of(shapes, model->info->key));
  cspan_cli_json_text(&json, "operation", text_of(shapes, operation->name));
  cspan_cli_json_text(&json, "http_method", text_of(shapes, operation->http_method));
  cspan_cli_json_text(&json, "request_uri", text_of(shapes, operation->request_uri));
  cspan_cli_json_text(&json, "documentation", text);
  for (size_t i = 0; i < 2; i++) {
    cspan_cli_json_text(&json, names[i], roots[i] ? text_of(shapes, roots[i]->name) : NULL);
  }
  cspan_cli_json_list(&json, "errors");
  for (uint32_t i = 0; i < operation->errors.count; i++) {
    const cspan_shape *shape = &model->shapes[model->refs[operation->errors.first + i]];
    cspan_cli_json_item(&json, text_of(shapes, shape->name));
  }
  cspan_cli_json_list_end(&json);
  cspan_cli_json_shapes(shapes, &json, roots, 2);
  (void)cspan_cli_json_end(&json, stdout);
  cspan_free(text);
}

static cspan_status show(const cspan_cli_run *run, const cspan_service_model *model,
                         cspan_error **error) {
  const show_values *values = run->values;
  const cspan_operation_model *operation = NULL;
  cspan_cli_shapes shapes;
  if (run->arg_count > 1) {
    cspan_status status = cspan_cli_find_operation(model, run->args[1], &operation, error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  if (!cspan_cli_shapes_open(&shapes, model)) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  shapes.whole = values->whole;
  shapes.width = cspan_cli_look_of(0, false, true, false).width;
  if (operation) {
    (run->globals->json ? json_operation : put_operation)(&shapes, operation);
  } else {
    (run->globals->json ? json_service : put_service)(&shapes);
  }
  cspan_status status = cspan_error_status(shapes.error);
  if (status != CSPAN_OK) {
    (void)cspan_error_move(error, shapes.error);
    shapes.error = NULL;
  }
  cspan_cli_shapes_close(&shapes);
  return status;
}

static int run_show(const cspan_cli_run *run) {
  const show_values *values = run->values;
  cspan_model_store *store = NULL;
  const cspan_service_model *model = NULL;
  cspan_error *error = NULL;
  int code = CSPAN_EXIT_OK;
  cspan_status status = cspan_cli_models_open(run, &values->places, &store, &error);
  if (status == CSPAN_OK) {
    status = cspan_model_store_service(store, run->args[0], values->api_version, &model, &error);
  }
  if (status == CSPAN_OK) {
    status = show(run, model, &error);
  }
  if (status != CSPAN_OK) {
    code = cspan_cli_fail(run, error);
  }
  cspan_service_model_release(model);
  cspan_model_store_free(store);
  cspan_error_free(error);
  return code;
}

const cspan_cli_command cspan_cmd_models_show = {
    .name = "show",
    .arguments = "SERVICE [OPERATION]",
    .summary = "print a service's operations, or an operation's shapes",
    .description =
        "Without OPERATION: the service's operations, each with the first sentence of its\n"
        "documentation. With it: the documentation, and input and output as a tree: what is\n"
        "required, of which type, within which bounds. A structure that occurs again is marked.\n"
        "SERVICE is a name as in 'cloudspan models list' or a service id; OPERATION may be\n"
        "written GetItem or get-item. With --json, one object an operation; its shapes are by\n"
        "name.\n",
    .examples =
        "  cloudspan models show sqs\n"
        "  cloudspan models show dynamodb get-item\n"
        "  cloudspan models show --json ec2 RunInstances | jq .shapes.RunInstancesRequest\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(show_values),
    .min_args = 1,
    .max_args = 2,
    .run = run_show,
};
