/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sampling.h: samplers beyond those of telemetry.h, and tail sampling: which spans are
 * kept. Head samplers decide at a span's start; tail sampling when its trace's local
 * root has ended.
 *
 * Sources of the rules: OpenTelemetry specification (trace/sdk, Sampling; trace/
 * tracestate-handling; trace/tracestate-probability-sampling), Jaeger's remote sampling API.
 *
 * Consistent probability: a ratio keeps the traces whose randomness (the trace state's
 * `ot=rv:`, else the low 56 bits of the trace id) is not below a threshold, so what a lower
 * ratio keeps a higher one keeps too, in every process. The threshold is recorded in the
 * trace state, `ot=th:`: a span counts for 1 / probability spans. Ratios are rounded so that
 * the threshold has four significant hexadecimal digits.
 *
 * Creators return NULL when out of memory and when an object given to them is NULL (because it
 * could not be made). Objects given to them are owned from then on, also when they fail; texts
 * and arrays are copied.
 */
#ifndef CLOUDSPAN_SAMPLING_H
#define CLOUDSPAN_SAMPLING_H

#include <cloudspan/telemetry.h>

CSPAN_BEGIN_DECLS

/* ---------------------------------------------------------- which spans are meant */

/**
 * An attribute to look for. Patterns: '*' stands for any characters, also none, '?' for one.
 * A number or a bool is compared as text ("404", "0.5", "true"); of an array, one element is
 * enough. All of what is given must hold.
 */
typedef struct cspan_attr_match {
  const char *key;   /**< a pattern as well */
  const char *value; /**< a pattern; NULL: any value */
  const char *const *included;
  size_t included_count; /**< 0: any; else one of these patterns must match the value */
  const char *const *excluded;
  size_t excluded_count; /**< and none of these */
  bool is_literal;       /**< key and patterns are taken as they stand, '*' and '?' too */
} cspan_attr_match;

/** Where a span's parent is: bits to be combined. */
#define CSPAN_PARENT_NONE   1u
#define CSPAN_PARENT_REMOTE 2u
#define CSPAN_PARENT_LOCAL  4u
/** The spans by which this process takes part in a trace. */
#define CSPAN_PARENT_LOCAL_ROOT (CSPAN_PARENT_NONE | CSPAN_PARENT_REMOTE)
/** Span kinds as bits to be combined: CSPAN_KIND_BIT(CSPAN_SPAN_CLIENT). */
#define CSPAN_KIND_BIT(kind) (1u << (kind))

/** Conditions on a span, all of which must hold; {0} holds for every span. */
typedef struct cspan_span_match {
  const char *span_name; /**< a pattern, "S3.Head*"; NULL: any */
  unsigned kinds;        /**< CSPAN_KIND_BIT()s; 0: any */
  unsigned parents;      /**< CSPAN_PARENT_*; 0: any */
  /** Each must be found; of a head sampler's spans, among the attributes given at the start. */
  const cspan_attr_match *attributes;
  size_t attribute_count;
} cspan_span_match;

/* ----------------------------------------------------------------- head samplers */

/** ParentBased with a sampler of its own for each of the five cases. */
typedef struct cspan_by_parent_options {
  size_t size;
  cspan_sampler *root;                      /**< no parent; must be given */
  cspan_sampler *remote_parent_sampled;     /**< NULL: always on */
  cspan_sampler *remote_parent_not_sampled; /**< NULL: always off */
  cspan_sampler *local_parent_sampled;      /**< NULL: always on */
  cspan_sampler *local_parent_not_sampled;  /**< NULL: always off */
} cspan_by_parent_options;
/** cspan_sampler_parent_based() is this with nothing but a root. */
CSPAN_API cspan_sampler *cspan_sampler_by_parent(const cspan_by_parent_options *options);

/** Records what `root` would drop, without sampling it: processors see every span, exporters only
 * what `root` samples. */
CSPAN_API cspan_sampler *cspan_sampler_always_record(cspan_sampler *root);

/**
 * At most `per_second` spans a second on average, and `burst` at once (0: one second's worth, at
 * least 1). Roots, when under a parent-based sampler. Its spans say no `th`, as their probability
 * is not known. `per_second` of 0 or less: none.
 */
CSPAN_API cspan_sampler *cspan_sampler_rate_limited(double per_second, double burst);

/** Spans that match are given to the sampler. */
typedef struct cspan_sampling_rule {
  cspan_span_match match;
  cspan_sampler *sampler; /**< owned from now on; cspan_sampler_trace_id_ratio(0.01) for 1 % */
} cspan_sampling_rule;

typedef struct cspan_rules_options {
  size_t size;
  const cspan_sampling_rule *rules; /**< the first that matches decides */
  size_t rule_count;
  cspan_sampler *fallback; /**< where none does; must be given */
  /** An attribute to be set on the sampled spans, which says by which rule: its span_name, else
   * "rule N" (from 1), else "fallback". NULL: none is set. */
  const char *rule_attribute;
} cspan_rules_options;
/** By operation. It asks its rules for every span: put a parent-based sampler around it for whole
 * traces, so that roots alone are asked. */
CSPAN_API cspan_sampler *cspan_sampler_rules(const cspan_rules_options *options);

typedef struct cspan_jaeger_remote_options {
  size_t size;
  const char *service_name; /**< whose strategy is asked for; must be given */
  /**
   * Where strategies are served as JSON over HTTP: "http://host:5778/sampling", also https; a URL
   * without a path gets /sampling. NULL: http://localhost:5778/sampling. Jaeger's gRPC is not
   * spoken: port 14250, where that is served, stands for port 5778 of the same host.
   */
  const char *endpoint;
  int64_t polling_interval_ms; /**< 0: 60,000 */
  cspan_sampler *initial;      /**< until the first answer; owned; NULL: 1 in 1,000 by trace id */
} cspan_jaeger_remote_options;
/**
 * The strategy of a Jaeger collector or of the OpenTelemetry Collector's jaegerremotesampling:
 * probabilistic, rate limiting, or by operation (the span's name). A thread of its own fetches it,
 * at once and then at the interval; it delays nobody and ends with the sampler. A bad answer, or
 * none, keeps the strategy before it; that is logged once until it is well again. A forked child
 * goes on with the strategy it has and starts its own thread at its first span.
 */
CSPAN_API cspan_status cspan_sampler_jaeger_remote(const cspan_jaeger_remote_options *options,
                                                   cspan_sampler **out, cspan_error **error);

/* ------------------------------------------------------------ composable samplers */

/**
 * A sampler that says with which threshold it would decide instead of deciding, so that several
 * can be combined and the decision stays one of consistent probability. ext/sampler.h tells how to
 * write one.
 */
typedef struct cspan_composable_sampler cspan_composable_sampler;

CSPAN_API cspan_composable_sampler *cspan_composable_always_on(void);
CSPAN_API cspan_composable_sampler *cspan_composable_always_off(void);
/** Ratio in [0, 1]. */
CSPAN_API cspan_composable_sampler *cspan_composable_probability(double ratio);
/** The parent's threshold, or what its sampled flag says; `root` where there is no parent. */
CSPAN_API cspan_composable_sampler *cspan_composable_parent_threshold(
    cspan_composable_sampler *root);

typedef struct cspan_composable_rule {
  cspan_span_match match;
  cspan_composable_sampler *sampler; /**< owned from now on */
} cspan_composable_rule;
/** The first rule that matches; a span that none matches is not sampled. */
CSPAN_API cspan_composable_sampler *cspan_composable_rule_based(const cspan_composable_rule *rules,
                                                                size_t rule_count);
/** Adds the attributes to the spans that are sampled. */
CSPAN_API cspan_composable_sampler *cspan_composable_annotating(cspan_composable_sampler *delegate,
                                                                const cspan_attr *attributes,
                                                                size_t attribute_count);
CSPAN_API void cspan_composable_sampler_free(cspan_composable_sampler *sampler);

/** The sampler that decides by a composable one. */
CSPAN_API cspan_sampler *cspan_sampler_composite(cspan_composable_sampler *composable);

/* ----------------------------------------------------------------- tail sampling */

/**
 * A reason to keep a trace, or to drop it: one of its spans for which all of this holds. At least
 * one condition should be given; {0} matches every trace.
 */
typedef struct cspan_tail_rule {
  /** What is recorded as the reason; NULL: made of the conditions ("error",
   * "latency:S3.PutObject>500ms", "retries:2", "attribute:tenant=gold*", "span:S3.Head*"). */
  const char *name;
  /** `parents` CSPAN_PARENT_LOCAL_ROOT: of the trace's local root, not of any span. */
  cspan_span_match match;
  bool error;             /**< its status is Error */
  int64_t longer_than_ms; /**< 0: however long it took */
  /** At least that many retries: events "aws.retry", or the attribute aws.retry.attempts less the
   * first one. */
  int64_t min_retries;
  double ratio; /**< of the traces that match, this share is kept; 0: all */
  bool drop;    /**< none of them */
} cspan_tail_rule;

typedef struct cspan_tail_sampling_options {
  size_t size;
  const cspan_tail_rule *rules; /**< the first that any span of the trace matches decides */
  size_t rule_count;
  double base_ratio;          /**< of the traces that no rule matches */
  int64_t max_wait_ms;        /**< how long a trace is held for its local root; 0: 30,000 */
  size_t max_bytes;           /**< held in all; 0: 64 MiB */
  size_t max_spans_per_trace; /**< 0: 10,000 */
} cspan_tail_sampling_options;

/**
 * Decides when a whole trace is known, as far as it is this process's: its spans are held until
 * its local root (a span without a parent or with a remote one) ends, and are then given to `next`
 * or dropped. NULL options: traces with an error or a retry, and 5 % of the others.
 *
 *  - The head sampler must record every span: cspan_sampler_always_on(), or
 *    cspan_sampler_always_record(). What it drops never comes here.
 *  - The sampled flag was told to other services before the decision: what they record of a trace
 *    that is dropped here stays without its root, unless they sample by their own tail.
 *  - The local root of a kept trace gets the attribute cloudspan.sampling.reason: the rule's, or
 *    "rate:0.05"; with both, "error,rate:0.5".
 *  - Kept spans get the threshold `th` of the ratio, or keep their own where it is higher, so that
 *    counts can be scaled; not those of a trace that a remote parent sampled without `th`. Once a
 *    span came that the head did not sample, the ratio's alone counts: what the head's own threshold
 *    drops comes here all the same.
 *  - Spans that end after the decision follow it, but one that by itself matches an earlier rule
 *    which keeps all turns a dropped trace into a kept one, from there on, and is counted by that
 *    rule in a kept one. 8,192 decisions are remembered.
 *  - Over a limit (wait, memory, spans of a trace) a trace is decided early by what is known of it:
 *    for memory the oldest. Each is counted.
 *  - Flush hands on what is decided: undecided traces stay. Shutdown decides all. A forked child
 *    starts with none.
 *  - cspan_tracer_provider_stats() counts what `next` was given.
 */
CSPAN_API cspan_span_processor *cspan_processor_tail_sampling(
    cspan_span_processor *next, const cspan_tail_sampling_options *options);

/** Traces and spans so far. Every span that came in is kept, dropped or held. */
typedef struct cspan_tail_sampling_stats {
  size_t size;
  uint64_t traces_kept;
  uint64_t traces_dropped;
  uint64_t traces_early; /**< of both: decided without their local root, or over a limit */
  uint64_t spans_kept;
  uint64_t spans_dropped;
  uint64_t spans_late; /**< of both: that ended after their trace was decided */
  uint64_t traces_held;
  uint64_t spans_held;
  uint64_t bytes_held;
} cspan_tail_sampling_stats;
/** False, and nothing written, when that processor is no tail sampling one. */
CSPAN_API bool cspan_processor_tail_stats(const cspan_span_processor *processor,
                                          cspan_tail_sampling_stats *out);

CSPAN_END_DECLS

#endif
