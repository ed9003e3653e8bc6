/* SPDX-License-Identifier: Apache-2.0 */
/* From the code of a failure to the exception that the model has for it. */
#include "aws/protocol/protocol.h"
#include "base/text.h"

static bool has_code(const cspan_service_model *model, const cspan_shape *shape, const char *code) {
  const char *own = cspan_model_text(model, shape->error_code);
  return (own[0] != '\0' && strcmp(own, code) == 0) ||
         strcmp(cspan_model_text(model, shape->name), code) == 0;
}

const cspan_shape *cspan_protocol_exception(const cspan_service_model *model,
                                            const cspan_operation_model *operation,
                                            const char *code) {
  for (uint32_t i = 0; operation != NULL && i < operation->errors.count; i++) {
    const cspan_shape *shape = &model->shapes[model->refs[operation->errors.first + i]];
    if (has_code(model, shape, code)) {
      return shape;
    }
  }
  for (uint32_t i = 0; i < model->shape_count; i++) {
    const cspan_shape *shape = &model->shapes[i];
    if ((shape->flags & CSPAN_SHAPE_EXCEPTION) != 0 && has_code(model, shape, code)) {
      return shape;
    }
  }
  return NULL;
}

const cspan_member_model *cspan_protocol_message_member(const cspan_service_model *model,
                                                        const cspan_shape *exception) {
  const cspan_member_model *members = cspan_shape_members(model, exception);
  for (uint32_t i = 0; i < exception->members.count; i++) {
    if (cspan_ieq(cspan_model_text(model, members[i].name), "message")) {
      return &members[i];
    }
  }
  return NULL;
}
