/* SPDX-License-Identifier: Apache-2.0 */
/* The demonstration: what it runs against, its steps, and how they are shown. */
#ifndef CLI_DEMO_H
#define CLI_DEMO_H

#include <cloudspan/cloudspan.h>
#include <cloudspan/sandbox.h>

#include "cli/cli.h"
#include "cli/output.h"
#include "viewer/display.h"
#include "viewer/receiver.h"

#define CSPAN_DEMO_SMALL_BYTES ((size_t)1 << 20)
#define CSPAN_DEMO_LARGE_BYTES ((size_t)25 << 20)
#define CSPAN_DEMO_DELETE_KEYS 20

typedef struct cspan_demo_values {
  const char *otlp_endpoint;
  const char *bucket;
  int64_t width;
  bool ascii;
  bool color;
  bool no_color;
} cspan_demo_values;

typedef struct cspan_demo {
  const cspan_cli_run *run;
  const cspan_demo_values *values;
  cspan_sandbox *sandbox;   /* NULL: a real S3 */
  cspan_receiver *receiver; /* NULL: the spans go to a collector */
  cspan_display *display;   /* with the receiver */
  cspan_tracer_provider *provider;
  const cspan_span_exporter *ended; /* every span that ended, as the SDK saw it; the provider's */
  cspan_aws_config *config;
  cspan_aws_config *plain_config;
  cspan_s3 *s3;
  cspan_s3 *plain; /* not traced: prepares and checks */
  cspan_storage *storage;
  cspan_context context;
  const char *bucket;
  char made_name[48]; /* of a bucket of our own */
  char prefix[48];    /* of every key, so that a real bucket is left as it was */
  bool has_bucket;    /* else nothing was written */
  bool made_bucket;
  char *data;         /* CSPAN_DEMO_LARGE_BYTES */
  size_t shown_spans; /* of `ended`, those of earlier steps */
} cspan_demo;

typedef struct cspan_demo_step {
  const char *title;
  const char *explanation;       /* lines */
  const char *fault_explanation; /* added where the sandbox is used; NULL: nothing goes wrong */
  const char *fault;             /* as cspan_sandbox_add_fault_text takes it */
  cspan_status (*run)(cspan_demo *demo, cspan_error **error);
} cspan_demo_step;

extern const cspan_demo_step cspan_demo_steps[];
extern const size_t cspan_demo_step_count;

/* Everything that the steps need; the demo is to be closed also on failure. */
cspan_status cspan_demo_open(cspan_demo *demo, const cspan_cli_run *run, cspan_error **error);
/* Deletes what a real S3 holds of it. */
void cspan_demo_clean_up(cspan_demo *demo);
void cspan_demo_close(cspan_demo *demo);

/* Before and after a step. */
void cspan_demo_announce(const cspan_demo *demo, size_t number, const cspan_demo_step *step);
/* Exports the step's spans, draws them, or lists them where they went to a collector. */
cspan_status cspan_demo_show(cspan_demo *demo, cspan_error **error);
/* The table, or what was sent. */
cspan_status cspan_demo_summary(cspan_demo *demo, cspan_error **error);
/* Whether all spans were there and arrived; CSPAN_ERR_PROTOCOL says what is missing. */
cspan_status cspan_demo_verify(cspan_demo *demo, cspan_error **error);

cspan_cli_look cspan_demo_look(const cspan_demo *demo);

/* A remark below the explanation; not with --json or --quiet. */
void cspan_demo_note(const cspan_demo *demo, const char *fmt, ...) CSPAN_PRINTF(2, 3);

#endif
