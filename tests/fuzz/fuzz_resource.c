/* SPDX-License-Identifier: Apache-2.0 */
/* What resource detectors read: files of the system and answers of metadata services. The first
 * byte chooses the parser. Whatever is found can be written and read as a resource. */
#include <stdlib.h>
#include <string.h>

#include "telemetry/resource/detector.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void container_v1(cspan_str text, cspan_resource *out) {
  char id[CSPAN_CONTAINER_ID_MAX + 1];
  if (cspan_container_id_v1(text, id))
    cspan_resource_put_text(out, "container.id", id);
}

static void container_v2(cspan_str text, cspan_resource *out) {
  char id[CSPAN_CONTAINER_ID_MAX + 1];
  if (cspan_container_id_v2(text, id))
    cspan_resource_put_text(out, "container.id", id);
}

static void owner(cspan_str text, cspan_resource *out) {
  cspan_owner_parse(text, 1000, out);
}

static void ec2(cspan_str text, cspan_resource *out) {
  cspan_ec2_parse(text, out);
}

static void ecs_container(cspan_str text, cspan_resource *out) {
  cspan_ecs_parse_container(text, out);
}

static void ecs_task(cspan_str text, cspan_resource *out) {
  cspan_ecs_parse_task(text, out);
}

static void eks_token(cspan_str text, cspan_resource *out) {
  if (cspan_eks_parse_token(text))
    cspan_resource_put_text(out, "cloud.platform", "aws_eks");
}

static void eks_cluster(cspan_str text, cspan_resource *out) {
  cspan_eks_parse_cluster(text, out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static void (*const parsers[])(cspan_str, cspan_resource *) = {
      container_v1,  container_v2, owner,     cspan_command_parse, cspan_os_release_parse, ec2,
      ecs_container, ecs_task,     eks_token, eks_cluster,         cspan_machine_id_parse};
  uint8_t *message = NULL;
  size_t message_len = 0;
  if (size == 0)
    return 0;
  /* Exactly as many bytes as there are: nothing may be read behind them. */
  char *text = malloc(size);
  memcpy(text, data + 1, size - 1);
  cspan_resource *out = cspan_resource_new();
  parsers[data[0] % (sizeof parsers / sizeof parsers[0])]((cspan_str){text, size - 1}, out);
  if (cspan_resource_status(out) != CSPAN_OK ||
      cspan_resource_write(out, &message, &message_len) != CSPAN_OK)
    abort();
  size_t count;
  const cspan_attr *attrs = cspan_resource_attributes(out, &count);
  cspan_resource *again = NULL;
  if (cspan_resource_create(attrs, count, NULL, &again, NULL) != CSPAN_OK)
    abort();
  cspan_resource_free(again);
  cspan_resource_free(out);
  cspan_free(message);
  free(text);
  return 0;
}
