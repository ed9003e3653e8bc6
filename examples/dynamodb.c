/* SPDX-License-Identifier: Apache-2.0 */
/* Puts an item unless it is there, and reads all that has the same key: dynamodb TABLE. The table has the
 * key "id" (a string). */
#include <cloudspan/cloudspan.h>
#include <stdio.h>

static cspan_status put_once(cspan_client *client, const char *table, cspan_error **error) {
  cspan_value item =
      CSPAN_MAP(cspan_field("id", cspan_string("42")), cspan_field("price", cspan_double(9.5)),
                cspan_field("tags", CSPAN_LIST(cspan_string("new"), cspan_string("small"))));
  cspan_dynamodb_write write = {
      .table = table, .item = &item, .condition = "attribute_not_exists(id)"};
  cspan_status status = cspan_dynamodb_put(client, &write, NULL, error);
  if (cspan_dynamodb_is_condition_failed(*error)) {
    puts("it is there already");
    cspan_error_free(*error);
    *error = NULL;
    return CSPAN_OK;
  }
  return status;
}

static cspan_status print_all(cspan_client *client, const char *table, cspan_error **error) {
  cspan_value values = CSPAN_MAP(cspan_field(":id", cspan_string("42")));
  cspan_dynamodb_query query = {.table = table, .key_condition = "id = :id", .values = &values};
  cspan_dynamodb_items *items = NULL;
  const cspan_value *item = NULL;
  cspan_status status = cspan_dynamodb_items_create(client, &query, &items, error);
  while (status == CSPAN_OK &&
         (status = cspan_dynamodb_items_next(items, &item, error)) == CSPAN_OK && item) {
    printf("price: %g\n", cspan_value_double(cspan_value_get(item, "price"), 0));
  }
  cspan_dynamodb_items_free(items);
  return status;
}

int main(int argc, char **argv) {
  const char *table = argc > 1 ? argv[1] : "things";
  cspan_aws_config *config = NULL;
  cspan_client *client = NULL;
  cspan_error *error = NULL;
  cspan_status status = cspan_aws_config_load(NULL, &config, &error);
  if (status == CSPAN_OK)
    status = cspan_client_create(config, "dynamodb", NULL, &client, &error);
  if (status == CSPAN_OK)
    status = put_once(client, table, &error);
  if (status == CSPAN_OK)
    status = print_all(client, table, &error);
  if (status != CSPAN_OK)
    fprintf(stderr, "%s: %s\n", cspan_error_code(error), cspan_error_message(error));
  cspan_error_free(error);
  cspan_client_free(client);
  cspan_aws_config_free(config);
  return status == CSPAN_OK ? 0 : 1;
}
