/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of `cloudspan call` share. */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "cli/session.h"
#include "services/client/client.h"

typedef struct cspan_cli_call_values {
  const char *input;
  const char *query;
  const char *output;
  const char *starting_token;
  const char *waiter;
  const char *body;
  const char *save;
  const char *events;
  const char *binary_format;
  const char *models;
  const char *api_version;
  int64_t page_size;
  int64_t max_items;
  int64_t wait_timeout_s;
  int64_t timeout_s;
  bool paginate;
  bool skeleton;
} cspan_cli_call_values;

typedef struct cspan_cli_call {
  cspan_cli_session session;
  const cspan_cli_call_values *values;
  cspan_client *client;
  const cspan_operation_model *model; /* of the operation */
  const char *operation;              /* its name in the model */
  const cspan_waiter_model *waiter;   /* NULL: none is asked for */
  cspan_document *input;
} cspan_cli_call;

/* Options that do not go together, or have no such value: a usage error was
 * printed then. */
int cspan_cli_call_check_options(const cspan_cli_run *run, const cspan_cli_call_values *values);

/* --- call_input.c --- */

/* JSON of --input, blobs decoded by the model. */
cspan_status cspan_cli_call_read_input(cspan_cli_call *call, cspan_error **error);
/* A value of a shape (NULL: none is known) from JSON, blobs decoded. `what` begins an error. */
cspan_status cspan_cli_call_decode(const cspan_cli_call *call, cspan_str json,
                                   const cspan_shape *shape, const char *what, cspan_document **out,
                                   cspan_error **error);
/* The members of the input that the waiter's operation takes. */
cspan_status cspan_cli_call_wait_input(const cspan_cli_call *call, cspan_document **out,
                                       cspan_error **error);
cspan_status cspan_cli_call_skeleton(const cspan_cli_call *call, cspan_document **out,
                                     cspan_error **error);

/* --- call_payload.c: streamed members from and to files --- */

typedef struct cspan_cli_payload {
  cspan_body body;
  cspan_sink sink;
  struct cspan_cli_payload_file *file;
} cspan_cli_payload;

/* Sets body and sink of the request where the options ask for them. To be closed also where it
 * fails. */
cspan_status cspan_cli_payload_open(cspan_cli_payload *payload, const cspan_cli_call *call,
                                    cspan_client_request *request, cspan_error **error);
/* Whether the standard output is for the streamed member. */
bool cspan_cli_payload_takes_stdout(const cspan_cli_call *call);
/* Puts the file in its place after a success, else leaves none behind. */
cspan_status cspan_cli_payload_close(cspan_cli_payload *payload, cspan_status status,
                                     cspan_error **error);

/* --- call_events.c: events as JSON lines --- */

struct cspan_cli_events;

/* Sets where events of the request come from, and where those of the response go. To be closed
 * also where it fails. */
cspan_status cspan_cli_events_open(struct cspan_cli_events **out, const cspan_cli_call *call,
                                   cspan_client_request *request, cspan_error **error);
/* Puts what failed here in the place of *error, where there is one. NULL is fine. */
void cspan_cli_events_close(struct cspan_cli_events *events, cspan_error **error);
/* Whether the standard output is for events. */
bool cspan_cli_call_prints_events(const cspan_cli_call *call);

/* --- call_print.c --- */

/* The output through --query, in the form of --output. Without --query, an output without members
 * prints nothing. */
cspan_status cspan_cli_call_print(const cspan_cli_call *call, const cspan_value *value,
                                  cspan_error **error);
/* A value as JSON, whatever --output says. */
cspan_status cspan_cli_call_print_json(const cspan_cli_call *call, const cspan_value *value,
                                       cspan_error **error);

#endif
