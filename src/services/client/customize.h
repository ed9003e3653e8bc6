/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What services need beyond their models: a table of hooks by service and operation.
 *
 * Source: the API references of the services, and what botocore, whose models we read, does around
 * them.
 */
#ifndef SERVICES_CLIENT_CUSTOMIZE_H
#define SERVICES_CLIENT_CUSTOMIZE_H

#include "services/client/client.h"

typedef enum cspan_custom_stage {
  CSPAN_CUSTOM_INPUT,   /* before the input is checked: `value` is the input */
  CSPAN_CUSTOM_REQUEST, /* after serializing: `request` */
  CSPAN_CUSTOM_BODY,    /* the call has its body */
  CSPAN_CUSTOM_OUTPUT,  /* after parsing: `value` is the output, with `response` */
  CSPAN_CUSTOM_FAILURE, /* after parsing an error: `failure`, with `response` */
  CSPAN_CUSTOM_NO_AUTH  /* no hook: the operation is not signed */
} cspan_custom_stage;

/* What a hook works on. */
typedef struct cspan_custom {
  struct cspan_call *call; /* may be NULL where nothing but `value` is looked at */
  cspan_invocation *invocation;
  cspan_arena *arena; /* of what the hook makes */
  cspan_value value;  /* a map */
  cspan_protocol_request *request;
  const cspan_protocol_response *response;
  cspan_protocol_failure *failure;
} cspan_custom;

/* `detail` is that of the line in the table. */
typedef cspan_status (*cspan_custom_fn)(cspan_custom *c, const char *detail, cspan_error **error);

/* The lines of a service, which lie side by side. */
cspan_table_range cspan_custom_lines(const char *service_id);
/* All hooks of the call's operation for a stage, in order. */
cspan_status cspan_custom_run(cspan_custom_stage stage, cspan_custom *c, cspan_error **error);
/* Whether the operation is never signed, whatever the model says. */
bool cspan_custom_is_unsigned(const cspan_invocation *invocation);

/* ------------------------------------------------- customize_value.c: values */

/* Puts a member into the map `c->value`, or over the one that is there. */
cspan_status cspan_custom_set(cspan_custom *c, const char *name, cspan_value value);
/* Takes a member out. */
cspan_status cspan_custom_remove(cspan_custom *c, const char *name);
/* Text or bytes of a member; data NULL: neither. */
cspan_str cspan_custom_bytes(const cspan_custom *c, const char *name);
/* A string in the arena; null when out of memory or where `buf` failed. Frees `buf`. */
cspan_value cspan_custom_take(cspan_arena *arena, cspan_buf *buf);

/* Changes a value in place; what it makes lives in the arena. */
typedef cspan_status (*cspan_rewrite_fn)(cspan_arena *arena, cspan_value *value);
/* Applies it to what a path like "Contents[].Key" leads to; nothing where it leads nowhere. Copies
 * the maps and lists on the way. */
cspan_status cspan_custom_rewrite(cspan_arena *arena, cspan_value *value, const char *path,
                                  cspan_rewrite_fn rewrite);

/* -------------------------------------------------------------------- hooks */

/* customize_input.c */
cspan_status cspan_custom_rename(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_default(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_base64(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_last_segment(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_header(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_version_header(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_drop_host_prefix(cspan_custom *c, const char *detail,
                                           cspan_error **error);
cspan_status cspan_custom_post_query(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_endpoint(cspan_custom *c, const char *detail, cspan_error **error);

/* customize_s3.c */
cspan_status cspan_custom_bucket(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_sse_key(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_copy_source(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_ascii(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_no_default_type(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_encode_keys(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_decode_keys(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_raw_header(cspan_custom *c, const char *detail, cspan_error **error);

/* customize_hash.c */
cspan_status cspan_custom_tree_hash(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_crc32(cspan_custom *c, const char *detail, cspan_error **error);

/* customize_sqs.c */
cspan_status cspan_custom_sent_md5(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_batch_md5(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_received_md5(cspan_custom *c, const char *detail, cspan_error **error);

/* customize_output.c */
cspan_status cspan_custom_policies(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_json(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_empty_is_null(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_console(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_oauth_message(cspan_custom *c, const char *detail, cspan_error **error);

/* customize_presign.c */
cspan_status cspan_custom_region_copy(cspan_custom *c, const char *detail, cspan_error **error);
cspan_status cspan_custom_query_input(cspan_custom *c, const char *detail, cspan_error **error);
/* A presigned URL has no body: the fields of a form go into its query. */
cspan_status cspan_custom_presign_form(cspan_custom *c, cspan_error **error);

#endif
