/* SPDX-License-Identifier: Apache-2.0 */
/* Names of operations and waiters in any spelling: "PutItem", "put-item", "put_item". */
#ifndef CLI_NAMES_H
#define CLI_NAMES_H

#include "aws/model/model.h"

enum { CSPAN_CLI_NAME_SIZE = 128 };

/* "ListMFADevices" to "list-mfa-devices", as names are typed; cut off where it is too long. */
void cspan_cli_dashed(const char *name, char out[CSPAN_CLI_NAME_SIZE]);

/* CSPAN_ERR_CONFIG, with what comes nearest and how to list what there is. */
cspan_status cspan_cli_find_operation(const cspan_service_model *model, const char *name,
                                      const cspan_operation_model **out, cspan_error **error);
cspan_status cspan_cli_find_waiter(const cspan_service_model *model, const char *name,
                                   const cspan_waiter_model **out, cspan_error **error);

#endif
