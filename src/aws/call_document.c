/* SPDX-License-Identifier: Apache-2.0 */
/* Input and output of a call as documents. */
#include "aws/call.h"

static const cspan_operation_documents *documents_of(const struct cspan_call *call) {
  static const cspan_operation_documents none = {0};
  return call->operation->documents ? call->operation->documents : &none;
}

const cspan_value *cspan_call_input_document(const struct cspan_call *call) {
  const cspan_operation_documents *documents = documents_of(call);
  if (!call->input_document && documents->input) {
    /* What is made of the input is kept in the call, which looks the same from outside. */
    struct cspan_call *inside = (struct cspan_call *)(uintptr_t)call;
    inside->input_document = documents->input(inside, call->input);
  }
  return call->input_document;
}

const cspan_operation_documents *cspan_call_input_members(const struct cspan_call *call,
                                                          const void **input) {
  const cspan_operation_documents *documents = call->operation->documents;
  *input = call->input;
  return documents && documents->find_member && !call->input_document ? documents : NULL;
}

bool cspan_call_input_member(const struct cspan_call *call, const char *name, cspan_value *out) {
  const void *input;
  const cspan_operation_documents *documents = cspan_call_input_members(call, &input);
  if (documents) {
    const void *member = documents->find_member(name);
    return member && documents->member_value(input, member, out);
  }
  const cspan_value *found = cspan_value_get(cspan_call_input_document(call), name);
  if (found) {
    *out = *found;
  }
  return found;
}

cspan_status cspan_call_set_input_document(struct cspan_call *call, const cspan_value *input) {
  const cspan_operation_documents *documents = documents_of(call);
  if (!documents->set_input) {
    return CSPAN_ERR_UNSUPPORTED;
  }
  call->input_document = NULL;
  return documents->set_input(call, input);
}

const cspan_value *cspan_call_output_document(const struct cspan_call *call) {
  const cspan_operation_documents *documents = documents_of(call);
  if (call->error || !documents->output) {
    return NULL;
  }
  return documents->output((struct cspan_call *)(uintptr_t)call);
}

cspan_status cspan_call_set_output_document(struct cspan_call *call, const cspan_value *output) {
  const cspan_operation_documents *documents = documents_of(call);
  return documents->set_output ? documents->set_output(call, output) : CSPAN_ERR_UNSUPPORTED;
}

void *cspan_call_memory(struct cspan_call *call, size_t size_bytes) {
  return cspan_arena_alloc(call->scratch, size_bytes);
}

void *cspan_call_output_memory(struct cspan_call *call, size_t size_bytes) {
  const cspan_operation_documents *documents = documents_of(call);
  cspan_arena *arena = documents->output_arena ? documents->output_arena(call) : NULL;
  return arena ? cspan_arena_alloc(arena, size_bytes) : NULL;
}

void *cspan_call_typed_output(const struct cspan_call *call) {
  return call->output;
}
