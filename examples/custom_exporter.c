/* SPDX-License-Identifier: Apache-2.0 */
/* An exporter of one's own: it gets OTLP bytes, which it may send on as they are (to a message
 * queue, a file, another transport) or decode, as here, to count calls and errors by name. */
#include <cloudspan/ext/exporter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMES 16

typedef struct tally {
  struct {
    char name[64];
    unsigned calls, errors;
  } rows[NAMES];
  size_t count, bytes;
} tally;

static void add(tally *t, const cspan_span_view *span) {
  size_t i = 0;
  while (i < t->count && strcmp(t->rows[i].name, span->name) != 0)
    i++;
  if (i == NAMES)
    return;
  if (i == t->count) {
    t->count++;
    snprintf(t->rows[i].name, sizeof t->rows[i].name, "%s", span->name);
  }
  t->rows[i].calls++;
  t->rows[i].errors += span->status == CSPAN_SPAN_ERROR;
}

/* CSPAN_OK: the batch is taken. An error makes the batch processor count it as lost. */
static cspan_status export_spans(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  tally *t = self;
  cspan_span_list *spans = NULL;
  cspan_status status =
      cspan_span_list_decode(batch->request, batch->request_size_bytes, &spans, error);
  (void)context; /* a slow exporter looks at its deadline and cancellation */
  *rejected = 0;
  for (size_t i = 0; i < cspan_span_list_count(spans); i++)
    add(t, cspan_span_list_at(spans, i));
  t->bytes += batch->request_size_bytes;
  cspan_span_list_free(spans);
  return status;
}

static void shut_down(void *self) {
  const tally *t = self;
  for (size_t i = 0; i < t->count; i++)
    printf("%-10s %3u calls, %u errors\n", t->rows[i].name, t->rows[i].calls, t->rows[i].errors);
  printf("%s\n", t->bytes > 0 ? "as OTLP" : "nothing was exported");
}

int main(void) {
  static const cspan_exporter_vtable vtable = {
      .size = sizeof vtable, .export_spans = export_spans, .shutdown = shut_down, .free = free};
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  tally *self = calloc(1, sizeof *self);
  if (!self)
    return 1;
  /* Each takes what it is given, also when it fails: nothing to free here. */
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, self), NULL);
  cspan_provider_options options = {
      .service_name = "tally", .processors = &processor, .processor_count = 1};
  if (cspan_tracer_provider_create(&options, &provider, &error)) {
    fprintf(stderr, "%s\n", cspan_error_message(error));
    cspan_error_free(error);
    return 1;
  }
  cspan_tracer *tracer = cspan_tracer_get(provider, "tally", NULL, NULL);
  for (int i = 0; i < 30; i++) {
    cspan_span span = cspan_span_start(tracer, NULL, i % 3 == 0 ? "write" : "read", NULL);
    if (i % 10 == 9)
      cspan_span_set_status(span, CSPAN_SPAN_ERROR, NULL);
    cspan_span_end(span);
  }
  cspan_tracer_provider_free(provider); /* flushes, then shuts the exporter down */
  return 0;
}
