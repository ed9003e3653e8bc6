/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/cmd_s3.h"
#include "cli/session.h"
#include "cli/text.h"
#include "cli/uri.h"

typedef struct presign_values {
  int64_t expires_s;
  const char *method;
  const char *content_type;
} presign_values;

static const presign_values defaults = {.expires_s = 3600, .method = "GET"};

static const cspan_cli_option options[] = {
    {"expires-in", 0, CSPAN_CLI_INT, offsetof(presign_values, expires_s), "SECONDS",
     "how long the URL is good for (default 3600)", 1, 604800},
    {"method", 0, CSPAN_CLI_STRING, offsetof(presign_values, method), "GET|PUT",
     "what the URL is for (default GET)", 0, 0},
    {"content-type", 0, CSPAN_CLI_STRING, offsetof(presign_values, content_type), "TYPE",
     "of PUT: the type that must be sent with it", 0, 0},
};

static cspan_status presign(cspan_cli_session *session, const cspan_cli_uri *uri, bool put,
                            char **url, cspan_error **error) {
  const presign_values *values = session->run->values;
  if (put) {
    cspan_s3_put_object_input input = {
        .size = sizeof input,
        .bucket = uri->bucket,
        .key = uri->key,
        .content_type = values->content_type,
    };
    return cspan_s3_presign_put_object(session->s3, &session->context, &input, values->expires_s,
                                       url, error);
  }
  cspan_s3_get_object_input input = {.size = sizeof input, .bucket = uri->bucket, .key = uri->key};
  return cspan_s3_presign_get_object(session->s3, &session->context, &input, values->expires_s, url,
                                     error);
}

static void put_url(const cspan_cli_run *run, const char *url, const char *method) {
  const presign_values *values = run->values;
  if (!run->globals->json) {
    (void)printf("%s\n", url);
    return;
  }
  cspan_cli_json json;
  cspan_cli_json_begin(&json);
  cspan_cli_json_text(&json, "url", url);
  cspan_cli_json_text(&json, "method", method);
  cspan_cli_json_int(&json, "expires_in_s", values->expires_s);
  (void)cspan_cli_json_end(&json, stdout);
}

static int run_presign(const cspan_cli_run *run) {
  const presign_values *values = run->values;
  cspan_cli_session session;
  cspan_cli_uri uri;
  cspan_error *error = NULL;
  char *url = NULL;
  int code = CSPAN_EXIT_OK;
  bool put = cspan_ieq(values->method, "PUT");
  if (!put && !cspan_ieq(values->method, "GET")) {
    return cspan_cli_usage(run, "option '--method' takes GET or PUT, not '%s'", values->method);
  }
  if (cspan_cli_uri_parse_object(run->args[0], &uri, &error) != CSPAN_OK) {
    code = cspan_cli_usage(run, "%s", cspan_error_message(error));
    cspan_error_free(error);
    return code;
  }
  if (!cspan_cli_session_open(&session, run, NULL, &code)) {
    return code;
  }
  if (presign(&session, &uri, put, &url, &error) == CSPAN_OK) {
    put_url(run, url, put ? "PUT" : "GET");
  } else {
    code = cspan_cli_session_fail(&session, error);
  }
  cspan_free(url);
  cspan_cli_session_close(&session);
  return code;
}

const cspan_cli_command cspan_cmd_s3_presign = {
    .name = "presign",
    .arguments = "s3://BUCKET/KEY",
    .summary = "make a URL that works without credentials",
    .description =
        "Prints a URL with which anyone can get (or, with --method PUT, put) the object until it\n"
        "expires. Nothing is sent; whether the object exists is not checked. The URL is a\n"
        "secret: it goes to the standard output only.\n",
    .examples =
        "  cloudspan s3 presign --expires-in 600 s3://my-bucket/report.pdf\n"
        "  curl -T report.pdf \"$(cloudspan s3 presign --method PUT s3://my-bucket/in/1)\"\n",
    .options = options,
    .option_count = sizeof options / sizeof options[0],
    .values_size = sizeof(presign_values),
    .defaults = &defaults,
    .min_args = 1,
    .max_args = 1,
    .run = run_presign,
};
