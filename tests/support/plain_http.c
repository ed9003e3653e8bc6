/* SPDX-License-Identifier: Apache-2.0 */
#include "support/plain_http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

int plain_http(const char *method, const char *url, const char *header, const void *body,
               size_t body_len, char **answer) {
  size_t size = 0;
  long status = 0;
  CURL *easy = curl_easy_init();
  FILE *file = open_memstream(answer, &size);
  struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;
  if (!easy || !file || (header && !headers)) {
    abort();
  }
  (void)curl_easy_setopt(easy, CURLOPT_URL, url);
  (void)curl_easy_setopt(easy, CURLOPT_PROXY, "");
  (void)curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  (void)curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
  (void)curl_easy_setopt(easy, CURLOPT_WRITEDATA, file);
  if (body) {
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body_len);
    (void)curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
  }
  (void)curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method);
  if (curl_easy_perform(easy) == CURLE_OK) {
    (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(easy);
  (void)fclose(file);
  return (int)status;
}
