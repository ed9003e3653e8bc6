/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs as forms: the bodies of the protocols "query" and "ec2". */
#ifndef AWS_PROTOCOL_FORM_H
#define AWS_PROTOCOL_FORM_H

#include "aws/protocol/protocol.h"

typedef enum cspan_form_flavor {
  CSPAN_FORM_QUERY,
  CSPAN_FORM_EC2 /* capitalized names, all lists flattened, empty ones left out */
} cspan_form_flavor;

/* Appends "Action=...&Version=..." and the members of the input, percent-encoded. */
cspan_status cspan_form_write(const cspan_service_model *model,
                              const cspan_operation_model *operation, const cspan_value *value,
                              cspan_form_flavor flavor, cspan_buf *out, cspan_error **error);

#endif
