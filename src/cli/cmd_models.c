/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cmd_models.h"

#include <stdio.h>
#include <string.h>

#include "aws/config.h"
#include "base/error.h"
#include "cli/text.h"

cspan_status cspan_cli_models_find(const char *profile, cspan_model_store_options *options,
                                   cspan_model_store **out, cspan_error **error) {
  const cspan_aws_options with = {.size = sizeof with, .profile = profile, .anonymous = true};
  cspan_aws_config *config = NULL;
  *out = NULL;
  cspan_status status = cspan_aws_config_load(&with, &config, error);
  if (status == CSPAN_OK) {
    options->data_path = cspan_aws_config_text(config, CSPAN_SETTING_DATA_PATH);
    status = cspan_model_store_open(options, out, error);
    options->data_path = NULL; /* the config's memory */
  }
  cspan_aws_config_free(config);
  return status;
}

cspan_status cspan_cli_models_open(const cspan_cli_run *run, const cspan_cli_places *places,
                                   cspan_model_store **out, cspan_error **error) {
  *out = NULL;
  if (places->models && places->from) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "--models and --from exclude each other: the one is searched first, the "
                           "other alone");
  }
  cspan_model_store_options options = {.models = places->from ? places->from : places->models,
                                       .only_models = places->from != NULL};
  return cspan_cli_models_find(run->globals->profile, &options, out, error);
}

static const cspan_cli_option list_options[] = {
    {"from", 0, CSPAN_CLI_STRING, offsetof(cspan_cli_places, from), "PATH", CSPAN_CLI_FROM_HELP, 0,
     0},
    {"models", 0, CSPAN_CLI_STRING, offsetof(cspan_cli_places, models), "PATH",
     CSPAN_CLI_MODELS_HELP, 0, 0},
};

static int run_list(const cspan_cli_run *run) {
  cspan_model_store *store = NULL;
  cspan_error *error = NULL;
  const char *key = NULL;
  const char *version = NULL;
  const char *origin = NULL;
  if (cspan_cli_models_open(run, run->values, &store, &error) != CSPAN_OK) {
    int code = cspan_cli_fail(run, error);
    cspan_error_free(error);
    return code;
  }
  size_t count = 0;
  for (; cspan_model_store_at(store, count, &key, &version, &origin); count++) {
    if (run->globals->json) {
      cspan_cli_json json;
      cspan_cli_json_begin(&json);
      cspan_cli_json_text(&json, "service", key);
      cspan_cli_json_text(&json, "api_version", version);
      cspan_cli_json_text(&json, "origin", origin);
      (void)cspan_cli_json_end(&json, stdout);
    } else {
      (void)printf("%-36s ", key);
      (void)printf("%s  ", version);
      cspan_cli_put_text(stdout, origin);
      (void)fputc('\n', stdout);
    }
  }
  cspan_model_store_free(store);
  if (count == 0) {
    cspan_cli_message(run, "there are no service models; install python3-botocore, or name a "
                           "folder with --models, in AWS_DATA_PATH or in the profile's data_path");
    return CSPAN_EXIT_NOT_FOUND;
  }
  return CSPAN_EXIT_OK;
}

const cspan_cli_command cspan_cmd_models_list = {
    .name = "list",
    .arguments = "",
    .summary = "print the services that there are models of",
    .description =
        "Prints each service that there is a model of, the newest API version and where it\n"
        "lies. Models are looked for in the folders of AWS_DATA_PATH (or of the profile's\n"
        "data_path), in ~/.aws/models, in the compiled file (CLOUDSPAN_MODELS, else the\n"
        "installed one) and in Debian's packages python3-botocore and awscli; the newest\n"
        "version wins.\n",
    .examples = "  cloudspan models list\n"
                "  cloudspan models list --json | jq -r .service\n",
    .options = list_options,
    .option_count = sizeof list_options / sizeof list_options[0],
    .values_size = sizeof(cspan_cli_places),
    .run = run_list,
};

static const cspan_cli_command *const commands[] = {
    &cspan_cmd_models_compile,
    &cspan_cmd_models_list,
    &cspan_cmd_models_show,
};

const cspan_cli_command cspan_cmd_models = {
    .name = "models",
    .summary = "show and compile the models of AWS services",
    .description =
        "Work with the public models that describe the services of AWS: the operations, what\n"
        "they take and what they give.\n",
    .examples = "  cloudspan models list\n"
                "  cloudspan models show dynamodb\n"
                "  cloudspan models show dynamodb get-item\n",
    .commands = commands,
    .command_count = sizeof commands / sizeof commands[0],
};
