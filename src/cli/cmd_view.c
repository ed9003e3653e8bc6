/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "cli/cli.h"
#include "cli/output.h"
#include "viewer/cost_sum.h"
#include "viewer/display.h"
#include "viewer/receiver.h"

#define WAIT_MS   50
#define MAX_TABLE ((size_t)1 << 20)

typedef struct view_values {
  int64_t grpc_port;
  int64_t http_port;
  int64_t width;
  int64_t count;
  int64_t quiet_ms;
  bool color;
  bool no_color;
  bool ascii;
  bool brief;
} view_values;

static const view_values defaults = {
    .grpc_port = CSPAN_OTLP_GRPC_PORT, .http_port = CSPAN_OTLP_HTTP_PORT, .quiet_ms = 1000};

#define VALUE(member) offsetof(view_values, member)

static const cspan_cli_option options[] = {
    {"grpc-port", 0, CSPAN_CLI_INT, VALUE(grpc_port), "N",
     "for OTLP/gRPC (default 4317; 0: any free; -1: off)", -1, 65535},
    {"http-port", 0, CSPAN_CLI_INT, VALUE(http_port), "N",
     "for OTLP/HTTP (default 4318; 0: any free; -1: off)", -1, 65535},
    {"count", 'n', CSPAN_CLI_INT, VALUE(count), "N", "end after this many traces", 1, INT32_MAX},
    {"quiet-ms", 0, CSPAN_CLI_INT, VALUE(quiet_ms), "N",
     "a trace is finished when nothing came for this long\n"
     "after its root span (default 1000)",
     1, 3600000},
    {"brief", 0, CSPAN_CLI_FLAG, VALUE(brief), NULL, "below a span only errors and retries", 0, 0},
    {"width", 'w', CSPAN_CLI_INT, VALUE(width), "N", "columns (default: the terminal's)", 60, 300},
    {"color", 0, CSPAN_CLI_FLAG, VALUE(color), NULL, "colour even if this is no terminal", 0, 0},
    {"no-color", 0, CSPAN_CLI_FLAG, VALUE(no_color), NULL, "no colour", 0, 0},
    {"ascii", 0, CSPAN_CLI_FLAG, VALUE(ascii), NULL, "nothing outside ASCII", 0, 0},
};

/* Shared by the receiver's thread and the one that waits. */
typedef struct view {
  const view_values *values;
  cspan_display *display;
  cspan_cost_sum *costs; /* of the receiver's thread */
  int64_t written;       /* guarded by the display, which writes on one thread at a time */
  atomic_bool done;
} view;

static bool write_trace(void *user, const char *text, size_t len) {
  view *v = user;
  if (v->values->count && v->written == v->values->count) {
    return true; /* more than was asked for came at once */
  }
  v->written++;
  bool ok = fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0;
  if (!ok || v->written == v->values->count) {
    atomic_store(&v->done, true);
  }
  return ok;
}

static void on_spans(void *user, const cspan_span_list *list) {
  view *v = user;
  cspan_display_add(v->display, list, cspan_now_ns());
  for (size_t i = 0; i < cspan_span_list_count(list); i++) {
    /* Without memory a call is not among the costs; it is shown all the same. */
    (void)cspan_cost_sum_add_span(v->costs, cspan_span_list_at(list, i));
  }
}

static void on_costs(void *user, cspan_buf *out) {
  cspan_cost_sum_write(((view *)user)->costs, out);
}

static void on_tick(void *user) {
  cspan_display_tick(((view *)user)->display, cspan_now_ns(), false);
}

static void print_port(const char *what, int port) {
  if (port >= 0) {
    (void)fprintf(stderr, " %s 127.0.0.1:%d", what, port);
  }
}

static void print_ready(const cspan_cli_run *run, const cspan_receiver *receiver) {
  if (run->globals->quiet) {
    return;
  }
  (void)fprintf(stderr, "%s: waiting for traces on", run->name);
  print_port("gRPC", cspan_receiver_grpc_port(receiver));
  print_port("HTTP", cspan_receiver_http_port(receiver));
  (void)fprintf(stderr, " (end with Ctrl-C)\n");
}

static void print_table(const cspan_cli_run *run, cspan_display *display) {
  cspan_buf table;
  cspan_buf_init(&table, MAX_TABLE);
  if (cspan_display_summary(display, &table) == CSPAN_OK) {
    (void)fputs(cspan_buf_text(&table), stdout);
  } else {
    cspan_cli_message(run, "out of memory for the table");
  }
  cspan_buf_free(&table);
}

static void print_totals(const cspan_cli_run *run, const view *v) {
  cspan_display_stats stats;
  cspan_display_stats_get(v->display, &stats);
  if (stats.assembler.spans_dropped || stats.traces_failed) {
    uint64_t traces = stats.assembler.traces_dropped + stats.traces_failed;
    cspan_cli_message(
        run, "warning: %" PRIu64 " span%s and %" PRIu64 " trace%s were not shown: too many",
        stats.assembler.spans_dropped, cspan_plural(stats.assembler.spans_dropped), traces,
        cspan_plural(traces));
  }
  if (run->globals->json || run->globals->quiet || stats.write_failed) {
    return;
  }
  print_table(run, v->display);
  (void)printf("%" PRId64 " trace%s, %" PRIu64 " span%s\n", v->written,
               cspan_plural((uint64_t)v->written), stats.assembler.spans,
               cspan_plural(stats.assembler.spans));
}

static cspan_status start(const cspan_cli_run *run, view *v, cspan_receiver **receiver,
                          cspan_error **error) {
  const view_values *values = run->values;
  cspan_cli_look look =
      cspan_cli_look_of(values->width, values->color, values->no_color, values->ascii);
  cspan_display_options display = {
      .assembler = {.quiet_ns = values->quiet_ms * 1000000},
      .waterfall = {.width = look.width,
                    .color = look.color,
                    .ascii = look.ascii,
                    .brief = values->brief},
      .json = run->globals->json,
      .write = write_trace,
      .user = v,
  };
  v->display = cspan_display_create(&display);
  v->costs = cspan_cost_sum_create(~0U);
  if (!v->display || !v->costs) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
  }
  cspan_receiver_options with = {
      .grpc_port = (int)values->grpc_port,
      .http_port = (int)values->http_port,
      .on_spans = on_spans,
      .on_costs = on_costs,
      .on_tick = on_tick,
      .user = v,
  };
  return cspan_receiver_start(&with, receiver, error);
}

static int run_view(const cspan_cli_run *run) {
  view v = {.values = run->values};
  cspan_receiver *receiver = NULL;
  cspan_error *error = NULL;
  cspan_context context = {.cancel = run->cancel};
  int code = CSPAN_EXIT_OK;
  if (v.values->grpc_port < 0 && v.values->http_port < 0) {
    return cspan_cli_usage(run, "with both ports off there is nothing to receive");
  }
  if (start(run, &v, &receiver, &error) != CSPAN_OK) {
    code = cspan_cli_fail(run, error);
    if (cspan_error_status(error) == CSPAN_ERR_IO) {
      (void)fprintf(stderr, "Is another collector running? Stop it, or choose other ports with "
                            "--grpc-port and --http-port (0: any free one).\n");
    }
  } else {
    print_ready(run, receiver);
    while (!atomic_load(&v.done) && cspan_context_sleep_ms(&context, WAIT_MS) == CSPAN_OK) {
    }
    cspan_receiver_stop(receiver);
    cspan_display_tick(v.display, cspan_now_ns(), true);
    print_totals(run, &v);
  }
  cspan_display_free(v.display);
  cspan_cost_sum_free(v.costs);
  cspan_error_free(error);
  return code;
}

const cspan_cli_command cspan_cmd_view = {
    .name = "view",
    .arguments = "",
    .summary = "receive traces and draw them",
    .description =
        "Receives spans by OTLP, over gRPC on port 4317 and over HTTP on port 4318 of the\n"
        "loopback, and draws each trace when it is finished. When it is ended, what is\n"
        "unfinished is drawn too, and a table of all operations. There is no store and no\n"
        "authentication.\n"
        "\n"
        "Colour is used on a terminal unless NO_COLOR is set; only ASCII when the locale is not\n"
        "UTF-8. With --json a trace is one line of JSON.\n"
        "\n"
        "While it runs, 'cloudspan cost' asks it what the calls cost, where their spans say.\n",
    .examples = "  cloudspan view\n"
                "  cloudspan view --json | jq -r '.name'\n"
                "  cloudspan s3 cp --trace big.iso s3://my-bucket/     (in another terminal)\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(view_values),
    .defaults = &defaults,
    .run = run_view,
};
