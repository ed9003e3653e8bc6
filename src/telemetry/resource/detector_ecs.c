/* SPDX-License-Identifier: Apache-2.0 */
/* A container of ECS or Fargate, by the task metadata endpoint, version 4. */
#include <stdio.h>
#include <string.h>

#include "base/sys.h"
#include "telemetry/resource/json_fields.h"
#include "telemetry/resource/metadata.h"

enum { URL_BYTES = 1024, ARN_BYTES = 2048, ARN_PARTS = 6 };

/* arn:partition:service:region:account:resource, without a copy; false when it is none. */
static bool split_arn(const char *arn, cspan_str parts[ARN_PARTS]) {
  const char *at = arn;
  if (arn == NULL || strncmp(arn, "arn:", 4) != 0) {
    return false;
  }
  for (size_t i = 0; i < ARN_PARTS; i++) {
    const char *colon = i < ARN_PARTS - 1 ? strchr(at, ':') : at + strlen(at);
    if (colon == NULL) {
      return false;
    }
    parts[i] = (cspan_str){at, (size_t)(colon - at)};
    at = colon + 1;
  }
  return true;
}

/* "repository:tag", where the repository may have a port and a digest may be behind it. */
static void put_image(const char *image, cspan_resource *out) {
  size_t len = image != NULL ? strcspn(image, "@") : 0;
  if (len == 0) {
    return;
  }
  const char *slash = memrchr(image, '/', len);
  const char *name = slash != NULL ? slash + 1 : image;
  const char *colon = memchr(name, ':', (size_t)(image + len - name));
  size_t name_len = colon != NULL ? (size_t)(colon - image) : len;
  cspan_resource_put_text_n(out, "container.image.name", image, name_len);
  if (colon != NULL && image + len > colon + 1) {
    cspan_str tag = {colon + 1, (size_t)(image + len - colon - 1)};
    char text[256];
    if (tag.len < sizeof text) {
      memcpy(text, tag.data, tag.len);
      text[tag.len] = '\0';
      cspan_resource_put_list(out, "container.image.tags", text);
    }
  }
}

static void put_log(const json_t *root, cspan_resource *out) {
  const json_t *options = json_object_get(root, "LogOptions");
  const char *driver = cspan_json_text(root, "LogDriver");
  if (driver != NULL && strcmp(driver, "awslogs") == 0) {
    cspan_resource_put_list(out, "aws.log.group.names", cspan_json_text(options, "awslogs-group"));
    cspan_resource_put_list(out, "aws.log.stream.names",
                            cspan_json_text(options, "awslogs-stream"));
  }
}

bool cspan_ecs_parse_container(cspan_str json, cspan_resource *out) {
  json_t *root = cspan_json_object(json);
  if (cspan_json_text(root, "DockerId") == NULL) {
    json_decref(root);
    return false;
  }
  cspan_json_put(out, "container.id", root, "DockerId");
  cspan_json_put(out, "container.name", root, "DockerName");
  cspan_json_put(out, "aws.ecs.container.arn", root, "ContainerARN");
  put_image(cspan_json_text(root, "Image"), out);
  put_log(root, out);
  json_decref(root);
  return true;
}

/* A cluster may be given by its name only: its ARN is like the task's. */
static void put_cluster(const char *cluster, const cspan_str task[ARN_PARTS], cspan_resource *out) {
  char arn[ARN_BYTES];
  if (cluster == NULL || cluster[0] == '\0') {
    return;
  }
  if (strncmp(cluster, "arn:", 4) == 0) {
    cspan_resource_put_text(out, "aws.ecs.cluster.arn", cluster);
    return;
  }
  size_t prefix = (size_t)(task[ARN_PARTS - 1].data - task[0].data);
  int len = snprintf(arn, sizeof arn, "%.*scluster/%s", (int)(prefix < ARN_BYTES ? prefix : 0),
                     task[0].data, cluster);
  if (len > 0 && (size_t)len < sizeof arn) {
    cspan_resource_put_text(out, "aws.ecs.cluster.arn", arn);
  }
}

static void put_launch_type(const char *type, cspan_resource *out) {
  static const struct {
    const char *type;
    const char *value;
  } types[] = {{"EC2", "ec2"}, {"FARGATE", "fargate"}};
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    if (cspan_ieq(type, types[i].type)) {
      cspan_resource_put_text(out, "aws.ecs.launchtype", types[i].value);
    }
  }
}

bool cspan_ecs_parse_task(cspan_str json, cspan_resource *out) {
  cspan_str arn[ARN_PARTS];
  json_t *root = cspan_json_object(json);
  const char *task = cspan_json_text(root, "TaskARN");
  if (!split_arn(task, arn)) {
    json_decref(root);
    return false;
  }
  const char *slash = memrchr(arn[5].data, '/', arn[5].len);
  cspan_resource_put_text(out, "cloud.provider", "aws");
  cspan_resource_put_text(out, "cloud.platform", "aws_ecs");
  cspan_resource_put_text_n(out, "cloud.region", arn[3].data, arn[3].len);
  cspan_resource_put_text_n(out, "cloud.account.id", arn[4].data, arn[4].len);
  cspan_json_put(out, "cloud.availability_zone", root, "AvailabilityZone");
  cspan_resource_put_text(out, "aws.ecs.task.arn", task);
  if (slash != NULL) {
    cspan_resource_put_text(out, "aws.ecs.task.id", slash + 1);
  }
  cspan_json_put(out, "aws.ecs.task.family", root, "Family");
  cspan_json_put(out, "aws.ecs.task.revision", root, "Revision");
  put_cluster(cspan_json_text(root, "Cluster"), arn, out);
  put_launch_type(cspan_json_text(root, "LaunchType"), out);
  json_decref(root);
  return true;
}

void cspan_detect_ecs(const cspan_detection *at, cspan_resource *out) {
  const char *base = cspan_env("ECS_CONTAINER_METADATA_URI_V4");
  char url[URL_BYTES];
  if (base == NULL || !cspan_metadata_is_local(base)) {
    return;
  }
  cspan_buf answer;
  cspan_buf_init(&answer, CSPAN_METADATA_ANSWER_MAX);
  cspan_http_client *client = cspan_metadata_client(NULL);
  cspan_metadata_request request = {.url = base};
  if (cspan_metadata_fetch(at, client, &request, &answer)) {
    cspan_ecs_parse_container((cspan_str){cspan_buf_text(&answer), answer.len}, out);
  }
  int len = snprintf(url, sizeof url, "%s/task", base);
  request.url = url;
  if (len > 0 && (size_t)len < sizeof url && cspan_metadata_fetch(at, client, &request, &answer)) {
    cspan_ecs_parse_task((cspan_str){cspan_buf_text(&answer), answer.len}, out);
  }
  cspan_http_client_free(client);
  cspan_buf_free(&answer);
}
