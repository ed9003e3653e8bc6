/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What it takes to open a client by its model: bench_models FILE [COUNT]. For each service, how
 * long the first client of a new process takes (page faults included), how long one of COUNT
 * after it, and how much of the models' file was mapped in for it: the median of several
 * processes. One line of JSON each; the time for the config and for setting up libcurl is not
 * counted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cloudspan/client.h>
#include <cloudspan/cloudspan.h>

#define PROCESSES 9

static double now_us(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* Of the mapping of `file`, in KiB; -1 where it is not mapped. */
static long resident_kib(const char *file) {
  char line[512];
  char real[4096];
  long kib = -1;
  bool inside = false;
  FILE *maps = realpath(file, real) ? fopen("/proc/self/smaps", "r") : NULL;
  while (maps && fgets(line, sizeof line, maps)) {
    if (strstr(line, real))
      inside = true;
    else if (inside && sscanf(line, "Rss: %ld kB", &kib) == 1)
      break;
  }
  if (maps)
    fclose(maps);
  return kib;
}

static bool open_client(const cspan_aws_config *config, const char *models, const char *service,
                        cspan_client **out) {
  cspan_error *error = NULL;
  cspan_client_options options = {.models = models};
  if (cspan_client_create(config, service, &options, out, &error) == CSPAN_OK)
    return true;
  fprintf(stderr, "bench_models: %s\n", cspan_error_message(error));
  cspan_error_free(error);
  return false;
}

typedef struct figures {
  double first_us;
  double next_us;
  long kib;
} figures;

static bool measure(const cspan_aws_config *config, const char *models, const char *service,
                    int count, figures *out) {
  cspan_client *client = NULL;
  double start = now_us();
  bool ok = open_client(config, models, service, &client);
  out->first_us = now_us() - start;
  out->kib = resident_kib(models);
  start = now_us();
  for (int i = 0; ok && i < count; i++) {
    cspan_client *again = NULL;
    ok = open_client(config, models, service, &again);
    cspan_client_free(again);
  }
  out->next_us = (now_us() - start) / count;
  cspan_client_free(client);
  return ok;
}

/* In a process of its own, where nothing is mapped in yet. `out` is shared with it. */
static bool measure_apart(const char *models, const char *service, int count, figures *out) {
  pid_t child = fork();
  int status = 1;
  if (child == 0) {
    cspan_aws_options options = {
        .region = "us-east-1", .access_key_id = "AKIDEXAMPLE", .secret_access_key = "secret"};
    cspan_aws_config *config = NULL;
    cspan_loop_free(cspan_loop_create()); /* libcurl's own set-up, once a process */
    bool ok = cspan_aws_config_load(&options, &config, NULL) == CSPAN_OK &&
              measure(config, models, service, count, out);
    cspan_aws_config_free(config);
    _exit(ok ? 0 : 1);
  }
  return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

static int by_first(const void *a, const void *b) {
  double x = ((const figures *)a)->first_us;
  double y = ((const figures *)b)->first_us;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  static const char *const services[] = {"s3", "dynamodb", "sqs", "lambda", "ec2"};
  int count = argc > 2 ? atoi(argv[2]) : 100;
  if (argc < 2 || count < 1) {
    fprintf(stderr, "usage: bench_models FILE [COUNT]\n");
    return 2;
  }
  figures *each = mmap(NULL, PROCESSES * sizeof *each, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  bool ok = each != MAP_FAILED;
  for (size_t i = 0; ok && i < sizeof services / sizeof services[0]; i++) {
    for (int n = 0; ok && n < PROCESSES; n++)
      ok = measure_apart(argv[1], services[i], count, &each[n]);
    if (!ok)
      break;
    qsort(each, PROCESSES, sizeof *each, by_first);
    const figures *median = &each[PROCESSES / 2];
    printf("{\"service\": \"%s\", \"first_us\": %.0f, \"next_us\": %.0f, "
           "\"mapped_kib\": %ld}\n",
           services[i], median->first_us, median->next_us, median->kib);
  }
  return ok ? 0 : 1;
}
