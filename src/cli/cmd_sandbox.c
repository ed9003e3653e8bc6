/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cloudspan/s3.h>
#include <cloudspan/sandbox.h>

#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/cli.h"
#include "cli/text.h"

#define LOG_POLL_MS  50
#define RECORDS_KEPT 4096

typedef struct sandbox_values {
  int64_t port;
  const char *directory;
  const char *access_key;
  const char *secret_key;
  const char *session_token;
  bool allow_anonymous;
  bool log;
  cspan_cli_list faults;
  cspan_cli_list buckets;
} sandbox_values;

static const sandbox_values defaults = {.port = 9000};

#define VALUE(member) offsetof(sandbox_values, member)

static const cspan_cli_option options[] = {
    {"port", 'p', CSPAN_CLI_INT, VALUE(port), "N", "port (default 9000; 0: any that is free)", 0,
     65535},
    {"dir", 'd', CSPAN_CLI_STRING, VALUE(directory), "FOLDER",
     "keep everything in this folder, not in memory", 0, 0},
    {"access-key", 0, CSPAN_CLI_STRING, VALUE(access_key), "ID", "default: sandbox", 0, 0},
    {"secret-key", 0, CSPAN_CLI_STRING, VALUE(secret_key), "SECRET", "default: sandbox-secret", 0,
     0},
    {"session-token", 0, CSPAN_CLI_STRING, VALUE(session_token), "TOKEN",
     "ask for this session token too", 0, 0},
    {"allow-anonymous", 0, CSPAN_CLI_FLAG, VALUE(allow_anonymous), NULL,
     "requests without a signature pass", 0, 0},
    {"bucket", 'b', CSPAN_CLI_LIST, VALUE(buckets), "NAME", "create this bucket at the start", 0,
     0},
    {"fault", 'f', CSPAN_CLI_LIST, VALUE(faults), "SPEC", "what goes wrong: see above", 0, 0},
    {"log", 'l', CSPAN_CLI_FLAG, VALUE(log), NULL, "print a line for every request", 0, 0},
};

static const char *or_default(const char *text, const char *otherwise) {
  return text ? text : otherwise;
}

static cspan_status create_buckets(const cspan_cli_run *run, cspan_sandbox *sandbox,
                                   cspan_error **error) {
  const sandbox_values *values = run->values;
  cspan_aws_config *config = NULL;
  cspan_s3 *s3 = NULL;
  cspan_aws_options aws = {
      .size = sizeof aws,
      .region = or_default(run->globals->region, "us-east-1"),
      .access_key_id = or_default(values->access_key, "sandbox"),
      .secret_access_key = or_default(values->secret_key, "sandbox-secret"),
      .session_token = values->session_token,
      .endpoint_url = cspan_sandbox_endpoint(sandbox),
      .proxy = "",
  };
  cspan_status status = cspan_aws_config_load(&aws, &config, error);
  if (status == CSPAN_OK) {
    status = cspan_s3_create(config, &s3, error);
  }
  for (size_t i = 0; i < values->buckets.count && status == CSPAN_OK; i++) {
    cspan_s3_bucket_input input = {.size = sizeof input, .bucket = values->buckets.items[i]};
    cspan_error *failure = NULL;
    status = cspan_s3_create_bucket(s3, NULL, &input, NULL, &failure);
    if (strcmp(cspan_error_code(failure), "BucketAlreadyOwnedByYou") == 0) {
      /* From an earlier run with the same --dir. */
      cspan_error_free(failure);
      status = CSPAN_OK;
    } else if (failure) {
      cspan_error_prefix(failure, "cannot create the bucket '%s'", input.bucket);
      status = cspan_error_move(error, failure);
    }
  }
  cspan_s3_free(s3);
  cspan_aws_config_free(config);
  return status;
}

static cspan_status add_faults(const sandbox_values *values, cspan_sandbox *sandbox,
                               cspan_error **error) {
  for (size_t i = 0; i < values->faults.count; i++) {
    cspan_status status = cspan_sandbox_add_fault_text(sandbox, values->faults.items[i], error);
    if (status != CSPAN_OK) {
      return status;
    }
  }
  return CSPAN_OK;
}

/* A secret of the user's own is not repeated. */
static void print_how_to(const cspan_cli_run *run, const cspan_sandbox *sandbox) {
  const sandbox_values *values = run->values;
  (void)printf("# cloudspan sandbox: a local S3 for development and tests, not for production.\n"
               "# It listens on the loopback only%s%s. Stop it with Ctrl-C.\n"
               "# In another terminal:\n"
               "export AWS_ENDPOINT_URL_S3=%s\n"
               "export AWS_REGION=%s\n"
               "export AWS_ACCESS_KEY_ID=%s\n",
               values->directory ? " and keeps everything in " : " and keeps everything in memory",
               or_default(values->directory, ""), cspan_sandbox_endpoint(sandbox),
               or_default(run->globals->region, "us-east-1"),
               or_default(values->access_key, "sandbox"));
  (void)printf("export AWS_SECRET_ACCESS_KEY=%s\n",
               values->secret_key ? "...   # what --secret-key says" : "sandbox-secret");
  if (values->session_token) {
    (void)printf("export AWS_SESSION_TOKEN=...   # what --session-token says\n");
  }
  (void)printf("cloudspan s3 mb s3://my-bucket\n");
}

static void print_ready(const cspan_cli_run *run, const cspan_sandbox *sandbox) {
  const sandbox_values *values = run->values;
  if (run->globals->json) {
    cspan_cli_json json;
    cspan_cli_json_begin(&json);
    cspan_cli_json_text(&json, "endpoint_url", cspan_sandbox_endpoint(sandbox));
    cspan_cli_json_int(&json, "port", cspan_sandbox_port(sandbox));
    cspan_cli_json_text(&json, "region", or_default(run->globals->region, "us-east-1"));
    cspan_cli_json_text(&json, "access_key_id", or_default(values->access_key, "sandbox"));
    (void)cspan_cli_json_end(&json, stdout);
  } else if (run->globals->quiet) {
    (void)printf("%s\n", cspan_sandbox_endpoint(sandbox));
  } else {
    print_how_to(run, sandbox);
  }
  (void)fflush(stdout);
}

static void log_json(const cspan_sandbox_record *record) {
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "operation", record->operation);
  cspan_cli_json_text(&json, "method", record->method);
  cspan_cli_json_text(&json, "bucket", record->bucket);
  cspan_cli_json_text(&json, "key", record->key);
  cspan_cli_json_int(&json, "http_status", record->http_status);
  cspan_cli_json_text(&json, "error_code", record->error_code[0] ? record->error_code : NULL);
  if (record->part_number) {
    cspan_cli_json_int(&json, "part_number", record->part_number);
  }
  cspan_cli_json_bool(&json, "fault", record->fault);
  cspan_cli_json_text(&json, "traceparent", record->traceparent[0] ? record->traceparent : NULL);
  (void)cspan_cli_json_end(&json, stdout);
}

static void log_line(const cspan_sandbox_record *record) {
  char time_text[21];
  cspan_format_iso8601(time(NULL), time_text);
  (void)printf("%s  %3d  %-6s %-24s ", time_text, record->http_status, record->method,
               record->operation);
  cspan_cli_put_text(stdout, record->bucket);
  (void)putchar('/');
  cspan_cli_put_text(stdout, record->key);
  if (record->part_number) {
    (void)printf("  part %d", record->part_number);
  }
  if (record->error_code[0]) {
    (void)printf("  %s", record->error_code);
  }
  (void)printf("%s\n", record->fault ? "  (fault)" : "");
}

/* The record of the n-th request ever; false when it is no longer kept. The index of a record
 * moves when a new one arrives over the limit, so that it is looked up until none did. */
static bool find_record(const cspan_sandbox *sandbox, size_t n, cspan_sandbox_record *record) {
  for (;;) {
    size_t count = cspan_sandbox_request_count(sandbox);
    size_t first = count > RECORDS_KEPT ? count - RECORDS_KEPT : 0;
    bool found = n >= first && cspan_sandbox_request_at(sandbox, n - first, record);
    if (cspan_sandbox_request_count(sandbox) == count || n < first) {
      return found;
    }
  }
}

static size_t print_log(const cspan_cli_run *run, const cspan_sandbox *sandbox, size_t seen) {
  size_t count = cspan_sandbox_request_count(sandbox);
  size_t missed = 0;
  for (; seen < count; seen++) {
    cspan_sandbox_record record;
    if (!find_record(sandbox, seen, &record)) {
      missed++;
    } else if (run->globals->json) {
      log_json(&record);
    } else {
      log_line(&record);
    }
  }
  if (missed) {
    cspan_cli_message(run, "warning: %zu request%s came too fast to be logged", missed,
                      cspan_plural(missed));
  }
  (void)fflush(stdout);
  return seen;
}

static void serve(const cspan_cli_run *run, const cspan_sandbox *sandbox) {
  const sandbox_values *values = run->values;
  cspan_context context = {.cancel = run->cancel};
  size_t seen = cspan_sandbox_request_count(sandbox);
  while (cspan_context_sleep_ms(&context, LOG_POLL_MS) == CSPAN_OK) {
    if (values->log) {
      seen = print_log(run, sandbox, seen);
    }
  }
  if (values->log) {
    (void)print_log(run, sandbox, seen);
  }
}

static cspan_status start(const cspan_cli_run *run, cspan_sandbox **sandbox, cspan_error **error) {
  const sandbox_values *values = run->values;
  cspan_sandbox_options with = {
      .size = sizeof with,
      .port = (int)values->port,
      .directory = values->directory,
      .region = run->globals->region,
      .access_key_id = values->access_key,
      .secret_access_key = values->secret_key,
      .session_token = values->session_token,
      .allow_anonymous = values->allow_anonymous,
  };
  cspan_status status = cspan_sandbox_start(&with, sandbox, error);
  if (status == CSPAN_OK && values->buckets.count) {
    status = create_buckets(run, *sandbox, error);
  }
  /* After the buckets, which no fault is meant for. */
  if (status == CSPAN_OK) {
    status = add_faults(values, *sandbox, error);
  }
  return status;
}

static int run_sandbox(const cspan_cli_run *run) {
  cspan_sandbox *sandbox = NULL;
  cspan_error *error = NULL;
  int code = CSPAN_EXIT_OK;
  if (start(run, &sandbox, &error) == CSPAN_OK) {
    print_ready(run, sandbox);
    serve(run, sandbox);
  } else {
    code = cspan_cli_fail(run, error);
  }
  cspan_error_free(error);
  cspan_sandbox_stop(sandbox);
  return code;
}

const cspan_cli_command cspan_cmd_sandbox = {
    .name = "sandbox",
    .arguments = "",
    .summary = "run a local S3 to develop and test against",
    .description =
        "Runs an S3 server on the loopback until it is stopped (Ctrl-C). It verifies signatures\n"
        "and keeps objects in memory or in a folder. It is a development tool, not a server for\n"
        "production.\n"
        "\n"
        "--fault, which may be given more than once, is a list NAME=VALUE,... of\n"
        "  which requests   op=UploadPart, key=*.bin (* and ? match), part=2\n"
        "  how often        count=2, skip=1 (let the first pass), p=0.1 (probability)\n"
        "  what happens     status=503,code=SlowDown,retry-after=100; delay=200 (ms); reset;\n"
        "                   reset-during; truncate=100 (bytes); corrupt; slow=1024 (bytes/s);\n"
        "                   error-in-200\n",
    .examples = "  cloudspan sandbox --bucket test --log\n"
                "  cloudspan sandbox --dir ./s3-data --port 9001\n"
                "  cloudspan sandbox -b test --fault op=UploadPart,part=2,count=2,status=503\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(sandbox_values),
    .defaults = &defaults,
    .run = run_sandbox,
};
