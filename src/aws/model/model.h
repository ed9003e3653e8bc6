/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service model as the runtime uses it: records that lie in a compiled file and are read in
 * place. All references are offsets or indices that were checked once, when the service was
 * opened, so that nobody has to check them again.
 *
 * A section is one service at one API version: the header below, then tables of records,
 * then texts (UTF-8, NUL-terminated, each once). Numbers are in the machine's byte order; a file
 * of the other order is refused.
 *
 * Source of the meanings: the botocore model files ("service-2.json"), and Smithy's
 * specification for the traits behind them.
 */
#ifndef AWS_MODEL_MODEL_H
#define AWS_MODEL_MODEL_H

#include <cloudspan/base.h>

/* An offset into the texts of the section; 0 is the empty text and means "not given". */
typedef uint32_t cspan_text_ref;
/* The same for texts of which a service has few: they come first in a section. All services
 * together have a quarter of a million records, so that each byte in a record counts. */
typedef uint16_t cspan_near_ref;
/* index + 1 into a table, which has at most 65,535 records; 0: none. */
typedef uint16_t cspan_table_ref;

/* Consecutive records of a table. */
typedef struct cspan_table_range {
  uint16_t first;
  uint16_t count;
} cspan_table_range;

typedef enum cspan_shape_type {
  CSPAN_SHAPE_STRUCTURE = 1,
  CSPAN_SHAPE_LIST,
  CSPAN_SHAPE_MAP,
  CSPAN_SHAPE_STRING, /* also "character" */
  CSPAN_SHAPE_BLOB,
  CSPAN_SHAPE_BOOLEAN,
  CSPAN_SHAPE_INTEGER, /* also "byte", "short" */
  CSPAN_SHAPE_LONG,    /* also "bigInteger" */
  CSPAN_SHAPE_FLOAT,
  CSPAN_SHAPE_DOUBLE, /* also "bigDecimal" */
  CSPAN_SHAPE_TIMESTAMP,
  CSPAN_SHAPE_DOCUMENT /* a structure with "document": any value */
} cspan_shape_type;

typedef enum cspan_timestamp_format {
  CSPAN_TIMESTAMP_DEFAULT = 0, /* by the protocol and the place */
  CSPAN_TIMESTAMP_ISO8601,
  CSPAN_TIMESTAMP_UNIX,
  CSPAN_TIMESTAMP_RFC822 /* HTTP date */
} cspan_timestamp_format;

typedef enum cspan_shape_flags {
  CSPAN_SHAPE_UNION = 1 << 0,
  CSPAN_SHAPE_EXCEPTION = 1 << 1,
  CSPAN_SHAPE_SENSITIVE = 1 << 2,
  CSPAN_SHAPE_STREAMING = 1 << 3,
  CSPAN_SHAPE_EVENT_STREAM = 1 << 4,
  CSPAN_SHAPE_EVENT = 1 << 5,
  CSPAN_SHAPE_SENDER_FAULT = 1 << 6,
  CSPAN_SHAPE_RETRYABLE = 1 << 7,
  CSPAN_SHAPE_THROTTLING = 1 << 8, /* retryable, and the service asks for less */
  CSPAN_SHAPE_REQUIRES_LENGTH = 1 << 9,
  CSPAN_SHAPE_WRAPPER = 1 << 10, /* query, rest-xml: the result element is one level further in */
  CSPAN_SHAPE_DEPRECATED = 1 << 11,
  CSPAN_SHAPE_SPARSE = 1 << 12 /* list, map: null is a value */
} cspan_shape_flags;

typedef struct cspan_shape {
  cspan_text_ref name;
  uint8_t type;             /* cspan_shape_type */
  uint8_t timestamp_format; /* cspan_timestamp_format */
  uint16_t flags;           /* cspan_shape_flags */
  /* structure: its members in the model's order; list: the element; map: key, value */
  cspan_table_range members;
  cspan_table_range enums;      /* in the table of references to texts */
  cspan_table_ref payload;      /* structure: index + 1 of the member that is the body */
  uint16_t http_status;         /* exception; 0: not given */
  cspan_near_ref error_code;    /* exception: on the wire, where it is not the name */
  cspan_near_ref location_name; /* of the shape itself, as a root element */
  cspan_near_ref xml_prefix;    /* of the shape's xmlNamespace */
  cspan_near_ref xml_uri;
  cspan_table_ref limits; /* see cspan_shape_min() and cspan_shape_max() */
  uint16_t reserved;
  uint32_t documentation; /* see cspan_model_documentation(); 0: none */
} cspan_shape;

typedef enum cspan_location {
  CSPAN_LOCATION_BODY = 0,
  CSPAN_LOCATION_URI,
  CSPAN_LOCATION_QUERY,
  CSPAN_LOCATION_HEADER,
  CSPAN_LOCATION_HEADERS, /* a map; location_name is the prefix of the headers */
  CSPAN_LOCATION_STATUS
} cspan_location;

typedef enum cspan_member_flags {
  CSPAN_MEMBER_REQUIRED = 1 << 0,
  CSPAN_MEMBER_FLATTENED = 1 << 1, /* the member's, or its shape's */
  CSPAN_MEMBER_STREAMING = 1 << 2, /* the member's, or its shape's */
  CSPAN_MEMBER_IDEMPOTENCY_TOKEN = 1 << 3,
  CSPAN_MEMBER_XML_ATTRIBUTE = 1 << 4,
  CSPAN_MEMBER_JSON_VALUE = 1 << 5,
  CSPAN_MEMBER_HOST_LABEL = 1 << 6,
  CSPAN_MEMBER_EVENT_PAYLOAD = 1 << 7,
  CSPAN_MEMBER_EVENT_HEADER = 1 << 8,
  CSPAN_MEMBER_SENSITIVE = 1 << 9, /* the member's, or its shape's */
  CSPAN_MEMBER_DEPRECATED = 1 << 10
} cspan_member_flags;

typedef struct cspan_member_model {
  cspan_text_ref name; /* of the API; "member", "key", "value" of lists and maps */
  /* On the wire: the member's, else its shape's own locationName does not count here; 0: `name`
   * (elements of lists and maps: 0 means that the protocol's default holds). */
  cspan_text_ref location_name;
  uint32_t documentation;
  uint8_t location;          /* cspan_location */
  uint8_t timestamp_format;  /* the member's, else its shape's */
  uint16_t flags;            /* cspan_member_flags */
  uint16_t shape;            /* index */
  cspan_near_ref query_name; /* ec2's queryName */
  cspan_near_ref xml_prefix; /* the member's xmlNamespace, else the shape's */
  cspan_near_ref xml_uri;
  cspan_near_ref context_param; /* the endpoint parameter that this member sets */
  uint16_t reserved;
} cspan_member_model;

/* A name with a value: static endpoint parameters, settings of checksums... */
typedef struct cspan_model_pair {
  cspan_text_ref name;
  cspan_text_ref value; /* texts; "true" and "false"; a JSON list for lists of texts */
} cspan_model_pair;

typedef enum cspan_operation_model_flags {
  CSPAN_OPERATION_CHECKSUM_REQUIRED = 1 << 0,
  CSPAN_OPERATION_UNSIGNED_PAYLOAD = 1 << 1,
  CSPAN_OPERATION_NO_AUTH = 1 << 2,    /* authtype "none" */
  CSPAN_OPERATION_COMPRESSES = 1 << 3, /* requestcompression: gzip */
  CSPAN_OPERATION_ENDPOINT_DISCOVERY = 1 << 4,
  CSPAN_OPERATION_DISCOVERY_REQUIRED = 1 << 5,
  CSPAN_OPERATION_DEPRECATED = 1 << 6,
  CSPAN_OPERATION_IDEMPOTENT = 1 << 7,
  CSPAN_OPERATION_REQUEST_STREAMS = 1 << 8, /* the input's payload is a stream of bytes */
  CSPAN_OPERATION_RESPONSE_STREAMS = 1 << 9,
  CSPAN_OPERATION_REQUEST_EVENTS = 1 << 10, /* the input's payload is an event stream */
  CSPAN_OPERATION_RESPONSE_EVENTS = 1 << 11,
  CSPAN_OPERATION_OUTPUT_WRAPPED = 1 << 12 /* output "wrapper" */
} cspan_operation_model_flags;

typedef struct cspan_operation_model {
  cspan_text_ref name;
  cspan_text_ref request_uri;    /* with {labels}, {greedy+} and fixed query */
  cspan_text_ref result_wrapper; /* query */
  uint32_t flags;                /* cspan_operation_model_flags */
  cspan_near_ref http_method;
  uint16_t response_code; /* 0: not given */
  cspan_table_ref input;  /* shapes */
  cspan_table_ref output;
  cspan_text_ref input_location_name; /* rest-xml: the root element of the body */
  cspan_near_ref input_xml_prefix;
  cspan_near_ref input_xml_uri;
  cspan_near_ref host_prefix;
  cspan_table_ref paginator;
  cspan_table_range errors;         /* table of references: shape indices */
  cspan_table_range auth;           /* table of references: texts, "aws.auth#sigv4" by preference */
  cspan_near_ref checksum_member;   /* httpChecksum.requestAlgorithmMember */
  cspan_near_ref validation_member; /* httpChecksum.requestValidationModeMember */
  cspan_table_range checksum_algorithms; /* references to texts: responseAlgorithms */
  cspan_table_range static_params;       /* pairs: endpoint parameters */
  cspan_table_range operation_params;    /* pairs: endpoint parameter, JMESPath */
  uint32_t documentation;
} cspan_operation_model;

/* Several texts for one thing lie side by side in the table of references. */
typedef struct cspan_paginator_model {
  uint32_t operation;             /* index */
  cspan_table_range input_token;  /* references to texts: member names */
  cspan_table_range output_token; /* JMESPath expressions, one for each input token */
  cspan_table_range result_key;   /* JMESPath; the first is the main one */
  cspan_table_range non_aggregate_keys;
  cspan_text_ref limit_key;
  cspan_text_ref more_results; /* JMESPath */
} cspan_paginator_model;

typedef enum cspan_matcher {
  CSPAN_MATCH_PATH = 1,
  CSPAN_MATCH_PATH_ALL,
  CSPAN_MATCH_PATH_ANY,
  CSPAN_MATCH_STATUS,
  CSPAN_MATCH_ERROR
} cspan_matcher;

typedef enum cspan_waiter_state {
  CSPAN_WAITER_SUCCESS = 1,
  CSPAN_WAITER_FAILURE,
  CSPAN_WAITER_RETRY
} cspan_waiter_state;

typedef struct cspan_acceptor_model {
  uint32_t matcher;        /* cspan_matcher */
  uint32_t state;          /* cspan_waiter_state */
  cspan_text_ref argument; /* JMESPath */
  cspan_text_ref expected; /* JSON text */
} cspan_acceptor_model;

typedef struct cspan_waiter_model {
  cspan_text_ref name;
  uint32_t operation; /* index */
  uint32_t delay_s;
  uint32_t max_attempts;
  cspan_table_range acceptors;
} cspan_waiter_model;

typedef enum cspan_service_model_flags {
  CSPAN_SERVICE_QUERY_COMPATIBLE = 1 << 0, /* awsQueryCompatible */
  CSPAN_SERVICE_HTTP2 = 1 << 1             /* protocolSettings h2 (eventstream or required) */
} cspan_service_model_flags;

/* The head of a section. */
typedef struct cspan_service_record {
  cspan_text_ref key;        /* "dynamodb": the folder of the model, the name on command lines */
  cspan_text_ref service_id; /* "DynamoDB" */
  cspan_text_ref api_version;
  cspan_text_ref full_name;
  cspan_text_ref abbreviation;
  cspan_text_ref endpoint_prefix;
  cspan_text_ref signing_name; /* never 0: else the endpoint prefix */
  cspan_text_ref signature_version;
  cspan_text_ref global_endpoint;
  cspan_text_ref protocol; /* as chosen among those that the model offers */
  cspan_text_ref json_version;
  cspan_text_ref target_prefix;
  cspan_text_ref xml_uri;
  cspan_text_ref checksum_format;
  uint32_t flags; /* cspan_service_model_flags */
  uint32_t documentation;
  cspan_table_range auth;          /* references to texts */
  cspan_table_range client_params; /* pairs: clientContextParams, name and type */
} cspan_service_record;

/* The bounds of a length, a count or a value. */
typedef struct cspan_model_limits {
  int64_t min; /* INT64_MIN: none */
  int64_t max; /* INT64_MAX: none */
} cspan_model_limits;

/* A service that was opened; the file stays mapped as long. Immutable: threads may share it. */
typedef struct cspan_service_model {
  const cspan_service_record *info;
  const char *text;
  const cspan_shape *shapes;
  const cspan_member_model *members;
  const cspan_operation_model *operations; /* by name, in order */
  const cspan_paginator_model *paginators;
  const cspan_waiter_model *waiters;
  const cspan_acceptor_model *acceptors;
  const cspan_model_pair *pairs;
  const cspan_model_limits *limits;
  const uint32_t *refs; /* the table of references */
  uint32_t shape_count;
  uint32_t member_count;
  uint32_t operation_count;
  uint32_t paginator_count;
  uint32_t waiter_count;
  const void *rules; /* the compiled endpoint rule set, see aws/rules/rules.h; NULL: none */
  size_t rules_size;
  const void *partitions; /* of the file it came from, as cspan_partitions_open() takes them */
  size_t partitions_size;
  const void *section; /* what was opened; the documentation is behind the rest */
} cspan_service_model;

static inline const char *cspan_model_text(const cspan_service_model *model, cspan_text_ref ref) {
  return model->text + ref;
}

static inline const cspan_shape *cspan_model_shape(const cspan_service_model *model,
                                                   cspan_table_ref ref) {
  return ref != 0 ? &model->shapes[ref - 1] : NULL;
}

static inline const cspan_shape *cspan_member_shape(const cspan_service_model *model,
                                                    const cspan_member_model *member) {
  return &model->shapes[member->shape];
}

static inline const cspan_member_model *cspan_shape_members(const cspan_service_model *model,
                                                            const cspan_shape *shape) {
  return &model->members[shape->members.first];
}

/* The member that is the body, or NULL. */
static inline const cspan_member_model *cspan_shape_payload(const cspan_service_model *model,
                                                            const cspan_shape *shape) {
  return shape->payload != 0 ? &model->members[shape->members.first + shape->payload - 1] : NULL;
}

/* The least and the largest length, count or value; INT64_MIN and INT64_MAX: none given. */
static inline int64_t cspan_shape_min(const cspan_service_model *model, const cspan_shape *shape) {
  return shape->limits != 0 ? model->limits[shape->limits - 1].min : INT64_MIN;
}

static inline int64_t cspan_shape_max(const cspan_service_model *model, const cspan_shape *shape) {
  return shape->limits != 0 ? model->limits[shape->limits - 1].max : INT64_MAX;
}

/* The member of a structure by its API name; NULL: none. */
const cspan_member_model *cspan_shape_member(const cspan_service_model *model,
                                             const cspan_shape *shape, const char *name,
                                             size_t len);
/* By its exact name (CamelCase); NULL: none. */
const cspan_operation_model *cspan_model_operation(const cspan_service_model *model,
                                                   const char *name);
const cspan_waiter_model *cspan_model_waiter(const cspan_service_model *model, const char *name);

#endif
