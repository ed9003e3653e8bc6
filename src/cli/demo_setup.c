/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/demo.h"

/* As in the scenario that the demonstration is about. */
#define MAX_ATTEMPTS 5
#define SHUTDOWN_MS  10000

static cspan_status no_memory(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory");
}

static bool uses_sandbox(const cspan_demo *demo) {
  return !demo->run->globals->endpoint_url && !demo->values->bucket;
}

/* Sandbox and receiver are on this machine, where a proxy of the environment would not find
 * them; a profile is for the real service. */
static void prepare_environment(const cspan_demo *demo) {
  const char *old = cspan_env("no_proxy");
  char *text = old ? cspan_asprintf("127.0.0.1,%s", old) : cspan_strdup("127.0.0.1");
  if (text) {
    (void)setenv("no_proxy", text, 1);
  }
  cspan_free(text);
  if (uses_sandbox(demo)) {
    (void)unsetenv("AWS_PROFILE");
  }
}

static bool write_output(void *user, const char *text, size_t len) {
  (void)user;
  return fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0;
}

static void on_spans(void *user, const cspan_span_list *list) {
  cspan_demo *demo = user;
  cspan_display_add(demo->display, list, cspan_now_ns());
}

cspan_cli_look cspan_demo_look(const cspan_demo *demo) {
  const cspan_demo_values *values = demo->values;
  return cspan_cli_look_of(values->width, values->color, values->no_color, values->ascii);
}

static cspan_status open_receiver(cspan_demo *demo, cspan_error **error) {
  cspan_cli_look look = cspan_demo_look(demo);
  cspan_display_options display = {
      .waterfall = {.width = look.width, .color = look.color, .ascii = look.ascii},
      .json = demo->run->globals->json,
      .write = write_output,
  };
  demo->display = cspan_display_create(&display);
  if (!demo->display) {
    return no_memory(error);
  }
  cspan_receiver_options options = {
      .grpc_port = 0, .http_port = -1, .on_spans = on_spans, .user = demo};
  return cspan_receiver_start(&options, &demo->receiver, error);
}

static cspan_status open_provider(cspan_demo *demo, cspan_error **error) {
  char endpoint[64];
  cspan_otlp_options otlp = {.size = sizeof otlp, .endpoint = demo->values->otlp_endpoint};
  if (demo->receiver) {
    (void)snprintf(endpoint, sizeof endpoint, "http://127.0.0.1:%d",
                   cspan_receiver_grpc_port(demo->receiver));
    otlp.endpoint = endpoint;
    otlp.protocol = CSPAN_OTLP_GRPC;
  }
  cspan_span_exporter *exporter = NULL;
  cspan_status status = cspan_exporter_otlp(&otlp, &exporter, error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_span_exporter *memory = cspan_exporter_memory();
  cspan_span_processor *processors[2] = {
      cspan_processor_batch(exporter, NULL),
      memory ? cspan_processor_simple(memory) : NULL,
  };
  if (!processors[0] || !processors[1]) {
    cspan_processor_free(processors[0]);
    cspan_processor_free(processors[1]);
    return no_memory(error);
  }
  demo->ended = memory;
  cspan_provider_options options = {
      .size = sizeof options,
      .service_name = "cloudspan-demo",
      .service_version = cspan_version(),
      .sampler = cspan_sampler_always_on(),
      .processors = processors,
      .processor_count = 2,
  };
  return cspan_tracer_provider_create(&options, &demo->provider, error);
}

static void sandbox_options(const cspan_demo *demo, cspan_aws_options *options) {
  options->region = "us-east-1";
  options->config_file = "/dev/null";
  options->credentials_file = "/dev/null";
  options->access_key_id = "sandbox";
  options->secret_access_key = "sandbox-secret";
  options->endpoint_url = cspan_sandbox_endpoint(demo->sandbox);
  options->retry_mode = CSPAN_RETRY_STANDARD;
  options->addressing_style = CSPAN_ADDRESSING_PATH;
}

static cspan_status open_clients(cspan_demo *demo, cspan_error **error) {
  const cspan_cli_globals *globals = demo->run->globals;
  cspan_aws_options options = {
      .size = sizeof options,
      .region = globals->region,
      .profile = globals->profile,
      .endpoint_url = globals->endpoint_url,
      .ca_bundle = globals->ca_bundle,
      .anonymous = globals->no_sign_request,
      .max_attempts = globals->max_attempts ? (int)globals->max_attempts : MAX_ATTEMPTS,
  };
  if (demo->sandbox) {
    sandbox_options(demo, &options);
  }
  cspan_status status = cspan_aws_config_load(&options, &demo->plain_config, error);
  if (status == CSPAN_OK) {
    status = cspan_aws_config_load(&options, &demo->config, error);
  }
  if (status == CSPAN_OK) {
    cspan_trace_options trace = {.size = sizeof trace, .provider = demo->provider};
    status = cspan_trace_append(demo->config, &trace, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_create(demo->plain_config, &demo->plain, error);
  }
  if (status == CSPAN_OK) {
    status = cspan_s3_create(demo->config, &demo->s3, error);
  }
  if (status == CSPAN_OK) {
    cspan_storage_options storage = {.size = sizeof storage, .provider = demo->provider};
    status = cspan_storage_create(demo->s3, &storage, &demo->storage, error);
  }
  return status;
}

/* Bytes that do not repeat, so that parts in the wrong order are noticed. */
static cspan_status make_data(cspan_demo *demo, cspan_error **error) {
  demo->data = cspan_malloc(CSPAN_DEMO_LARGE_BYTES);
  if (!demo->data) {
    return no_memory(error);
  }
  uint64_t state = 0x9e3779b97f4a7c15u;
  for (size_t i = 0; i < CSPAN_DEMO_LARGE_BYTES; i += sizeof state) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    memcpy(demo->data + i, &state, sizeof state);
  }
  return CSPAN_OK;
}

static void make_names(cspan_demo *demo) {
  uint64_t random = cspan_random_u64();
  (void)snprintf(demo->prefix, sizeof demo->prefix, "cloudspan-demo-%08" PRIx32 "/",
                 (uint32_t)random);
  if (demo->values->bucket) {
    demo->bucket = demo->values->bucket;
  } else if (demo->sandbox) {
    demo->bucket = "demo-bucket";
    demo->prefix[0] = '\0';
  } else {
    (void)snprintf(demo->made_name, sizeof demo->made_name, "cloudspan-demo-%016" PRIx64, random);
    demo->bucket = demo->made_name;
  }
}

cspan_status cspan_demo_open(cspan_demo *demo, const cspan_cli_run *run, cspan_error **error) {
  memset(demo, 0, sizeof *demo);
  demo->run = run;
  demo->values = run->values;
  demo->context = (cspan_context){.cancel = run->cancel};
  prepare_environment(demo);
  cspan_status status = make_data(demo, error);
  if (status == CSPAN_OK && uses_sandbox(demo)) {
    cspan_sandbox_options options = {.size = sizeof options};
    status = cspan_sandbox_start(&options, &demo->sandbox, error);
  }
  make_names(demo);
  if (status == CSPAN_OK && !demo->values->otlp_endpoint) {
    status = open_receiver(demo, error);
  }
  if (status == CSPAN_OK) {
    status = open_provider(demo, error);
  }
  return status == CSPAN_OK ? open_clients(demo, error) : status;
}

static void clean_up_objects(cspan_demo *demo) {
  static const char *const names[] = {"hello.bin", "large.bin"};
  char key[128];
  for (size_t i = 0; i < CSPAN_DEMO_DELETE_KEYS + 2; i++) {
    if (i < 2) {
      (void)snprintf(key, sizeof key, "%s%s", demo->prefix, names[i]);
    } else {
      (void)snprintf(key, sizeof key, "%sbatch/%02zu", demo->prefix, i - 1);
    }
    cspan_error *error = NULL;
    cspan_s3_delete_object_input input = {.size = sizeof input, .bucket = demo->bucket, .key = key};
    if (cspan_s3_delete_object(demo->plain, NULL, &input, NULL, &error) != CSPAN_OK) {
      cspan_cli_message(demo->run, "warning: s3://%s/%s was not deleted: %s", demo->bucket, key,
                        cspan_error_message(error));
      i = CSPAN_DEMO_DELETE_KEYS + 2;
    }
    cspan_error_free(error);
  }
}

/* Without the caller's context: also an interrupted demonstration cleans up. */
void cspan_demo_clean_up(cspan_demo *demo) {
  if (demo->sandbox || !demo->has_bucket) {
    return;
  }
  clean_up_objects(demo);
  if (demo->made_bucket) {
    cspan_error *error = NULL;
    cspan_s3_bucket_input input = {.size = sizeof input, .bucket = demo->bucket};
    if (cspan_s3_delete_bucket(demo->plain, NULL, &input, NULL, &error) != CSPAN_OK) {
      cspan_cli_message(demo->run, "warning: the bucket %s was not deleted: %s", demo->bucket,
                        cspan_error_message(error));
    }
    cspan_error_free(error);
  }
}

void cspan_demo_close(cspan_demo *demo) {
  cspan_storage_free(demo->storage);
  cspan_s3_free(demo->s3);
  cspan_s3_free(demo->plain);
  cspan_aws_config_free(demo->config);
  cspan_aws_config_free(demo->plain_config);
  if (demo->provider) {
    (void)cspan_tracer_provider_shutdown(demo->provider, SHUTDOWN_MS, NULL);
    cspan_tracer_provider_free(demo->provider);
  }
  cspan_receiver_stop(demo->receiver);
  cspan_display_free(demo->display);
  cspan_sandbox_stop(demo->sandbox);
  cspan_free(demo->data);
  memset(demo, 0, sizeof *demo);
}
