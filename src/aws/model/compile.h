/* SPDX-License-Identifier: Apache-2.0 */
/* From the JSON of the public model files to a section, and from sections to a file. Pure. */
#ifndef AWS_MODEL_COMPILE_H
#define AWS_MODEL_COMPILE_H

#include "aws/model/model.h"
#include "base/text.h"

/* The files of one service and version, as JSON text; all but `service` may be NULL. */
typedef struct cspan_model_source {
  const char *key; /* the folder's name */
  cspan_str service;
  cspan_str paginators;
  cspan_str waiters;
  cspan_str rules;
  /* "*.sdk-extras.json": their "merge" is put over the files above */
  cspan_str service_extras;
  cspan_str paginators_extras;
  bool without_documentation;
} cspan_model_source;

/* Appends a section. The error names the shape or operation that is wrong. */
cspan_status cspan_model_compile(const cspan_model_source *source, cspan_buf *section,
                                 cspan_error **error);

/* Checks a section (aligned to 8) and opens it; it must outlive `out`. CSPAN_ERR_INVALID where
 * anything in it refers to what is not there. */
cspan_status cspan_model_open(const void *section, size_t size, cspan_service_model *out,
                              cspan_error **error);

#endif
