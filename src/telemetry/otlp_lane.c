/* SPDX-License-Identifier: Apache-2.0 */
#include "telemetry/otlp_lane.h"

#include <arpa/inet.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/error.h"

/* As many as a batch processor exports at once. A larger buffer is given back, so that one burst
 * does not stay for ever. */
enum { MAX_IDLE = 16, KEEP_BYTES = 8 << 20 };

/* What a forked child cannot use: another thread may have been in the middle of it, and
 * the parent's connections must stay untouched. Kept reachable, so that leak checkers see
 * that it is meant. */
static _Atomic(cspan_otlp_pool *) forgotten;

/* ------------------------------------------------------------------- fork */

static void before_fork(void *self) {
  cspan_otlp_client *client = self;
  pthread_mutex_lock(&client->lock);
}

static void after_in_parent(void *self) {
  cspan_otlp_client *client = self;
  pthread_mutex_unlock(&client->lock);
}

static void after_in_child(void *self) {
  cspan_otlp_client *client = self;
  cspan_otlp_pool *pool = client->pool;
  client->pool = NULL;
  if (pool) {
    pool->next = atomic_load(&forgotten);
    while (!atomic_compare_exchange_weak(&forgotten, &pool->next, pool))
      continue;
  }
  pthread_mutex_unlock(&client->lock);
}

/* -------------------------------------------------------------------- pool */

void cspan_otlp_lanes_init(cspan_otlp_client *client) {
  pthread_mutex_init(&client->lock, NULL);
  client->fork = (cspan_fork_hook){
      .self = client, .prepare = before_fork, .parent = after_in_parent, .child = after_in_child};
  cspan_fork_add(&client->fork);
}

static void lane_free(cspan_otlp_lane *lane) {
  cspan_gzip_free(&lane->gzip);
  cspan_buf_free(&lane->body);
  cspan_buf_free(&lane->json);
  cspan_buf_free(&lane->response);
  cspan_free(lane);
}

static void pool_free(cspan_otlp_pool *pool) {
  if (!pool)
    return;
  while (pool->all) {
    cspan_otlp_lane *lane = pool->all;
    pool->all = lane->all;
    lane_free(lane);
  }
  cspan_http_client_free(pool->http);
  cspan_free(pool);
}

void cspan_otlp_lanes_free(cspan_otlp_client *client) {
  cspan_fork_remove(&client->fork);
  pool_free(client->pool);
  pthread_mutex_destroy(&client->lock);
}

/* The collector beside the program, the default, is not behind a proxy that serves for other hosts. */
static bool is_loopback(const char *host) {
  struct in_addr address;
  return strcasecmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
         (inet_pton(AF_INET, host, &address) == 1 && ntohl(address.s_addr) >> 24 == 127);
}

static cspan_status pool_create(const cspan_otlp_settings *settings, cspan_otlp_pool **out,
                                cspan_error **error) {
  const cspan_http_client_options options = {
      .ca_bundle = settings->certificate,
      .client_cert = settings->client_certificate,
      .client_key = settings->client_key,
      .proxy = is_loopback(settings->host) ? "" : NULL,
      .version = settings->grpc ? CSPAN_HTTP_VERSION_2 : CSPAN_HTTP_VERSION_1_1,
      .max_idle_loops = MAX_IDLE,
  };
  *out = NULL;
  cspan_otlp_pool *pool = cspan_calloc(1, sizeof *pool);
  if (!pool)
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "cannot export: out of memory");
  cspan_status status = cspan_http_client_create(&options, &pool->http, error);
  if (status != CSPAN_OK) {
    pool_free(pool);
    return status;
  }
  *out = pool;
  return CSPAN_OK;
}

/* With the lock, which is let go of meanwhile: a pool that another thread has made is taken. */
static cspan_otlp_pool *ensure_pool(cspan_otlp_client *client, cspan_status *status,
                                    cspan_error **error) {
  *status = CSPAN_OK;
  if (client->pool)
    return client->pool;
  pthread_mutex_unlock(&client->lock);
  cspan_otlp_pool *made;
  cspan_error *failure = NULL;
  cspan_status outcome = pool_create(&client->settings, &made, &failure);
  pthread_mutex_lock(&client->lock);
  if (client->pool) {
    pool_free(made);
    cspan_error_free(failure);
    return client->pool;
  }
  client->pool = made;
  cspan_error_move(error, failure);
  *status = outcome;
  return made;
}

static cspan_otlp_lane *lane_create(void) {
  cspan_otlp_lane *lane = cspan_calloc(1, sizeof *lane);
  if (lane) {
    cspan_buf_init(&lane->body, CSPAN_OTLP_MAX_REQUEST);
    cspan_buf_init(&lane->json, CSPAN_OTLP_MAX_REQUEST);
    cspan_buf_init(&lane->response, CSPAN_OTLP_MAX_RESPONSE);
  }
  return lane;
}

/* With the lock. */
static cspan_otlp_lane *take(cspan_otlp_pool *pool) {
  cspan_otlp_lane *lane = pool->idle;
  if (lane) {
    pool->idle = lane->next;
    pool->idle_count--;
    return lane;
  }
  lane = lane_create();
  if (lane) {
    lane->all = pool->all;
    pool->all = lane;
  }
  return lane;
}

cspan_status cspan_otlp_lane_take(cspan_otlp_client *client, cspan_otlp_lane **out,
                                  cspan_http_client **http, cspan_error **error) {
  *out = NULL;
  pthread_mutex_lock(&client->lock);
  cspan_status status;
  cspan_otlp_pool *pool = ensure_pool(client, &status, error);
  if (pool) {
    *http = pool->http;
    *out = take(pool);
    if (!*out)
      status = cspan_error_set(error, CSPAN_ERR_NOMEM, "cannot export: out of memory");
  }
  pthread_mutex_unlock(&client->lock);
  return status;
}

static void shrink(cspan_buf *buf) {
  if (buf->cap > KEEP_BYTES)
    cspan_buf_free(buf);
}

/* With the lock. */
static void unlink_lane(cspan_otlp_pool *pool, const cspan_otlp_lane *lane) {
  cspan_otlp_lane **at = &pool->all;
  while (*at != lane)
    at = &(*at)->all;
  *at = lane->all;
}

void cspan_otlp_lane_give_back(cspan_otlp_client *client, cspan_otlp_lane *lane) {
  shrink(&lane->body);
  shrink(&lane->json);
  pthread_mutex_lock(&client->lock);
  cspan_otlp_pool *pool = client->pool;
  bool keep = pool->idle_count < MAX_IDLE;
  if (keep) {
    lane->next = pool->idle;
    pool->idle = lane;
    pool->idle_count++;
  } else {
    unlink_lane(pool, lane);
  }
  pthread_mutex_unlock(&client->lock);
  if (!keep)
    lane_free(lane);
}
