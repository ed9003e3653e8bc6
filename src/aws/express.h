/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions of S3 Express: credentials for one bucket, good for some minutes, that CreateSession
 * gives in exchange for the client's own.
 *
 * Source: S3 API Reference, CreateSession; S3 User Guide, "Authenticating and authorizing
 * requests" of directory buckets.
 */
#ifndef AWS_EXPRESS_H
#define AWS_EXPRESS_H

#include <pthread.h>

#include "aws/credentials.h"
#include "base/arena.h"

struct cspan_call;
struct cspan_aws_client;

enum { CSPAN_EXPRESS_SESSIONS = 100, CSPAN_EXPRESS_POLL_MS = 10 };

typedef struct cspan_express_session cspan_express_session;
/* What a call has to do with the sessions: that of its attempt, or the request that it waits
 * for. */
typedef struct cspan_express_visit cspan_express_visit;

/* A client's sessions by bucket, endpoint and credentials; the one not used for longest gives way.
 * Thread-safe. */
typedef struct cspan_express {
  pthread_mutex_t mutex;
  cspan_express_session *sessions; /* CSPAN_EXPRESS_SESSIONS, from the first use on */
  size_t count;
  uint64_t uses;
  struct cspan_aws_client *client; /* for CreateSession, which is signed as any call; from the
                                      first use on */
} cspan_express;

void cspan_express_init(cspan_express *express);
void cspan_express_free(cspan_express *express);

/* Before an attempt: finds the session, or has the call wait (*waits; ask again after
 * CSPAN_EXPRESS_POLL_MS, or when cspan_call_wake() says so). The first that needs a session asks
 * for it on its own loop, without blocking that; there is one request at a time for a bucket, and
 * one before a session expires, for which only the call that makes it waits. */
cspan_status cspan_express_enter(struct cspan_call *call, bool *waits, cspan_error **error);
/* The same for a caller without a running loop: waits here. Nothing for calls of other kinds. */
cspan_status cspan_express_prepare(struct cspan_call *call, cspan_error **error);
/* The session that was found becomes the identity of the attempt. */
cspan_status cspan_express_resolve(struct cspan_call *call, cspan_error **error);
/* The service says that it has expired. */
bool cspan_express_refuse(struct cspan_call *call);
/* The call ends; what it still asks for is broken off. */
void cspan_express_leave(struct cspan_call *call);

/* The credentials in the answer of CreateSession; texts of `arena`. CSPAN_ERR_PROTOCOL. */
cspan_status cspan_express_parse(const char *xml, size_t len, cspan_arena *arena,
                                 cspan_credentials *out, cspan_error **error);

#endif
