/* SPDX-License-Identifier: Apache-2.0 */
#include "bare_curl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <curl/curl.h>

#include <cloudspan/cloudspan.h>

struct bare_curl {
  bare_request which;
  CURL *easy;
  struct curl_slist *headers;
  char url[96];
  const char *body;
  size_t size;
  size_t sent;
};

#define SIGNATURE "Signature=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *const common_lines[] = {
    "amz-sdk-invocation-id: 01234567-89ab-cdef-0123-456789abcdef",
    "X-Amzn-Trace-Id: Root=1-01234567-89abcdef0123456789abcdef;Parent=0123456789abcdef;Sampled=1",
    "traceparent: 00-0123456789abcdef0123456789abcdef-0123456789abcdef-03",
    "x-amz-date: 20260101T000000Z",
    "Expect:",
    "Accept:",
};

static const char *const put_object_lines[] = {
    "amz-sdk-request: attempt=1; max=3",
    "x-amz-content-sha256: UNSIGNED-PAYLOAD",
    "Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/us-east-1/s3/aws4_request, "
    "SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;host;x-amz-content-sha256;"
    "x-amz-date, " SIGNATURE,
};

static const char *const get_item_lines[] = {
    "amz-sdk-request: attempt=1; max=4",
    "Content-Type: application/x-amz-json-1.0",
    "X-Amz-Target: DynamoDB_20120810.GetItem",
    "Authorization: AWS4-HMAC-SHA256 "
    "Credential=AKIDEXAMPLE/20260101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=amz-sdk-invocation-id;amz-sdk-request;content-length;content-type;host;"
    "x-amz-date;x-amz-target, " SIGNATURE,
};

static size_t drop(char *data, size_t size, size_t count, void *user) {
  (void)data;
  (void)user;
  return size * count;
}

static size_t give(char *to, size_t size, size_t count, void *user) {
  bare_curl *self = user;
  size_t n = self->size - self->sent;
  n = size * count < n ? size * count : n;
  memcpy(to, self->body + self->sent, n);
  self->sent += n;
  return n;
}

static bool add_line(bare_curl *self, const char *line) {
  struct curl_slist *longer = curl_slist_append(self->headers, line);
  if (longer)
    self->headers = longer;
  return longer != NULL;
}

static bool add_lines(bare_curl *self, const char *const *lines, size_t count) {
  bool ok = true;
  for (size_t i = 0; ok && i < count; i++)
    ok = add_line(self, lines[i]);
  return ok;
}

static bool add_agent(bare_curl *self, const char *service) {
  char agent[512];
  struct utsname host;
  if (uname(&host) != 0)
    return false;
  snprintf(agent, sizeof agent,
           "User-Agent: cloudspan/%s ua/2.1 os/linux#%s md/arch#%s lang/c#11 api/%s#%s m/E",
           CSPAN_VERSION, host.release, host.machine, service, CSPAN_VERSION);
  return add_line(self, agent);
}

static bool add_headers(bare_curl *self) {
  bool is_put = self->which == BARE_PUT_OBJECT;
  return add_agent(self, is_put ? "s3" : "dynamodb") &&
         add_lines(self, common_lines, sizeof common_lines / sizeof common_lines[0]) &&
         (is_put ? add_lines(self, put_object_lines, sizeof put_object_lines / sizeof(char *))
                 : add_lines(self, get_item_lines, sizeof get_item_lines / sizeof(char *)));
}

bare_curl *bare_curl_open(bare_request which, int port, const char *body, size_t size) {
  bare_curl *self = calloc(1, sizeof *self);
  if (!self)
    return NULL;
  self->which = which;
  self->body = body;
  self->size = size;
  snprintf(self->url, sizeof self->url, "http://127.0.0.1:%d/%s", port,
           which == BARE_PUT_OBJECT ? "bench-bucket/some/key" : "");
  self->easy = curl_easy_init();
  if (!self->easy || !add_headers(self)) {
    bare_curl_close(self);
    return NULL;
  }
  curl_easy_setopt(self->easy, CURLOPT_NOSIGNAL, 1L); /* as a program with threads must */
  return self;
}

void bare_curl_close(bare_curl *self) {
  if (self) {
    curl_slist_free_all(self->headers);
    curl_easy_cleanup(self->easy);
    free(self);
  }
}

static void set_body(bare_curl *self) {
  if (self->which == BARE_PUT_OBJECT) {
    self->sent = 0;
    curl_easy_setopt(self->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(self->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)self->size);
    curl_easy_setopt(self->easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(self->easy, CURLOPT_READDATA, self);
  } else {
    curl_easy_setopt(self->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(self->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)self->size);
    curl_easy_setopt(self->easy, CURLOPT_POSTFIELDS, self->body);
  }
}

bool bare_curl_send(bare_curl *self) {
  long status = 0;
  curl_easy_setopt(self->easy, CURLOPT_URL, self->url);
  set_body(self);
  curl_easy_setopt(self->easy, CURLOPT_WRITEFUNCTION, drop);
  curl_easy_setopt(self->easy, CURLOPT_HTTPHEADER, self->headers);
  return curl_easy_perform(self->easy) == CURLE_OK &&
         curl_easy_getinfo(self->easy, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
         status == 200;
}
