/* SPDX-License-Identifier: Apache-2.0 */
/* Two middlewares of one's own: one adds a header that is signed, one measures. */
#include "common.h"

static cspan_status add_header(void *self, struct cspan_call *call, void *state,
                               cspan_error **error) {
  (void)state;
  (void)error;
  return cspan_call_set_request_header(call, "x-team", self);
}
static const cspan_middleware_vtable header_vtable = {
    .size = sizeof header_vtable, .name = "TeamHeader", .begin = add_header};

static cspan_status start_clock(void *self, struct cspan_call *call, void *state,
                                cspan_error **error) {
  (void)self, (void)call, (void)error;
  *(int64_t *)state = cspan_now_ns();
  return CSPAN_OK;
}
static void stop_clock(void *self, struct cspan_call *call, void *state) {
  (void)self;
  printf("%s attempt %d: status %d%s\n", cspan_call_operation(call), cspan_call_attempt(call),
         cspan_call_http_status(call), cspan_now_ns() >= *(int64_t *)state ? "" : " (clock?)");
}
static const cspan_middleware_vtable clock_vtable = {.size = sizeof clock_vtable,
                                                     .name = "AttemptClock",
                                                     .state_size = sizeof(int64_t),
                                                     .begin = start_clock,
                                                     .end = stop_clock};

int main(int argc, char **argv) {
  example e;
  if (!example_open(&e, "middleware", argc, argv))
    return example_close(&e);
  /* On the config they are for all clients made afterwards; here, for one call. */
  cspan_middleware mine[] = {
      {.vtable = &header_vtable, .self = "storage", .step = CSPAN_STEP_BUILD},
      {.vtable = &clock_vtable, .step = CSPAN_STEP_FINALIZE, .relative_to = "Retry"},
  };
  cspan_call_options options = {.middlewares = mine, .middleware_count = 2};
  cspan_s3_bucket_input head = {.bucket = e.bucket, .options = &options};
  cspan_s3_head_bucket(e.s3, NULL, &head, NULL, &e.error);
  return example_close(&e);
}
