/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/nearest.h"
#include "base/text.h"
#include "cli/cost.h"
#include "cli/text.h"
#include "instrument/prices.h"
#include "viewer/receiver.h"

#define MAX_REPORT ((size_t)64 << 20)

#define VALUE(member) offsetof(cspan_cli_cost_values, member)

static const cspan_cli_option options[] = {
    {"by", 0, CSPAN_CLI_STRING, VALUE(by), "NAMES",
     "what to sum by, with commas between: service, operation,\n"
     "bucket, table, service-name (default service,operation)",
     0, 0},
    {"output", 'o', CSPAN_CLI_STRING, VALUE(output), "FORM", "table (default), json or csv", 0, 0},
    {"since", 0, CSPAN_CLI_STRING, VALUE(since), "TIME",
     "only calls of files that began then or later:\n2026-01-31T12:00:00Z", 0, 0},
    {"prices", 0, CSPAN_CLI_FLAG, VALUE(prices), NULL, "print the table of prices instead", 0, 0},
};

/* ------------------------------------------------------------------ prices */

static void put_price(const cspan_cli_run *run, const cspan_price *price) {
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "name", price->name);
    cspan_cli_json_text(&json, "service", price->service);
    cspan_cli_json_text(&json, "operations", price->operations);
    cspan_cli_json_text(&json, "basis", price->at_home.basis);
    cspan_cli_json_text(&json, "source", price->source);
    (void)cspan_cli_json_end(&json, stdout);
    return;
  }
  cspan_cli_put_text(stdout, price->at_home.basis);
  (void)fputs("\n    ", stdout);
  cspan_cli_put_text(stdout, price->service);
  (void)fputs(": ", stdout);
  cspan_cli_put_text(stdout, price->operations);
  (void)fputc('\n', stdout);
}

static int print_prices(const cspan_cli_run *run) {
  cspan_prices *prices = NULL;
  cspan_error *error = NULL;
  if (run->arg_count > 0) {
    return cspan_cli_usage(run, "--prices takes no file; CLOUDSPAN_PRICES names another table");
  }
  if (cspan_prices_load(NULL, &prices, &error) != CSPAN_OK) {
    int code = cspan_cli_fail(run, error);
    cspan_error_free(error);
    return code;
  }
  if (!run->globals->json && !run->globals->quiet) {
    (void)printf("Prices of %s by %s,\n", prices->date, prices->region);
    (void)fputs("from ", stdout);
    cspan_cli_put_text(stdout, prices->source);
    (void)fputs("\n\n", stdout);
  }
  for (size_t i = 0; i < prices->count; i++) {
    put_price(run, &prices->rows[i]);
  }
  cspan_prices_free(prices);
  return CSPAN_EXIT_OK;
}

/* ----------------------------------------------------------------- options */

/* What a report is made of. */
typedef struct report {
  const cspan_cli_run *run;
  cspan_cli_cost_columns columns;
  unsigned dimensions;
  cspan_cli_cost_form form;
  int64_t since_ns;
} report;

static int unknown_dimension(const report *r, cspan_str name) {
  const char *best = NULL;
  size_t best_closeness = SIZE_MAX;
  for (size_t d = 0; d < CSPAN_COST_DIMENSIONS; d++) {
    size_t closeness = cspan_closeness(name.data, name.len, cspan_cost_dimension_names[d]);
    if (closeness < best_closeness) {
      best = cspan_cost_dimension_names[d];
      best_closeness = closeness;
    }
  }
  return cspan_cli_usage(r->run,
                         "--by takes service, operation, bucket, table and service-name, not "
                         "'%.*s'%s%s%s",
                         (int)name.len, name.data, best ? "; did you mean '" : "", best ? best : "",
                         best ? "'?" : "");
}

static int parse_by(report *r, const char *by) {
  while (true) {
    cspan_str name = {by, strcspn(by, ",")};
    size_t d = 0;
    while (d < CSPAN_COST_DIMENSIONS && !cspan_str_eq(name, cspan_cost_dimension_names[d])) {
      d++;
    }
    if (d == CSPAN_COST_DIMENSIONS) {
      return unknown_dimension(r, name);
    }
    if ((r->dimensions & 1U << d) == 0) {
      r->dimensions |= 1U << d;
      r->columns.items[r->columns.count++] = (cspan_cost_dimension)d;
    }
    if (by[name.len] == '\0') {
      return CSPAN_EXIT_OK;
    }
    by += name.len + 1;
  }
}

static int parse_form(report *r, const char *output) {
  static const char *const names[] = {"table", "csv", "json"};
  r->form = r->run->globals->json ? CSPAN_CLI_COST_JSON_LINES : CSPAN_CLI_COST_TABLE;
  if (output == NULL) {
    return CSPAN_EXIT_OK;
  }
  if (r->run->globals->json) {
    return cspan_cli_usage(r->run, "--json does not go with --output");
  }
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(output, names[i]) == 0) {
      r->form = (cspan_cli_cost_form)i;
      return CSPAN_EXIT_OK;
    }
  }
  return cspan_cli_usage(r->run, "--output is table, json or csv, not '%s'", output);
}

static bool is_url(const char *argument) {
  return cspan_starts_with(argument, "http://") || cspan_starts_with(argument, "https://");
}

static int parse_since(report *r, const char *since) {
  time_t seconds = 0;
  r->since_ns = INT64_MIN;
  if (since == NULL) {
    return CSPAN_EXIT_OK;
  }
  if (!cspan_parse_iso8601(since, &seconds) || seconds < 0 || seconds > INT64_MAX / 1000000000) {
    return cspan_cli_usage(r->run, "--since is a time as 2026-01-31T12:00:00Z, not '%s'", since);
  }
  for (size_t i = 0; i < r->run->arg_count; i++) {
    if (is_url(r->run->args[i])) {
      return cspan_cli_usage(r->run, "--since is for files: a viewer has only its sums");
    }
  }
  if (r->run->arg_count == 0) {
    return cspan_cli_usage(r->run, "--since is for files: a viewer has only its sums");
  }
  r->since_ns = (int64_t)seconds * 1000000000;
  return CSPAN_EXIT_OK;
}

static int parse_report(report *r) {
  const cspan_cli_cost_values *values = r->run->values;
  int code = parse_by(r, values->by);
  if (code == CSPAN_EXIT_OK) {
    code = parse_form(r, values->output);
  }
  return code == CSPAN_EXIT_OK ? parse_since(r, values->since) : code;
}

/* ----------------------------------------------------------------- reports */

static cspan_status read_all(const report *r, cspan_cost_sum *sum, cspan_error **error) {
  const cspan_cli_run *run = r->run;
  const cspan_context context = {.cancel = run->cancel};
  char url[64];
  (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", CSPAN_OTLP_HTTP_PORT);
  cspan_status status = CSPAN_OK;
  if (run->arg_count == 0) {
    status = cspan_cli_cost_read_view(url, &context, sum, error);
  }
  for (size_t i = 0; i < run->arg_count && status == CSPAN_OK; i++) {
    status = is_url(run->args[i]) ? cspan_cli_cost_read_view(run->args[i], &context, sum, error)
                                  : cspan_cli_cost_read_file(run->args[i], r->since_ns, sum, error);
  }
  return status;
}

static cspan_status print(const report *r, cspan_cost_sum *sum, cspan_error **error) {
  cspan_buf text;
  cspan_buf_init(&text, MAX_REPORT);
  cspan_cli_cost_put(&text, sum, &r->columns, r->form);
  cspan_status status = cspan_buf_status(&text);
  if (status == CSPAN_OK) {
    (void)fwrite(cspan_buf_text(&text), 1, text.len, stdout);
  }
  cspan_buf_free(&text);
  return status == CSPAN_OK ? CSPAN_OK
                            : cspan_error_set(error, status, "the report cannot be printed (%s)",
                                              cspan_status_name(status));
}

/* A report of nothing but zeros needs a word. */
static void explain(const report *r, const cspan_cost_sum *sum) {
  cspan_cost_line total = cspan_cost_sum_total(sum);
  if (r->run->globals->quiet) {
    return;
  }
  if (total.calls == 0) {
    cspan_cli_message(r->run, "there are no spans of AWS calls");
  } else if (total.calls == total.unpriced) {
    cspan_cli_message(r->run, "no call says what it costs: the option cost of the instrumentation "
                              "is off where they were made");
  }
}

static int run_cost(const cspan_cli_run *run) {
  const cspan_cli_cost_values *values = run->values;
  report r = {.run = run};
  cspan_error *error = NULL;
  if (values->prices) {
    return print_prices(run);
  }
  int code = parse_report(&r);
  if (code != CSPAN_EXIT_OK) {
    return code;
  }
  cspan_cost_sum *sum = cspan_cost_sum_create(r.dimensions);
  cspan_status status =
      sum != NULL ? read_all(&r, sum, &error) : cspan_error_move(&error, cspan_error_nomem());
  if (status == CSPAN_OK) {
    status = print(&r, sum, &error);
  }
  if (status == CSPAN_OK) {
    explain(&r, sum);
  } else {
    code = cspan_cli_fail(run, error);
  }
  if (status != CSPAN_OK && run->arg_count == 0 && cspan_error_status(error) == CSPAN_ERR_IO) {
    (void)fprintf(stderr, "Start 'cloudspan view', or name files of OTLP/JSON or the URL of a "
                          "viewer.\n");
  }
  cspan_cost_sum_free(sum);
  cspan_error_free(error);
  return code;
}

static const cspan_cli_cost_values defaults = {.by = "service,operation"};

const cspan_cli_command cspan_cmd_cost = {
    .name = "cost",
    .arguments = "[FILE | URL]...",
    .summary = "sum up what calls cost, by their spans",
    .description =
        "Sums up the estimated costs of AWS calls: the attribute cloudspan.cost.usd, which the\n"
        "instrumentation sets where its option cost is on. A FILE holds OTLP/JSON, as the file\n"
        "exporter and collectors write it ('-': the standard input); a URL is the OTLP/HTTP\n"
        "address of a running 'cloudspan view'. Without one the viewer on port 4318 is asked.\n"
        "\n"
        "Calls whose spans say no cost are counted as unpriced: there is no price of them, or the\n"
        "option is off. With --json a line of the report is one line of JSON, the total the "
        "last.\n",
    .examples = "  cloudspan cost\n"
                "  cloudspan cost --by bucket,operation spans.jsonl\n"
                "  cloudspan cost --by service-name -o csv http://127.0.0.1:14318\n"
                "  cloudspan cost --prices\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(cspan_cli_cost_values),
    .defaults = &defaults,
    .max_args = SIZE_MAX,
    .run = run_cost,
};
