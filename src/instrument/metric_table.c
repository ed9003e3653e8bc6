/* SPDX-License-Identifier: Apache-2.0 */
#include "instrument/metric_table.h"

#include "instrument/tracing.h"
#include "telemetry/metrics/provider_id.h"

/* The conventions advise these bounds, in seconds: for http and rpc (and messaging), for databases,
 * and for models; and those of tokens. */
static const double seconds[] = {0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                 0.5,   0.75, 1,     2.5,  5,     7.5, 10};
static const double db_seconds[] = {0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10};
static const double model_seconds[] = {0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                       1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
static const double tokens[] = {1,     4,     16,     64,      256,     1024,     4096,
                                16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864};

static const char *const call_keys[] = {"rpc.system.name", "rpc.method", "server.address",
                                        "server.port",     "error.type", NULL};
static const char *const request_keys[] = {
    "http.request.method",       "server.address",           "server.port", "url.scheme",
    "http.response.status_code", "network.protocol.version", "error.type",  NULL};
static const char *const db_keys[] = {
    "db.system.name", "db.operation.name", "db.collection.name",      "server.address",
    "server.port",    "error.type",        "db.response.status_code", NULL};
static const char *const messaging_keys[] = {"messaging.system",
                                             "messaging.operation.name",
                                             "messaging.operation.type",
                                             "messaging.destination.name",
                                             "server.address",
                                             "server.port",
                                             "error.type",
                                             NULL};
static const char *const message_keys[] = {"messaging.system",
                                           "messaging.operation.name",
                                           "messaging.destination.name",
                                           "server.address",
                                           "server.port",
                                           "error.type",
                                           NULL};
static const char *const process_keys[] = {"messaging.system", "messaging.operation.name",
                                           "messaging.destination.name", "error.type", NULL};
static const char *const model_keys[] = {"gen_ai.provider.name",
                                         "gen_ai.operation.name",
                                         "gen_ai.request.model",
                                         "server.address",
                                         "server.port",
                                         "error.type",
                                         NULL};
static const char *const token_keys[] = {"gen_ai.provider.name",
                                         "gen_ai.operation.name",
                                         "gen_ai.request.model",
                                         "server.address",
                                         "server.port",
                                         "gen_ai.token.type",
                                         NULL};
static const char *const attempt_keys[] = {"rpc.system.name", "rpc.method", "error.type", NULL};

#define HISTOGRAM(bounds)                                                                          \
  .unit = "s", .kind = CSPAN_HISTOGRAM, .number = CSPAN_NUMBER_DOUBLE, .boundaries = (bounds),     \
  .boundary_count = sizeof(bounds) / sizeof((bounds)[0])
#define COUNTER(of) .unit = (of), .kind = CSPAN_COUNTER, .number = CSPAN_NUMBER_INT64

const cspan_metric_row cspan_metric_rows[CSPAN_METRIC_COUNT] = {
    [CSPAN_METRIC_CALL] = {.name = "rpc.client.call.duration",
                           HISTOGRAM(seconds),
                           .description =
                               "Measures the duration of an outgoing Remote Procedure Call (RPC).",
                           .when = "each call, with all of its attempts; as its span",
                           .attributes = call_keys},
    [CSPAN_METRIC_REQUEST] = {.name = "http.client.request.duration",
                              HISTOGRAM(seconds),
                              .description = "Duration of HTTP client requests.",
                              .when = "each attempt that went to the network",
                              .attributes = request_keys},
    [CSPAN_METRIC_DB] = {.name = "db.client.operation.duration",
                         HISTOGRAM(db_seconds),
                         .description = "Duration of database client operations.",
                         .when = "each call of DynamoDB",
                         .attributes = db_keys},
    [CSPAN_METRIC_MESSAGING] = {.name = "messaging.client.operation.duration",
                                HISTOGRAM(seconds),
                                .description = "Duration of messaging operation initiated by a "
                                               "producer or consumer client.",
                                .when = "each call that sends, receives or settles messages",
                                .attributes = messaging_keys},
    [CSPAN_METRIC_SENT] = {.name = "messaging.client.sent.messages",
                           COUNTER("{message}"),
                           .description =
                               "Number of messages producer attempted to send to the broker.",
                           .when = "each call that sends; those of a batch that were refused "
                                   "have `error.type`",
                           .attributes = message_keys},
    [CSPAN_METRIC_CONSUMED] = {.name = "messaging.client.consumed.messages",
                               COUNTER("{message}"),
                               .description =
                                   "Number of messages that were delivered to the application.",
                               .when = "each call that received messages",
                               .attributes = message_keys},
    [CSPAN_METRIC_PROCESS] = {.name = "messaging.process.duration",
                              HISTOGRAM(seconds),
                              .description = "Duration of processing operation.",
                              .when = "each processing (messaging.h); as its span",
                              .attributes = process_keys},
    [CSPAN_METRIC_GEN_AI] = {.name = "gen_ai.client.operation.duration",
                             HISTOGRAM(model_seconds),
                             .description = "Duration of operations of generative AI.",
                             .when = "each call of a model of Bedrock Runtime",
                             .attributes = model_keys},
    [CSPAN_METRIC_TOKENS] = {.name = "gen_ai.client.token.usage",
                             .unit = "{token}",
                             .kind = CSPAN_HISTOGRAM,
                             .number = CSPAN_NUMBER_INT64,
                             .boundaries = tokens,
                             .boundary_count = sizeof tokens / sizeof tokens[0],
                             .description = "Number of input and output tokens used.",
                             .when = "each call of a model of Bedrock Runtime whose answer tells "
                                     "it: Converse, InvokeModel",
                             .attributes = token_keys},
    [CSPAN_METRIC_ATTEMPTS] = {.name = "cloudspan.aws.client.attempts",
                               COUNTER("{attempt}"),
                               .description = "Number of attempts that calls were made in.",
                               .when = "each attempt; their sum is that of `aws.retry.attempts`",
                               .attributes = attempt_keys},
    [CSPAN_METRIC_RETRIES] = {.name = "cloudspan.aws.client.retries",
                              COUNTER("{attempt}"),
                              .description = "Number of failed attempts that were made again.",
                              .when = "each retry, with the failure that was its reason; as the "
                                      "events `aws.retry`",
                              .attributes = attempt_keys},
};

bool cspan_metric_set_make(cspan_meter_provider *provider, cspan_metric_set *out) {
  const cspan_scope scope = {
      .size = sizeof scope, .name = CSPAN_TRACE_SCOPE, .version = CSPAN_VERSION};
  cspan_meter *meter = cspan_meter_get(provider, &scope);
  *out = (cspan_metric_set){.provider_id = cspan_meter_provider_id(provider)};
  bool is_whole = true;
  for (size_t i = 0; i < CSPAN_METRIC_COUNT; i++) {
    const cspan_metric_row *row = &cspan_metric_rows[i];
    const cspan_instrument_options options = {.size = sizeof options,
                                              .kind = row->kind,
                                              .number = row->number,
                                              .name = row->name,
                                              .unit = row->unit,
                                              .description = row->description,
                                              .boundaries = row->boundaries,
                                              .boundary_count = row->boundary_count};
    out->of[i] = meter != NULL ? cspan_instrument_get(meter, &options) : NULL;
    is_whole = is_whole && out->of[i] != NULL;
  }
  return is_whole;
}
