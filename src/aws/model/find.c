/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "aws/model/model.h"

const cspan_member_model *cspan_shape_member(const cspan_service_model *model,
                                             const cspan_shape *shape, const char *name,
                                             size_t len) {
  const cspan_member_model *members = cspan_shape_members(model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    const char *text = cspan_model_text(model, members[i].name);
    if (strncmp(text, name, len) == 0 && text[len] == '\0') {
      return &members[i];
    }
  }
  return NULL;
}

const cspan_operation_model *cspan_model_operation(const cspan_service_model *model,
                                                   const char *name) {
  uint32_t low = 0;
  uint32_t high = model->operation_count;
  while (low < high) {
    uint32_t middle = low + (high - low) / 2;
    const cspan_operation_model *operation = &model->operations[middle];
    int order = strcmp(name, cspan_model_text(model, operation->name));
    if (order == 0) {
      return operation;
    }
    if (order < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return NULL;
}

const cspan_waiter_model *cspan_model_waiter(const cspan_service_model *model, const char *name) {
  for (uint32_t i = 0; i < model->waiter_count; i++) {
    if (strcmp(name, cspan_model_text(model, model->waiters[i].name)) == 0) {
      return &model->waiters[i];
    }
  }
  return NULL;
}
