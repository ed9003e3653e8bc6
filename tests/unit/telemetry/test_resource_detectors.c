/* SPDX-License-Identifier: Apache-2.0 */
/* What detectors make of files, variables and answers, and how they are chosen. */
#include "unit/telemetry/span_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cloudspan/ext/resource.h>

#include "telemetry/resource/detect.h"

/* A resource as text: "key=value;..." in its order, lists in brackets. */
static const char *text_of(const cspan_resource *resource) {
  static char text[4096];
  size_t count;
  size_t len = 0;
  const cspan_attr *attrs = cspan_resource_attributes(resource, &count);
  text[0] = '\0';
  for (size_t i = 0; i < count; i++) {
    const cspan_attr *a = &attrs[i];
    len += (size_t)snprintf(text + len, sizeof text - len, "%s=", a->key);
    if (a->type == CSPAN_ATTR_STRING) {
      len +=
          (size_t)snprintf(text + len, sizeof text - len, "%.*s;", (int)a->count, a->value.string);
    } else if (a->type == CSPAN_ATTR_INT64) {
      len += (size_t)snprintf(text + len, sizeof text - len, "%lld;", (long long)a->value.int64);
    } else {
      for (size_t e = 0; e < a->count; e++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "[%s]", a->value.strings[e]);
      }
      len += (size_t)snprintf(text + len, sizeof text - len, ";");
    }
  }
  return text;
}

/* ----------------------------------------------------------------------- parsing */

#define ID      "3f4c0e5d9b7a6c5e4d3c2b1a09f8e7d63f4c0e5d9b7a6c5e4d3c2b1a09f8e7d6"
#define ID2     "aaaa0e5d9b7a6c5e4d3c2b1a09f8e7d63f4c0e5d9b7a6c5e4d3c2b1a09f8e7d6"
#define TASK_ID "a1b2c3d4e5f60718293a4b5c6d7e8f90-1234567890"

typedef bool (*id_parser)(cspan_str text, char out[CSPAN_CONTAINER_ID_MAX + 1]);

typedef struct id_case {
  const char *text;
  const char *id; /* NULL: none */
} id_case;

static const id_case cgroups[] = {
    {"12:pids:/docker/" ID "\n11:cpu:/docker/" ID "\n", ID},
    {"1:name=systemd:/system.slice/docker-" ID ".scope\n", ID},
    {"13:cpu:/kubepods/besteffort/pod8ca0e8b8-1/" ID, ID},
    {"1:name=systemd:/kubepods.slice/kubepods-pod1.slice/cri-containerd-" ID ".scope", ID},
    {"1:name=systemd:/kubepods.slice/crio-" ID ".scope", ID},
    {"9:cpu:/kubepods-besteffort-pod1.slice:cri-containerd:" ID, ID},
    {"4:cpu:/ecs/a1b2c3d4e5f60718293a4b5c6d7e8f90/" ID, ID},
    {"4:cpu:/ecs/a1b2c3d4e5f60718293a4b5c6d7e8f90/" TASK_ID, TASK_ID},
    {"3:cpu:/\n2:memory:/user.slice\n1:pids:/docker/" ID "\n", ID},
    {"0::/\n", NULL},
    {"0::/user.slice/user-1000.slice/session-3.scope\n", NULL},
    {"1:cpu:/docker/" ID "0\n", NULL},
    {"1:cpu:/docker/3f4c0e5d9b7a6c5e\n", NULL},
    {"1:cpu:/docker/3F4C0E5D9B7A6C5E4D3C2B1A09F8E7D63F4C0E5D9B7A6C5E4D3C2B1A09F8E7D6\n", NULL},
    {"4:cpu:/ecs/a1b2c3d4e5f60718293a4b5c6d7e8f90/a1b2c3d4e5f60718293a4b5c6d7e8f90-12x4", NULL},
    {"4:cpu:/ecs/a1b2c3d4e5f60718293a4b5c6d7e8f90-", NULL},
    {".scope", NULL},
    {"\n\n", NULL},
};

#define MOUNT(root, point) "983 961 0:56 " root " " point " rw,relatime - ext4 /dev/vda1 rw\n"

static const id_case mounts[] = {
    {MOUNT("/var/lib/docker/containers/" ID "/hostname", "/etc/hostname"), ID},
    {MOUNT("/", "/proc") MOUNT("/docker/containers/" ID "/resolv.conf", "/etc/resolv.conf"), ID},
    {MOUNT("/containers/storage/overlay-containers/" ID "/userdata/hosts", "/etc/hosts"), ID},
    /* What a user mounted from there is not the own. */
    {MOUNT("/var/lib/docker/containers/" ID2, "/mnt")
         MOUNT("/var/lib/docker/containers/" ID "/hostname", "/etc/hostname"),
     ID},
    {MOUNT("/var/lib/docker/containers/" ID2 "/x", "/mnt"), NULL},
    {MOUNT("/var/lib/docker/containers/short/hostname", "/etc/hostname"), NULL},
    {MOUNT("/etc/hostname", "/etc/hostname"), NULL},
    {"983 961 0:56 /containers/" ID, NULL},
    {"983", NULL},
    {"\n", NULL},
};

static void check_ids(id_parser parse, const id_case *rows, size_t count) {
  for (size_t i = 0; i < count; i++) {
    char id[CSPAN_CONTAINER_ID_MAX + 1] = "";
    bool found = parse(cspan_str_of(rows[i].text), id);
    if (found != (rows[i].id != NULL) || (found && strcmp(id, rows[i].id) != 0)) {
      fail_msg("%s: \"%s\"", rows[i].text, id);
    }
  }
}

static void test_container_ids(void **state) {
  (void)state;
  check_ids(cspan_container_id_v1, cgroups, sizeof cgroups / sizeof cgroups[0]);
  check_ids(cspan_container_id_v2, mounts, sizeof mounts / sizeof mounts[0]);
}

static void parse_owner(cspan_str text, cspan_resource *out) {
  cspan_owner_parse(text, 1000, out);
}

static void parse_command(cspan_str text, cspan_resource *out) {
  char copy[256]; /* "|" stands for a NUL */
  for (size_t i = 0; i < text.len; i++) {
    copy[i] = (char)(text.data[i] == '|' ? '\0' : text.data[i]);
  }
  cspan_command_parse((cspan_str){copy, text.len}, out);
}

static void parse_ec2(cspan_str text, cspan_resource *out) {
  cspan_ec2_parse(text, out);
}

static void parse_ecs_container(cspan_str text, cspan_resource *out) {
  cspan_ecs_parse_container(text, out);
}

static void parse_ecs_task(cspan_str text, cspan_resource *out) {
  cspan_ecs_parse_task(text, out);
}

static void parse_eks_cluster(cspan_str text, cspan_resource *out) {
  cspan_eks_parse_cluster(text, out);
}

static const struct {
  void (*parse)(cspan_str text, cspan_resource *out);
  const char *text;
  const char *found;
} parse_rows[] = {
    {cspan_os_release_parse,
     "PRETTY_NAME=\"Some \\\"Linux\\\" 12 (x)\"\nNAME='Some Linux'\nVERSION_ID=12.1\nID=some\n"
     "BUILD_ID=a\\ b\n",
     "os.description=Some \"Linux\" 12 (x);os.name=Some Linux;os.version=12.1;os.build_id=a b;"},
    {cspan_os_release_parse, "# NAME=x\n\nNAME\nNAME=\n=\nVERSION_ID=\"\"\n", ""},
    {cspan_os_release_parse, "NAME=\"open\nVERSION_ID=1", "os.name=\"open;os.version=1;"},
    {cspan_machine_id_parse, "0123456789abcdef0123456789abcdef\n",
     "host.id=0123456789abcdef0123456789abcdef;"},
    {cspan_machine_id_parse, "uninitialized\n", ""},
    {cspan_machine_id_parse, "0123456789abcdef0123456789abcdef0", ""},
    {cspan_machine_id_parse, "", ""},
    {parse_owner, "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n",
     "process.owner=ann;"},
    {parse_owner, "ann:x:1000", "process.owner=ann;"},
    {parse_owner, "ann:x:10000:\nbob:1000\n::\n:x:1000:\n\nann", ""},
    {parse_owner, "ann:x:99999999999999999999999999:\nann:x::\n", ""},
    {parse_command, "/bin/sh|-c|echo  x|",
     "process.command=/bin/sh;"
     "process.command_args=[/bin/sh][-c][echo  x];"},
    {parse_command, "one", "process.command=one;process.command_args=[one];"},
    {parse_command, "", ""},
    {parse_ec2,
     "{\"accountId\":\"123456789012\",\"region\":\"eu-west-1\",\"availabilityZone\":\"eu-west-1b\","
     "\"instanceId\":\"i-0abc\",\"instanceType\":\"t3.micro\",\"imageId\":\"ami-1\","
     "\"privateIp\":\"10.0.0.1\",\"kernelId\":null}",
     "cloud.provider=aws;cloud.platform=aws_ec2;cloud.account.id=123456789012;"
     "cloud.region=eu-west-1;cloud.availability_zone=eu-west-1b;host.id=i-0abc;"
     "host.type=t3.micro;host.image.id=ami-1;"},
    {parse_ec2, "{\"instanceId\":\"i-0abc\",\"region\":5}",
     "cloud.provider=aws;cloud.platform=aws_ec2;host.id=i-0abc;"},
    {parse_ec2, "{\"region\":\"eu-west-1\"}", ""},
    {parse_ec2, "{\"instanceId\":\"\"}", ""},
    {parse_ec2, "[\"instanceId\"]", ""},
    {parse_ec2, "<html>", ""},
    {parse_ec2, "", ""},
    {parse_ecs_container,
     "{\"DockerId\":\"cid\",\"DockerName\":\"ecs-app\",\"Image\":\"repo:5000/app:1.2@sha256:1\","
     "\"ContainerARN\":\"arn:aws:ecs:us-west-2:111122223333:container/c\","
     "\"LogDriver\":\"awslogs\",\"LogOptions\":{\"awslogs-group\":\"/ecs/app\","
     "\"awslogs-stream\":\"ecs/app/1\"}}",
     "container.id=cid;container.name=ecs-app;"
     "aws.ecs.container.arn=arn:aws:ecs:us-west-2:111122223333:container/c;"
     "container.image.name=repo:5000/app;container.image.tags=[1.2];"
     "aws.log.group.names=[/ecs/app];aws.log.stream.names=[ecs/app/1];"},
    {parse_ecs_container, "{\"DockerId\":\"cid\",\"Image\":\"repo:5000/app\"}",
     "container.id=cid;container.image.name=repo:5000/app;"},
    {parse_ecs_container,
     "{\"DockerId\":\"cid\",\"Image\":\":\",\"LogDriver\":\"json-file\",\"LogOptions\":[]}",
     "container.id=cid;"},
    {parse_ecs_container, "{\"Image\":\"x\"}", ""},
    {parse_ecs_task,
     "{\"Cluster\":\"arn:aws:ecs:us-west-2:111122223333:cluster/main\","
     "\"TaskARN\":\"arn:aws:ecs:us-west-2:111122223333:task/main/abc\",\"Family\":\"app\","
     "\"Revision\":\"7\",\"LaunchType\":\"FARGATE\",\"AvailabilityZone\":\"us-west-2a\"}",
     "cloud.provider=aws;cloud.platform=aws_ecs;cloud.region=us-west-2;"
     "cloud.account.id=111122223333;cloud.availability_zone=us-west-2a;"
     "aws.ecs.task.arn=arn:aws:ecs:us-west-2:111122223333:task/main/abc;aws.ecs.task.id=abc;"
     "aws.ecs.task.family=app;aws.ecs.task.revision=7;"
     "aws.ecs.cluster.arn=arn:aws:ecs:us-west-2:111122223333:cluster/main;"
     "aws.ecs.launchtype=fargate;"},
    {parse_ecs_task,
     "{\"Cluster\":\"main\",\"TaskARN\":\"arn:aws-cn:ecs:cn-north-1:1:task/abc\","
     "\"LaunchType\":\"EC2\"}",
     "cloud.provider=aws;cloud.platform=aws_ecs;cloud.region=cn-north-1;cloud.account.id=1;"
     "aws.ecs.task.arn=arn:aws-cn:ecs:cn-north-1:1:task/abc;aws.ecs.task.id=abc;"
     "aws.ecs.cluster.arn=arn:aws-cn:ecs:cn-north-1:1:cluster/main;aws.ecs.launchtype=ec2;"},
    {parse_ecs_task, "{\"TaskARN\":\"arn:aws:ecs\"}", ""},
    {parse_ecs_task, "{\"TaskARN\":\"task/abc\"}", ""},
    {parse_ecs_task, "{}", ""},
    {parse_eks_cluster, "{\"data\":{\"cluster.name\":\"main\",\"x\":1}}", "k8s.cluster.name=main;"},
    {parse_eks_cluster, "{\"data\":{\"cluster.name\":\"\"}}", ""},
    {parse_eks_cluster, "{\"data\":[]}", ""},
    {parse_eks_cluster, "{\"kind\":\"Status\"}", ""},
};

static void test_parsers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof parse_rows / sizeof parse_rows[0]; i++) {
    cspan_resource *out = cspan_resource_new();
    parse_rows[i].parse(cspan_str_of(parse_rows[i].text), out);
    if (strcmp(text_of(out), parse_rows[i].found) != 0) {
      fail_msg("row %zu, %s: %s", i, parse_rows[i].text, text_of(out));
    }
    assert_int_equal(cspan_resource_status(out), CSPAN_OK);
    cspan_resource_free(out);
  }
}

/* {"alg":"none"} . {"iss":"https://oidc.eks.eu-west-1.amazonaws.com/id/X"} . signature, and the
 * same of another issuer. */
#define JWT_HEAD      "eyJhbGciOiJub25lIn0."
#define EKS_PAYLOAD   "eyJpc3MiOiJodHRwczovL29pZGMuZWtzLmV1LXdlc3QtMS5hbWF6b25hd3MuY29tL2lkL1gifQ"
#define OTHER_PAYLOAD "eyJpc3MiOiJodHRwczovL2V4YW1wbGUuY29tL29pZGMuZWtzLiJ9"

static void test_tokens(void **state) {
  (void)state;
  static const struct {
    const char *token;
    bool is_eks;
  } rows[] = {
      {JWT_HEAD EKS_PAYLOAD ".c2ln\n", true},
      {JWT_HEAD EKS_PAYLOAD, true},
      {JWT_HEAD OTHER_PAYLOAD ".c2ln", false},
      {JWT_HEAD ".c2ln", false},
      {JWT_HEAD "!!.c2ln", false},
      {EKS_PAYLOAD, false},
      {"opaque", false},
      {"", false},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    if (cspan_eks_parse_token(cspan_str_of(rows[i].token)) != rows[i].is_eks) {
      fail_msg("%s", rows[i].token);
    }
  }
}

/* ------------------------------------------------------------------------- files */

static char root[] = "/tmp/cloudspan-detectors-XXXXXX";

static void write_file(const char *path, const char *text) {
  char whole[256];
  snprintf(whole, sizeof whole, "%s%s", root, path);
  for (char *slash = strchr(whole + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
    *slash = '\0';
    mkdir(whole, 0700);
    *slash = '/';
  }
  FILE *file = fopen(whole, "w");
  assert_non_null(file);
  fputs(text, file);
  fclose(file);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at) {
  (void)info;
  (void)type;
  (void)at;
  return remove(path);
}

static const char *detected(cspan_detect_fn detect) {
  const cspan_detection at = {.root = root};
  cspan_resource *out = cspan_resource_new();
  detect(&at, out);
  const char *text = text_of(out);
  cspan_resource_free(out);
  return text;
}

static void test_files(void **state) {
  (void)state;
  char line[64];
  assert_non_null(mkdtemp(root));
  /* Nothing is there. */
  assert_string_equal(detected(cspan_detect_container), "");
  assert_null(strstr(detected(cspan_detect_host), "host.id"));
  assert_string_equal(detected(cspan_detect_os), "os.type=linux;");
  assert_null(strstr(detected(cspan_detect_process), "process.owner"));
  assert_string_equal(detected(cspan_detect_process_command), "");
  /* The second places. */
  write_file("/var/lib/dbus/machine-id", "00000000000000000000000000000002\n");
  write_file("/usr/lib/os-release", "NAME=two\n");
  write_file("/proc/self/mountinfo", MOUNT("/docker/containers/" ID2 "/hosts", "/etc/hosts"));
  assert_non_null(strstr(detected(cspan_detect_host), "host.id=00000000000000000000000000000002;"));
  assert_string_equal(detected(cspan_detect_os), "os.type=linux;os.name=two;");
  assert_string_equal(detected(cspan_detect_container), "container.id=" ID2 ";");
  /* The first ones win. */
  write_file("/etc/machine-id", "00000000000000000000000000000001\n");
  write_file("/etc/os-release", "NAME=one\n");
  write_file("/proc/self/cgroup", "1:cpu:/docker/" ID "\n");
  snprintf(line, sizeof line, "someone:x:%u:0::/:/bin/sh\n", (unsigned)geteuid());
  write_file("/etc/passwd", line);
  assert_non_null(strstr(detected(cspan_detect_host), "host.id=00000000000000000000000000000001;"));
  assert_string_equal(detected(cspan_detect_os), "os.type=linux;os.name=one;");
  assert_string_equal(detected(cspan_detect_container), "container.id=" ID ";");
  assert_non_null(strstr(detected(cspan_detect_process), "process.owner=someone;"));
  assert_int_equal(nftw(root, remove_entry, 8, FTW_DEPTH | FTW_PHYS), 0);
}

/* ---------------------------------------------------------------------- variables */

static void test_lambda(void **state) {
  (void)state;
  setenv("AWS_REGION", "eu-west-1", 1);
  assert_string_equal(detected(cspan_detect_lambda), "");
  setenv("AWS_LAMBDA_FUNCTION_NAME", "fn", 1);
  setenv("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST", 1);
  setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128", 1);
  setenv("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/fn", 1);
  setenv("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]1", 1);
  assert_string_equal(detected(cspan_detect_lambda),
                      "cloud.provider=aws;cloud.platform=aws_lambda;cloud.region=eu-west-1;"
                      "faas.name=fn;faas.version=$LATEST;faas.instance=2026/01/01/[$LATEST]1;"
                      "faas.max_memory=134217728;aws.log.group.names=[/aws/lambda/fn];"
                      "aws.log.stream.names=[2026/01/01/[$LATEST]1];");
  setenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "much", 1);
  assert_null(strstr(detected(cspan_detect_lambda), "faas.max_memory"));
  unsetenv("AWS_REGION");
  unsetenv("AWS_LAMBDA_FUNCTION_NAME");
  unsetenv("AWS_LAMBDA_FUNCTION_VERSION");
  unsetenv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
  unsetenv("AWS_LAMBDA_LOG_GROUP_NAME");
  unsetenv("AWS_LAMBDA_LOG_STREAM_NAME");
}

/* ------------------------------------------------------------------------ choosing */

/* The keys of each detector that tells that it ran. */
static const struct {
  const char *names;
  const char *has[4];
  const char *has_not[5];
} choices[] = {
    {"process", {"process.pid", "process.runtime.name"}, {"host.name", "os.type", "color"}},
    {"host", {"host.name", "host.arch"}, {"process.pid", "os.type"}},
    {" os , os", {"os.type"}, {"host.name"}},
    {"env", {"color", "service.name"}, {"process.pid"}},
    {"process_command", {"process.command", "process.command_args"}, {"process.pid"}},
    {"none", {NULL}, {"process.pid", "color", "host.name", "os.type"}},
    {"", {NULL}, {"process.pid", "color", "host.name", "os.type"}},
    {NULL, {"process.pid", "host.name", "os.type", "color"}, {"process.command_args"}},
};

static bool has_key(const cspan_resource *resource, const char *key) {
  size_t count;
  const cspan_attr *attrs = cspan_resource_attributes(resource, &count);
  return cspan_attrs_find(attrs, count, key) != NULL;
}

static void test_choices(void **state) {
  (void)state;
  setenv("OTEL_RESOURCE_ATTRIBUTES", "color=blue", 1);
  setenv("OTEL_SERVICE_NAME", "svc", 1);
  for (int by_variable = 0; by_variable < 2; by_variable++) {
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
      cspan_resource *found = NULL;
      if (by_variable && choices[i].names != NULL && choices[i].names[0] != '\0') {
        setenv("OTEL_C_RESOURCE_DETECTORS", choices[i].names, 1);
        assert_int_equal(cspan_resource_detect(NULL, NULL, &found, NULL), CSPAN_OK);
        unsetenv("OTEL_C_RESOURCE_DETECTORS");
      } else {
        assert_int_equal(cspan_resource_detect(choices[i].names, NULL, &found, NULL), CSPAN_OK);
      }
      for (size_t k = 0; k < 4 && choices[i].has[k]; k++) {
        if (!has_key(found, choices[i].has[k])) {
          fail_msg("%s: %s is missing", choices[i].names, choices[i].has[k]);
        }
      }
      for (size_t k = 0; k < 5 && choices[i].has_not[k]; k++) {
        if (has_key(found, choices[i].has_not[k])) {
          fail_msg("%s: %s is there", choices[i].names, choices[i].has_not[k]);
        }
      }
      cspan_resource_free(found);
    }
  }
  unsetenv("OTEL_RESOURCE_ATTRIBUTES");
  unsetenv("OTEL_SERVICE_NAME");
}

/* All but what may tell secrets; listed and not run, as some of them ask the network. */
static void test_all(void **state) {
  (void)state;
  static const char *const names[] = {"process", "host", "os",  "container",
                                      "ec2",     "ecs",  "eks", "lambda"};
  cspan_detector_list list;
  assert_int_equal(cspan_detector_list_parse("all", &list, NULL), CSPAN_OK);
  assert_true(list.has_env);
  assert_int_equal(list.count, sizeof names / sizeof names[0]);
  for (size_t i = 0; i < list.count; i++) {
    assert_string_equal(list.items[i].name, names[i]);
  }
  assert_int_equal(cspan_detector_list_parse("all,process_command,all", &list, NULL), CSPAN_OK);
  assert_int_equal(list.count, sizeof names / sizeof names[0] + 1);
}

/* Built-in detectors say which schema their keys follow; where nothing was found there is none. */
static void test_schema_url(void **state) {
  (void)state;
  static const char *const with[] = {"process", "host", "os", "process_command"};
  static const char *const without[] = {"none", "env", "lambda"};
  cspan_resource *found = NULL;
  for (size_t i = 0; i < sizeof with / sizeof with[0]; i++) {
    assert_int_equal(cspan_resource_detect(with[i], NULL, &found, NULL), CSPAN_OK);
    assert_string_equal(cspan_resource_schema_url(found), CSPAN_RESOURCE_SCHEMA_URL);
    cspan_resource_free(found);
  }
  for (size_t i = 0; i < sizeof without / sizeof without[0]; i++) {
    assert_int_equal(cspan_resource_detect(without[i], NULL, &found, NULL), CSPAN_OK);
    assert_string_equal(cspan_resource_schema_url(found), "");
    cspan_resource_free(found);
  }
}

static char last_warning[300];

static void keep_warning(void *user, cspan_log_level level, const char *message) {
  (void)user;
  (void)level;
  snprintf(last_warning, sizeof last_warning, "%s", message);
}

static void test_unknown_names(void **state) {
  (void)state;
  cspan_resource *found = NULL;
  cspan_error *error = NULL;
  cspan_tracer_provider *provider = NULL;
  assert_int_equal(cspan_resource_detect("process,gcp", NULL, &found, &error), CSPAN_ERR_CONFIG);
  assert_null(found);
  assert_non_null(strstr(cspan_error_message(error), "\"gcp\" is not a resource detector"));
  cspan_error_free(error);
  error = NULL;
  const cspan_provider_options options = {.size = sizeof options, .detectors = "HOST"};
  assert_int_equal(cspan_tracer_provider_create(&options, &provider, &error), CSPAN_ERR_CONFIG);
  assert_non_null(strstr(cspan_error_message(error), "\"HOST\""));
  cspan_error_free(error);
  cspan_log_set(keep_warning, NULL, CSPAN_LOG_WARN);
  setenv("OTEL_C_RESOURCE_DETECTORS", "gcp,os", 1);
  assert_int_equal(cspan_resource_detect(NULL, NULL, &found, NULL), CSPAN_OK);
  unsetenv("OTEL_C_RESOURCE_DETECTORS");
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  assert_non_null(strstr(last_warning, "OTEL_C_RESOURCE_DETECTORS: \"gcp\""));
  assert_true(has_key(found, "os.type"));
  cspan_resource_free(found);
}

/* ------------------------------------------------------------ of one's own making */

static cspan_status find_color(void *user, const cspan_context *context, cspan_resource **out,
                               cspan_error **error) {
  const cspan_attr attrs[] = {cspan_attr_string("color", user),
                              cspan_attr_string("host.name", "own")};
  (void)context;
  return cspan_resource_create(attrs, 2, CSPAN_RESOURCE_SCHEMA_URL, out, error);
}

static cspan_status find_nothing(void *user, const cspan_context *context, cspan_resource **out,
                                 cspan_error **error) {
  (void)user;
  (void)context;
  (void)out;
  (void)error;
  return CSPAN_OK;
}

static cspan_status find_trouble(void *user, const cspan_context *context, cspan_resource **out,
                                 cspan_error **error) {
  (void)user;
  (void)context;
  cspan_resource_create(NULL, 0, NULL, out, error);
  return CSPAN_ERR_IO;
}

static void test_registered(void **state) {
  (void)state;
  static const struct {
    cspan_resource_detector detector;
    cspan_status status;
  } rows[] = {
      {{.name = "own.color", .detect = find_color, .user = "green"}, CSPAN_OK},
      {{.name = "own-nothing", .detect = find_nothing}, CSPAN_OK},
      {{.name = "own_failing", .detect = find_trouble}, CSPAN_OK},
      {{.name = "own.color", .detect = find_trouble}, CSPAN_ERR_INVALID},
      {{.name = "host", .detect = find_trouble}, CSPAN_ERR_INVALID},
      {{.name = "env", .detect = find_trouble}, CSPAN_ERR_INVALID},
      {{.name = "none", .detect = find_trouble}, CSPAN_ERR_INVALID},
      {{.name = "a,b", .detect = find_trouble}, CSPAN_ERR_INVALID},
      {{.name = "", .detect = find_trouble}, CSPAN_ERR_INVALID},
      {{.name = "no-function"}, CSPAN_ERR_INVALID},
      {{.detect = find_trouble}, CSPAN_ERR_INVALID},
  };
  for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
    cspan_error *error = NULL;
    if (cspan_resource_detector_register(&rows[i].detector, &error) != rows[i].status) {
      fail_msg("row %zu", i);
    }
    assert_int_equal(error != NULL, rows[i].status != CSPAN_OK);
    cspan_error_free(error);
  }
  cspan_resource *found = NULL;
  size_t count;
  cspan_log_set(keep_warning, NULL, CSPAN_LOG_WARN);
  assert_int_equal(
      cspan_resource_detect("host,own_failing,own-nothing,own.color", NULL, &found, NULL),
      CSPAN_OK);
  cspan_log_set(NULL, NULL, CSPAN_LOG_WARN);
  assert_string_equal(last_warning, "the resource detector \"own_failing\" failed: io");
  const cspan_attr *attrs = cspan_resource_attributes(found, &count);
  assert_attr_string(attrs, count, "color", "green");
  assert_attr_string(attrs, count, "host.name", "own"); /* the later one wins */
  assert_string_equal(cspan_resource_schema_url(found), CSPAN_RESOURCE_SCHEMA_URL);
  cspan_resource_free(found);
}

/* The last test: the table stays full. */
static void test_too_many_registered(void **state) {
  (void)state;
  static char names[32][8];
  cspan_status status = CSPAN_OK;
  size_t taken = 0;
  for (size_t i = 0; i < 32 && status == CSPAN_OK; i++) {
    snprintf(names[i], sizeof names[i], "n%zu", i);
    const cspan_resource_detector detector = {.name = names[i], .detect = find_nothing};
    cspan_error *error = NULL;
    status = cspan_resource_detector_register(&detector, &error);
    taken += status == CSPAN_OK;
    cspan_error_free(error);
  }
  assert_int_equal(status, CSPAN_ERR_LIMIT);
  assert_int_equal(taken, 29); /* and three of the test before */
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_container_ids),
      cmocka_unit_test(test_parsers),
      cmocka_unit_test(test_tokens),
      cmocka_unit_test(test_files),
      cmocka_unit_test(test_lambda),
      cmocka_unit_test(test_choices),
      cmocka_unit_test(test_all),
      cmocka_unit_test(test_schema_url),
      cmocka_unit_test(test_unknown_names),
      cmocka_unit_test(test_registered),
      cmocka_unit_test(test_too_many_registered),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
