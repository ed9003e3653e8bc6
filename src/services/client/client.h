/* SPDX-License-Identifier: Apache-2.0 */
/* The client of a service by its model: what its files share. */
#ifndef SERVICES_CLIENT_CLIENT_H
#define SERVICES_CLIENT_CLIENT_H

#include <cloudspan/client.h>
#include <pthread.h>

#include "aws/client.h"
#include "aws/model/store.h"
#include "aws/protocol/protocol.h"
#include "aws/rules/client_endpoint.h"

/* The endpoint that a service told, for services that give each account its own. */
typedef struct cspan_discovery {
  pthread_mutex_t mutex;
  char *address; /* NULL: none */
  char *region;  /* that it is for */
  int64_t until_ns;
  int64_t not_before_ns; /* after a failure that calls can do with */
} cspan_discovery;

struct cspan_client {
  cspan_aws_client *aws;
  cspan_service service; /* made from the model, of which its texts are */
  const cspan_service_model *model;
  const cspan_protocol *protocol;
  cspan_endpoint_resolver *resolver; /* NULL: the model has no rules */
  cspan_document *endpoint_parameters;
  bool is_s3;
  bool strips_bucket;       /* the endpoint has the bucket, the path must not */
  bool uses_account;        /* the rules look at the account of the credentials */
  cspan_table_range custom; /* lines of the table of hooks (customize.h) */
  cspan_discovery discovery;
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
  struct cspan_client_events *events; /* NULL: the operation has none */
  char token[37];                     /* for idempotency tokens: the same in all attempts */
  bool is_presigned;                  /* only a URL is made of it */
  bool decodes_keys;                  /* the encoding of listed keys was our choice */
  const char *destination_region; /* of a copy whose URL is made for another region; else NULL */
  const cspan_base_url *redirect; /* where the call goes, whatever the rules say; NULL: by them */
} cspan_invocation;

/* The operation of a model by its exact name; the error says what comes
 * nearest. */
cspan_status cspan_client_operation(const cspan_client *client, const char *name,
                                    const cspan_operation_model **out, cspan_error **error);
/* The payload of a structure (of an operation, 0 for none) that may come from a body of its own or
 * go to a sink: what the model calls a stream, or any blob, as botocore takes it. NULL: none. */
const cspan_member_model *cspan_client_byte_payload(const cspan_service_model *model,
                                                    cspan_table_ref shape);
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
/* As cspan_client_presign(), for the service in another region that copies to here. */
cspan_status cspan_client_presign_copy(cspan_client *client, const cspan_client_request *request,
                                       const char *destination_region, int64_t expires_s,
                                       char **url, cspan_error **error);
/* discovery.c: asks the service for its endpoint, or takes what it told, where the operation must
 * not go to the common one. Blocks when it asks. */
cspan_status cspan_client_discover(struct cspan_call *call, cspan_invocation *invocation,
                                   cspan_error **error);
/* The service does not know the endpoint any more. */
void cspan_client_forget_endpoint(cspan_client *client);
/* events.c, events_send.c: events both ways. NULL in *out for operations without. */
cspan_status cspan_client_events_create(const cspan_operation_model *operation,
                                        struct cspan_client_events **out, cspan_error **error);
void cspan_client_events_free(struct cspan_client_events *events);
/* Whether the request has what the operation wants, and no more; sets where the response goes. */
cspan_status cspan_client_events_attach(struct cspan_call *call, const cspan_invocation *invocation,
                                        cspan_error **error);
/* The events of the request become the body of the call. */
cspan_status cspan_client_events_send(struct cspan_call *call, const cspan_invocation *invocation,
                                      cspan_protocol_request *request, cspan_error **error);
/* The arena with what was kept of the events; NULL: nothing was. */
cspan_arena *cspan_client_events_take_arena(struct cspan_client_events *events);
/* After a whole response: adds what came with the events to the output, which lives in the
 * arena. */
cspan_status cspan_client_events_end(struct cspan_client_events *events, cspan_arena *arena,
                                     cspan_value *output, cspan_error **error);

/* The hook of the service. */
cspan_status cspan_client_resolve_endpoint(struct cspan_call *call, cspan_error **error);

#endif
