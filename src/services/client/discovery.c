/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoint discovery: services that have cells tell each account its own. What was told holds for
 * the minutes that were told with it; one caller asks, the others wait for it. Operations that need
 * it (Timestream) ask; those that can do without (DynamoDB) ask where that is wanted. */
#include <string.h>

#include "aws/config.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"
#include "services/client/client.h"

static const char discovery_operation[] = "DescribeEndpoints";
static const int64_t ns_per_min = 60000000000;
static const int64_t retry_after_ns = 60000000000;

static bool has_custom_endpoint(const cspan_invocation *invocation) {
  const cspan_client *client = invocation->client;
  const cspan_call_options *options = invocation->request.options;
  const char *source = NULL;
  return (options != NULL && options->endpoint_url != NULL) ||
         cspan_aws_config_endpoint(cspan_aws_client_config(client->aws), client->service.id,
                                   &source) != NULL;
}

static bool is_known(const cspan_discovery *discovery, const char *region) {
  return discovery->address != NULL && strcmp(discovery->region, region) == 0;
}

static cspan_status keep(cspan_discovery *discovery, const char *region, const cspan_value *told,
                         cspan_error **error) {
  const cspan_value *first = cspan_value_at(cspan_value_get(told, "Endpoints"), 0);
  const char *address = cspan_value_text(cspan_value_get(first, "Address"), NULL);
  int64_t minutes = cspan_value_int(cspan_value_get(first, "CachePeriodInMinutes"), 0);
  if (address == NULL) {
    return cspan_error_set(error, CSPAN_ERR_PROTOCOL, "%s told no endpoint", discovery_operation);
  }
  bool has_scheme = strstr(address, "://") != NULL;
  char *url = cspan_asprintf("%s%s", has_scheme ? "" : "https://", address);
  char *where = cspan_strdup(region);
  if (url == NULL || where == NULL) {
    cspan_free(url);
    cspan_free(where);
    return cspan_error_move(error, cspan_error_nomem());
  }
  cspan_free(discovery->address);
  cspan_free(discovery->region);
  discovery->address = url;
  discovery->region = where;
  minutes = minutes < 0 ? 0 : minutes > 10080 ? 10080 : minutes;
  discovery->until_ns = cspan_now_ns() + minutes * ns_per_min;
  return CSPAN_OK;
}

static cspan_status ask(const cspan_invocation *invocation, const char *region,
                        cspan_error **error) {
  const cspan_call_options options = {.size = sizeof options, .region = region};
  const cspan_client_request request = {.size = sizeof request,
                                        .operation = discovery_operation,
                                        .context = invocation->request.context,
                                        .options = &options};
  cspan_document *output = NULL;
  cspan_status status = cspan_client_send(invocation->client, &request, &output, error);
  if (status == CSPAN_OK) {
    status = keep(&invocation->client->discovery, region, cspan_document_value(output), error);
  }
  cspan_document_free(output);
  return status;
}

/* What was told before is better than nothing, and where nothing is needed, nothing will do. Not
 * every call is to wait for the same failure. Under the mutex. */
static cspan_status renew(const cspan_invocation *invocation, const char *region, bool needed,
                          cspan_error **error) {
  cspan_discovery *discovery = &invocation->client->discovery;
  cspan_error *failure = NULL;
  int64_t now_ns = cspan_now_ns();
  bool can_do_without = !needed || is_known(discovery, region);
  if ((is_known(discovery, region) && now_ns < discovery->until_ns) ||
      (can_do_without && now_ns < discovery->not_before_ns)) {
    return CSPAN_OK;
  }
  cspan_status status = ask(invocation, region, &failure);
  discovery->not_before_ns = status == CSPAN_OK ? 0 : cspan_now_ns() + retry_after_ns;
  if (status != CSPAN_OK && can_do_without && status != CSPAN_ERR_NOMEM) {
    cspan_log(CSPAN_LOG_DEBUG, "%s goes on without new endpoints: %s",
              invocation->client->service.id, cspan_error_message(failure));
    cspan_error_free(failure);
    return CSPAN_OK;
  }
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, failure);
}

/* Whether the operation asks; *needed: it cannot be sent otherwise. */
static bool is_wanted(const cspan_invocation *invocation, bool *needed) {
  const cspan_client *client = invocation->client;
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  int64_t mode = cspan_aws_config_number(config, CSPAN_SETTING_ENDPOINT_DISCOVERY);
  unsigned flags = invocation->model->flags;
  *needed = (flags & CSPAN_OPERATION_DISCOVERY_REQUIRED) != 0;
  return (*needed ||
          (mode == CSPAN_DISCOVERY_ON && (flags & CSPAN_OPERATION_ENDPOINT_DISCOVERY) != 0)) &&
         !has_custom_endpoint(invocation) &&
         cspan_model_operation(client->model, discovery_operation) != NULL;
}

static cspan_status refuse(const cspan_invocation *invocation, cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_CONFIG,
                         "%s.%s goes to an endpoint that the service has to be asked for, and "
                         "endpoint_discovery_enabled is false: set it to auto, or name an "
                         "endpoint URL",
                         invocation->client->service.id, invocation->operation.name);
}

cspan_status cspan_client_discover(struct cspan_call *call, cspan_invocation *invocation,
                                   cspan_error **error) {
  cspan_client *client = invocation->client;
  /* As it was given: "fips-us-east-1" has endpoints of its own. */
  const cspan_call_options *options = invocation->request.options;
  const char *region =
      options != NULL && options->region != NULL ? options->region : cspan_call_region(call);
  const cspan_aws_config *config = cspan_aws_client_config(client->aws);
  bool needed = false;
  if (!is_wanted(invocation, &needed)) {
    return CSPAN_OK;
  }
  if (cspan_aws_config_number(config, CSPAN_SETTING_ENDPOINT_DISCOVERY) == CSPAN_DISCOVERY_OFF) {
    return refuse(invocation, error);
  }
  cspan_base_url *base = cspan_arena_alloc(cspan_call_scratch(call), sizeof *base);
  if (base == NULL) {
    return CSPAN_ERR_NOMEM;
  }
  pthread_mutex_lock(&client->discovery.mutex);
  cspan_status status = renew(invocation, region, needed, error);
  bool is_told = status == CSPAN_OK && is_known(&client->discovery, region);
  if (is_told) {
    status = cspan_base_url_parse(client->discovery.address, discovery_operation, base, error);
  }
  pthread_mutex_unlock(&client->discovery.mutex);
  invocation->redirect = is_told && status == CSPAN_OK ? base : NULL;
  return status;
}

void cspan_client_forget_endpoint(cspan_client *client) {
  pthread_mutex_lock(&client->discovery.mutex);
  client->discovery.until_ns = 0;
  client->discovery.not_before_ns = 0;
  pthread_mutex_unlock(&client->discovery.mutex);
}
