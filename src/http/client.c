/* SPDX-License-Identifier: Apache-2.0 */
/* A client: its settings, and its pool of idle loops. */
#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/sys.h"
#include "http/internal.h"

enum { DEFAULT_CONNECT_MS = 3100, DEFAULT_LOW_SPEED_MS = 60000, DEFAULT_IDLE_LOOPS = 64 };

/* The loop last given back is borrowed first: its connections are the ones
 * least likely to have been closed. */
typedef struct cspan_loop_pool {
  pthread_mutex_t lock;
  cspan_loop **loops;
  size_t count;
  size_t max;
} cspan_loop_pool;

static pthread_once_t curl_once = PTHREAD_ONCE_INIT;
static CURLcode curl_started;

/* Its resolver's threads may outlive an exchange. */
static void start_curl(void) {
  cspan_pin_code();
  curl_started = curl_global_init(CURL_GLOBAL_DEFAULT);
}

cspan_status cspan_http_global_init(cspan_error **error) {
  pthread_once(&curl_once, start_curl);
  if (curl_started != CURLE_OK) {
    return cspan_error_set(error, CSPAN_ERR_UNSUPPORTED, "libcurl cannot be started: %s",
                           curl_easy_strerror(curl_started));
  }
  return CSPAN_OK;
}

static cspan_loop_pool *pool_new(size_t max) {
  cspan_loop_pool *pool = cspan_calloc(1, sizeof *pool);
  if (!pool) {
    return NULL;
  }
  pool->max = max;
  pool->loops = cspan_calloc(max, sizeof(cspan_loop *));
  if (!pool->loops || pthread_mutex_init(&pool->lock, NULL) != 0) {
    cspan_free(pool->loops);
    cspan_free(pool);
    return NULL;
  }
  return pool;
}

static void pool_free(cspan_loop_pool *pool) {
  if (pool) {
    for (size_t i = 0; i < pool->count; i++) {
      cspan_loop_free(pool->loops[i]);
    }
    pthread_mutex_destroy(&pool->lock);
    cspan_free(pool->loops);
    cspan_free(pool);
  }
}

static bool copy_text(char **to, const char *from) {
  *to = cspan_strdup(from);
  return *to || !from;
}

/* Asked once, so that all exchanges of a client go the same way, whatever the program does to its
 * environment later. The names are those that libcurl reads. */
static bool names_no_proxy(void) {
  static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY"};
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (cspan_env(names[i])) {
      return false;
    }
  }
  return true;
}

static bool copy_options(cspan_http_client *client, const cspan_http_client_options *options) {
  client->connect_timeout_ms =
      options->connect_timeout_ms > 0 ? options->connect_timeout_ms : DEFAULT_CONNECT_MS;
  client->low_speed_timeout_ms =
      options->low_speed_timeout_ms > 0 ? options->low_speed_timeout_ms : DEFAULT_LOW_SPEED_MS;
  client->insecure_skip_verify = options->insecure_skip_verify;
  client->version = options->version;
  client->is_direct = options->proxy ? !*options->proxy : names_no_proxy();
  client->pool = pool_new(options->max_idle_loops ? options->max_idle_loops : DEFAULT_IDLE_LOOPS);
  return client->pool && copy_text(&client->ca_bundle, options->ca_bundle) &&
         copy_text(&client->client_cert, options->client_cert) &&
         copy_text(&client->client_key, options->client_key) &&
         copy_text(&client->proxy, options->proxy);
}

cspan_status cspan_http_client_create(const cspan_http_client_options *options,
                                      cspan_http_client **out, cspan_error **error) {
  static const cspan_http_client_options defaults;
  static atomic_uint_fast64_t next_id = 1;
  *out = NULL;
  cspan_status status = cspan_http_global_init(error);
  if (status != CSPAN_OK) {
    return status;
  }
  cspan_http_client *client = cspan_calloc(1, sizeof *client);
  if (!client || !copy_options(client, options ? options : &defaults)) {
    cspan_http_client_free(client);
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while making an HTTP client");
  }
  client->id = atomic_fetch_add(&next_id, 1);
  *out = client;
  return CSPAN_OK;
}

void cspan_http_client_free(cspan_http_client *client) {
  if (client) {
    pool_free(client->pool);
    cspan_free(client->ca_bundle);
    cspan_free(client->client_cert);
    cspan_free(client->client_key);
    cspan_free(client->proxy);
    cspan_free(client);
  }
}

cspan_loop *cspan_http_client_acquire(cspan_http_client *client) {
  cspan_loop_pool *pool = client->pool;
  cspan_loop *loop = NULL;
  pthread_mutex_lock(&pool->lock);
  if (pool->count) {
    loop = pool->loops[--pool->count];
  }
  pthread_mutex_unlock(&pool->lock);
  return loop ? loop : cspan_loop_create();
}

void cspan_http_client_release(cspan_http_client *client, cspan_loop *loop) {
  if (!loop) {
    return;
  }
  cspan_loop_pool *pool = client->pool;
  bool kept = false;
  /* A loop that someone still waits on is not for the next borrower. */
  if (cspan_loop_pending(loop) == 0) {
    pthread_mutex_lock(&pool->lock);
    if (pool->count < pool->max) {
      pool->loops[pool->count++] = loop;
      kept = true;
    }
    pthread_mutex_unlock(&pool->lock);
  }
  if (!kept) {
    cspan_loop_free(loop);
  }
}
