/* SPDX-License-Identifier: Apache-2.0 */
/* The birth of a span: parent, ids, sampling, and the fields that never change,
 * written at once. */
#include "base/sys.h"
#include "telemetry/attr_block.h"
#include "telemetry/context.h"
#include "telemetry/core.h"
#include "telemetry/ended.h"
#include "telemetry/metrics/self.h"
#include "telemetry/sampling/threshold.h"

/* Span's fields, opentelemetry/proto/trace/v1. */
enum {
  TAG_TRACE_ID = 0x0A,
  TAG_SPAN_ID = 0x12,
  TAG_TRACE_STATE = 0x1A,
  TAG_PARENT = 0x22,
  TAG_KIND = 0x30,
  TAG_START = 0x39,
  TAG_END = 0x41
};
enum { FLAG_HAS_IS_REMOTE = 0x100, FLAG_IS_REMOTE = 0x200 };
/* Both ids, parent, kind, times, flags, and the trace state's tag and length. */
enum { FIXED_FIELDS_MAX = 72 };

static const cspan_span no_span;
static const cspan_span_options no_options;

/* What a parent hands on, taken from a slot or from what is kept of ended spans. */
static void inherit_from(cspan_slot *slot, const cspan_slot_context *from, const char *state,
                         cspan_span_context *parent) {
  memcpy(parent->trace_id, from->trace_id, sizeof parent->trace_id);
  memcpy(parent->span_id, from->span_id, sizeof parent->span_id);
  parent->trace_flags = from->trace_flags;
  parent->is_remote = from->is_remote;
  if (from->state_len > 0 && cspan_slot_set_state(slot, state, from->state_len)) {
    parent->trace_state = slot->state;
  }
  memcpy(slot->context.trace_id, from->trace_id, sizeof slot->context.trace_id);
  memcpy(slot->parent_span_id, from->span_id, sizeof slot->parent_span_id);
  slot->parent_is_remote = from->is_remote;
  slot->has_parent = true;
}

static __attribute__((noinline)) void inherit_ended(cspan_slot *slot, cspan_span parent_span,
                                                    cspan_span_context *parent) {
  cspan_ended_context ended;
  if (cspan_ended_find(parent_span, &ended)) {
    inherit_from(slot, &ended.context, ended.state, parent);
  }
}

/* Copies the parent's context into the new slot while the parent is locked, so
 * that it may end at any time. */
static void inherit(cspan_slot *slot, cspan_span parent_span, cspan_span_context *parent) {
  cspan_slot *from = cspan_slot_lock(parent_span);
  if (from != NULL) {
    inherit_from(slot, &from->context, from->state, parent);
    cspan_slot_unlock(from);
  } else {
    inherit_ended(slot, parent_span, parent);
  }
}

void cspan_random_id(uint8_t *out, size_t words) {
  for (size_t i = 0; i < words; i++) {
    uint64_t word;
    do {
      word = cspan_random_u64();
    } while (word == 0);
    wire_store64(out + 8 * i, word);
  }
}

static void make_random_ids(cspan_slot *slot) {
  uint64_t words[3];
  size_t count = slot->has_parent ? 1 : 3;
  do {
    cspan_random_words(words, count);
  } while (words[0] == 0 || words[count - 1] == 0);
  wire_store64(slot->context.span_id, words[0]);
  if (!slot->has_parent) {
    wire_store64(slot->context.trace_id, words[1]);
    wire_store64(slot->context.trace_id + 8, words[2]);
    slot->context.trace_flags = CSPAN_TRACE_FLAG_RANDOM;
  }
}

/* A root whose trace id is not random says its randomness itself (trace/sdk, Explicit trace
 * randomness). */
static void say_randomness(cspan_slot *slot, cspan_span_context *parent) {
  char state[] = "ot=rv:00000000000000";
  cspan_randomness_text(cspan_random_u64() % CSPAN_THRESHOLD_NEVER, strchr(state, ':') + 1);
  if (cspan_slot_set_state(slot, state, sizeof state - 1)) {
    parent->trace_state = slot->state;
  }
}

static void make_ids(cspan_slot *slot, const cspan_tracer_provider *provider,
                     cspan_span_context *parent) {
  const cspan_id_generator *ids = provider->id_generator;
  slot->context.trace_flags = parent->trace_flags & CSPAN_TRACE_FLAG_RANDOM;
  if (ids == NULL) {
    make_random_ids(slot);
    return;
  }
  ids->vtable->span_id(ids->self, slot->context.span_id);
  if (!slot->has_parent) {
    ids->vtable->trace_id(ids->self, slot->context.trace_id);
    if (CSPAN_HAS(ids->vtable, is_random) && ids->vtable->is_random) {
      slot->context.trace_flags = CSPAN_TRACE_FLAG_RANDOM;
    } else {
      say_randomness(slot, parent);
    }
  }
}

static cspan_sampling_result sample(cspan_slot *slot, const cspan_context *context,
                                    const cspan_span_context *parent, const char *name,
                                    const cspan_span_options *options) {
  const cspan_sampler *sampler = slot->tracer->provider->sampler;
  unsigned kind = (unsigned)options->kind;
  slot->kind = (uint8_t)(kind <= CSPAN_SPAN_CONSUMER ? kind : CSPAN_SPAN_INTERNAL);
  cspan_root_sampling roots = slot->tracer->provider->roots;
  if (!slot->has_parent && roots != CSPAN_ROOTS_ASK) {
    bool is_taken = roots == CSPAN_ROOTS_TAKE;
    slot->context.trace_flags |= is_taken ? CSPAN_TRACE_FLAG_SAMPLED : 0;
    return (cspan_sampling_result){.decision = is_taken ? CSPAN_SAMPLING_RECORD_AND_SAMPLE
                                                        : CSPAN_SAMPLING_DROP};
  }
  cspan_sampling_input input = {.context = context,
                                .parent = parent,
                                .trace_id = slot->context.trace_id,
                                .name = name,
                                .kind = (cspan_span_kind)slot->kind,
                                .attributes = options->attributes,
                                .attribute_count = options->attribute_count,
                                .links = options->links,
                                .link_count = options->link_count};
  cspan_sampling_result result = {0};
  sampler->vtable->should_sample(sampler->self, &input, &result);
  if (result.decision == CSPAN_SAMPLING_RECORD_AND_SAMPLE) {
    slot->context.trace_flags |= CSPAN_TRACE_FLAG_SAMPLED;
  }
  if (result.trace_state != NULL) {
    slot->context.state_len = 0;
    cspan_slot_set_state(slot, result.trace_state, strlen(result.trace_state));
  }
  return result;
}

static bool write_fixed_fields(cspan_slot *slot) {
  cspan_enc *enc = &slot->enc;
  if (!cspan_enc_room(enc, FIXED_FIELDS_MAX + slot->context.state_len)) {
    return false;
  }
  uint8_t *p = enc->data;
  p = wire_bytes(p, TAG_TRACE_ID, slot->context.trace_id, sizeof slot->context.trace_id);
  p = wire_bytes(p, TAG_SPAN_ID, slot->context.span_id, sizeof slot->context.span_id);
  if (slot->context.state_len > 0) {
    p = wire_bytes(p, TAG_TRACE_STATE, slot->state, slot->context.state_len);
  }
  if (slot->has_parent) {
    p = wire_bytes(p, TAG_PARENT, slot->parent_span_id, sizeof slot->parent_span_id);
  }
  uint32_t remote = slot->parent_is_remote ? FLAG_IS_REMOTE : 0;
  p = wire_varint(p, WIRE_TAG(16, WIRE_FIXED32));
  p = wire_fixed32(p, slot->context.trace_flags | FLAG_HAS_IS_REMOTE | remote);
  *p++ = TAG_KIND;
  *p++ = (uint8_t)(slot->kind + 1);
  *p++ = TAG_START;
  p = wire_fixed64(p, (uint64_t)slot->start_ns);
  *p++ = TAG_END;
  slot->end_time_at = (uint32_t)(p - enc->data);
  enc->len = slot->end_time_at + 8;
  return true;
}

/* What a span is to be begun with. */
typedef struct start {
  const char *name;
  size_t name_size;
  const cspan_span_options *options;
  const cspan_attr_block *block; /* the first attributes of the options; NULL: none of them */
} start;

static void write_what_is_given(cspan_slot *slot, const start *given,
                                const cspan_sampling_result *sampled) {
  const cspan_span_options *options = given->options;
  cspan_enc *enc = &slot->enc;
  size_t i = given->block != NULL ? cspan_enc_put_block(enc, given->block) : 0;
  if (enc->marks[CSPAN_MARK_NAME].len == 0) {
    cspan_enc_name(enc, given->name, given->name_size);
  }
  for (; options->attributes != NULL && i < options->attribute_count; i++) {
    cspan_slot_attr(slot, &options->attributes[i]);
  }
  for (i = 0; i < sampled->attribute_count; i++) {
    cspan_slot_attr(slot, &sampled->attributes[i]);
  }
  for (i = 0; options->links != NULL && i < options->link_count; i++) {
    cspan_slot_link(slot, &options->links[i]);
  }
}

static bool open_record(cspan_slot *slot, const start *given,
                        const cspan_sampling_result *sampled) {
  const cspan_span_options *options = given->options;
  slot->status = CSPAN_SPAN_UNSET;
  slot->event_count = 0;
  slot->event_names = 0;
  slot->link_count = 0;
  slot->dropped_attributes = 0;
  slot->dropped_events = 0;
  slot->dropped_links = 0;
  const cspan_limits *limits = &slot->tracer->provider->limits;
  cspan_enc_begin(&slot->enc, limits->span_bytes, limits->attributes);
  if (limits->value_length != CSPAN_ENC_UNLIMITED) {
    cspan_enc_limit_values(&slot->enc, limits->value_length);
  }
  slot->start_ns = options->start_time_unix_ns != 0 ? options->start_time_unix_ns : cspan_unix_ns();
  if (!write_fixed_fields(slot)) {
    return false;
  }
  write_what_is_given(slot, given, sampled);
  return true;
}

static void tell_processors(const cspan_tracer_provider *provider, cspan_span span,
                            const cspan_context *context) {
  for (size_t i = 0; i < provider->processor_count; i++) {
    const cspan_span_processor *processor = provider->processors[i];
    if (processor->vtable->on_start != NULL) {
      processor->vtable->on_start(processor->self, span, context);
    }
  }
}

static __attribute__((noinline)) cspan_span carry(cspan_span parent_span) {
  cspan_slot *slot = cspan_slot_take(cspan_no_owner);
  if (slot == NULL) {
    return no_span;
  }
  cspan_span_context parent = {0};
  inherit(slot, parent_span, &parent);
  if (!slot->has_parent) {
    cspan_slot_give(slot);
    return no_span;
  }
  memcpy(slot->context.span_id, parent.span_id, sizeof slot->context.span_id);
  slot->context.trace_flags = parent.trace_flags;
  slot->context.is_remote = parent.is_remote;
  return cspan_slot_publish(slot, false);
}

/* A disabled SDK still hands on the context that it was given. */
static __attribute__((noinline)) cspan_span pass_through(const cspan_context *context,
                                                         const cspan_span_options *options) {
  bool is_given = context != NULL && context->span.slot != NULL;
  cspan_span parent_span = is_given ? context->span : cspan_thread.current.span;
  if (parent_span.slot == NULL || (options != NULL && options->root)) {
    return no_span;
  }
  return carry(parent_span);
}

static __attribute__((noinline)) void report_start(const cspan_slot *slot,
                                                   cspan_sampling_decision decision) {
  unsigned origin = !slot->has_parent        ? CSPAN_SELF_ORIGIN_NONE
                    : slot->parent_is_remote ? CSPAN_SELF_ORIGIN_REMOTE
                                             : CSPAN_SELF_ORIGIN_LOCAL;
  unsigned result = decision == CSPAN_SAMPLING_RECORD_AND_SAMPLE ? CSPAN_SELF_RECORD_AND_SAMPLE
                    : decision == CSPAN_SAMPLING_RECORD_ONLY     ? CSPAN_SELF_RECORD_ONLY
                                                                 : CSPAN_SELF_DROP;
  cspan_self_span_started(slot->tracer->provider->reports, origin, result);
}

static __attribute__((noinline)) cspan_span begin(cspan_tracer *tracer,
                                                  const cspan_context *context,
                                                  const start *given) {
  cspan_tracer_provider *provider = tracer->provider;
  if (cspan_thread.suppressed > 0 ||
      atomic_load_explicit(&provider->is_shut_down, memory_order_relaxed)) {
    return no_span;
  }
  cspan_context own;
  cspan_context_resolve_into(&own, context);
  if (given->options->root) {
    own.span = no_span;
  }
  cspan_slot *slot = cspan_slot_take(provider);
  if (slot == NULL) {
    return no_span;
  }
  slot->tracer = tracer;
  cspan_span_context parent = {0};
  if (own.span.slot != NULL) {
    inherit(slot, own.span, &parent);
  }
  make_ids(slot, provider, &parent);
  cspan_sampling_result sampled = sample(slot, &own, &parent, given->name, given->options);
  bool recording = sampled.decision != CSPAN_SAMPLING_DROP;
  if (recording && !open_record(slot, given, &sampled)) {
    cspan_slot_give(slot);
    return no_span;
  }
  if (provider->reports != NULL) {
    report_start(slot, sampled.decision);
  }
  cspan_span span = cspan_slot_publish(slot, recording);
  if (recording && provider->processor_count > 0) {
    tell_processors(provider, span, &own);
  }
  return span;
}

cspan_span cspan_span_begin_block(cspan_tracer *tracer, const cspan_context *context,
                                  const char *name, size_t name_size,
                                  const cspan_span_options *options,
                                  const cspan_attr_block *block) {
  if (tracer == NULL) {
    return no_span;
  }
  if (tracer->provider->is_disabled) {
    return pass_through(context, options);
  }
  const start given = {.name = name != NULL ? name : "",
                       .name_size = name_size,
                       .options = options != NULL ? options : &no_options,
                       .block = block};
  return begin(tracer, context, &given);
}

cspan_span cspan_span_begin(cspan_tracer *tracer, const cspan_context *context, const char *name,
                            size_t name_size, const cspan_span_options *options) {
  return cspan_span_begin_block(tracer, context, name, name_size, options, NULL);
}
