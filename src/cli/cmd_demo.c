/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "cli/demo.h"

#define VALUE(member) offsetof(cspan_demo_values, member)

static const cspan_cli_option options[] = {
    {"otlp-endpoint", 0, CSPAN_CLI_STRING, VALUE(otlp_endpoint), "URL",
     "send the spans to this collector; nothing is drawn", 0, 0},
    {"bucket", 'b', CSPAN_CLI_STRING, VALUE(bucket), "NAME",
     "run against a real S3, in this bucket (made if needed)", 0, 0},
    {"width", 'w', CSPAN_CLI_INT, VALUE(width), "N", "columns (default: the terminal's)", 60, 300},
    {"ascii", 0, CSPAN_CLI_FLAG, VALUE(ascii), NULL, "nothing outside ASCII", 0, 0},
    {"color", 0, CSPAN_CLI_FLAG, VALUE(color), NULL, "colour even if this is no terminal", 0, 0},
    {"no-color", 0, CSPAN_CLI_FLAG, VALUE(no_color), NULL, "no colour", 0, 0},
};

static void introduce(const cspan_demo *demo) {
  if (demo->run->globals->json || demo->run->globals->quiet) {
    return;
  }
  if (demo->sandbox) {
    (void)printf("S3 operations against a sandbox on %s", cspan_sandbox_endpoint(demo->sandbox));
  } else {
    (void)printf("S3 operations in the bucket %s", demo->bucket);
  }
  (void)printf(",\n%s.\n\n", demo->receiver
                                 ? "their spans exported by OTLP/gRPC, received and drawn"
                                 : "their spans exported to the collector");
}

static cspan_status run_step(cspan_demo *demo, size_t index, cspan_error **error) {
  const cspan_demo_step *step = &cspan_demo_steps[index];
  cspan_error *failure = NULL;
  cspan_status status = CSPAN_OK;
  cspan_demo_announce(demo, index + 1, step);
  if (demo->sandbox && step->fault) {
    status = cspan_sandbox_add_fault_text(demo->sandbox, step->fault, error);
  }
  if (status == CSPAN_OK) {
    status = step->run(demo, &failure);
    cspan_error_prefix(failure, "step %zu (%s)", index + 1, step->title);
    (void)cspan_error_move(error, failure);
  }
  if (demo->sandbox) {
    cspan_sandbox_clear_faults(demo->sandbox);
  }
  /* Also what failed is shown: that is when it is needed. */
  cspan_status shown = cspan_demo_show(demo, status == CSPAN_OK ? error : NULL);
  return status == CSPAN_OK ? shown : status;
}

static int run_demo(const cspan_cli_run *run) {
  cspan_demo demo;
  cspan_error *error = NULL;
  int code = CSPAN_EXIT_OK;
  cspan_status status = cspan_demo_open(&demo, run, &error);
  if (status == CSPAN_OK) {
    introduce(&demo);
    for (size_t i = 0; i < cspan_demo_step_count && status == CSPAN_OK; i++) {
      status = run_step(&demo, i, &error);
    }
    cspan_demo_clean_up(&demo);
  }
  if (status == CSPAN_OK) {
    status = cspan_demo_summary(&demo, &error);
  }
  if (status == CSPAN_OK) {
    status = cspan_demo_verify(&demo, &error);
  }
  if (status != CSPAN_OK) {
    code = cspan_cli_fail(run, error);
  }
  cspan_error_free(error);
  cspan_demo_close(&demo);
  return code;
}

const cspan_cli_command cspan_cmd_demo = {
    .name = "demo",
    .arguments = "",
    .summary = "see it work: S3 operations and their traces",
    .description =
        "Runs S3 operations, good and bad, against a sandbox inside this process, exports their\n"
        "spans by OTLP/gRPC, receives them and draws each trace as a waterfall; at the end a\n"
        "table of all operations. It needs no network, no account and no configuration.\n"
        "\n"
        "With --otlp-endpoint the spans go to a collector instead. With --endpoint-url or\n"
        "--bucket the operations run against a real S3, with the usual credentials; nothing is\n"
        "made to fail then, and what was written is deleted at the end.\n",
    .examples = "  cloudspan demo\n"
                "  cloudspan demo --otlp-endpoint http://localhost:4317\n"
                "  cloudspan demo --bucket my-bucket --region eu-central-1\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(cspan_demo_values),
    .run = run_demo,
};
