/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/body_json.h"
#include "base/error.h"
#include "base/json.h"

cspan_status cspan_json_read_shape(const cspan_service_model *model, const cspan_shape *shape,
                                   const char *data, size_t size, bool body_only,
                                   cspan_arena *arena, cspan_value *out, cspan_error **error) {
  cspan_json_fault fault = {0};
  *out = cspan_map(NULL, 0);
  if (cspan_str_trim((cspan_str){data, size}).len == 0) {
    return CSPAN_OK;
  }
  cspan_status status = cspan_json_parse(data, size, arena, out, &fault);
  if (status == CSPAN_ERR_INVALID) {
    *out = cspan_map(NULL, 0);
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL,
                           "the service sent JSON that cannot be read: %s (line %zu, column %zu)",
                           fault.what, fault.line, fault.column);
  }
  if (status != CSPAN_OK) {
    return cspan_error_set(error, status, "the response could not be read");
  }
  if (shape->type == CSPAN_SHAPE_DOCUMENT) {
    return CSPAN_OK;
  }
  if (out->kind == CSPAN_VALUE_NULL && shape->type == CSPAN_SHAPE_STRUCTURE) {
    *out = cspan_map(NULL, 0);
    return CSPAN_OK;
  }
  return cspan_shape_fit(model, shape, body_only, false, arena, out, error);
}
