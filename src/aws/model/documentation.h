/* SPDX-License-Identifier: Apache-2.0 */
/* Reads many pieces of documentation, of which most lie in the same block. */
#ifndef AWS_MODEL_DOCUMENTATION_H
#define AWS_MODEL_DOCUMENTATION_H

#include "aws/model/model.h"

/* Of one model; zero it before the first use. */
typedef struct cspan_documentation_reader {
  const void *block; /* which one `text` is of */
  char *text;
} cspan_documentation_reader;

/* *text is valid until the next call; "" for a record without documentation. */
cspan_status cspan_documentation_read(cspan_documentation_reader *reader,
                                      const cspan_service_model *model, uint32_t documentation,
                                      const char **text, cspan_error **error);
void cspan_documentation_reader_clear(cspan_documentation_reader *reader);

#endif
