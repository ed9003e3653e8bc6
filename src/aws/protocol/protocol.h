/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protocols of AWS: from an input to an HTTP request, and from an HTTP response to an output
 * or an error, by a service model. No I/O, no state.
 *
 * Source: Smithy's specification, "AWS Protocols", and botocore's behaviour where models are
 * older than that.
 */
#ifndef AWS_PROTOCOL_PROTOCOL_H
#define AWS_PROTOCOL_PROTOCOL_H

#include "aws/headers.h"
#include "aws/model/model.h"
#include "base/buf.h"
#include "base/value.h"

enum { CSPAN_PROTOCOL_BODY_MAX = 256 << 20, CSPAN_PROTOCOL_TARGET_MAX = 1 << 20 };

/* An input that was checked (cspan_protocol_check). All borrowed. */
typedef struct cspan_protocol_input {
  const cspan_service_model *model;
  const cspan_operation_model *operation;
  const cspan_value *value; /* a map; NULL: empty */
  const char *token;        /* for idempotency tokens that are not given: a random UUID */
} cspan_protocol_input;

/* A request, but for the endpoint. Filled by the serializer; init and free are the caller's. */
typedef struct cspan_protocol_request {
  const char *method; /* of the model */
  cspan_buf path;     /* percent-encoded, starts with '/' */
  cspan_buf query;    /* percent-encoded, without '?' */
  cspan_header_list headers;
  cspan_arena *arena; /* of the headers; the caller's */
  cspan_buf body;
  bool has_body; /* also when it is empty */
  /* The payload is a stream: a blob of the input (in `stream`), or what the caller gave apart.
   * Where it is an event stream and `has_body` is set, `body` is what the first event holds. */
  const cspan_member_model *stream_member;
  const cspan_value *stream;
  cspan_buf host_prefix; /* labels filled in; "" for none */
} cspan_protocol_request;

cspan_status cspan_protocol_request_init(cspan_protocol_request *request, cspan_arena *arena);
void cspan_protocol_request_free(cspan_protocol_request *request);

typedef struct cspan_protocol_response {
  const cspan_service_model *model;
  const cspan_operation_model *operation;
  int status;
  const cspan_header_block *headers;
  const char *body; /* NULL where it is a stream that goes elsewhere */
  size_t body_size;
} cspan_protocol_response;

/* Texts of the arena; NULL where the response has none. */
typedef struct cspan_protocol_failure {
  const char *code;
  const char *message;
  const char *request_id;
  const cspan_shape *shape; /* the modelled exception; NULL: not modelled */
  cspan_value fields;       /* a map: the members of the exception, without the message */
} cspan_protocol_failure;

typedef struct cspan_protocol {
  const char *name; /* "rest-json" */
  cspan_status (*serialize)(const cspan_protocol_input *input, cspan_protocol_request *out,
                            cspan_error **error);
  /* The output as a map; values live in `arena`, texts of names in the model. A streamed payload
   * is left out. */
  cspan_status (*parse)(const cspan_protocol_response *response, cspan_arena *arena,
                        cspan_value *out, cspan_error **error);
  /* Never fails but for memory: what cannot be read gives a failure without a code. */
  cspan_status (*parse_error)(const cspan_protocol_response *response, cspan_arena *arena,
                              cspan_protocol_failure *out, cspan_error **error);
  /* A structure alone, as the payload of an event or of a body; `media_type` of a request. */
  cspan_status (*write_payload)(const cspan_service_model *model, const cspan_shape *shape,
                                const cspan_value *value, cspan_buf *out, cspan_error **error);
  cspan_status (*read_payload)(const cspan_service_model *model, const cspan_shape *shape,
                               const char *data, size_t size, cspan_arena *arena, cspan_value *out,
                               cspan_error **error);
  const char *payload_type; /* "application/json" */
} cspan_protocol;

extern const cspan_protocol cspan_protocol_json;      /* awsJson 1.0 and 1.1, by json_version */
extern const cspan_protocol cspan_protocol_rest_json; /* restJson1 */
extern const cspan_protocol cspan_protocol_rest_xml;  /* restXml */
extern const cspan_protocol cspan_protocol_query;     /* awsQuery */
extern const cspan_protocol cspan_protocol_ec2;       /* ec2Query */
extern const cspan_protocol cspan_protocol_cbor;      /* rpcV2Cbor */

/* By the name in a model ("json", "smithy-rpc-v2-cbor"...); NULL: not known. */
const cspan_protocol *cspan_protocol_find(const char *name);

/* Checks an input against its shape: types, required members, unknown members, minimal lengths
 * and values. CSPAN_ERR_INVALID names the path: "Item.price: expected a map, got a string".
 * Unknown members get a "did you mean". What is convertible is taken: an INT for a float or a
 * timestamp, a string for a blob or a timestamp (ISO 8601). */
cspan_status cspan_protocol_check(const cspan_service_model *model,
                                  const cspan_operation_model *operation, const cspan_value *input,
                                  cspan_error **error);

/* Of that only that the input is a map (or null, or NULL), and none where there is none to give:
 * before anything is done with its members. */
cspan_status cspan_protocol_check_root(const cspan_service_model *model,
                                       const cspan_operation_model *operation,
                                       const cspan_value *input, cspan_error **error);

/* The value of a header, query member or element as text, and back; shared by the protocols. */
cspan_status cspan_protocol_timestamp(cspan_buf *out, const cspan_value *value,
                                      cspan_timestamp_format format);
/* Accepts all formats that services send, whatever the model says. False: none of them. */
bool cspan_protocol_parse_timestamp(const char *text, size_t len, cspan_value *out);
/* Whatever an input may hold for a timestamp (see cspan_protocol_check) as a TIMESTAMP. */
bool cspan_protocol_time_of(const cspan_value *value, cspan_value *out);

/* The input with the idempotency tokens that were not given, in memory of `arena` where it had to
 * be changed. Never NULL with CSPAN_OK: no input is an empty map. Serializers begin with this
 * (cspan_rest_bind does it by itself). */
cspan_status cspan_protocol_fill_tokens(const cspan_protocol_input *input, cspan_arena *arena,
                                        const cspan_value **out);

/* The modelled exception behind a code on the wire: one of the operation's, else any of the
 * service's; NULL: none. */
const cspan_shape *cspan_protocol_exception(const cspan_service_model *model,
                                            const cspan_operation_model *operation,
                                            const char *code);
/* The member of an exception that is its message, in whatever case; NULL: none. */
const cspan_member_model *cspan_protocol_message_member(const cspan_service_model *model,
                                                        const cspan_shape *exception);

/* After serializing: gzip for a body of at least `min_size` bytes, where the operation compresses;
 * Content-Encoding gets "gzip" at its end. */
cspan_status cspan_protocol_compress(const cspan_operation_model *operation, size_t min_size,
                                     cspan_protocol_request *request, cspan_error **error);
/* After serializing and compressing: Content-MD5 of the body, for operations that require a
 * checksum and name no algorithms; what the input gave stays. */
cspan_status cspan_protocol_content_md5(cspan_protocol_request *request);

/* The REST bindings that rest-json and rest-xml share: URI labels, query, headers, payload of
 * bytes or text. *body is the structure that is left for the body (NULL: none): the payload
 * member's shape and value, or the input itself without the members that went elsewhere. */
typedef struct cspan_rest_body {
  const cspan_member_model *payload; /* NULL: the input itself */
  const cspan_shape *shape;
  const cspan_value *value;
} cspan_rest_body;
cspan_status cspan_rest_bind(const cspan_protocol_input *input, cspan_protocol_request *out,
                             cspan_rest_body *body, cspan_error **error);
/* Members of the output (or exception) that are in status and headers, into a map that is open in
 * the maker. */
cspan_status cspan_rest_read(const cspan_protocol_response *response, const cspan_shape *shape,
                             cspan_maker *maker, cspan_error **error);
/* The host prefix of the operation with its labels. */
cspan_status cspan_protocol_host_prefix(const cspan_protocol_input *input, cspan_buf *out,
                                        cspan_error **error);
/* Whether `value` is to be written at all: null members of a structure are left out. */
static inline bool cspan_protocol_is_given(const cspan_value *value) {
  return value != NULL && value->kind != CSPAN_VALUE_NULL;
}

#endif
