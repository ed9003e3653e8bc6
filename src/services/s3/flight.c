/* SPDX-License-Identifier: Apache-2.0 */
#include "base/error.h"
#include "services/s3/storage.h"

/* Calls notice a cancellation by themselves; this is for ours, which they cannot see. */
enum { WAIT_MS = 100 };

static void take_in(cspan_flight *flight, cspan_status status, cspan_error *error) {
  flight->over = true;
  flight->status = status;
  flight->error = error;
}

static void done(void *user, cspan_status status, const cspan_error *error) {
  cspan_error *copy = cspan_error_dup(error);
  if (status != CSPAN_OK && !copy) {
    cspan_error_set(&copy, status, "the call failed: %s", cspan_status_name(status));
  }
  take_in(user, status, copy);
}

void cspan_flight_begin(cspan_flight *flight, cspan_loop *loop) {
  *flight = (cspan_flight){
      .options = {.size = sizeof flight->options, .loop = loop, .done = done, .user = flight},
      .busy = true,
  };
}

void cspan_flight_started(cspan_flight *flight, cspan_status status, cspan_error *error) {
  if (status == CSPAN_OK || flight->over) {
    cspan_error_free(error);
  } else {
    take_in(flight, status, error);
  }
}

void cspan_flight_wait(cspan_loop **loop) {
  if (cspan_loop_run_once(*loop, WAIT_MS) != CSPAN_OK) {
    cspan_loop_free(*loop); /* ends all that is under way, so that nothing is waited for forever */
    *loop = NULL;
  }
}
