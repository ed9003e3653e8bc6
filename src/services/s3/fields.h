/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables that say where each member of an input goes in the request, and from where
 * each member of an output comes. One table serves three ends: writing the request,
 * checking what is required, and telling middlewares an input member by its model name.
 */
#ifndef SERVICES_S3_FIELDS_H
#define SERVICES_S3_FIELDS_H

#include <cloudspan/s3.h>
#include <stddef.h>

#include "aws/client.h"
#include "aws/xml.h"

typedef enum cspan_s3_type {
  CSPAN_S3_STRING,
  CSPAN_S3_URL_STRING, /* output: percent-encoded when the response says so */
  CSPAN_S3_INT,        /* int; input: 0 is "not given" */
  CSPAN_S3_INT64,
  CSPAN_S3_BOOL,
  CSPAN_S3_HTTP_DATE, /* int64_t seconds; 0 is "not given" */
  CSPAN_S3_ISO_DATE
} cspan_s3_type;

typedef enum cspan_s3_place {
  CSPAN_S3_BUCKET,
  CSPAN_S3_KEY,
  CSPAN_S3_HEADER,
  CSPAN_S3_QUERY,
  CSPAN_S3_REQUIRED_QUERY,
  CSPAN_S3_MEMBER /* only told to middlewares */
} cspan_s3_place;

/* A member of an input. */
typedef struct cspan_s3_in {
  const char *member; /* the model's name */
  const char *wire;   /* header or query name */
  unsigned short offset;
  unsigned char type;
  unsigned char place;
} cspan_s3_in;

#define CSPAN_S3_IN(struct_, field, member, type, place, wire)                                     \
  { (member), (wire), (unsigned short)offsetof(struct_, field), (type), (place) }
#define CSPAN_S3_IN_BUCKET(struct_)                                                                \
  CSPAN_S3_IN(struct_, bucket, "Bucket", CSPAN_S3_STRING, CSPAN_S3_BUCKET, NULL)
#define CSPAN_S3_IN_KEY(struct_)                                                                   \
  CSPAN_S3_IN(struct_, key, "Key", CSPAN_S3_STRING, CSPAN_S3_KEY, NULL)

/* A member of an output: of the response's headers, or of an XML element. */
typedef struct cspan_s3_out {
  const char *wire;
  unsigned short offset;
  unsigned char type;
} cspan_s3_out;

#define CSPAN_S3_OUT(struct_, field, type, wire)                                                   \
  { (wire), (unsigned short)offsetof(struct_, field), (type) }

#define CSPAN_S3_COUNT(array) (sizeof(array) / sizeof(array)[0])

/* Writes path, bucket, query and headers; checks what is required and what may stand in a
 * header. */
cspan_status cspan_s3_write(struct cspan_call *call, const void *input, const cspan_s3_in *fields,
                            size_t count, cspan_error **error);
/* cspan_operation.param by such a table. */
size_t cspan_s3_param(const void *input, const cspan_s3_in *fields, size_t count,
                      const char *member, char *text, size_t capacity);
/* The members that are set, and `extra` more that are given: a map in memory of the call. */
const cspan_value *cspan_s3_input_document(struct cspan_call *call, const void *input,
                                           const cspan_s3_in *fields, size_t count,
                                           const cspan_member *extra, size_t extra_count);
/* One member of that map without it: its field, NULL when there is none of that name, and what the
 * map has of it, borrowed from the input; false when it is not set. Dates are left out. */
const cspan_s3_in *cspan_s3_find_member(const cspan_s3_in *fields, size_t count, const char *name);
bool cspan_s3_member_value(const void *input, const void *member, cspan_value *out);
/* snprintf semantics for a text that exists. NULL gives 0. */
size_t cspan_s3_copy_text(const char *from, char *text, size_t capacity);

/* A header of the request, its value checked. NULL or "": nothing. */
cspan_status cspan_s3_write_header(struct cspan_call *call, const char *name, const char *value,
                                   cspan_error **error);
cspan_status cspan_s3_write_metadata(struct cspan_call *call, const cspan_s3_metadata *metadata,
                                     size_t count, cspan_error **error);

/* The zeroed output in the call's arena, with the members of `fields` from the headers. */
cspan_status cspan_s3_read_headers(struct cspan_call *call, size_t output_size,
                                   const cspan_s3_out *fields, size_t count, void **output,
                                   cspan_error **error);
/* The root element of an XML response; its name must be `name`. */
cspan_status cspan_s3_read_document(struct cspan_call *call, const char *name,
                                    const cspan_xml_node **root, cspan_error **error);
/* Members from the children of `node`. `url_encoded`: URL_STRING members are decoded. */
cspan_status cspan_s3_read_elements(struct cspan_call *call, const cspan_xml_node *node,
                                    const cspan_s3_out *fields, size_t count, bool url_encoded,
                                    void *item, cspan_error **error);

/* All children of `parent` called `name`, as an array of items of item_size. */
typedef struct cspan_s3_list_shape {
  const char *name;
  const cspan_s3_out *fields;
  size_t field_count;
  size_t item_size;
} cspan_s3_list_shape;
cspan_status cspan_s3_read_list(struct cspan_call *call, const cspan_xml_node *parent,
                                const cspan_s3_list_shape *shape, bool url_encoded,
                                const void **items, size_t *count, cspan_error **error);
/* Whether the response declares EncodingType url. */
bool cspan_s3_is_url_encoded(const cspan_xml_node *root);

#endif
