/* SPDX-License-Identifier: Apache-2.0 */
/* Compiled rules and partitions with words changed: what is opened can be used. The input is
 * changes of six bytes: which word (16 bits; 0xffff: how many bytes there are), and its value. */
#include <stdlib.h>
#include <string.h>

#include "aws/rules/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BYTES_MAX = 1 << 16, RESULT_MAX = 1 << 24, CHANGE_BYTES = 6 };

static const char rules_json[] =
    "{\"parameters\":{\"S\":{\"type\":\"string\",\"required\":true,\"default\":\"d\"},"
    "\"L\":{\"type\":\"stringArray\"}},\"rules\":["
    "{\"conditions\":[{\"fn\":\"aws.parseArn\",\"argv\":[\"{S}\"],\"assign\":\"a\"},"
    "{\"fn\":\"aws.partition\",\"argv\":[{\"ref\":\"S\"}],\"assign\":\"p\"}],\"rules\":["
    "{\"conditions\":[{\"fn\":\"substring\",\"argv\":[\"{p#name}\",0,1,true]}],"
    "\"error\":\"{a#resourceId[1]}\"}]},"
    "{\"conditions\":[{\"fn\":\"isSet\",\"argv\":[{\"ref\":\"L\"}]}],\"endpoint\":{"
    "\"url\":\"https://{S}\",\"headers\":{\"h\":[\"{S}\"]},"
    "\"properties\":{\"p\":[{\"q\":\"{S}\",\"n\":7,\"b\":true}]}}}]}";
static const char partitions_json[] =
    "{\"partitions\":[{\"id\":\"aws\",\"regionRegex\":\"^(us|eu)\\\\-\\\\w+\\\\-\\\\d+$\","
    "\"regions\":{\"us-east-1\":{}},\"outputs\":{\"dnsSuffix\":\"x\",\"supportsFIPS\":true}}]}";

static void require(bool condition) {
  if (!condition) {
    abort();
  }
}

/* A copy of its own, so that reading past its end is seen. */
static void *change(const cspan_buf *bytes, const uint8_t *data, size_t size, size_t *left) {
  char *copy = malloc(bytes->len);
  require(copy != NULL);
  memcpy(copy, bytes->data, bytes->len);
  *left = bytes->len;
  for (size_t at = 0; at + CHANGE_BYTES <= size; at += CHANGE_BYTES) {
    size_t word = (size_t)data[at] | (size_t)data[at + 1] << 8;
    uint32_t value;
    memcpy(&value, data + at + 2, sizeof value);
    if (word == 0xffff) {
      *left = value % (bytes->len + 1);
    } else {
      memcpy(copy + word % (bytes->len / sizeof value) * sizeof value, &value, sizeof value);
    }
  }
  void *exact = malloc(*left + 1);
  require(exact != NULL);
  memcpy(exact, copy, *left);
  free(copy);
  return exact;
}

static void use(const cspan_rules *rules, const cspan_partitions *partitions) {
  cspan_rules_endpoint out;
  cspan_error *error = NULL;
  cspan_value items[] = {cspan_string("one")};
  cspan_value params = CSPAN_MAP(cspan_field("S", cspan_string("arn:p:s:r:a:b/c")),
                                 cspan_field("L", cspan_list(items, 1)));
  cspan_arena *arena = cspan_arena_create(RESULT_MAX);
  require(arena != NULL);
  cspan_status status = cspan_rules_resolve(rules, partitions, &params, arena, &out, &error);
  require((status == CSPAN_OK) == (error == NULL));
  cspan_error_free(error);
  cspan_arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static cspan_buf compiled[2];
  cspan_rules *rules = NULL;
  cspan_partitions *partitions = NULL;
  size_t rules_size;
  size_t partitions_size;
  if (compiled[0].data == NULL) {
    cspan_buf_init(&compiled[0], BYTES_MAX);
    cspan_buf_init(&compiled[1], BYTES_MAX);
    require(cspan_rules_compile((cspan_str){rules_json, sizeof rules_json - 1}, &compiled[0],
                                NULL) == CSPAN_OK);
    require(cspan_partitions_compile((cspan_str){partitions_json, sizeof partitions_json - 1},
                                     &compiled[1], NULL) == CSPAN_OK);
  }
  void *rules_bytes = change(&compiled[0], data, size, &rules_size);
  void *partition_bytes = change(&compiled[1], data, size, &partitions_size);
  if (cspan_partitions_open(partition_bytes, partitions_size, &partitions, NULL) == CSPAN_OK) {
    require(cspan_partitions_name(partitions, "eu-west-1") != NULL);
  }
  if (cspan_rules_open(rules_bytes, rules_size, &rules, NULL) == CSPAN_OK) {
    use(rules, partitions);
  }
  cspan_rules_free(rules);
  cspan_partitions_free(partitions);
  free(rules_bytes);
  free(partition_bytes);
  return 0;
}
