/* SPDX-License-Identifier: Apache-2.0 */
/* The client of a service by its model: what its files share. */
#ifndef SERVICES_CLIENT_CLIENT_H
#define SERVICES_CLIENT_CLIENT_H

#include <cloudspan/client.h>

#include "aws/client.h"
#include "aws/model/store.h"
#include "aws/protocol/protocol.h"
#include "aws/rules/client_endpoint.h"

struct cspan_client {
  cspan_aws_client *aws;
  cspan_service service; /* made from the model, of which its texts are */
  const cspan_service_model *model;
  const cspan_protocol *protocol;
  cspan_endpoint_resolver *resolver; /* NULL: the model has no rules */
  cspan_document *endpoint_parameters;
  bool is_s3;
  bool strips_bucket; /* the endpoint has the bucket, the path must not */
};

/* A call under way: the input of the AWS layer's call. */
typedef struct cspan_invocation {
  cspan_client *client;
  const cspan_operation_model *model;
  cspan_operation operation;
  cspan_client_request request;
  cspan_document *document; /* the output, once it was parsed */
  cspan_document **output;
  cspan_call_done_fn done; /* the caller's, of an asynchronous call */
  void *user;
  char token[37]; /* for idempotency tokens: the same in all attempts */
} cspan_invocation;

/* The operation of a model by its exact name; the error says what comes
 * nearest. */
cspan_status cspan_client_operation(const cspan_client *client, const char *name,
                                    const cspan_operation_model **out, cspan_error **error);
/* The request's fields that the caller was compiled with. */
cspan_client_request cspan_client_request_of(const cspan_client_request *request);
/* Fills `operation`: the hooks below, and flags by the model. */
void cspan_client_describe(cspan_invocation *invocation);

/* The hooks of every operation. */
cspan_status cspan_client_serialize(struct cspan_call *call, const void *input,
                                    cspan_error **error);
cspan_status cspan_client_deserialize(struct cspan_call *call, void **output, cspan_error **error);
cspan_status cspan_client_read_failure(struct cspan_call *call, cspan_arena *arena,
                                       cspan_service_error *out, cspan_error **error);
size_t cspan_client_param(const void *input, const char *member, char *text, size_t capacity);
/* Sets how the call is signed. */
cspan_status cspan_client_choose_auth(struct cspan_call *call, const cspan_invocation *invocation,
                                      const cspan_client_endpoint_result *endpoint,
                                      cspan_error **error);
/* The hook of the service. */
cspan_status cspan_client_resolve_endpoint(struct cspan_call *call, cspan_error **error);

#endif
