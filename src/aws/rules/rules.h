/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The endpoint rules engine: a rule set and parameters to a URL, headers and auth schemes, or to
 * an error that the rules state. Pure.
 *
 * Source: Smithy's specification, "Rules engine", and AWS's standard library of functions.
 */
#ifndef AWS_RULES_RULES_H
#define AWS_RULES_RULES_H

#include "base/text.h"
#include "base/value.h"

/* A compiled rule set, or the partitions, as bytes that lie in a model file, aligned to 4. They
 * are appended to `out`. */
cspan_status cspan_rules_compile(cspan_str json, cspan_buf *out, cspan_error **error);
cspan_status cspan_partitions_compile(cspan_str json, cspan_buf *out, cspan_error **error);

/* Checked and ready; refer to the bytes, which must outlive them. */
typedef struct cspan_rules cspan_rules;
typedef struct cspan_partitions cspan_partitions;
cspan_status cspan_partitions_open(const void *data, size_t size, cspan_partitions **out,
                                   cspan_error **error);
void cspan_partitions_free(cspan_partitions *partitions);
/* "aws-cn" for "cn-north-1"; never NULL ("aws" for regions that nobody knows). */
const char *cspan_partitions_name(const cspan_partitions *partitions, const char *region);

cspan_status cspan_rules_open(const void *data, size_t size, cspan_rules **out,
                              cspan_error **error);
void cspan_rules_free(cspan_rules *rules);

typedef enum cspan_rules_param_type {
  CSPAN_RULES_STRING,
  CSPAN_RULES_BOOLEAN,
  CSPAN_RULES_STRING_ARRAY
} cspan_rules_param_type;

/* A declared parameter; false past the end. `builtin`: "AWS::Region", "" for none. */
typedef struct cspan_rules_param {
  const char *name;
  const char *builtin;
  cspan_rules_param_type type;
  bool required;
  bool used; /* whether the rules refer to it: the result does not depend on others */
} cspan_rules_param;
bool cspan_rules_param_at(const cspan_rules *rules, size_t index, cspan_rules_param *out);

/* All of the arena. */
typedef struct cspan_rules_endpoint {
  const char *url;        /* "https://dynamodb.eu-central-1.amazonaws.com" */
  cspan_value headers;    /* map of lists of texts */
  cspan_value properties; /* map; "authSchemes" is a list of maps */
} cspan_rules_endpoint;

/* `params` is a map by name; defaults are filled in. CSPAN_ERR_INVALID with the text of the rules
 * where they end in an error, or where a required parameter is missing. */
cspan_status cspan_rules_resolve(const cspan_rules *rules, const cspan_partitions *partitions,
                                 const cspan_value *params, cspan_arena *arena,
                                 cspan_rules_endpoint *out, cspan_error **error);

#endif
