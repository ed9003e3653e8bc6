/* SPDX-License-Identifier: Apache-2.0 */
/* What a span processor reports: numbers that it keeps anyway, read at each collection. */
#include <string.h>

#include "base/alloc.h"
#include "telemetry/metrics/self.h"

struct cspan_self_processor {
  cspan_self_component component;
  cspan_self_processor_fn read;
  void *processor;
  cspan_callback *callback;
  cspan_instrument *size; /* NULL: it has no queue */
  cspan_instrument *capacity;
  cspan_instrument *processed;
};

static void observe_processed(const cspan_self_processor *self, cspan_observer *observer,
                              uint64_t value, const char *error_type) {
  cspan_attr attrs[CSPAN_SELF_ATTRS_MAX];
  size_t count = self->component.count;
  memcpy(attrs, self->component.attrs, count * sizeof *attrs);
  if (error_type != NULL) {
    if (value == 0) {
      return;
    }
    attrs[count++] = cspan_attr_string("error.type", error_type);
  }
  cspan_observe_int64(observer, self->processed, (int64_t)value, attrs, count);
}

static void observe(void *user, cspan_observer *observer) {
  const cspan_self_processor *self = user;
  const cspan_self_component *component = &self->component;
  cspan_self_processor_numbers numbers = {0};
  self->read(self->processor, &numbers);
  if (self->size != NULL) {
    cspan_observe_int64(observer, self->size, (int64_t)numbers.queue_size, component->attrs,
                        component->count);
    cspan_observe_int64(observer, self->capacity, (int64_t)numbers.queue_capacity, component->attrs,
                        component->count);
  }
  observe_processed(self, observer, numbers.processed, NULL);
  observe_processed(self, observer, numbers.queue_full, "queue_full");
  observe_processed(self, observer, numbers.late, "already_shutdown");
}

cspan_self_processor *cspan_self_processor_create(cspan_meter_provider *meters, const char *type,
                                                  bool has_queue, cspan_self_processor_fn read,
                                                  void *processor) {
  cspan_meter *meter = cspan_self_meter(meters);
  cspan_self_processor *self = meter != NULL ? cspan_calloc(1, sizeof *self) : NULL;
  if (self == NULL) {
    cspan_self_warn("a span processor");
    return NULL;
  }
  cspan_self_component_init(&self->component, type, NULL, 0);
  self->read = read;
  self->processor = processor;
  self->processed = cspan_self_span_instrument(
      meter, CSPAN_OBSERVABLE_COUNTER, "otel.sdk.processor.span.processed",
      "Spans that the processor is done with, well or not");
  if (has_queue) {
    self->size =
        cspan_self_span_instrument(meter, CSPAN_OBSERVABLE_UP_DOWN_COUNTER,
                                   "otel.sdk.processor.span.queue.size", "Spans in the queue");
    self->capacity = cspan_self_span_instrument(meter, CSPAN_OBSERVABLE_UP_DOWN_COUNTER,
                                                "otel.sdk.processor.span.queue.capacity",
                                                "Most spans that may be in it");
  }
  self->callback = cspan_meter_observe(meter, observe, self);
  if (self->callback == NULL) {
    cspan_free(self);
    cspan_self_warn("a span processor");
    return NULL;
  }
  return self;
}

void cspan_self_processor_free(cspan_self_processor *self) {
  if (self != NULL) {
    cspan_callback_remove(self->callback);
    cspan_free(self);
  }
}
