/* SPDX-License-Identifier: Apache-2.0 */
/* The cache of sessions, and the calls that fill it. */
#include "aws/express.h"

#include <stdio.h>
#include <string.h>

#include "aws/call.h"
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "base/sys.h"

enum { REFRESH_BEFORE_S = 60, RETRY_AFTER_S = 30, URL_LEN_MAX = CSPAN_PREFIX_MAX + 512 };

static const int64_t ns_per_s = 1000000000;

typedef struct session_key {
  uint8_t digest[CSPAN_SHA256_LEN];
} session_key;

struct cspan_express_session {
  session_key key;
  cspan_identity *identity; /* NULL: none yet */
  bool resolving;           /* CreateSession is under way */
  uint64_t last_use;
  int64_t not_before_s; /* after a failed refresh, while the old one still works */
};

/* Shared by the call and the request that it makes: each may end first. */
struct cspan_express_visit {
  cspan_express *express;
  struct cspan_call *call;     /* NULL: it is gone */
  struct cspan_call *creating; /* CreateSession under way; NULL: none */
  bool in_flight;
  session_key key;
  cspan_identity *session; /* of the attempt */
  cspan_identity *created; /* by this call; used by it whatever its expiry is */
  cspan_error *error;      /* why there is none */
  char url[URL_LEN_MAX];
};

void cspan_express_init(cspan_express *express) {
  memset(express, 0, sizeof *express);
  pthread_mutex_init(&express->mutex, NULL);
}

void cspan_express_free(cspan_express *express) {
  for (size_t i = 0; i < express->count; i++) {
    cspan_identity_free(express->sessions[i].identity);
  }
  cspan_free(express->sessions);
  cspan_aws_client_free(express->client);
  pthread_mutex_destroy(&express->mutex);
}

static void free_visit(cspan_express_visit *visit) {
  if (visit && !visit->call && !visit->in_flight) {
    cspan_identity_free(visit->session);
    cspan_identity_free(visit->created);
    cspan_error_free(visit->error);
    cspan_free(visit);
  }
}

static cspan_status nomem(cspan_error **error) {
  return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no S3 Express session was made");
}

/* -------------------------------------------------------------- the cache */

static session_key key_of(const struct cspan_call *call, const cspan_identity *identity) {
  const cspan_credentials *credentials = cspan_identity_get(identity);
  const cspan_endpoint *endpoint = &call->request.endpoint;
  const char *bucket = call->auth.bucket ? call->auth.bucket : call->request.bucket;
  const char *const parts[] = {credentials->access_key_id, credentials->session_token,
                               endpoint->host_header, endpoint->prefix, bucket};
  session_key key = {{0}};
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    const char *part = parts[i] ? parts[i] : "";
    cspan_hmac_sha256(key.digest, sizeof key.digest, part, strlen(part), key.digest);
  }
  return key;
}

/* With the lock, as the functions that follow. NULL: not there. */
static cspan_express_session *find(cspan_express *express, const session_key *key) {
  for (size_t i = 0; i < express->count; i++) {
    cspan_express_session *each = &express->sessions[i];
    if (memcmp(&each->key, key, sizeof *key) == 0) {
      return each;
    }
  }
  return NULL;
}

/* A place for a new session; NULL when requests for all places are under way. */
static cspan_express_session *take_place(cspan_express *express, const session_key *key) {
  cspan_express_session *place = NULL;
  if (express->count < CSPAN_EXPRESS_SESSIONS) {
    place = &express->sessions[express->count++];
  }
  for (size_t i = 0; i < express->count && express->count == CSPAN_EXPRESS_SESSIONS; i++) {
    cspan_express_session *each = &express->sessions[i];
    if (!each->resolving && (!place || each->last_use < place->last_use)) {
      place = each;
    }
  }
  if (place) {
    cspan_identity_free(place->identity);
    *place = (cspan_express_session){.key = *key};
  }
  return place;
}

static bool is_good_for(const cspan_express_session *session, int64_t margin_s) {
  return session->identity && cspan_unix_ns() / ns_per_s + margin_s <
                                  cspan_identity_get(session->identity)->expiration_unix_s;
}

/* Whether this call must ask for the session; *waits: another one is at it. */
static bool must_create(cspan_express_visit *visit, bool *waits) {
  cspan_express *express = visit->express;
  cspan_express_session *session = find(express, &visit->key);
  if (!session) {
    session = take_place(express, &visit->key);
    if (!session) {
      *waits = true;
      return false;
    }
  }
  session->last_use = ++express->uses;
  bool failed_lately = cspan_unix_ns() / ns_per_s < session->not_before_s;
  if (is_good_for(session, session->resolving || failed_lately ? 0 : REFRESH_BEFORE_S)) {
    visit->session = cspan_identity_ref(session->identity);
    return false;
  }
  *waits = session->resolving;
  if (!session->resolving) {
    session->resolving = true;
    return true;
  }
  return false;
}

/* What CreateSession came to; `failure` is borrowed. */
static void store(cspan_express_visit *visit, const cspan_error *failure) {
  cspan_express *express = visit->express;
  pthread_mutex_lock(&express->mutex);
  cspan_express_session *session = find(express, &visit->key);
  if (session) {
    session->resolving = false;
  }
  if (session && visit->created) {
    cspan_identity_free(session->identity);
    session->identity = cspan_identity_ref(visit->created);
    session->not_before_s = 0;
  } else if (session && is_good_for(session, 0)) {
    cspan_log(CSPAN_LOG_WARN,
              "an S3 Express session could not be renewed; the old one is used until it expires: "
              "%s",
              cspan_error_message(failure));
    session->not_before_s = cspan_unix_ns() / ns_per_s + RETRY_AFTER_S;
  } else {
    visit->error = cspan_error_dup(failure);
  }
  pthread_mutex_unlock(&express->mutex);
}

/* ---------------------------------------------------------- CreateSession */

static cspan_status write_request(struct cspan_call *call, const void *input, cspan_error **error) {
  cspan_express_visit *visit = (cspan_express_visit *)input;
  visit->creating = call;
  return cspan_call_add_query(call, "session", NULL) == CSPAN_OK ? CSPAN_OK : nomem(error);
}

static void wipe_text(const char *text) {
  if (text) {
    cspan_memzero((char *)text, strlen(text));
  }
}

static cspan_status read_response(struct cspan_call *call, void **output, cspan_error **error) {
  cspan_express_visit *visit = (cspan_express_visit *)call->input;
  cspan_credentials credentials = {0};
  size_t len = 0;
  const char *body = cspan_call_body(call, &len);
  cspan_arena *arena = cspan_call_arena(call);
  *output = NULL;
  if (!arena) {
    return nomem(error);
  }
  cspan_status status = cspan_express_parse(body, len, arena, &credentials, error);
  if (status == CSPAN_OK) {
    cspan_identity_free(visit->created);
    visit->created = cspan_identity_new(&credentials);
    status = visit->created ? CSPAN_OK : nomem(error);
  }
  wipe_text(credentials.secret_access_key);
  wipe_text(credentials.session_token);
  wipe_text(body);
  return status;
}

static const cspan_operation create_session = {.name = "CreateSession",
                                               .method = "GET",
                                               .serialize = write_request,
                                               .deserialize = read_response};

static const cspan_service service = {.id = "S3",
                                      .signing_name = "s3express",
                                      .endpoint_prefix = "s3",
                                      .single_encode_path = true,
                                      .sign_content_sha256 = true};

/* With the lock. */
static cspan_status make_ready(cspan_express *express, const cspan_aws_config *config,
                               cspan_error **error) {
  if (!express->sessions) {
    express->sessions = cspan_calloc(CSPAN_EXPRESS_SESSIONS, sizeof *express->sessions);
  }
  if (!express->sessions) {
    return nomem(error);
  }
  return express->client ? CSPAN_OK
                         : cspan_aws_client_create(config, &service, &express->client, error);
}

static void on_created(void *user, cspan_status status, const cspan_error *failure) {
  cspan_express_visit *visit = user;
  struct cspan_call *call = visit->call;
  (void)status;
  visit->in_flight = false;
  visit->creating = NULL;
  store(visit, failure);
  free_visit(visit);
  if (call) {
    cspan_call_wake(call);
  }
}

/* On the loop of the call. */
static cspan_status start_creating(struct cspan_call *call, cspan_express_visit *visit,
                                   cspan_error **error) {
  const cspan_endpoint *endpoint = &call->request.endpoint;
  cspan_error *failure = NULL;
  cspan_call_options options = {.size = sizeof options,
                                .region = cspan_call_signing_region(call),
                                .endpoint_url = visit->url,
                                .loop = call->loop,
                                .done = on_created,
                                .user = visit};
  cspan_call_start start = {
      .operation = &create_session, .input = visit, .context = &call->context, .options = &options};
  snprintf(visit->url, sizeof visit->url, "%s://%s%s", endpoint->https ? "https" : "http",
           endpoint->host_header, endpoint->prefix);
  visit->in_flight = true;
  cspan_status status = cspan_aws_call(visit->express->client, &start, &failure);
  if (status != CSPAN_OK) {
    visit->in_flight = false;
    visit->creating = NULL;
    store(visit, failure);
    cspan_error_move(error, failure);
  }
  return status;
}

/* --------------------------------------------------------------- the call */

static cspan_express_visit *visit_of(struct cspan_call *call) {
  if (!call->visit) {
    call->visit = cspan_calloc(1, sizeof *call->visit);
    if (call->visit) {
      call->visit->call = call;
      call->visit->express = &call->client->express;
    }
  }
  return call->visit;
}

static cspan_status look_up(struct cspan_call *call, cspan_express_visit *visit, bool *waits,
                            cspan_error **error) {
  cspan_identity *own = NULL;
  cspan_express *express = visit->express;
  bool creates = false;
  cspan_status status = cspan_credentials_provider_get(call->client->config->credentials,
                                                       &call->context, &own, error);
  if (status != CSPAN_OK) {
    return status;
  }
  visit->key = key_of(call, own);
  cspan_identity_free(own);
  pthread_mutex_lock(&express->mutex);
  status = make_ready(express, call->client->config, error);
  if (status == CSPAN_OK) {
    creates = must_create(visit, waits);
  }
  pthread_mutex_unlock(&express->mutex);
  if (creates) {
    *waits = true;
    status = start_creating(call, visit, error);
  }
  return status;
}

cspan_status cspan_express_enter(struct cspan_call *call, bool *waits, cspan_error **error) {
  cspan_express_visit *visit = visit_of(call);
  *waits = false;
  if (!visit) {
    return nomem(error);
  }
  if (visit->in_flight) {
    *waits = true;
    return CSPAN_OK;
  }
  if (visit->error) {
    cspan_error *failure = visit->error;
    visit->error = NULL;
    return cspan_error_move(error, failure);
  }
  cspan_identity_free(visit->session);
  visit->session = visit->created;
  visit->created = NULL;
  return visit->session ? CSPAN_OK : look_up(call, visit, waits, error);
}

cspan_status cspan_express_prepare(struct cspan_call *call, cspan_error **error) {
  bool waits = true;
  if (cspan_call_auth_kind(call) != CSPAN_AUTH_S3EXPRESS) {
    return CSPAN_OK;
  }
  call->loop = cspan_http_client_acquire(call->client->http);
  if (!call->loop) {
    return nomem(error);
  }
  cspan_status status = cspan_express_enter(call, &waits, error);
  while (status == CSPAN_OK && waits) {
    status = cspan_loop_run_once(call->loop, CSPAN_EXPRESS_POLL_MS);
    if (status == CSPAN_OK) {
      status = cspan_context_status(&call->context);
    }
    if (status != CSPAN_OK) {
      cspan_error_set(error, status, "the wait for an S3 Express session ended (%s)",
                      cspan_status_name(status));
    } else {
      status = cspan_express_enter(call, &waits, error);
    }
  }
  if (status != CSPAN_OK) {
    cspan_express_leave(call); /* while there still is its loop */
  }
  cspan_http_client_release(call->client->http, call->loop);
  call->loop = NULL;
  return status;
}

cspan_status cspan_express_resolve(struct cspan_call *call, cspan_error **error) {
  if (!call->visit || !call->visit->session) {
    return cspan_error_set(error, CSPAN_ERR_CREDENTIALS,
                           "no S3 Express session was made for the request");
  }
  call->identity = cspan_identity_ref(call->visit->session);
  return CSPAN_OK;
}

bool cspan_express_refuse(struct cspan_call *call) {
  cspan_express *express = &call->client->express;
  if (!call->visit) {
    return false;
  }
  pthread_mutex_lock(&express->mutex);
  cspan_express_session *session = find(express, &call->visit->key);
  if (session && session->identity && session->identity == call->identity) {
    cspan_identity_free(session->identity);
    session->identity = NULL;
  }
  pthread_mutex_unlock(&express->mutex);
  return true;
}

void cspan_express_leave(struct cspan_call *call) {
  cspan_express_visit *visit = call->visit;
  if (!visit) {
    return;
  }
  call->visit = NULL;
  visit->call = NULL;
  if (visit->in_flight && visit->creating) {
    cspan_call_break_off(visit->creating, CSPAN_ERR_CANCELLED); /* which frees the visit */
  } else {
    free_visit(visit);
  }
}
