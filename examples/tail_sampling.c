/* SPDX-License-Identifier: Apache-2.0 */
/* Tail sampling: every request is traced, and when it is over its trace is kept for a reason, or
 * dropped. Errors, slow writes and retried calls are all kept, health checks never, and 5 % of the
 * rest. Prints what was kept and why; needs no network. */
#include <cloudspan/sampling.h>
#include <stdio.h>

/* By operation, error status and latency thresholds: the first rule that a span of the trace
 * matches decides. */
static const cspan_tail_rule rules[] = {
    {.match = {.span_name = "GET /health", .parents = CSPAN_PARENT_LOCAL_ROOT}, .drop = true},
    {.error = true},
    {.match = {.span_name = "S3.PutObject"}, .longer_than_ms = 500},
    {.min_retries = 1},
};

#define MS INT64_C(1000000)

static cspan_tracer *tracer;

/* A request with one call below it, which took that long (told instead of waited for). */
static void request(const char *name, const char *call, int64_t call_ms, bool fails, bool retried) {
  const int64_t start = INT64_C(1767225600000) * MS;
  const cspan_span_options server = {.kind = CSPAN_SPAN_SERVER, .start_time_unix_ns = start};
  const cspan_span_options client = {.kind = CSPAN_SPAN_CLIENT, .start_time_unix_ns = start + MS};
  cspan_span root = cspan_span_start(tracer, NULL, name, &server);
  cspan_context below = cspan_context_with_span(NULL, root);
  cspan_span span = cspan_span_start(tracer, &below, call, &client);
  if (retried)
    cspan_span_add_event(span, "aws.retry", start + 2 * MS, NULL, 0);
  if (fails)
    cspan_span_set_status(span, CSPAN_SPAN_ERROR, "Access Denied");
  cspan_span_end_at(span, start + (1 + call_ms) * MS);
  cspan_span_end_at(root, start + (2 + call_ms) * MS);
}

static void print_kept(const cspan_span_exporter *memory) {
  cspan_span_list *list = cspan_memory_spans(memory);
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    const cspan_span_view *span = cspan_span_list_at(list, i);
    const cspan_attr *reason =
        cspan_attrs_find(span->attributes, span->attribute_count, "cloudspan.sampling.reason");
    if (reason) /* of the root; `th` tells for how many it stands */
      printf("%-14s kept for %s (%s)\n", span->name, reason->value.string, span->trace_state);
  }
  cspan_span_list_free(list);
}

int main(void) {
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  const cspan_tail_sampling_options tail = {
      .rules = rules,
      .rule_count = sizeof rules / sizeof rules[0],
      .base_ratio = 0.05,
  };
  /* In a program: a batch processor with cspan_exporter_otlp(). */
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *sampling =
      cspan_processor_tail_sampling(cspan_processor_simple(memory), &tail);
  const cspan_provider_options options = {
      .service_name = "uploads",
      .sampler = cspan_sampler_always_on(), /* the tail can only keep what was recorded */
      .processors = &sampling,
      .processor_count = 1,
  };
  if (cspan_tracer_provider_create(&options, &provider, &error)) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    cspan_error_free(error);
    return 1;
  }
  tracer = cspan_tracer_get(provider, "uploads", "1.0.0", NULL);

  for (int i = 0; i < 200; i++)
    request("POST /upload", "S3.PutObject", 40, false, false); /* of these 5 % */
  request("POST /upload", "S3.PutObject", 740, false, false);
  request("GET /file", "S3.GetObject", 740, false, false);
  request("GET /file", "S3.GetObject", 12, true, false);
  request("DELETE /file", "S3.DeleteObject", 90, false, true);
  request("GET /health", "S3.HeadBucket", 900, true, false);

  cspan_tail_sampling_stats stats = {.size = sizeof stats};
  if (cspan_processor_tail_stats(sampling, &stats))
    printf("%llu traces kept, %llu dropped\n", (unsigned long long)stats.traces_kept,
           (unsigned long long)stats.traces_dropped);
  print_kept(memory);
  cspan_tracer_provider_free(provider);
  return 0;
}
