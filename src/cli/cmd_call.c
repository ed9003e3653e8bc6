/* SPDX-License-Identifier: Apache-2.0 */
/* cloudspan call: any operation of any service. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/error.h"
#include "cli/call.h"
#include "cli/cmd_models.h"
#include "cli/names.h"
#include "cli/session.h"
#include "cli/text.h"

#define VALUE(member) offsetof(cspan_cli_call_values, member)

static const cspan_cli_option options[] = {
    {"input", 'i', CSPAN_CLI_STRING, VALUE(input), "JSON",
     "the input: JSON, @FILE, or - for the standard input", 0, 0},
    {"query", 0, CSPAN_CLI_STRING, VALUE(query), "JMESPATH", "what to print of the output", 0, 0},
    {"output", 'o', CSPAN_CLI_STRING, VALUE(output), "FORM", "json (default), text or table", 0, 0},
    {"paginate", 0, CSPAN_CLI_FLAG, VALUE(paginate), NULL, "all pages of a listing", 0, 0},
    {"page-size", 0, CSPAN_CLI_INT, VALUE(page_size), "N", "items that are asked for at a time", 1,
     1000000},
    {"max-items", 0, CSPAN_CLI_INT, VALUE(max_items), "N", "of all pages together", 1, INT64_MAX},
    {"starting-token", 0, CSPAN_CLI_STRING, VALUE(starting_token), "TOKEN",
     "NextToken of an earlier listing", 0, 0},
    {"wait", 0, CSPAN_CLI_STRING, VALUE(waiter), "WAITER", "then wait until this state is reached",
     0, 0},
    {"wait-timeout", 0, CSPAN_CLI_INT, VALUE(wait_timeout_s), "SECONDS",
     "how long (default: the model's)", 1, 86400},
    {"body", 'b', CSPAN_CLI_STRING, VALUE(body), "FILE",
     "the body of the input (a blob); - is the standard input", 0, 0},
    {"save", 's', CSPAN_CLI_STRING, VALUE(save), "FILE",
     "where the body of the output goes; - is the standard\noutput", 0, 0},
    {"events", 0, CSPAN_CLI_STRING, VALUE(events), "FILE",
     "events of the input, a JSON object a line; - is the\nstandard input", 0, 0},
    {"binary-format", 0, CSPAN_CLI_STRING, VALUE(binary_format), "FORM",
     "blobs in the input are base64 (default) or raw text", 0, 0},
    {"generate-skeleton", 0, CSPAN_CLI_FLAG, VALUE(skeleton), NULL,
     "print an input to fill in, and call nothing", 0, 0},
    {"models", 0, CSPAN_CLI_STRING, VALUE(models), "PATH", CSPAN_CLI_MODELS_HELP, 0, 0},
    {"api-version", 0, CSPAN_CLI_STRING, VALUE(api_version), "DATE", "instead of the newest", 0, 0},
    {"timeout", 0, CSPAN_CLI_INT, VALUE(timeout_s), "SECONDS", "of all that is done", 1, 86400},
};

/* --------------------------------------------------------------------- ends */

static int finish_output(cspan_cli_call *call, const cspan_value *value) {
  cspan_error *error = NULL;
  if (cspan_cli_payload_takes_stdout(call) || cspan_cli_call_prints_events(call)) {
    return CSPAN_EXIT_OK; /* members would get between the bytes of the streamed one */
  }
  cspan_status status = cspan_cli_call_print(call, value, &error);
  return status == CSPAN_OK ? CSPAN_EXIT_OK : cspan_cli_session_fail(&call->session, error);
}

static int finish_document(cspan_cli_call *call, cspan_document *document) {
  int code = finish_output(call, cspan_document_value(document));
  cspan_document_free(document);
  return code;
}

/* -------------------------------------------------------------------- steps */

static int call_once(cspan_cli_call *call, cspan_document **output) {
  cspan_error *error = NULL;
  cspan_cli_payload payload;
  struct cspan_cli_events *events = NULL;
  cspan_client_request request = {.size = sizeof request,
                                  .operation = call->operation,
                                  .input = cspan_document_value(call->input),
                                  .context = &call->session.context};
  cspan_status status = cspan_cli_payload_open(&payload, call, &request, &error);
  if (status == CSPAN_OK) {
    status = cspan_cli_events_open(&events, call, &request, &error);
  }
  if (status == CSPAN_OK) {
    status = cspan_client_send(call->client, &request, output, &error);
  }
  cspan_cli_events_close(events, &error);
  status = cspan_cli_payload_close(&payload, status, &error);
  return status == CSPAN_OK ? CSPAN_EXIT_OK : cspan_cli_session_fail(&call->session, error);
}

static int list_pages(cspan_cli_call *call) {
  cspan_error *error = NULL;
  cspan_pages *pages = NULL;
  cspan_document *all = NULL;
  const cspan_cli_call_values *values = call->values;
  cspan_client_request request = {.size = sizeof request,
                                  .operation = call->operation,
                                  .input = cspan_document_value(call->input),
                                  .context = &call->session.context};
  cspan_pages_options how = {.size = sizeof how,
                             .page_size = values->page_size,
                             .max_items = values->max_items,
                             .starting_token = values->starting_token};
  cspan_status status = cspan_pages_create(call->client, &request, &how, &pages, &error);
  if (status == CSPAN_OK) {
    status = cspan_pages_collect(pages, &all, &error);
  }
  cspan_pages_free(pages);
  return status == CSPAN_OK ? finish_document(call, all)
                            : cspan_cli_session_fail(&call->session, error);
}

static int wait_for_state(cspan_cli_call *call, cspan_document **output) {
  cspan_error *error = NULL;
  cspan_document *input = NULL;
  cspan_wait_options how = {.size = sizeof how, .timeout_ms = call->values->wait_timeout_s * 1000};
  cspan_status status = cspan_cli_call_wait_input(call, &input, &error);
  if (status == CSPAN_OK) {
    status = cspan_wait(&call->session.context, call->client, call->values->waiter,
                        cspan_document_value(input), &how, output, &error);
  }
  cspan_document_free(input);
  return status == CSPAN_OK ? CSPAN_EXIT_OK : cspan_cli_session_fail(&call->session, error);
}

/* The operation, unless it is the waiter's own, and then the waiter. */
static int call_and_wait(cspan_cli_call *call) {
  cspan_document *output = NULL;
  cspan_document *last = NULL;
  int code = CSPAN_EXIT_OK;
  bool is_of_waiter = call->waiter != NULL &&
                      &call->client->model->operations[call->waiter->operation] == call->model;
  if (!is_of_waiter) {
    code = call_once(call, &output);
  }
  if (code == CSPAN_EXIT_OK && call->waiter != NULL) {
    code = wait_for_state(call, &last);
  }
  if (code == CSPAN_EXIT_OK) {
    code = finish_output(call, cspan_document_value(output != NULL ? output : last));
  }
  cspan_document_free(output);
  cspan_document_free(last);
  return code;
}

static int put_skeleton(cspan_cli_call *call) {
  cspan_error *error = NULL;
  cspan_document *skeleton = NULL;
  cspan_status status = cspan_cli_call_skeleton(call, &skeleton, &error);
  if (status == CSPAN_OK) {
    status = cspan_cli_call_print_json(call, cspan_document_value(skeleton), &error);
  }
  cspan_document_free(skeleton);
  return status == CSPAN_OK ? CSPAN_EXIT_OK : cspan_cli_session_fail(&call->session, error);
}

static int run_steps(cspan_cli_call *call) {
  const cspan_cli_call_values *values = call->values;
  cspan_error *error = NULL;
  if (values->skeleton) {
    return put_skeleton(call);
  }
  if (cspan_cli_call_read_input(call, &error) != CSPAN_OK) {
    return cspan_cli_session_fail(&call->session, error);
  }
  bool pages = values->paginate || values->max_items > 0 || values->page_size > 0 ||
               values->starting_token != NULL;
  return pages ? list_pages(call) : call_and_wait(call);
}

/* The model's words for what the user wrote. */
static cspan_status find_names(cspan_cli_call *call, const char *operation, cspan_error **error) {
  const cspan_service_model *model = call->client->model;
  cspan_status status = CSPAN_OK;
  if (call->values->waiter != NULL) {
    status = cspan_cli_find_waiter(model, call->values->waiter, &call->waiter, error);
  }
  if (status == CSPAN_OK && operation != NULL) {
    status = cspan_cli_find_operation(model, operation, &call->model, error);
  } else if (status == CSPAN_OK) {
    call->model = &model->operations[call->waiter->operation];
  }
  if (status == CSPAN_OK) {
    call->operation = cspan_model_text(model, call->model->name);
  }
  return status;
}

static int run_call(const cspan_cli_run *run) {
  cspan_cli_call call = {.values = run->values};
  cspan_error *error = NULL;
  const char *operation = run->arg_count > 1 ? run->args[1] : NULL;
  int code = cspan_cli_call_check_options(run, call.values);
  if (code == CSPAN_EXIT_OK && operation == NULL && call.values->waiter == NULL) {
    code = cspan_cli_usage(run, "expected SERVICE OPERATION");
  }
  if (code != CSPAN_EXIT_OK || !cspan_cli_session_begin(&call.session, run, &code)) {
    return code;
  }
  if (call.values->timeout_s > 0) {
    call.session.context =
        cspan_context_with_timeout(&call.session.context, call.values->timeout_s * 1000);
  }
  cspan_client_options with = {
      .size = sizeof with, .models = call.values->models, .api_version = call.values->api_version};
  cspan_status status =
      cspan_client_create(call.session.config, run->args[0], &with, &call.client, &error);
  if (status == CSPAN_OK) {
    status = find_names(&call, operation, &error);
  }
  code = status == CSPAN_OK ? run_steps(&call) : cspan_cli_session_fail(&call.session, error);
  cspan_document_free(call.input);
  cspan_client_free(call.client);
  cspan_cli_session_close(&call.session);
  return code;
}

const cspan_cli_command cspan_cmd_call = {
    .name = "call",
    .arguments = "SERVICE OPERATION",
    .summary = "call any operation of any AWS service",
    .description = "Carries out OPERATION of SERVICE, by the public service "
                   "models, and prints its output.\n"
                   "Both are written as in the API reference or in lower case "
                   "with dashes: DynamoDB PutItem\n"
                   "is the same as dynamodb put-item. `cloudspan models list` "
                   "shows the services,\n"
                   "`cloudspan models show SERVICE` the operations of one.\n"
                   "\n"
                   "--wait WAITER goes on until a state is reached, as "
                   "dynamodb's table-exists; with it\n"
                   "OPERATION may be left out.\n"
                   "\n"
                   "Events that an operation answers with are printed as they "
                   "come, a JSON object a line,\n"
                   "each through --query, and nothing else of the output is.\n",
    .examples = "  cloudspan call dynamodb list-tables\n"
                "  cloudspan call sqs send-message --input '{\"QueueUrl\": \"...\", "
                "\"MessageBody\": \"hello\"}'\n"
                "  cloudspan call s3 get-object --input '{\"Bucket\": \"b\", \"Key\": "
                "\"k\"}' "
                "--save file\n"
                "  cloudspan call ec2 describe-instances --paginate --query "
                "'Reservations[].Instances[].InstanceId' -o text\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(cspan_cli_call_values),
    .min_args = 1,
    .max_args = 2,
    .run = run_call,
};
