/* SPDX-License-Identifier: Apache-2.0 */
/* Follows every reference of an opened model: a sanitizer tells where one leads astray. */
#ifndef SUPPORT_MODEL_WALK_H
#define SUPPORT_MODEL_WALK_H

#include <stdlib.h>
#include <string.h>

#include "aws/model/documentation.h"

typedef struct model_walker {
  const cspan_service_model *model;
  cspan_documentation_reader reader;
  size_t bytes;
} model_walker;

static inline void walk_text(model_walker *walker, cspan_text_ref ref) {
  walker->bytes += strlen(cspan_model_text(walker->model, ref));
}

static inline void walk_texts(model_walker *walker, cspan_table_range range) {
  for (uint32_t i = 0; i < range.count; i++) {
    walk_text(walker, walker->model->refs[range.first + i]);
  }
}

static inline void walk_pairs(model_walker *walker, cspan_table_range range) {
  for (uint32_t i = 0; i < range.count; i++) {
    walk_text(walker, walker->model->pairs[range.first + i].name);
    walk_text(walker, walker->model->pairs[range.first + i].value);
  }
}

static inline void walk_documentation(model_walker *walker, uint32_t handle) {
  const char *text = NULL;
  if (cspan_documentation_read(&walker->reader, walker->model, handle, &text, NULL) == CSPAN_OK) {
    walker->bytes += strlen(text);
  }
}

static inline void walk_shape(model_walker *walker, const cspan_shape *shape) {
  const cspan_service_model *model = walker->model;
  const cspan_member_model *members = cspan_shape_members(model, shape);
  const cspan_member_model *payload = cspan_shape_payload(model, shape);
  walk_text(walker, shape->name);
  walk_texts(walker, shape->enums);
  walk_text(walker, shape->error_code);
  walk_text(walker, shape->location_name);
  walk_text(walker, shape->xml_prefix);
  walk_text(walker, shape->xml_uri);
  walk_documentation(walker, shape->documentation);
  walker->bytes += cspan_shape_min(model, shape) < cspan_shape_max(model, shape);
  for (uint32_t i = 0; i < shape->members.count; i++) {
    walk_text(walker, members[i].name);
    walk_text(walker, members[i].location_name);
    walk_text(walker, members[i].query_name);
    walk_text(walker, members[i].xml_prefix);
    walk_text(walker, members[i].xml_uri);
    walk_text(walker, members[i].context_param);
    walk_documentation(walker, members[i].documentation);
    walk_text(walker, cspan_member_shape(model, &members[i])->name);
  }
  if (payload) {
    walk_text(walker, payload->name);
  }
}

static inline void walk_operation(model_walker *walker, const cspan_operation_model *operation) {
  const cspan_service_model *model = walker->model;
  const cspan_shape *input = cspan_model_shape(model, operation->input);
  const cspan_shape *output = cspan_model_shape(model, operation->output);
  if ((input && input->type != CSPAN_SHAPE_STRUCTURE) ||
      (output && output->type != CSPAN_SHAPE_STRUCTURE) ||
      cspan_model_operation(model, cspan_model_text(model, operation->name)) != operation) {
    abort();
  }
  walk_text(walker, operation->request_uri);
  walk_text(walker, operation->http_method);
  walk_text(walker, operation->result_wrapper);
  walk_text(walker, operation->input_location_name);
  walk_text(walker, operation->host_prefix);
  walk_texts(walker, operation->auth);
  walk_texts(walker, operation->checksum_algorithms);
  walk_pairs(walker, operation->static_params);
  walk_pairs(walker, operation->operation_params);
  walk_documentation(walker, operation->documentation);
  for (uint32_t i = 0; i < operation->errors.count; i++) {
    walk_text(walker, model->shapes[model->refs[operation->errors.first + i]].name);
  }
  if (operation->paginator) {
    const cspan_paginator_model *pages = &model->paginators[operation->paginator - 1];
    walk_text(walker, model->operations[pages->operation].name);
    walk_texts(walker, pages->input_token);
    walk_texts(walker, pages->output_token);
    walk_texts(walker, pages->result_key);
    walk_texts(walker, pages->non_aggregate_keys);
  }
}

static inline void walk_waiter(model_walker *walker, const cspan_waiter_model *waiter) {
  const cspan_service_model *model = walker->model;
  walk_text(walker, model->operations[waiter->operation].name);
  for (uint32_t i = 0; i < waiter->acceptors.count; i++) {
    walk_text(walker, model->acceptors[waiter->acceptors.first + i].argument);
    walk_text(walker, model->acceptors[waiter->acceptors.first + i].expected);
  }
  if (!cspan_model_waiter(model, cspan_model_text(model, waiter->name))) {
    abort();
  }
}

static inline void model_walk(const cspan_service_model *model) {
  model_walker walker = {.model = model};
  walk_text(&walker, model->info->key);
  walk_text(&walker, model->info->protocol);
  walk_texts(&walker, model->info->auth);
  walk_pairs(&walker, model->info->client_params);
  walk_documentation(&walker, model->info->documentation);
  for (uint32_t i = 0; i < model->shape_count; i++) {
    walk_shape(&walker, &model->shapes[i]);
  }
  for (uint32_t i = 0; i < model->operation_count; i++) {
    walk_operation(&walker, &model->operations[i]);
  }
  for (uint32_t i = 0; i < model->waiter_count; i++) {
    walk_waiter(&walker, &model->waiters[i]);
  }
  for (size_t i = 0; i < model->rules_size; i++) {
    walker.bytes += ((const uint8_t *)model->rules)[i];
  }
  cspan_documentation_reader_clear(&walker.reader);
}

#endif
