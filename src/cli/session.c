/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/session.h"

#include <inttypes.h>
#include <string.h>

#include "base/sys.h"
#include "base/text.h"

/* How long the end of a command waits for the collector. */
#define FLUSH_TIMEOUT_MS 5000

/* Whoever says where spans go wants some, be it by an exporter, an endpoint or a file. */
static bool tracing_wanted(const cspan_cli_run *run) {
  const char *exporter = cspan_env("OTEL_TRACES_EXPORTER");
  return run->globals->trace || (exporter && !cspan_ieq(exporter, "none")) ||
         cspan_env("OTEL_EXPORTER_OTLP_ENDPOINT") ||
         cspan_env("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") || cspan_env("OTEL_CONFIG_FILE");
}

static cspan_status start_telemetry(cspan_cli_session *session, cspan_error **error) {
  const char *service = cspan_env("OTEL_SERVICE_NAME");
  cspan_status status = cspan_telemetry_init(service ? service : "cloudspan", cspan_version(),
                                             &session->provider, error);
  if (status != CSPAN_OK) {
    return status;
  }
  status = cspan_trace_append(session->config,
                              &(cspan_trace_options){.provider = session->provider}, error);
  if (status == CSPAN_OK) {
    cspan_tracer *tracer =
        cspan_tracer_get(session->provider, "cloudspan/cli", cspan_version(), NULL);
    session->root = cspan_span_start(tracer, NULL, session->run->name,
                                     &(cspan_span_options){.kind = CSPAN_SPAN_INTERNAL});
  }
  return status;
}

static cspan_status begin(cspan_cli_session *session, cspan_error **error) {
  const cspan_cli_globals *globals = session->run->globals;
  cspan_aws_options options = {
      .size = sizeof options,
      .region = globals->region,
      .profile = globals->profile,
      .anonymous = globals->no_sign_request,
      .endpoint_url = globals->endpoint_url,
      .max_attempts = (int)globals->max_attempts,
      .ca_bundle = globals->ca_bundle,
  };
  cspan_status status = cspan_aws_config_load(&options, &session->config, error);
  if (status == CSPAN_OK && tracing_wanted(session->run)) {
    status = start_telemetry(session, error);
  }
  session->context = (cspan_context){.span = session->root, .cancel = session->run->cancel};
  return status;
}

static cspan_status open_s3(cspan_cli_session *session, const cspan_storage_options *storage,
                            cspan_error **error) {
  cspan_storage_options with = storage ? *storage : (cspan_storage_options){0};
  cspan_status status = cspan_s3_create(session->config, &session->s3, error);
  if (status == CSPAN_OK) {
    with.size = sizeof with;
    with.provider = session->provider;
    status = cspan_storage_create(session->s3, &with, &session->storage, error);
  }
  return status;
}

/* Ends a session that could not be opened. */
static bool give_up(cspan_cli_session *session, cspan_error *error, int *code) {
  *code = cspan_cli_session_fail(session, error);
  cspan_cli_session_close(session);
  return false;
}

bool cspan_cli_session_begin(cspan_cli_session *session, const cspan_cli_run *run, int *code) {
  cspan_error *error = NULL;
  memset(session, 0, sizeof *session);
  session->run = run;
  return begin(session, &error) == CSPAN_OK || give_up(session, error, code);
}

bool cspan_cli_session_open(cspan_cli_session *session, const cspan_cli_run *run,
                            const cspan_storage_options *storage, int *code) {
  cspan_error *error = NULL;
  if (!cspan_cli_session_begin(session, run, code)) {
    return false;
  }
  return open_s3(session, storage, &error) == CSPAN_OK || give_up(session, error, code);
}

void cspan_cli_session_failed(cspan_cli_session *session, const cspan_error *error) {
  cspan_span_set_string(session->root, "error.type", cspan_error_code(error));
  cspan_span_set_status(session->root, CSPAN_SPAN_ERROR, cspan_error_message(error));
}

int cspan_cli_session_fail(cspan_cli_session *session, cspan_error *error) {
  cspan_cli_session_failed(session, error);
  int code = cspan_cli_fail(session->run, error);
  cspan_error_free(error);
  return code;
}

static void flush_spans(const cspan_cli_session *session) {
  cspan_error *error = NULL;
  cspan_telemetry_stats stats = {0};
  cspan_status status = cspan_tracer_provider_shutdown(session->provider, FLUSH_TIMEOUT_MS, &error);
  cspan_tracer_provider_stats(session->provider, &stats);
  uint64_t lost = stats.spans_ended - stats.spans_exported;
  if (status != CSPAN_OK || lost > 0) {
    cspan_cli_message(session->run, "warning: %" PRIu64 " of %" PRIu64 " spans were lost%s%s", lost,
                      stats.spans_ended, error ? ": " : "", cspan_error_message(error));
  }
  cspan_error_free(error);
}

void cspan_cli_session_close(cspan_cli_session *session) {
  cspan_storage_free(session->storage);
  cspan_s3_free(session->s3);
  cspan_aws_config_free(session->config);
  cspan_span_end(session->root);
  if (session->provider) {
    flush_spans(session);
    cspan_tracer_provider_free(session->provider);
  }
  memset(session, 0, sizeof *session);
}
