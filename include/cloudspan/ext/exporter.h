/* SPDX-License-Identifier: Apache-2.0 */
/** ext/exporter.h: write an exporter or a span processor of one's own. */
#ifndef CLOUDSPAN_EXT_EXPORTER_H
#define CLOUDSPAN_EXT_EXPORTER_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

/**
 * Spans leave the SDK as bytes: `request` is a whole OTLP
 * ExportTraceServiceRequest in protobuf (resource, scopes and spans). Read it
 * with cspan_span_list_decode() where the fields are wanted.
 */
typedef struct cspan_export_batch {
  const uint8_t *request;
  size_t request_size_bytes;
  size_t span_count; /**< in `request`, a report of lost spans included */
} cspan_export_batch;

typedef struct cspan_exporter_vtable {
  size_t size;
  /** Called by one thread at a time, unless `is_concurrent`. `context` carries the deadline and
   * the cancellation.
   * CSPAN_OK: accepted. Spans the receiver refused are counted in *rejected_spans. */
  cspan_status (*export_spans)(void *self, const cspan_context *context,
                               const cspan_export_batch *batch, size_t *rejected_spans,
                               cspan_error **error);
  /** The rest may be NULL. `shutdown` may be called during an export, on another thread. */
  cspan_status (*force_flush)(void *self, const cspan_context *context, cspan_error **error);
  void (*shutdown)(void *self);
  void (*free)(void *self);
  /** Several threads may export at once. */
  bool is_concurrent;
  /** Called once, before any export, where the SDK reports on itself. */
  void (*set_meter_provider)(void *self, cspan_meter_provider *meters);
} cspan_exporter_vtable;

struct cspan_span_exporter {
  const cspan_exporter_vtable *vtable;
  void *self;
};

/** `self` is owned by the result; on NULL (out of memory) it was freed. */
CSPAN_API cspan_span_exporter *cspan_exporter_create(const cspan_exporter_vtable *vtable,
                                                     void *self);

/** Decodes an OTLP protobuf request; CSPAN_ERR_PROTOCOL when it is malformed. */
CSPAN_API cspan_status cspan_span_list_decode(const uint8_t *request, size_t request_size_bytes,
                                              cspan_span_list **out, cspan_error **error);

/** A span as bytes: the fields of one OTLP `Span` message, without tag and
 * length. Valid during the call only. */
typedef struct cspan_ended_span {
  const uint8_t *span;
  size_t span_size_bytes;
  const cspan_tracer *tracer; /**< its scope; cspan_tracer_scope() */
  bool sampled;
  bool error; /**< the status is Error */
  int64_t duration_ns;
  /* What is also in `span`, ready to use. */
  const uint8_t *trace_id;       /**< 16 bytes */
  const uint8_t *span_id;        /**< 8 bytes */
  const uint8_t *parent_span_id; /**< 8 bytes; NULL: a root */
  bool parent_is_remote;
  cspan_span_kind kind;
  const char *name; /**< not NUL-terminated */
  size_t name_size_bytes;
  const char *trace_state; /**< NULL: none */
  uint32_t event_count;
  uint32_t event_names; /**< private */
  const void *keys;     /**< private; NULL: of a span that is not the SDK's own any more */
} cspan_ended_span;

/** The scope of a tracer; borrowed. */
CSPAN_API cspan_scope cspan_tracer_scope(const cspan_tracer *tracer);

/** The Resource of a provider, as an encoded OTLP message, and the URL of its schema. */
typedef struct cspan_encoded_resource {
  size_t size;
  const uint8_t *bytes;
  size_t size_bytes;
  const char *schema_url; /**< "" for none */
  bool is_final;          /**< false: detectors are still at work, another call comes */
} cspan_encoded_resource;

typedef struct cspan_processor_vtable {
  size_t size;
  void (*on_start)(void *self, cspan_span span, const cspan_context *parent); /**< may be NULL */
  void (*on_end)(void *self, const cspan_ended_span *span);
  cspan_status (*force_flush)(void *self, int64_t timeout_ms, cspan_error **error);
  cspan_status (*shutdown)(void *self, int64_t timeout_ms, cspan_error **error);
  /** Called when a provider takes it, again (on another thread) when background detectors are
   * done, and in a forked child: there inside fork(), so that it may take no lock that another
   * thread may have held. What it points at lives as long as the provider. May be NULL. */
  void (*set_resource)(void *self, const cspan_encoded_resource *resource);
  void (*stats)(void *self, cspan_telemetry_stats *add_to); /**< may be NULL */
  void (*free)(void *self);
  /** Before a span ends, its end time already taken: `span` can still be changed, on this thread and
   * during the call. It is a handle of its own for that: the one that the program has is stale, so
   * that no other thread changes the span any more. Of all processors before any on_end (trace/sdk,
   * OnEnding). May be NULL, and costs nothing then. */
  void (*on_ending)(void *self, cspan_span span);
  /** Called once, before any span, where the SDK reports on itself; to be handed on to exporters
   * and inner processors. May be NULL. */
  void (*set_meter_provider)(void *self, cspan_meter_provider *meters);
} cspan_processor_vtable;

struct cspan_span_processor {
  const cspan_processor_vtable *vtable;
  void *self;
};

CSPAN_API cspan_span_processor *cspan_processor_create(const cspan_processor_vtable *vtable,
                                                       void *self);

CSPAN_END_DECLS

#endif
