/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the SDK's core know of each other: provider, tracer, limits,
 * the calling thread's state. */
#ifndef TELEMETRY_CORE_H
#define TELEMETRY_CORE_H

#include <cloudspan/ext/exporter.h>
#include <cloudspan/ext/sampler.h>

#include "telemetry/fork.h"
#include "telemetry/process_end.h"
#include "telemetry/published.h"
#include "telemetry/sampling/samplers.h"
#include "telemetry/settings.h"
#include "telemetry/slot.h"
#include "telemetry/wire.h"

/* Whether an options struct or a vtable has the field, as its maker compiled it: `size` is its
 * size there, and 0 stands for that of today. */
#define CSPAN_HAS(object, field)                                                                   \
  ((object)->size == 0 ||                                                                          \
   (size_t)((const char *)(&(object)->field + 1) - (const char *)(object)) <= (object)->size)

typedef struct cspan_limits {
  uint32_t value_length; /* characters of a string value; UINT32_MAX: no limit */
  uint32_t attributes;
  uint32_t events;
  uint32_t links;
  uint32_t event_attributes;
  uint32_t link_attributes;
  uint32_t span_bytes;
} cspan_limits;

struct cspan_tracer {
  cspan_tracer *next;
  cspan_tracer_provider *provider;
  char *name;
  char *version;    /* "" for none */
  char *schema_url; /* "" for none */
  /* What goes before and behind the spans of a ScopeSpans message: the fields
   * `scope` and `schema_url`, encoded once. */
  uint8_t *head;
  size_t head_len;
  uint8_t *tail;
  size_t tail_len;
  /* The scope's attributes: those at the end of `head`, and decoded. */
  size_t attributes_len;
  const cspan_attr *attributes;
  size_t attribute_count;
  struct cspan_arena *arena; /* they are in it; NULL: there are none */
};

/* What was made together with a provider: when the process ends it is flushed, or shut down, after
 * the processors, and it is freed after all of the provider. */
typedef struct cspan_companion {
  void *self;
  cspan_status (*force_flush)(void *self, int64_t timeout_ms, cspan_error **error);
  cspan_status (*shutdown)(void *self, int64_t timeout_ms, cspan_error **error);
  void (*free)(void *self);
} cspan_companion;

typedef struct cspan_background cspan_background; /* resource/background.h */

struct cspan_tracer_provider {
  cspan_sampler *sampler;
  cspan_root_sampling roots;        /* of the sampler */
  cspan_id_generator *id_generator; /* NULL: random ids */
  cspan_span_processor **processors;
  size_t processor_count;
  cspan_limits limits;
  _Atomic(cspan_published *) resource; /* the newest first */
  cspan_background *background;        /* detectors at work; NULL: none were to be */
  struct cspan_self_spans *reports;    /* metrics/self.h; NULL: none */
  cspan_fork_hook fork;
  cspan_end_entry end;
  cspan_companion companion;       /* all zero: none */
  _Atomic(cspan_tracer *) tracers; /* only ever prepended to */
  atomic_bool is_shut_down;
  bool is_disabled;   /* OTEL_SDK_DISABLED */
  bool has_on_ending; /* one of the processors is told before the end */
};

typedef struct cspan_thread_state {
  cspan_context current;
  /* Above 0 the thread is exporting: it makes no spans, which would be exported
   * in turn. */
  unsigned suppressed;
} cspan_thread_state;

extern _Thread_local cspan_thread_state cspan_thread;

/* Those given, then the environment, then the defaults; `given` may be NULL. */
void cspan_limits_fill(cspan_limits *out, const cspan_span_limits *given);

/* A tracer that is no provider's list's; NULL when out of memory. */
cspan_tracer *cspan_tracer_create(cspan_tracer_provider *provider, const cspan_scope *scope);
void cspan_tracer_free(cspan_tracer *tracer);
/* Tracers of a provider, all of them. */
void cspan_tracers_free(cspan_tracer_provider *provider);

/* Gives the processors a resource; takes `bytes`, also when out of memory. Not by two
 * threads at once. */
cspan_status cspan_provider_publish(cspan_tracer_provider *provider, uint8_t *bytes,
                                    size_t size_bytes, const char *schema_url, bool is_final,
                                    cspan_error **error);

/* Gives them the one they have again, as the last. */
void cspan_provider_publish_final(cspan_tracer_provider *provider);

/* cspan_tracer_provider_force_flush(), and the companion's. */
cspan_status cspan_provider_flush_all(cspan_tracer_provider *provider, int64_t timeout_ms,
                                      cspan_error **error);

/* A provider whose spans do nothing but hand on a context. */
cspan_status cspan_provider_disabled(cspan_tracer_provider **out, cspan_error **error);

/* OTEL_TRACES_SAMPLER and its argument, for the service of that Resource message; NULL only when
 * out of memory. */
cspan_sampler *cspan_sampler_from_env(const uint8_t *resource, size_t resource_len);

void cspan_id_generator_free(cspan_id_generator *ids);

/* From start to end; the farthest there is where the difference does not fit. */
int64_t cspan_duration_ns(int64_t start_ns, int64_t end_ns);

/* A random id of 8-byte words, none of which is zero. */
void cspan_random_id(uint8_t *out, size_t words);

/* Events and links of a locked or not yet published slot. */
typedef struct cspan_attr_lists {
  const cspan_attr *first;
  size_t first_count;
  const cspan_attr *second;
  size_t second_count;
} cspan_attr_lists;
void cspan_slot_event(cspan_slot *slot, const char *name, size_t name_size, int64_t time_unix_ns,
                      const cspan_attr_lists *attributes);
void cspan_slot_link(cspan_slot *slot, const cspan_link *link);
void cspan_slot_attr(cspan_slot *slot, const cspan_attr *attr);

#endif
