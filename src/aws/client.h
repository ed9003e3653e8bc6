/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The seam between the AWS core and the services: a client for one service, and
 * calls described by an operation. The typed S3 calls are built on it, and so
 * will be the model-driven ones.
 */
#ifndef AWS_CLIENT_H
#define AWS_CLIENT_H

#include <cloudspan/aws.h>
#include <cloudspan/value.h>

#include "aws/endpoint.h"
#include "aws/headers.h"
#include "aws/service_error.h"
#include "base/arena.h"
#include "base/buf.h"
#include "http/http.h"

/* ------------------------------------------------------------------ client */

typedef struct cspan_aws_client cspan_aws_client;

typedef struct cspan_service {
  const char *id;              /* "S3": spans, endpoint settings */
  const char *signing_name;    /* "s3" */
  const char *endpoint_prefix; /* "s3": https://s3.REGION.amazonaws.com */
  bool single_encode_path;     /* S3's SigV4 rule */
  bool sign_content_sha256;    /* x-amz-content-sha256 is sent and signed (S3) */
  bool uses_http2;             /* for operations that say so */
  bool follows_buckets;        /* to the region that an answer names (S3) */
  /* Where a call goes, by cspan_call_set_endpoint(); NULL: by region and prefix (endpoint.h). */
  cspan_status (*resolve_endpoint)(struct cspan_call *call, cspan_error **error);
  void *owner; /* for resolve_endpoint: cspan_call_owner(); borrowed */
} cspan_service;

/* Takes what it needs of the config; `service` outlives the client. Thread-safe. */
cspan_status cspan_aws_client_create(const cspan_aws_config *config, const cspan_service *service,
                                     cspan_aws_client **out, cspan_error **error);
void cspan_aws_client_free(cspan_aws_client *client);
const cspan_aws_config *cspan_aws_client_config(const cspan_aws_client *client);
/* A loop of the client's pool with its kept connections, for a caller that has
 * many calls in flight; give it back. */
cspan_loop *cspan_aws_client_acquire_loop(cspan_aws_client *client);
void cspan_aws_client_release_loop(cspan_aws_client *client, cspan_loop *loop);

/* --------------------------------------------------------------- operation */

typedef enum cspan_operation_flags {
  CSPAN_OP_ERROR_IN_200 = 1 << 0,      /* a 200 may hold an <Error> document */
  CSPAN_OP_STREAM_OUTPUT = 1 << 1,     /* the body goes to the sink of the call */
  CSPAN_OP_NO_BODY_IN_ERROR = 1 << 2,  /* Head*: code from the status */
  CSPAN_OP_CHECKSUM_REQUIRED = 1 << 3, /* DeleteObjects: Content-MD5 or a checksum */
  CSPAN_OP_HTTP2 = 1 << 4              /* of AWS itself; of others where the body is events */
} cspan_operation_flags;

typedef struct cspan_operation_documents {
  const cspan_value *(*input)(struct cspan_call *call, const void *input);
  const cspan_value *(*output)(struct cspan_call *call);
  /* The rest is NULL where documents can only be looked at. */
  cspan_status (*set_input)(struct cspan_call *call, const cspan_value *input);
  cspan_status (*set_output)(struct cspan_call *call, const cspan_value *output);
  cspan_arena *(*output_arena)(struct cspan_call *call); /* NULL: there is no output */
  /* Members of inputs without the document: where inputs have the one of that name (NULL: there is
   * none), and its value in one of them, false where it is not set. Both NULL: by the document. */
  const void *(*find_member)(const char *name);
  bool (*member_value)(const void *input, const void *member, cspan_value *out);
} cspan_operation_documents;

typedef struct cspan_operation {
  const char *name; /* "PutObject" */
  const char *method;
  unsigned flags;
  /* Fills the request of the call from the typed input. */
  cspan_status (*serialize)(struct cspan_call *call, const void *input, cspan_error **error);
  /* Makes the output from a successful response: *output from cspan_call_output_new, what it
   * refers to in the arena of the call. May be NULL: no output. */
  cspan_status (*deserialize)(struct cspan_call *call, void **output, cspan_error **error);
  /* cspan_call_input for this operation; may be NULL. */
  size_t (*param)(const void *input, const char *member, char *text, size_t capacity);
  /* What a response says of a failure, texts in `arena`; NULL: an XML document (service_error.h).
   * Fails for lack of memory only. */
  cspan_status (*read_failure)(struct cspan_call *call, cspan_arena *arena,
                               cspan_service_error *out, cspan_error **error);
  /* Input and output as middlewares see them (ext/middleware.h); NULL: there are none. */
  const cspan_operation_documents *documents;
} cspan_operation;

typedef struct cspan_call_start {
  const cspan_operation *operation;
  const void *input;                 /* borrowed until done */
  void **output;                     /* may be NULL; owned by the caller afterwards, freed with
                                   cspan_output_free */
  const cspan_context *context;      /* copied */
  const cspan_call_options *options; /* what is needed is copied; may be NULL */
} cspan_call_start;

/* What the call's instrumentation has found for its operation, for the middlewares that it has
 * further in; NULL: nothing. */
void cspan_call_set_plan(struct cspan_call *call, const void *plan);
const void *cspan_call_plan(const struct cspan_call *call);
/* What one of them has found for the attempt that has just ended, for those further out; NULL:
 * nothing. */
void cspan_call_set_found(struct cspan_call *call, void *found);
void *cspan_call_found(const struct cspan_call *call);
/* A member of cspan_call_input_document(), borrowed as that is; false: it is not set. Cheaper where
 * a typed input would have to become a document for it. */
bool cspan_call_input_member(const struct cspan_call *call, const char *name, cspan_value *out);
/* What tells of such members by itself, so that they can be looked for once for many calls, and the
 * input that it is to be asked for; NULL: they are in the document. Calls of one operation may have
 * different ones: each client has its kind of inputs. */
const cspan_operation_documents *cspan_call_input_members(const struct cspan_call *call,
                                                          const void **input);

/* Runs a call to its end, or, when options->loop is set, starts it. */
cspan_status cspan_aws_call(cspan_aws_client *client, const cspan_call_start *start,
                            cspan_error **error);

/* Outputs live in an arena; this frees it. NULL is fine. */
void cspan_output_free(void *output);

/* Builds and signs a URL instead of sending the request: the operation's steps up
 * to Build run, no tracing headers are added. *url is freed with cspan_free(). */
cspan_status cspan_aws_presign(cspan_aws_client *client, const cspan_call_start *start,
                               int64_t expires_s, char **url, cspan_error **error);

/* ---------------------------------------- the request, for serializers
 * Values are copied. */

/* What the call was started with: cspan_call_start.input. */
const void *cspan_call_typed_input(const struct cspan_call *call);
/* Memory that lives as long as the call. */
cspan_arena *cspan_call_scratch(struct cspan_call *call);
/* The output that a deserializer made; NULL: none, or it is the caller's by now. */
void *cspan_call_typed_output(const struct cspan_call *call);
/* The owner of the service. */
void *cspan_call_owner(const struct cspan_call *call);
/* What cspan_call_set_bucket() took; NULL: none. */
const char *cspan_call_bucket(const struct cspan_call *call);
/* Whether it goes to endpoints that follow FIPS 140: the config says so, or its own region. */
bool cspan_call_uses_fips(const struct cspan_call *call);
/* In resolve_endpoint: the endpoint_url that holds for this call; NULL: none. */
const cspan_base_url *cspan_call_custom_endpoint(const struct cspan_call *call);
/* Where the call goes. Copied. */
void cspan_call_set_endpoint(struct cspan_call *call, const cspan_endpoint *endpoint);
/* A header whose texts live as long as the call. */
cspan_status cspan_call_put_request_header(struct cspan_call *call, const char *name,
                                           const char *value);
/* The same where it is known to be safe. */
cspan_status cspan_call_put_safe_header(struct cspan_call *call, const cspan_http_header *header);
/* Copies the value only, and looks only into that: the name is safe and lives as long as the call. */
cspan_status cspan_call_set_known_header(struct cspan_call *call, const char *name,
                                         const char *value);
/* Goes before the host of the endpoint: "data-". Copied. "": nothing. */
cspan_status cspan_call_set_host_prefix(struct cspan_call *call, const char *prefix);
/* Appends to the query what is encoded already: "a=b&c=d". */
cspan_status cspan_call_add_encoded_query(struct cspan_call *call, const char *query);

/* Path below the endpoint, already percent-encoded, starting with '/'. For S3 it does not
 * include the bucket: the bucket is given by cspan_call_set_bucket, and ResolveEndpoint
 * decides between host and path. */
cspan_status cspan_call_set_path(struct cspan_call *call, const char *encoded_path);
cspan_status cspan_call_set_bucket(struct cspan_call *call, const char *bucket);
cspan_status cspan_call_set_method(struct cspan_call *call, const char *method);
/* Raw name and value; encoded here. NULL value: "name=" (as in ?uploads). */
cspan_status cspan_call_add_query(struct cspan_call *call, const char *name, const char *value);
/* Body from a caller's source: memory, file or callback (borrowed until done). */
cspan_status cspan_call_set_body(struct cspan_call *call, const cspan_body *body,
                                 cspan_error **error);
/* Body that the call owns: taken out of `buf`. */
cspan_status cspan_call_take_body(struct cspan_call *call, cspan_buf *buf);
typedef void (*cspan_bytes_fn)(void *user, const void *data, size_t len);
/* Hands out all bytes of the body, in order, before it is sent. */
cspan_status cspan_call_visit_body(struct cspan_call *call, cspan_bytes_fn take, void *user,
                                   cspan_error **error);
/* What a source of events has at the moment. */
typedef enum cspan_event_step {
  CSPAN_EVENT_STEP_FRAME, /* a frame was appended */
  CSPAN_EVENT_STEP_LATER, /* nothing yet: it is asked again soon */
  CSPAN_EVENT_STEP_END
} cspan_event_step;
typedef struct cspan_event_source {
  /* The next frame (aws/protocol/event_message.h), unsigned; *step is FRAME before. */
  cspan_status (*next)(void *user, cspan_buf *frame, cspan_event_step *step, cspan_error **error);
  void *user; /* borrowed until done */
} cspan_event_source;
/* The body is a stream of events, signed as the request is. Once it was asked for the first, the
 * call is not made again. */
void cspan_call_set_events(struct cspan_call *call, const cspan_event_source *source);
/* Checksum that shall go with the body: NULL picks the default by the config's mode;
 * "CRC32", "CRC32C", "CRC64NVME", "SHA256" (SHA1 accepted); `value` (base64) when the caller
 * computed it. */
cspan_status cspan_call_set_checksum(struct cspan_call *call, const char *algorithm,
                                     const char *value);
/* What the default of cspan_call_set_checksum comes to for this call: "CRC32", or NULL where the
 * config says that none is computed. For CreateMultipartUpload, which announces it. */
const char *cspan_call_default_checksum(const struct cspan_call *call);
/* Response: where a streamed body goes; NULL: memory. verify: compare with the x-amz-checksum
 * headers of the response. */
cspan_status cspan_call_set_sink(struct cspan_call *call, const cspan_sink *sink);
void cspan_call_set_verify_checksum(struct cspan_call *call, bool verify);

/* The account of the credentials, which are looked for where that has not been done; NULL: not
 * known, or there are none (which signing tells). Memory of the call. */
const char *cspan_call_account_id(struct cspan_call *call);

/* ---------------------------------------- the response, for deserializers */

/* In a sink, before it fails: the error that the call fails with, instead of one about the sink,
 * and that decides about a retry. Owned from now on. */
void cspan_call_tell_failure(struct cspan_call *call, cspan_error *error);

/* Whatever the error will be, the call is not made again. */
void cspan_call_forbid_retry(struct cspan_call *call);

cspan_arena *cspan_call_arena(struct cspan_call *call); /* of the output; NULL when out of memory */
/* Zeroed memory in that arena for the output itself: `*output` must come from here, so that
 * cspan_output_free finds the arena. A buffered response body (cspan_call_body) then lives
 * as long as the output. NULL when out of memory. */
void *cspan_call_output_new(struct cspan_call *call, size_t size);
/* A buffered response body; NULL where it went to a sink. */
const char *cspan_call_body(const struct cspan_call *call, size_t *len);
const cspan_header_block *cspan_call_response_headers(const struct cspan_call *call);
/* Headers in order, for x-amz-meta-*; false past the end. Names are lower-case. */
bool cspan_call_response_header_at(const struct cspan_call *call, size_t index, const char **name,
                                   const char **value);

#endif
