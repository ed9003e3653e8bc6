/* SPDX-License-Identifier: Apache-2.0 */
/**
 * telemetry.h: an OpenTelemetry tracing SDK. Usable without any AWS.
 *
 * Sources of the rules: OpenTelemetry specification (trace/api, trace/sdk,
 * context/propagators, sdk-environment-variables), OTLP specification, W3C Trace
 * Context and W3C Baggage.
 *
 * All functions are thread-safe unless stated otherwise. Every operation on a
 * {0} span, on a span that has ended, and with a NULL provider or tracer is a
 * safe no-op.
 */
#ifndef CLOUDSPAN_TELEMETRY_H
#define CLOUDSPAN_TELEMETRY_H

#include <cloudspan/base.h>

CSPAN_BEGIN_DECLS

/* -------------------------------------------------------------- attributes */

typedef enum cspan_attr_type {
  CSPAN_ATTR_STRING = 0,
  CSPAN_ATTR_BOOL,
  CSPAN_ATTR_INT64,
  CSPAN_ATTR_DOUBLE,
  CSPAN_ATTR_STRING_ARRAY,
  CSPAN_ATTR_BOOL_ARRAY,
  CSPAN_ATTR_INT64_ARRAY,
  CSPAN_ATTR_DOUBLE_ARRAY
} cspan_attr_type;

/** A key and a value, borrowed. Make them with the functions below. */
typedef struct cspan_attr {
  const char *key;
  cspan_attr_type type;
  uint32_t key_size; /**< bytes of the key, which ends at a NUL also then; 0: not known */
  union {
    const char *string;
    bool boolean;
    int64_t int64;
    double number;
    const char *const *strings;
    const bool *booleans;
    const int64_t *int64s;
    const double *numbers;
  } value;
  size_t count; /**< bytes of a string, elements of an array */
} cspan_attr;

/** A NULL string is taken as "". */
CSPAN_INLINE cspan_attr cspan_attr_string(const char *key, const char *value);
CSPAN_INLINE cspan_attr cspan_attr_string_n(const char *key, const char *value, size_t size_bytes);
CSPAN_INLINE cspan_attr cspan_attr_bool(const char *key, bool value);
CSPAN_INLINE cspan_attr cspan_attr_int64(const char *key, int64_t value);
CSPAN_INLINE cspan_attr cspan_attr_double(const char *key, double value);
CSPAN_INLINE cspan_attr cspan_attr_strings(const char *key, const char *const *values,
                                           size_t count);
CSPAN_INLINE cspan_attr cspan_attr_bools(const char *key, const bool *values, size_t count);
CSPAN_INLINE cspan_attr cspan_attr_int64s(const char *key, const int64_t *values, size_t count);
CSPAN_INLINE cspan_attr cspan_attr_doubles(const char *key, const double *values, size_t count);

/* ------------------------------------------------------------ span context */

/** W3C Trace Context's values. `trace_state` is borrowed: from the span or the
 * carrier it came from; NULL is empty. */
typedef struct cspan_span_context {
  uint8_t trace_id[16];
  uint8_t span_id[8];
  uint8_t trace_flags; /**< CSPAN_TRACE_FLAG_* */
  bool is_remote;
  const char *trace_state;
} cspan_span_context;

#define CSPAN_TRACE_FLAG_SAMPLED 0x01
#define CSPAN_TRACE_FLAG_RANDOM  0x02

CSPAN_API bool cspan_span_context_is_valid(const cspan_span_context *context);
CSPAN_API bool cspan_span_context_is_sampled(const cspan_span_context *context);
/** Lower-case hex with a final NUL. */
CSPAN_API void cspan_trace_id_hex(const uint8_t trace_id[16], char out[33]);
CSPAN_API void cspan_span_id_hex(const uint8_t span_id[8], char out[17]);

/* ------------------------------------------------- provider, tracer, spans */

typedef struct cspan_tracer_provider cspan_tracer_provider;
typedef struct cspan_tracer cspan_tracer; /**< owned by its provider */

typedef enum cspan_span_kind {
  CSPAN_SPAN_INTERNAL = 0,
  CSPAN_SPAN_SERVER = 1,
  CSPAN_SPAN_CLIENT = 2,
  CSPAN_SPAN_PRODUCER = 3,
  CSPAN_SPAN_CONSUMER = 4
} cspan_span_kind;

typedef enum cspan_span_status {
  CSPAN_SPAN_UNSET = 0,
  CSPAN_SPAN_OK = 1,
  CSPAN_SPAN_ERROR = 2
} cspan_span_status;

/** A link to another span, with attributes. */
typedef struct cspan_link {
  cspan_span_context context;
  const cspan_attr *attributes;
  size_t attribute_count;
} cspan_link;

typedef struct cspan_span_options {
  size_t size;
  cspan_span_kind kind;
  bool root; /**< ignore any parent */
  const cspan_attr *attributes;
  size_t attribute_count;
  const cspan_link *links;
  size_t link_count;
  int64_t start_time_unix_ns; /**< 0: now */
} cspan_span_options;

/** The tracer of an instrumentation scope; the same name, version and schema URL
 * give the same tracer. `version` and `schema_url` may be NULL. NULL provider:
 * the global one. The tracer lives as long as its provider. */
CSPAN_API cspan_tracer *cspan_tracer_get(cspan_tracer_provider *provider, const char *name,
                                         const char *version, const char *schema_url);

/** An instrumentation scope: who makes the spans. */
typedef struct cspan_scope {
  size_t size;
  const char *name;
  const char *version;
  const char *schema_url;
  const cspan_attr *attributes;
  size_t attribute_count;
} cspan_scope;

/** As cspan_tracer_get(), for a scope with attributes: they are part of what makes
 * two tracers the same. */
CSPAN_API cspan_tracer *cspan_tracer_for_scope(cspan_tracer_provider *provider,
                                               const cspan_scope *scope);

/**
 * Starts a span. The parent is `context->span`, which may have ended; where that is {0}, the
 * calling thread's current span (cspan_span_make_current), and of its current context also the
 * baggage and values that `context` does not have. `context` and `options` may be NULL. Never fails: {0} is returned when the provider is shut down, when
 * out of memory, or when tracer is NULL. End it with cspan_span_end().
 */
CSPAN_INLINE cspan_span cspan_span_start(cspan_tracer *tracer, const cspan_context *context,
                                         const char *name, const cspan_span_options *options);

/** False for {0}, ended, and unsampled spans: skip costly attributes then. */
CSPAN_API bool cspan_span_is_recording(cspan_span span);
/**
 * The context of a span, also after its end, so that a child may start and headers may be written
 * then (trace/api, SpanContext). The process keeps 4,096 contexts of ended spans, and 256 of those
 * with a trace state of more than 80 bytes; newer ones take the places of older ones. Whoever needs
 * one for longer than some thousand spans take copies it, and makes a parent of the copy when it is
 * needed: cspan_span_from_context().
 *
 * Of {0}, and of a span whose context is not kept any more: all zero, returns false; a child of
 * such a span is a root. `trace_state` is borrowed until the span ends; of an ended span, until the
 * thread's next call of this function for one. `out` may be NULL.
 */
CSPAN_API bool cspan_span_get_context(cspan_span span, cspan_span_context *out);

/** Sets an attribute; the last write of a key wins. */
CSPAN_INLINE void cspan_span_set(cspan_span span, cspan_attr attribute);
CSPAN_INLINE void cspan_span_set_string(cspan_span span, const char *key, const char *value);
CSPAN_INLINE void cspan_span_set_bool(cspan_span span, const char *key, bool value);
CSPAN_INLINE void cspan_span_set_int64(cspan_span span, const char *key, int64_t value);
CSPAN_INLINE void cspan_span_set_double(cspan_span span, const char *key, double value);

/** time_unix_ns 0: now. */
CSPAN_INLINE void cspan_span_add_event(cspan_span span, const char *name, int64_t time_unix_ns,
                                       const cspan_attr *attributes, size_t attribute_count);
CSPAN_API void cspan_span_add_link(cspan_span span, const cspan_link *link);
/** An event "exception" with exception.type and exception.message (semantic
 * conventions, exceptions), and the extra attributes. */
CSPAN_API void cspan_span_record_exception(cspan_span span, const char *type, const char *message,
                                           const cspan_attr *attributes, size_t attribute_count);
/** Ok is final; Unset never overrides; description is kept only for Error. */
CSPAN_INLINE void cspan_span_set_status(cspan_span span, cspan_span_status status,
                                        const char *description);
CSPAN_INLINE void cspan_span_update_name(cspan_span span, const char *name);
CSPAN_INLINE void cspan_span_end(cspan_span span);
/** With an explicit end time; 0: now. */
CSPAN_API void cspan_span_end_at(cspan_span span, int64_t end_time_unix_ns);

/** A span that records nothing and only carries a (remote) context, to be a
 * parent or a propagated value. End it with cspan_span_end() to release it. */
CSPAN_API cspan_span cspan_span_from_context(const cspan_span_context *context);

/* The functions above that are marked CSPAN_INLINE test whether the span records and then call
 * these, with sizes that are often known when a program is compiled. All of both kinds are
 * exported. These are for languages whose strings do not end at a NUL; a size counts bytes. Only
 * the name of cspan_span_begin() ends at one all the same, as samplers read it so. */

CSPAN_API cspan_span cspan_span_begin(cspan_tracer *tracer, const cspan_context *context,
                                      const char *name, size_t name_size,
                                      const cspan_span_options *options);
CSPAN_API void cspan_span_put(cspan_span span, const cspan_attr *attribute);
CSPAN_API void cspan_span_put_string(cspan_span span, const char *key, size_t key_size,
                                     const char *value, size_t value_size);
CSPAN_API void cspan_span_put_bool(cspan_span span, const char *key, size_t key_size, bool value);
CSPAN_API void cspan_span_put_int64(cspan_span span, const char *key, size_t key_size,
                                    int64_t value);
CSPAN_API void cspan_span_put_double(cspan_span span, const char *key, size_t key_size,
                                     double value);
CSPAN_API void cspan_span_put_event(cspan_span span, const char *name, size_t name_size,
                                    int64_t time_unix_ns, const cspan_attr *attributes,
                                    size_t attribute_count);
CSPAN_API void cspan_span_put_status(cspan_span span, cspan_span_status status,
                                     const char *description, size_t description_size);
CSPAN_API void cspan_span_put_name(cspan_span span, const char *name, size_t name_size);

/* ------------------------------------------------- current span and context */

/** Makes `span` the calling thread's current span and returns the one before,
 * to be given back with another call. Not inherited by other threads: pass a
 * cspan_context to them. */
CSPAN_API cspan_span cspan_span_make_current(cspan_span span);
CSPAN_API cspan_span cspan_span_current(void);
/** A copy of parent (NULL: zero) whose span is `span`. */
CSPAN_API cspan_context cspan_context_with_span(const cspan_context *parent, cspan_span span);

/** The calling thread's current context: span, baggage, values. For a worker, which
 * attaches it or passes it on. */
CSPAN_API cspan_context cspan_context_current(void);
/**
 * Makes `context` (NULL: zero) the calling thread's current one: what a NULL context
 * stands for from now on, and where spans find their parent. Returns the one before,
 * to be given to cspan_context_detach() on the same thread. What the context refers
 * to must live until then.
 */
CSPAN_API cspan_context cspan_context_attach(const cspan_context *context);
CSPAN_API void cspan_context_detach(const cspan_context *before);

/* ---------------------------------------------------------------- baggage */

/** A new baggage = base (NULL: empty) with key set to value (NULL: key
 * removed). NULL when out of memory, over the W3C limits (64 members, 8,192
 * bytes), and when the key is not an HTTP token, the value not UTF-8, or the
 * metadata (NULL: none) not printable ASCII without commas. Free with
 * cspan_baggage_free(). */
CSPAN_API cspan_baggage *cspan_baggage_with(const cspan_baggage *base, const char *key,
                                            const char *value, const char *metadata);
CSPAN_API void cspan_baggage_free(cspan_baggage *baggage);
CSPAN_API size_t cspan_baggage_count(const cspan_baggage *baggage);
/** Borrowed; false past the end. Any out pointer may be NULL. */
CSPAN_API bool cspan_baggage_at(const cspan_baggage *baggage, size_t index, const char **key,
                                const char **value, const char **metadata);
/** Borrowed; NULL when absent. */
CSPAN_API const char *cspan_baggage_get(const cspan_baggage *baggage, const char *key);

/* --------------------------------------------- extension points (ext/...) */

typedef struct cspan_sampler cspan_sampler;               /**< ext/sampler.h */
typedef struct cspan_span_processor cspan_span_processor; /**< ext/exporter.h */
typedef struct cspan_span_exporter cspan_span_exporter;   /**< ext/exporter.h */
typedef struct cspan_propagator cspan_propagator;         /**< ext/propagator.h */
typedef struct cspan_id_generator cspan_id_generator;     /**< ext/sampler.h */

/* Each creator returns NULL when out of memory. An object given to another one
 * or to a provider is owned by it from then on, also when that call fails. */

CSPAN_API cspan_sampler *cspan_sampler_always_on(void);
CSPAN_API cspan_sampler *cspan_sampler_always_off(void);
/** Ratio in [0, 1]; decides by the trace id's low 56 bits. */
CSPAN_API cspan_sampler *cspan_sampler_trace_id_ratio(double ratio);
/** `root` decides where there is no parent; otherwise the parent's flag does. */
CSPAN_API cspan_sampler *cspan_sampler_parent_based(cspan_sampler *root);
CSPAN_API void cspan_sampler_free(cspan_sampler *sampler);

/* Propagators carry the span context and the baggage from one process to another, in a format of
 * headers. Where a header is malformed, what it says is ignored, as the specifications ask, and
 * only valid headers are written. */

/** W3C Trace Context, level 2: traceparent and tracestate. */
CSPAN_API cspan_propagator *cspan_propagator_tracecontext(void);
/** W3C Baggage. */
CSPAN_API cspan_propagator *cspan_propagator_baggage(void);
/** X-Amzn-Trace-Id. */
CSPAN_API cspan_propagator *cspan_propagator_xray(void);
/** B3 of Zipkin. Both read either form, the single header `b3` first; the one writes that header,
 * the other X-B3-TraceId and its companions. The debug flag, here and in Jaeger's format, is kept
 * in the context's values, and so is a header `b3` of only a sampling state. */
CSPAN_API cspan_propagator *cspan_propagator_b3(void);
CSPAN_API cspan_propagator *cspan_propagator_b3_multi(void);
/** uber-trace-id, and baggage as uberctx-*. */
CSPAN_API cspan_propagator *cspan_propagator_jaeger(void);
/** ot-tracer-*, and baggage as ot-baggage-*; only the last 64 bits of a trace id are carried. */
CSPAN_API cspan_propagator *cspan_propagator_ottrace(void);
/** The binary format of OpenCensus, in base64 as the gRPC header grpc-trace-bin. */
CSPAN_API cspan_propagator *cspan_propagator_opencensus(void);
/** Takes ownership of the `count` propagators. They extract and inject in their order; what a
 * later one finds replaces what an earlier one did. */
CSPAN_API cspan_propagator *cspan_propagator_composite(cspan_propagator **propagators,
                                                       size_t count);
/** By the names of OTEL_PROPAGATORS: a list of tracecontext, baggage, b3, b3multi, jaeger, xray,
 * ottrace, none; one named twice counts once. NULL: as that variable says, else
 * "tracecontext,baggage". An unknown name is an error (NULL is returned), but in the variable a
 * warning. */
CSPAN_API cspan_propagator *cspan_propagator_from_names(const char *names, cspan_error **error);
CSPAN_API void cspan_propagator_free(cspan_propagator *propagator);
/** The names of the headers that it may write, each once, NULL-terminated; those of baggage whose
 * names are made of a prefix and a key are not in it. Borrowed; never NULL. */
CSPAN_API const char *const *cspan_propagator_fields(const cspan_propagator *propagator);
/** The global propagator: none until one was set. Owned by the library from now on, freed when
 * another is set or NULL is. Set it before threads use it. */
CSPAN_API void cspan_propagator_set_global(cspan_propagator *propagator);
/** Borrowed; never NULL: one that does nothing where none was set. */
CSPAN_API const cspan_propagator *cspan_propagator_global(void);

/** Writes one header. */
typedef void (*cspan_carrier_set_fn)(void *carrier, const char *key, const char *value);
/** `context` NULL, or without a span: the calling thread's current one
 * (cspan_context_attach()). */
CSPAN_API void cspan_propagator_inject(const cspan_propagator *propagator,
                                       const cspan_context *context, cspan_carrier_set_fn set,
                                       void *carrier);

/**
 * Reads a carrier. Only `get` is needed:
 *
 *     static const cspan_carrier_getter getter = {.get = get_header};
 *
 * What the functions return is borrowed until the extraction is over.
 */
typedef struct cspan_carrier_getter {
  size_t size;
  /** The first value of a header, whose name may be written in any case; NULL when absent. */
  const char *(*get)(void *carrier, const char *key);
  /** The names in the carrier, by index from 0; NULL past the last. Without it, baggage in headers
   * of which only the prefix is known (Jaeger, OT) is not found. */
  const char *(*keys)(void *carrier, size_t index);
  /** The values of a header that came in several lines, by index from 0; NULL past the last.
   * Several `tracestate` and `baggage` are joined, several `traceparent` are an error. Without it,
   * `get` counts for all there is. */
  const char *(*get_all)(void *carrier, const char *key, size_t index);
} cspan_carrier_getter;

/** What was extracted; release it with cspan_extracted_free(). `context` refers
 * to what `extracted` owns. */
typedef struct cspan_extracted {
  cspan_context context;
  cspan_baggage *baggage;               /**< private */
  cspan_span remote;                    /**< private */
  struct cspan_extracted_value *values; /**< private */
} cspan_extracted;
/** `parent` is what stays where the carrier says nothing; NULL: the calling thread's current
 * context. */
CSPAN_API void cspan_propagator_extract(const cspan_propagator *propagator,
                                        const cspan_context *parent,
                                        const cspan_carrier_getter *getter, void *carrier,
                                        cspan_extracted *out);
CSPAN_API void cspan_extracted_free(cspan_extracted *extracted);

/* Environment variables as carriers (specification, context/env-carriers): the names are those
 * of the headers in upper case, with '_' for what is not a letter or a digit: TRACEPARENT,
 * TRACESTATE, BAGGAGE. */

/** As cspan_propagator_extract(), from `environment` ("NAME=value", NULL-terminated); NULL: the
 * process's own. For the start of a program. */
CSPAN_API void cspan_propagator_extract_env(const cspan_propagator *propagator,
                                            const cspan_context *parent, char *const *environment,
                                            cspan_extracted *out);
/** For execve() and posix_spawn(): *out becomes a copy of `environment` (NULL: the process's own)
 * in which all of the propagator's fields are replaced by what it injects. One piece of memory:
 * free it with cspan_free(). The process's environment is not changed. */
CSPAN_API cspan_status cspan_propagator_inject_env(const cspan_propagator *propagator,
                                                   const cspan_context *context,
                                                   char *const *environment, char ***out,
                                                   cspan_error **error);

/** The binary format of OpenCensus by itself. Encoding is false where the context is not valid;
 * decoding, where the bytes are malformed or have no valid ids. */
#define CSPAN_OPENCENSUS_SIZE_BYTES 29
CSPAN_API bool cspan_opencensus_encode(const cspan_span_context *context,
                                       uint8_t out[CSPAN_OPENCENSUS_SIZE_BYTES]);
CSPAN_API bool cspan_opencensus_decode(const uint8_t *bytes, size_t size_bytes,
                                       cspan_span_context *out);

/* -------------------------------------------------------------- exporters */

typedef enum cspan_otlp_protocol {
  CSPAN_OTLP_DEFAULT = 0, /**< OTEL_EXPORTER_OTLP_PROTOCOL, else gRPC */
  CSPAN_OTLP_GRPC,
  CSPAN_OTLP_HTTP_PROTOBUF,
  CSPAN_OTLP_HTTP_JSON
} cspan_otlp_protocol;

/** Zero fields are filled from OTEL_EXPORTER_OTLP_TRACES_* and
 * OTEL_EXPORTER_OTLP_*, then from the specification's defaults. */
typedef struct cspan_otlp_options {
  size_t size;
  cspan_otlp_protocol protocol;
  /** "http://host:port" or "https://..." (TLS by scheme); "host:port" is
   * insecure. gRPC: http://localhost:4317; HTTP: http://localhost:4318, to which
   * /v1/traces is appended unless it came from the TRACES variable or
   * `endpoint_is_full` is set. In a variable "host:port" means TLS for gRPC, as the
   * specification says, unless OTEL_EXPORTER_OTLP_INSECURE is true. http_proxy, https_proxy and
   * no_proxy count, but not for localhost and loopback addresses; gRPC goes through a tunnel. */
  const char *endpoint;
  bool endpoint_is_full;
  /** "key=value,key2=value2", percent-encoded values (W3C Baggage form). */
  const char *headers;
  const char *compression; /**< "gzip" or "none" */
  /** Per export, retries included; 0: the variable's, else 10,000. A variable's 0 is no limit. */
  int64_t timeout_ms;
  const char *certificate;        /**< CA file */
  const char *client_certificate; /**< mTLS */
  const char *client_key;
} cspan_otlp_options;

CSPAN_API cspan_status cspan_exporter_otlp(const cspan_otlp_options *options,
                                           cspan_span_exporter **out, cspan_error **error);

/** Readable text to a descriptor (1: stdout), which stays the caller's. */
CSPAN_API cspan_span_exporter *cspan_exporter_console(int fd);
/** Appends one OTLP/JSON request a line to `path`. */
CSPAN_API cspan_status cspan_exporter_otlp_file(const char *path, cspan_span_exporter **out,
                                                cspan_error **error);
/** Keeps finished spans for tests; read them with cspan_memory_*. */
CSPAN_API cspan_span_exporter *cspan_exporter_memory(void);
CSPAN_API void cspan_exporter_free(cspan_span_exporter *exporter);

/* --------------------------------------------------- in-memory span views */

typedef struct cspan_span_view cspan_span_view; /**< one finished span, decoded */

/** A snapshot of what the memory exporter holds, oldest first. NULL when out of
 * memory. */
typedef struct cspan_span_list cspan_span_list;
CSPAN_API cspan_span_list *cspan_memory_spans(const cspan_span_exporter *memory_exporter);
CSPAN_API void cspan_memory_reset(cspan_span_exporter *memory_exporter);
CSPAN_API void cspan_span_list_free(cspan_span_list *list);
CSPAN_API size_t cspan_span_list_count(const cspan_span_list *list);
CSPAN_API const cspan_span_view *cspan_span_list_at(const cspan_span_list *list, size_t index);
/** The n-th (from 0) span of that name, or NULL. */
CSPAN_API const cspan_span_view *cspan_span_list_find(const cspan_span_list *list, const char *name,
                                                      size_t n);

/** One event as decoded. */
typedef struct cspan_event_view {
  const char *name;
  int64_t time_unix_ns;
  const cspan_attr *attributes;
  size_t attribute_count;
  uint32_t dropped_attributes;
} cspan_event_view;

/** All pointers live as long as the list. */
struct cspan_span_view {
  const char *name;
  const char *scope_name;
  const char *scope_version;
  const char *schema_url;
  const cspan_attr *scope_attributes;
  size_t scope_attribute_count;
  uint8_t trace_id[16];
  uint8_t span_id[8];
  uint8_t parent_span_id[8]; /**< all zero: a root */
  uint32_t flags;
  const char *trace_state;
  cspan_span_kind kind;
  int64_t start_time_unix_ns;
  int64_t end_time_unix_ns;
  cspan_span_status status;
  const char *status_message;
  const cspan_attr *attributes;
  size_t attribute_count;
  const cspan_event_view *events;
  size_t event_count;
  const cspan_link *links;
  size_t link_count;
  uint32_t dropped_attributes;
  uint32_t dropped_events;
  uint32_t dropped_links;
  const cspan_attr *resource; /**< of the resource that reported it */
  size_t resource_count;
};

/** NULL when absent. */
CSPAN_API const cspan_attr *cspan_attrs_find(const cspan_attr *attributes, size_t count,
                                             const char *key);

/* ------------------------------------------------------------- processors */

/**
 * Zero fields: OTEL_BSP_*, then the defaults.
 *
 * A full queue, and an export that failed for good, lose spans, which is counted
 * (cspan_tracer_provider_stats), logged, told by the next flush, and exported: the
 * next request carries one more span, "otel.sdk.spans_dropped" in the scope
 * "cloudspan/telemetry" (docs/spans.md), and the one after that where the request
 * failed. It takes no place in the queue and is not counted as a span.
 */
typedef struct cspan_batch_options {
  size_t size;
  size_t max_queue_size;        /**< 2,048 spans */
  size_t max_export_batch_size; /**< 512 spans */
  int64_t schedule_delay_ms;    /**< 5,000 */
  int64_t export_timeout_ms;    /**< 30,000 */
  /** Exports under way at once, each on a thread of its own; 1 by default, at most 16, and
   * always 1 with an exporter that does not say that it `is_concurrent`. */
  size_t max_concurrent_exports;
} cspan_batch_options;

/** Takes ownership of the exporter, also on failure (NULL). */
CSPAN_API cspan_span_processor *cspan_processor_batch(cspan_span_exporter *exporter,
                                                      const cspan_batch_options *options);
CSPAN_API cspan_span_processor *cspan_processor_simple(cspan_span_exporter *exporter);
CSPAN_API void cspan_processor_free(cspan_span_processor *processor);

/* --------------------------------------------------------------- provider */

/**
 * Limits of a span. Zero fields: OTEL_SPAN_*, OTEL_EVENT_*, OTEL_LINK_* and
 * OTEL_ATTRIBUTE_* variables, then the specification's defaults: 128 of each, and no
 * limit on the length of values. What is over a limit is dropped and counted; a longer
 * string is cut at a character's end. Whatever the limits, names and descriptions are cut
 * after 16,384 bytes, and what does not fit into a mebibyte per span is dropped and counted.
 */
typedef struct cspan_span_limits {
  size_t size;
  int64_t attribute_count;        /**< CSPAN_LIMIT_NOTHING: keeps none */
  int64_t attribute_value_length; /**< characters, of strings and elements of string arrays */
  int64_t event_count;
  int64_t link_count;
  int64_t event_attribute_count;
  int64_t link_attribute_count;
} cspan_span_limits;
#define CSPAN_LIMIT_NOTHING   (-1)
#define CSPAN_LIMIT_UNLIMITED INT64_MAX

typedef struct cspan_meter_provider cspan_meter_provider; /**< metrics.h */

typedef struct cspan_provider_options {
  size_t size;
  const char *service_name;    /**< NULL: OTEL_SERVICE_NAME, else "unknown_service:<exe>" */
  const char *service_version; /**< NULL: none */
  const cspan_attr *resource;  /**< more attributes; they win over the environment's */
  size_t resource_count;
  cspan_sampler *sampler;            /**< owned from now on; NULL: OTEL_TRACES_SAMPLER, else
                                          parent-based always on */
  cspan_span_processor **processors; /**< owned from now on (the array is the caller's) */
  size_t processor_count;
  cspan_id_generator *id_generator; /**< owned from now on; NULL: random */
  const cspan_span_limits *limits;  /**< NULL: the environment's, then the defaults */
  /** Resource detectors (cspan_resource_detect() in resource.h), "env,process,host,os,container,
   * lambda" and, over the network, "ec2,ecs,eks"; NULL: OTEL_C_RESOURCE_DETECTORS, else
   * "env,process,host,os". Those over the network run in the background, two seconds at most, and
   * batch processors wait for them before the first export; the end of the provider waits a quarter
   * of a second. */
  const char *detectors;
  const char *schema_url; /**< of the resource; NULL: that of what the detectors found */
  /** Where the SDK reports on itself (otel.sdk.*); borrowed, must outlive the provider; NULL: not
   * at all. */
  cspan_meter_provider *meter_provider;
} cspan_provider_options;

/** A provider of one's own making: nothing is exported without a processor.
 * Objects given are owned by it also on failure. */
CSPAN_API cspan_status cspan_tracer_provider_create(const cspan_provider_options *options,
                                                    cspan_tracer_provider **out,
                                                    cspan_error **error);

/**
 * The whole set-up in one call (the source's InitTracer): OTLP exporter as the
 * environment says (gRPC to localhost:4317, insecure, by default), batch
 * processor, resource with the service's name and version, sampler of the
 * environment (all, by default), and the result set as the global provider.
 * OTEL_TRACES_EXPORTER chooses others: "console", "otlp/stdout", "none", or a list with "otlp".
 * OTEL_SDK_DISABLED=true gives a provider whose spans do nothing. OTEL_PROPAGATORS becomes the
 * global propagator, and OTEL_METRICS_EXPORTER the global meter provider, to which the SDK reports
 * on itself and which goes with the tracer provider.
 *
 * OTEL_CONFIG_FILE stands for all of these variables: the SDK is made of that YAML file
 * (configuration.h), with the service's name and version where the file has none. A file that
 * cannot be used is an error.
 */
CSPAN_API cspan_status cspan_telemetry_init(const char *service_name, const char *service_version,
                                            cspan_tracer_provider **out, cspan_error **error);

/** Exports what has ended so far. CSPAN_OK only when all of it was accepted by
 * the exporter; CSPAN_ERR_TIMEOUT when that took longer than timeout_ms (0: 30,000);
 * else the exporter's failure. */
CSPAN_API cspan_status cspan_tracer_provider_force_flush(cspan_tracer_provider *provider,
                                                         int64_t timeout_ms, cspan_error **error);
/** Flushes, then stops for good: later spans are {0}. Same results as flush; a second
 * call returns CSPAN_ERR_SHUTDOWN. */
CSPAN_API cspan_status cspan_tracer_provider_shutdown(cspan_tracer_provider *provider,
                                                      int64_t timeout_ms, cspan_error **error);
/** Shuts down if that was not done, and frees. Tracers are gone then; spans that
 * are still open become no-ops. The global provider, if it is this one, is unset. */
CSPAN_API void cspan_tracer_provider_free(cspan_tracer_provider *provider);

/** Borrowed; NULL unsets. */
CSPAN_API void cspan_tracer_provider_set_global(cspan_tracer_provider *provider);
CSPAN_API cspan_tracer_provider *cspan_tracer_provider_global(void);

/** What happened to the spans of a provider's processors. The spans by which a batch
 * processor reports lost ones (cspan_batch_options) are in none of the counts. */
typedef struct cspan_telemetry_stats {
  uint64_t spans_ended;
  uint64_t spans_exported;
  uint64_t spans_dropped_queue_full;
  uint64_t spans_dropped_export_failed;
} cspan_telemetry_stats;
CSPAN_API void cspan_tracer_provider_stats(const cspan_tracer_provider *provider,
                                           cspan_telemetry_stats *out);

/* A provider in a child made by fork(): it works, and its counts begin at 0. What was queued is
 * the parent's, which exports it; export threads are started when the child needs them;
 * process.pid and process.parent_pid in its resource are the child's. Spans that were open at the
 * fork are the parent's too: in the child they can be parents and be propagated, but nothing is
 * exported when they end there, as one span would be told twice. Exporters and processors of
 * one's own are the program's to prepare (pthread_atfork()). */

/* ------------------------------------------------------------- process end */

/**
 * Has the provider shut down when the program ends by exit() or a return from main, so that
 * what is queued is still exported; at most timeout_ms (0: 10,000) are spent. Below 0: not any
 * more. cspan_telemetry_init() asks for it by itself.
 *
 * Nothing happens there for a provider that was shut down or freed before, nor where the process
 * ends otherwise: _exit(), quick_exit(), abort(), execve(), a signal. A child made by fork()
 * exports its own spans at its exit(), never the parent's.
 *
 * Handlers of atexit() run in the reverse order of their registration: those that were registered
 * before this call run after the shutdown, and their spans are no-ops. CSPAN_ERR_NOMEM when no
 * handler can be registered.
 */
CSPAN_API cspan_status cspan_tracer_provider_shutdown_at_exit(cspan_tracer_provider *provider,
                                                              int64_t timeout_ms,
                                                              cspan_error **error);

typedef struct cspan_signal_options {
  size_t size;
  const int *signals; /**< NULL: SIGTERM and SIGINT */
  size_t signal_count;
  int64_t timeout_ms; /**< for all providers together; 0: 10,000 */
} cspan_signal_options;

/**
 * From now on a signal that ends the program ends it only after the spans of the providers that
 * are shut down at exit (above) were flushed. A handler takes note; a thread of the library
 * flushes, gives the signal back to the disposition that it found here, and sends it once more:
 * the program ends by the signal, as its parent expects, or its own handler is called.
 *
 *  - The metrics of a meter provider that goes with one of them (cspan_telemetry_init()) are
 *    flushed, too.
 *  - A second signal takes effect at once.
 *  - A signal that the program ignores stays ignored. SIGSEGV and the other signals by which the
 *    program's own faults end it are refused (CSPAN_ERR_INVALID), as nothing can run in between.
 *  - Spans that are open, and those that end while it flushes, are lost where the signal ends the
 *    program. A handler of the program is called after the flush, once; from then on it has the
 *    signal to itself.
 *  - Set the program's own handlers before, not after: a later one takes the signal away.
 *  - System calls that the signal interrupts are restarted (SA_RESTART).
 *  - In a child made by fork() it works as soon as a span has ended there; before, the signal has
 *    its old effect at once.
 */
CSPAN_API cspan_status cspan_telemetry_flush_on_signals(const cspan_signal_options *options,
                                                        cspan_error **error);
/** Gives the signals back, where they were not given to others meanwhile. Waits for a flush that
 * is under way. Not from a signal handler. */
CSPAN_API void cspan_telemetry_flush_on_signals_end(void);

CSPAN_END_DECLS

#ifndef CSPAN_NO_INLINE
#include <cloudspan/telemetry_inline.h>
#endif

#endif
