/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the service models as candidates. What cannot be read offers nothing: an error text
 * between what somebody types helps nobody. */
#include <stddef.h>

#include "cli/cmd_models.h"
#include "cli/completion.h"
#include "cli/names.h"

static cspan_model_store *open_store(const cspan_cli_line *line) {
  cspan_model_store *store = NULL;
  cspan_model_store_options options = {
      .models = line->only_models != NULL ? line->only_models : line->models,
      .only_models = line->only_models != NULL,
  };
  (void)cspan_cli_models_find(line->profile, &options, &store, NULL);
  return store;
}

static const cspan_service_model *open_service(const cspan_cli_line *line) {
  const cspan_service_model *model = NULL;
  cspan_model_store *store = open_store(line);
  if (store != NULL && line->args[0] != NULL) {
    (void)cspan_model_store_service(store, line->args[0], NULL, &model, NULL);
  }
  cspan_model_store_free(store);
  return model;
}

/* As the user began to write it: "PutItem", or "put-item". */
static void offer_name(const cspan_cli_line *line, const char *name) {
  char dashed[CSPAN_CLI_NAME_SIZE];
  bool is_camel = line->word[0] >= 'A' && line->word[0] <= 'Z';
  cspan_cli_dashed(name, dashed);
  cspan_cli_complete_offer(line, is_camel ? name : dashed, NULL);
}

void cspan_cli_complete_services(const cspan_cli_line *line) {
  const char *key = NULL;
  const char *version = NULL;
  const char *origin = NULL;
  cspan_model_store *store = open_store(line);
  for (size_t i = 0; store != NULL && cspan_model_store_at(store, i, &key, &version, &origin);
       i++) {
    cspan_cli_complete_offer(line, key, NULL);
  }
  cspan_model_store_free(store);
}

void cspan_cli_complete_operations(const cspan_cli_line *line) {
  const cspan_service_model *model = open_service(line);
  for (uint32_t i = 0; model != NULL && i < model->operation_count; i++) {
    offer_name(line, cspan_model_text(model, model->operations[i].name));
  }
  cspan_service_model_release(model);
}

void cspan_cli_complete_waiters(const cspan_cli_line *line) {
  const cspan_service_model *model = open_service(line);
  for (uint32_t i = 0; model != NULL && i < model->waiter_count; i++) {
    offer_name(line, cspan_model_text(model, model->waiters[i].name));
  }
  cspan_service_model_release(model);
}
