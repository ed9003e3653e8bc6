/* SPDX-License-Identifier: Apache-2.0 */
/* Where a call by a model goes. */
#include "services/client/client.h"

cspan_status cspan_client_resolve_endpoint(struct cspan_call *call, cspan_error **error) {
  const cspan_invocation *invocation = cspan_call_typed_input(call);
  const cspan_endpoint_params params = {.region = cspan_call_region(call),
                                        .endpoint_prefix =
                                            invocation->client->service.endpoint_prefix,
                                        .custom = cspan_call_custom_endpoint(call)};
  cspan_endpoint endpoint = {0};
  cspan_status status = cspan_endpoint_resolve(&params, &endpoint, error);
  if (status == CSPAN_OK) {
    cspan_call_set_endpoint(call, &endpoint);
  }
  return status;
}
