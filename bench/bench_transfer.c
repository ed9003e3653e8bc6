/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wall time, CPU time and peak memory of large transfers, traced, beside a bare libcurl transfer
 * of the same bytes: bench_transfer [SIZE_BYTES [ROUNDS]]. Each transfer is made in a process of
 * its own, so that its peak RSS is; the contenders take turns, and the best round of each counts:
 * another process can only make a transfer slower. The last line is JSON.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <curl/curl.h>

#include <cloudspan/cloudspan.h>
#include <cloudspan/ext/exporter.h>

#include "stub_server.h"

#define MAX_ROUNDS  99
#define CURL_BUFFER (512 * 1024L)

typedef struct bench {
  char endpoint[64];
  char directory[64];
  char source[96];
  char target[96];
  long long size;
  int rounds;
} bench;

static double now_s(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ------------------------------------------------------------ bare libcurl */

static size_t drop(char *data, size_t size, size_t count, void *user) {
  (void)data;
  (void)user;
  return size * count;
}

static CURL *open_curl(const bench *b, const char *key) {
  char url[256];
  CURL *easy = curl_easy_init();
  snprintf(url, sizeof url, "%s/bench-bucket/%s", b->endpoint, key);
  curl_easy_setopt(easy, CURLOPT_URL, url);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, CURL_BUFFER);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, CURL_BUFFER);
  return easy;
}

static bool perform(CURL *easy, double *seconds) {
  long status = 0;
  double start = now_s();
  bool ok = easy && curl_easy_perform(easy) == CURLE_OK &&
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK && status == 200;
  *seconds = now_s() - start;
  curl_easy_cleanup(easy);
  return ok;
}

static bool curl_upload(const bench *b, double *seconds) {
  CURL *easy = open_curl(b, "object");
  FILE *file = fopen(b->source, "rb");
  struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
  curl_easy_setopt(easy, CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)b->size);
  curl_easy_setopt(easy, CURLOPT_READDATA, file);
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  bool ok = file && perform(easy, seconds);
  curl_slist_free_all(headers);
  return ok && fclose(file) == 0;
}

static CURL *open_curl_download(const bench *b) {
  char key[64];
  snprintf(key, sizeof key, "zeros-%lld", b->size);
  return open_curl(b, key);
}

static bool curl_download(const bench *b, double *seconds) {
  CURL *easy = open_curl_download(b);
  FILE *file = fopen(b->target, "wb");
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, file);
  return file && perform(easy, seconds) && fclose(file) == 0;
}

static bool curl_drop(const bench *b, double *seconds) {
  CURL *easy = open_curl_download(b);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, drop);
  return perform(easy, seconds);
}

/* --------------------------------------------------------------- cloudspan */

typedef struct setup {
  cspan_tracer_provider *provider;
  cspan_aws_config *config;
  cspan_s3 *s3;
  cspan_storage *storage;
} setup;

static cspan_status accept_spans(void *self, const cspan_context *context,
                                 const cspan_export_batch *batch, size_t *rejected,
                                 cspan_error **error) {
  (void)self, (void)context, (void)batch, (void)rejected, (void)error;
  return CSPAN_OK;
}

static bool report(const char *what, cspan_error *error) {
  fprintf(stderr, "bench_transfer: %s: %s\n", what, cspan_error_message(error));
  cspan_error_free(error);
  return false;
}

/* Payloads are not signed, as is the default over TLS. */
static bool open_storage(const bench *b, cspan_payload_signing signing, setup *s) {
  static const cspan_exporter_vtable vtable = {.size = sizeof vtable, .export_spans = accept_spans};
  cspan_span_processor *processor =
      cspan_processor_batch(cspan_exporter_create(&vtable, NULL), NULL);
  cspan_provider_options telemetry = {
      .service_name = "bench", .processors = &processor, .processor_count = 1};
  cspan_aws_options aws = {.region = "us-east-1",
                           .endpoint_url = b->endpoint,
                           .access_key_id = "AKIDEXAMPLE",
                           .secret_access_key = "secret",
                           .payload_signing = signing};
  cspan_error *error = NULL;
  if (cspan_tracer_provider_create(&telemetry, &s->provider, &error) == CSPAN_OK &&
      cspan_aws_config_load(&aws, &s->config, &error) == CSPAN_OK &&
      cspan_trace_append(s->config, &(cspan_trace_options){.provider = s->provider}, &error) ==
          CSPAN_OK &&
      cspan_s3_create(s->config, &s->s3, &error) == CSPAN_OK &&
      cspan_storage_create(s->s3, &(cspan_storage_options){.provider = s->provider}, &s->storage,
                           &error) == CSPAN_OK)
    return true;
  return report("no storage", error);
}

static void close_storage(setup *s) {
  cspan_storage_free(s->storage);
  cspan_s3_free(s->s3);
  cspan_aws_config_free(s->config);
  cspan_tracer_provider_free(s->provider);
}

typedef cspan_status (*upload_fn)(cspan_storage *storage, const cspan_context *context,
                                  const cspan_upload_input *input, cspan_upload_result *result,
                                  cspan_error **error);

static bool send_file(const bench *b, cspan_payload_signing signing, upload_fn send,
                      double *seconds) {
  setup s = {0};
  cspan_upload_input input = {
      .bucket = "bench-bucket", .key = "object", .source = {.path = b->source}};
  cspan_error *error = NULL;
  if (!open_storage(b, signing, &s))
    return false;
  double start = now_s();
  cspan_status status = send(s.storage, NULL, &input, NULL, &error);
  *seconds = now_s() - start;
  close_storage(&s);
  return status == CSPAN_OK || report("upload", error);
}

static bool storage_upload(const bench *b, double *seconds) {
  return send_file(b, CSPAN_PAYLOAD_UNSIGNED, cspan_storage_upload, seconds);
}

static bool storage_multipart(const bench *b, double *seconds) {
  return send_file(b, CSPAN_PAYLOAD_UNSIGNED, cspan_storage_multipart_upload, seconds);
}

static bool storage_upload_signed(const bench *b, double *seconds) {
  return send_file(b, CSPAN_PAYLOAD_SIGNED, cspan_storage_upload, seconds);
}

static cspan_status drop_bytes(void *user, const void *data, size_t size_bytes) {
  (void)data;
  *(long long *)user += (long long)size_bytes;
  return CSPAN_OK;
}

static bool receive(const bench *b, bool to_file, double *seconds) {
  setup s = {0};
  char key[64];
  long long got = 0;
  cspan_download_input input = {.bucket = "bench-bucket", .key = key};
  cspan_download_result result = {0};
  cspan_error *error = NULL;
  snprintf(key, sizeof key, "zeros-%lld", b->size);
  input.path = to_file ? b->target : NULL;
  input.write = to_file ? NULL : drop_bytes;
  input.user = &got;
  if (!open_storage(b, CSPAN_PAYLOAD_UNSIGNED, &s))
    return false;
  double start = now_s();
  cspan_status status = cspan_storage_download(s.storage, NULL, &input, &result, &error);
  *seconds = now_s() - start;
  close_storage(&s);
  if (status != CSPAN_OK)
    return report("download", error);
  return result.size_bytes == b->size && (to_file || got == b->size);
}

static bool storage_download(const bench *b, double *seconds) {
  return receive(b, true, seconds);
}

static bool storage_drop(const bench *b, double *seconds) {
  return receive(b, false, seconds);
}

/* ------------------------------------------------------------- measurement */

typedef struct contender {
  const char *name;
  bool (*run)(const bench *b, double *seconds);
  int against; /* the bare transfer that it is compared with */
} contender;

enum { CURL_UPLOAD, CURL_DOWNLOAD, CURL_DROP };

static const contender contenders[] = {
    {"curl_upload", curl_upload, CURL_UPLOAD},
    {"curl_download", curl_download, CURL_DOWNLOAD},
    {"curl_drop", curl_drop, CURL_DROP},
    {"upload", storage_upload, CURL_UPLOAD},
    {"multipart_upload", storage_multipart, CURL_UPLOAD},
    {"download", storage_download, CURL_DOWNLOAD},
    {"download_drop", storage_drop, CURL_DROP},
    {"upload_signed", storage_upload_signed, CURL_UPLOAD},
};

#define CONTENDERS (sizeof contenders / sizeof contenders[0])
#define BARE       3

typedef struct figures {
  double seconds[MAX_ROUNDS];
  double cpu_seconds[MAX_ROUNDS]; /* of the whole process */
  double peak_mib;
} figures;

static double cpu_of(const struct rusage *usage) {
  return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
         (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* One transfer in a child. */
static bool measure(const bench *b, const contender *c, int round, figures *out) {
  int ends[2];
  int status = 0;
  double *seconds = &out->seconds[round];
  struct rusage usage;
  unlink(b->target);
  if (pipe(ends) != 0)
    return false;
  pid_t child = fork();
  if (child == 0) {
    bool ok = c->run(b, seconds) && write(ends[1], seconds, sizeof *seconds) == sizeof *seconds;
    _exit(ok ? 0 : 1);
  }
  close(ends[1]);
  bool ok = child > 0 && read(ends[0], seconds, sizeof *seconds) == sizeof *seconds;
  close(ends[0]);
  ok = child > 0 && wait4(child, &status, 0, &usage) == child && status == 0 && ok;
  if (!ok) {
    fprintf(stderr, "bench_transfer: %s failed\n", c->name);
    return false;
  }
  double peak_mib = (double)usage.ru_maxrss / 1024;
  out->peak_mib = peak_mib > out->peak_mib ? peak_mib : out->peak_mib;
  out->cpu_seconds[round] = cpu_of(&usage);
  return true;
}

static bool measure_all(const bench *b, figures *all) {
  for (int round = 0; round < b->rounds; round++) {
    for (size_t i = 0; i < CONTENDERS; i++) {
      if (!measure(b, &contenders[i], round, &all[i]))
        return false;
    }
  }
  return true;
}

static double best(const bench *b, const double *values) {
  double least = values[0];
  for (int i = 1; i < b->rounds; i++)
    least = values[i] < least ? values[i] : least;
  return least;
}

static double ratio(const bench *b, const double *values, const double *bare) {
  return best(b, values) / best(b, bare);
}

static void print(const bench *b, const figures *all) {
  printf("%lld bytes, best of %d:\n", b->size, b->rounds);
  for (size_t i = 0; i < CONTENDERS; i++) {
    const figures *bare = &all[contenders[i].against];
    double seconds = best(b, all[i].seconds);
    printf("  %-17s %6.3f s %5.0f MiB/s  %5.3f s CPU  peak RSS %5.1f MiB  against bare libcurl: "
           "time %.2f, CPU %.2f\n",
           contenders[i].name, seconds, (double)b->size / seconds / 1048576,
           best(b, all[i].cpu_seconds), all[i].peak_mib, ratio(b, all[i].seconds, bare->seconds),
           ratio(b, all[i].cpu_seconds, bare->cpu_seconds));
  }
  printf("{\"size_bytes\": %lld", b->size);
  for (size_t i = BARE; i < CONTENDERS; i++) {
    const figures *bare = &all[contenders[i].against];
    const char *name = contenders[i].name;
    printf(", \"%s_vs_curl\": %.3f, \"%s_cpu_vs_curl\": %.3f, \"%s_peak_mib\": %.1f", name,
           ratio(b, all[i].seconds, bare->seconds), name,
           ratio(b, all[i].cpu_seconds, bare->cpu_seconds), name, all[i].peak_mib);
  }
  printf("}\n");
}

static bool make_source(const bench *b) {
  static char block[1 << 20];
  memset(block, 'x', sizeof block);
  FILE *file = fopen(b->source, "wb");
  bool ok = file != NULL;
  for (long long left = b->size; ok && left > 0; left -= (long long)sizeof block) {
    size_t step = left < (long long)sizeof block ? (size_t)left : sizeof block;
    ok = fwrite(block, 1, step, file) == step;
  }
  return file && fclose(file) == 0 && ok;
}

int main(int argc, char **argv) {
  static figures all[CONTENDERS];
  bench b = {.size = argc > 1 ? atoll(argv[1]) : 1LL << 30, .rounds = argc > 2 ? atoi(argv[2]) : 5};
  int port = 0;
  snprintf(b.directory, sizeof b.directory, "/tmp/bench_transfer.XXXXXX");
  if (b.size <= 0 || b.rounds <= 0 || b.rounds > MAX_ROUNDS || !mkdtemp(b.directory))
    return 2;
  snprintf(b.source, sizeof b.source, "%s/source", b.directory);
  snprintf(b.target, sizeof b.target, "%s/target", b.directory);
  bool ok = stub_server_start(&port);
  snprintf(b.endpoint, sizeof b.endpoint, "http://127.0.0.1:%d", port);
  ok = ok && make_source(&b) && measure_all(&b, all);
  if (ok)
    print(&b, all);
  else
    fprintf(stderr, "bench_transfer: no figures\n");
  stub_server_stop();
  unlink(b.source);
  unlink(b.target);
  rmdir(b.directory);
  return ok ? 0 : 1;
}
