/* SPDX-License-Identifier: Apache-2.0 */
/**
 * sandbox.h: a local S3 for development and tests, in libcloudspan-sandbox.
 *
 * It listens on the loopback only, verifies SigV4 (headers, presigned URLs,
 * aws-chunked bodies), and answers with faults on demand. It is not a server
 * for production: no authorisation beyond one or more key pairs, no
 * replication, everything in memory or in one folder.
 */
#ifndef CLOUDSPAN_SANDBOX_H
#define CLOUDSPAN_SANDBOX_H

#include <cloudspan/base.h>

CSPAN_BEGIN_DECLS

typedef struct cspan_sandbox cspan_sandbox;

typedef struct cspan_sandbox_options {
  size_t size;
  int port;                      /**< 0: chosen by the kernel */
  const char *directory;         /**< NULL: in memory */
  const char *region;            /**< NULL: us-east-1 */
  const char *access_key_id;     /**< NULL: "sandbox" */
  const char *secret_access_key; /**< NULL: "sandbox-secret" */
  const char *session_token;     /**< NULL: none is asked for */
  bool allow_anonymous;          /**< requests without a signature pass */
  int64_t clock_offset_s;        /**< added to the sandbox's clock, to provoke skew */
  int64_t max_body_bytes;        /**< 0: 5 GiB */
} cspan_sandbox_options;

/** Starts it on a thread of its own; it accepts connections when this returns. */
CSPAN_API cspan_status cspan_sandbox_start(const cspan_sandbox_options *options,
                                           cspan_sandbox **out, cspan_error **error);
/** Stops and frees; open connections are closed. */
CSPAN_API void cspan_sandbox_stop(cspan_sandbox *sandbox);
CSPAN_API int cspan_sandbox_port(const cspan_sandbox *sandbox);
/** "http://127.0.0.1:PORT", lives as long as the sandbox. */
CSPAN_API const char *cspan_sandbox_endpoint(const cspan_sandbox *sandbox);

/**
 * What can go wrong on demand. A fault strikes requests that are admitted: one
 * with a wrong signature gets its own error and counts for no fault. An answer
 * without a body that is to break off (RESET_DURING, TRUNCATE) breaks off in its
 * head; one with a body keeps at least its last byte back. A STATUS fault for
 * "DeleteObject", or for any operation with a key, also strikes the keys inside of
 * DeleteObjects, which then come back as errors of that batch.
 */
typedef enum cspan_fault_kind {
  CSPAN_FAULT_STATUS = 1,   /**< answer `http_status` with error `code`, do nothing else */
  CSPAN_FAULT_DELAY,        /**< wait `delay_ms`, then serve as usual */
  CSPAN_FAULT_RESET_BEFORE, /**< close with RST before any byte of the response; the request is
                                    not carried out */
  CSPAN_FAULT_RESET_DURING, /**< serve, RST after `after_bytes` of the body (default half) */
  CSPAN_FAULT_TRUNCATE,     /**< full Content-Length, orderly close after `after_bytes` */
  CSPAN_FAULT_CORRUPT,      /**< one byte of the body flipped; headers as for the true body */
  CSPAN_FAULT_SLOW_BODY,    /**< `bytes_per_second` */
  CSPAN_FAULT_ERROR_IN_200  /**< status 200 with an <Error> document, not carried out */
} cspan_fault_kind;

/** Which requests, what happens, how often. Zero means "any" or the default. */
typedef struct cspan_sandbox_fault {
  size_t size;
  cspan_fault_kind kind;
  const char *operation; /**< "UploadPart"; glob with * and ?; NULL: any */
  const char *key;       /**< glob over the key; NULL: any */
  int part_number;       /**< UploadPart only; 0: any */
  int count;             /**< how many times it strikes; 0: no limit */
  int skip;              /**< the first matches that pass unharmed */
  double probability;    /**< 0: always; else (0, 1) */
  int http_status;       /**< default 503 */
  const char
      *code; /**< default "SlowDown" for 503, "InternalError" for 500, "AccessDenied" for 403 */
  int64_t retry_after_ms; /**< >0: sent as x-amz-retry-after (ms) */
  int64_t delay_ms;
  int64_t after_bytes;
  int64_t bytes_per_second;
} cspan_sandbox_fault;

/** Adds a fault; faults are tried in the order they were added, the first that
 * strikes wins. Thread-safe. */
CSPAN_API cspan_status cspan_sandbox_add_fault(cspan_sandbox *sandbox,
                                               const cspan_sandbox_fault *fault,
                                               cspan_error **error);
/** The same from text, as the command takes it:
 * "op=UploadPart,part=2,count=2,status=503,code=SlowDown" or
 * "op=GetObject,key=*.bin,truncate=100", "delay=200,p=0.1", "reset", "reset-during",
 * "corrupt", "slow=1024", "error-in-200". */
CSPAN_API cspan_status cspan_sandbox_add_fault_text(cspan_sandbox *sandbox, const char *text,
                                                    cspan_error **error);
CSPAN_API void cspan_sandbox_clear_faults(cspan_sandbox *sandbox);

/** One request as it was served. */
typedef struct cspan_sandbox_record {
  char operation[40]; /**< "PutObject"; "Unknown" */
  char method[8];
  char bucket[64];
  char key[256];   /**< cut to fit */
  int http_status; /**< 0: reset before a response */
  char error_code[48];
  int part_number;
  bool fault; /**< a fault struck */
  char traceparent[64];
  char x_amzn_trace_id[160];
} cspan_sandbox_record;

/** How many requests were served so far. */
CSPAN_API size_t cspan_sandbox_request_count(const cspan_sandbox *sandbox);
/** The n-th of the last 4,096 kept, oldest first; false past the end. */
CSPAN_API bool cspan_sandbox_request_at(const cspan_sandbox *sandbox, size_t index,
                                        cspan_sandbox_record *out);
/** Multipart uploads neither completed nor aborted. */
CSPAN_API size_t cspan_sandbox_open_uploads(const cspan_sandbox *sandbox);

CSPAN_END_DECLS

#endif
