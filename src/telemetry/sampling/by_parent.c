/* SPDX-License-Identifier: Apache-2.0 */
/* Samplers around samplers: ParentBased, AlwaysRecord. */
#include <string.h>

#include "base/alloc.h"
#include "base/text.h"
#include "telemetry/sampling/samplers.h"

/* The parent is remote, is sampled. */
typedef struct parent_sampler {
  cspan_sampler *root;
  cspan_sampler *by_parent[2][2]; /* NULL: as the parent's flag says */
  char *description;
} parent_sampler;

/* A threshold that does not go with the sampled flag is worth nothing. Local parents are of our
 * own making. */
static void check_threshold(const cspan_sampling_input *input, cspan_sampling_result *result) {
  cspan_ot_state state = cspan_ot_parse(input->parent->trace_state);
  if (state.threshold != CSPAN_THRESHOLD_ABSENT &&
      cspan_ot_randomness(&state, input->trace_id) < state.threshold) {
    result->trace_state =
        cspan_ot_with_threshold(input->parent->trace_state, CSPAN_THRESHOLD_ABSENT);
  }
}

static void sample_by_parent(void *self, const cspan_sampling_input *input,
                             cspan_sampling_result *result) {
  const parent_sampler *based = self;
  const cspan_span_context *parent = input->parent;
  if (!cspan_span_context_is_valid(parent)) {
    cspan_sampler_ask(based->root, input, result);
    return;
  }
  bool is_sampled = (parent->trace_flags & CSPAN_TRACE_FLAG_SAMPLED) != 0;
  const cspan_sampler *sampler = based->by_parent[parent->is_remote][is_sampled];
  if (sampler != NULL) {
    cspan_sampler_ask(sampler, input, result);
  } else {
    result->decision = is_sampled ? CSPAN_SAMPLING_RECORD_AND_SAMPLE : CSPAN_SAMPLING_DROP;
  }
  if (parent->is_remote && parent->trace_state != NULL && result->trace_state == NULL &&
      result->decision == CSPAN_SAMPLING_RECORD_AND_SAMPLE) {
    check_threshold(input, result);
  }
}

static const char *describe_parent(void *self) {
  return ((parent_sampler *)self)->description;
}

static void free_parent(void *self) {
  parent_sampler *based = self;
  cspan_sampler_free(based->root);
  for (int i = 0; i < 4; i++) {
    cspan_sampler_free(based->by_parent[i / 2][i % 2]);
  }
  cspan_free(based->description);
  cspan_free(based);
}

static const char *text_of(const parent_sampler *based, bool is_remote, bool is_sampled) {
  const cspan_sampler *sampler = based->by_parent[is_remote][is_sampled];
  if (sampler != NULL) {
    return cspan_sampler_text(sampler);
  }
  return is_sampled ? "AlwaysOnSampler" : "AlwaysOffSampler";
}

cspan_sampler *cspan_sampler_by_parent(const cspan_by_parent_options *options) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_by_parent, describe_parent,
                                              free_parent};
  parent_sampler given = {
      .root = options->root,
      .by_parent = {{options->local_parent_not_sampled, options->local_parent_sampled},
                    {options->remote_parent_not_sampled, options->remote_parent_sampled}}};
  parent_sampler *self = cspan_malloc(sizeof *self);
  if (self == NULL || given.root == NULL) {
    cspan_free(self);
    cspan_sampler_free(given.root);
    for (int i = 0; i < 4; i++) {
      cspan_sampler_free(given.by_parent[i / 2][i % 2]);
    }
    return NULL;
  }
  *self = given;
  self->description = cspan_asprintf(
      "ParentBased{root:%s,remoteParentSampled:%s,remoteParentNotSampled:%s,"
      "localParentSampled:%s,localParentNotSampled:%s}",
      cspan_sampler_text(self->root), text_of(self, true, true), text_of(self, true, false),
      text_of(self, false, true), text_of(self, false, false));
  if (self->description == NULL) {
    free_parent(self);
    return NULL;
  }
  return cspan_sampler_create(&vtable, self);
}

cspan_root_sampling cspan_sampler_of_roots(const cspan_sampler *sampler) {
  while (sampler->vtable->should_sample == sample_by_parent) {
    sampler = ((const parent_sampler *)sampler->self)->root;
  }
  return cspan_sampler_always(sampler);
}

cspan_sampler *cspan_sampler_parent_based(cspan_sampler *root) {
  const cspan_by_parent_options options = {.size = sizeof options, .root = root};
  return cspan_sampler_by_parent(&options);
}

/* ------------------------------------------------------------- always record */

typedef struct record_sampler {
  cspan_sampler *root;
  char *description;
} record_sampler;

static void sample_or_record(void *self, const cspan_sampling_input *input,
                             cspan_sampling_result *result) {
  const record_sampler *record = self;
  cspan_sampler_ask(record->root, input, result);
  if (result->decision == CSPAN_SAMPLING_DROP) {
    result->decision = CSPAN_SAMPLING_RECORD_ONLY;
  }
}

static const char *describe_record(void *self) {
  return ((record_sampler *)self)->description;
}

static void free_record(void *self) {
  record_sampler *record = self;
  cspan_sampler_free(record->root);
  cspan_free(record->description);
  cspan_free(record);
}

cspan_sampler *cspan_sampler_always_record(cspan_sampler *root) {
  static const cspan_sampler_vtable vtable = {sizeof vtable, sample_or_record, describe_record,
                                              free_record};
  if (root == NULL) {
    return NULL;
  }
  record_sampler *self = cspan_calloc(1, sizeof *self);
  if (self == NULL) {
    cspan_sampler_free(root);
    return NULL;
  }
  self->root = root;
  self->description = cspan_asprintf("AlwaysRecord{root:%s}", cspan_sampler_text(root));
  if (self->description == NULL) {
    free_record(self);
    return NULL;
  }
  return cspan_sampler_create(&vtable, self);
}
