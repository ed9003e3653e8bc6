/* SPDX-License-Identifier: Apache-2.0 */
/* The instrumentation's section of a configuration file: it is either refused with a sentence, or
 * the instrumentation takes it. */
#include <stdlib.h>
#include <string.h>

#include <cloudspan/configuration.h>

#include "instrument/options.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

static void no_log(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  (void)message;
}

/* Prices would be read from the disk. */
static void append(const cspan_configuration *configuration) {
  const cspan_aws_options aws = {.size = sizeof aws,
                                 .region = "eu-west-1",
                                 .config_file = "/nonexistent",
                                 .credentials_file = "/nonexistent"};
  const cspan_trace_options options = {
      .size = sizeof options, .cost = CSPAN_SWITCH_OFF, .configuration = configuration};
  cspan_aws_config *config = NULL;
  cspan_error *error = NULL;
  require(cspan_aws_config_load(&aws, &config, NULL) == CSPAN_OK);
  require(cspan_trace_append(config, &options, &error) == CSPAN_OK ||
          cspan_error_message(error)[0] != '\0');
  cspan_error_free(error);
  cspan_aws_config_free(config);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  cspan_configuration *configuration = NULL;
  cspan_log_set(no_log, NULL, CSPAN_LOG_ERROR);
  if (cspan_configuration_parse((const char *)data, size, "f", &configuration, NULL) != CSPAN_OK) {
    return 0;
  }
  cspan_trace_options options = {.size = sizeof options, .configuration = configuration};
  cspan_file_options memory;
  cspan_error *error = NULL;
  cspan_status status = cspan_options_complete(&options, &memory, &error);
  if (status == CSPAN_OK) {
    require(options.propagator != NULL);
    require((unsigned)options.retries <= CSPAN_RETRY_EVENTS_AND_SPANS);
    require((unsigned)options.semconv <= CSPAN_SEMCONV_DUP);
    append(configuration);
  } else {
    require(options.propagator == NULL && cspan_error_message(error)[0] != '\0');
  }
  cspan_error_free(error);
  cspan_propagator_free(options.propagator);
  cspan_file_options_free(&memory);
  cspan_configuration_free(configuration);
  return 0;
}
