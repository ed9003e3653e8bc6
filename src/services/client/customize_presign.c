/* SPDX-License-Identifier: Apache-2.0 */
/* URLs that are signed instead of sent: what is left of a body, and copies from another region,
 * for which a service is given the URL of the same call there. */
#include <stdio.h>
#include <string.h>

#include "aws/endpoint.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "services/client/customize.h"

enum { COPY_EXPIRES_S = 3600 };

static cspan_status drop_body(cspan_custom *c) {
  cspan_protocol_request *request = c->request;
  cspan_buf_clear(&request->body);
  request->has_body = false;
  request->method = "GET";
  return cspan_header_list_put(&request->headers, c->arena, "Content-Type", NULL);
}

static void add_pair(cspan_buf *query, const char *name, cspan_str text) {
  cspan_buf_append(query, "&", query->len > 0);
  cspan_uri_encode(query, name, strlen(name), false);
  cspan_buf_char(query, '=');
  cspan_uri_encode(query, text.data, text.len, false);
}

cspan_status cspan_custom_presign_form(cspan_custom *c, cspan_error **error) {
  const char *destination = c->invocation->destination_region;
  cspan_protocol_request *request = c->request;
  cspan_buf *query = &request->query;
  (void)error;
  cspan_buf_append(query, "&", query->len > 0 && request->body.len > 0);
  cspan_buf_append(query, cspan_buf_text(&request->body), request->body.len);
  if (destination != NULL) {
    add_pair(query, "DestinationRegion", cspan_str_of(destination));
  }
  cspan_status status = cspan_buf_status(query);
  return status == CSPAN_OK ? drop_body(c) : status;
}

/* Members of an input that would be JSON, in the query: texts and lists of texts. */
cspan_status cspan_custom_query_input(cspan_custom *c, const char *detail, cspan_error **error) {
  const cspan_value *input = c->invocation->request.input;
  cspan_buf *query = &c->request->query;
  (void)detail;
  (void)error;
  if (!c->invocation->is_presigned) {
    return CSPAN_OK;
  }
  for (size_t i = 0; i < cspan_value_count(input); i++) {
    const cspan_value *value = cspan_value_at(input, i);
    bool is_list = cspan_value_get_kind(value) == CSPAN_VALUE_LIST;
    size_t count = is_list ? cspan_value_count(value) : 1;
    for (size_t k = 0; k < count; k++) {
      cspan_str text = {NULL, 0};
      text.data = cspan_value_text(is_list ? cspan_value_at(value, k) : value, &text.len);
      if (text.data != NULL) {
        add_pair(query, cspan_value_name_at(input, i), text);
      }
    }
  }
  cspan_status status = cspan_buf_status(query);
  return status == CSPAN_OK ? drop_body(c) : status;
}

/* ------------------------------------------------------------------- copies */

static bool models_member(const cspan_custom *c, const char *name) {
  const cspan_service_model *model = c->invocation->client->model;
  const cspan_shape *shape = cspan_model_shape(model, c->invocation->model->input);
  return shape != NULL && cspan_shape_member(model, shape, name, strlen(name)) != NULL;
}

/* The other region, from which a call that asks for FIPS does so as well. NULL: out of memory. */
static const char *region_of_copy(const cspan_custom *c, const char *source) {
  static const char fips[] = "fips-";
  cspan_str name;
  if (!cspan_call_uses_fips(c->call) || cspan_region_asks_for_fips(source, &name)) {
    return source;
  }
  size_t size = sizeof fips + strlen(source);
  char *region = cspan_arena_alloc(c->arena, size);
  if (region != NULL) {
    snprintf(region, size, "%s%s", fips, source);
  }
  return region;
}

/* The URL of this call in the other region, as a value in the arena. */
static cspan_status sign_copy(cspan_custom *c, const char *source, cspan_value *out,
                              cspan_error **error) {
  const cspan_client_request *own = &c->invocation->request;
  const cspan_call_options options = {.size = sizeof options,
                                      .region = region_of_copy(c, source),
                                      .endpoint_url =
                                          own->options != NULL ? own->options->endpoint_url : NULL};
  const cspan_client_request request = {.size = sizeof request,
                                        .operation = c->invocation->operation.name,
                                        .input = &c->value,
                                        .context = own->context,
                                        .options = &options};
  char *url = NULL;
  if (options.region == NULL) {
    return cspan_arena_refusal(c->arena);
  }
  cspan_status status = cspan_client_presign_copy(
      c->invocation->client, &request, cspan_call_region(c->call), COPY_EXPIRES_S, &url, error);
  if (status != CSPAN_OK) {
    return status;
  }
  const char *copy = cspan_arena_strdup(c->arena, url);
  cspan_free(url);
  *out = cspan_string(copy);
  return copy != NULL ? CSPAN_OK : cspan_arena_refusal(c->arena);
}

/* `detail` is the member for the URL. Who gives one has signed it. RDS and its kin are asked with a
 * SourceRegion that is ours alone; EC2 wants both regions. */
cspan_status cspan_custom_region_copy(cspan_custom *c, const char *detail, cspan_error **error) {
  bool is_ec2 = strcmp(c->invocation->client->service.id, "EC2") == 0;
  size_t len = 0;
  const char *given = cspan_value_text(cspan_value_get(&c->value, "SourceRegion"), &len);
  const char *region = cspan_call_region(c->call);
  cspan_value url = cspan_null();
  if (c->invocation->destination_region != NULL || given == NULL || region[0] == '\0') {
    return CSPAN_OK;
  }
  const char *source = cspan_arena_strndup(c->arena, given, len);
  if (source == NULL) {
    return cspan_arena_refusal(c->arena);
  }
  cspan_status status = cspan_custom_remove(c, is_ec2 ? "DestinationRegion" : "SourceRegion");
  if (status != CSPAN_OK || cspan_value_get(&c->value, detail) != NULL) {
    return status;
  }
  status = sign_copy(c, source, &url, error);
  if (status == CSPAN_OK) {
    status = cspan_custom_set(c, detail, url);
  }
  if (status == CSPAN_OK && is_ec2 && models_member(c, "DestinationRegion")) {
    status = cspan_custom_set(c, "DestinationRegion", cspan_string(region));
  }
  return status;
}
