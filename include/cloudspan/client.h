/* SPDX-License-Identifier: Apache-2.0 */
/**
 * client.h: every operation of every AWS service, by the public service models.
 *
 * A client is made for a service by its name ("dynamodb", "DynamoDB"); what it can do is in the
 * service's model, which is looked for in these places (newer API versions win): the client's
 * options, AWS_DATA_PATH, ~/.aws/models, CLOUDSPAN_MODELS or the file that was installed with the
 * library, and botocore's data of Debian's packages. `cloudspan models list` shows what is there.
 *
 * Inputs and outputs are documents (value.h). Their members have the names of the API reference.
 * An input is checked against the model before anything is sent.
 *
 * Calls run through the same pipeline as those of s3.h: middlewares, retries, signing, tracing.
 *
 * What other SDKs do for a service around its model is done here as well, for instance: S3's
 * CopySource may be a map of Bucket, Key and VersionId, and its customer keys are given as they are;
 * IAM's policies and CloudFormation's templates come as documents; Route 53 takes ids as it tells
 * them ("/hostedzone/Z1"); SQS's and DynamoDB's sums are compared (CSPAN_ERR_CHECKSUM); copies
 * from another region (EC2, RDS) are signed for it by SourceRegion alone.
 *
 * Two things are done on the thread that starts a call, which they block until they are done, also
 * where the call itself goes on on a loop: a service is asked for the account's endpoint (by the
 * first call of a Timestream client, and again when what it told has run out; see
 * endpoint_discovery_enabled), and a copy from another region is signed for that region, for which
 * credentials are looked for where there are none yet. A program that must not wait makes such calls
 * on a thread of their own.
 */
#ifndef CLOUDSPAN_CLIENT_H
#define CLOUDSPAN_CLIENT_H

#include <cloudspan/aws.h>
#include <cloudspan/value.h>

CSPAN_BEGIN_DECLS

/** A client of one service. Thread-safe. */
typedef struct cspan_client cspan_client;

typedef struct cspan_client_options {
  size_t size;
  const char *models;      /**< a folder of models or a compiled file, searched first; NULL: none */
  const char *api_version; /**< "2012-08-10"; NULL: the newest */
  /** Values of the parameters that the service's endpoint rules ask a client for (a map, e.g.
   * {"Accelerate": true} for S3). Copied. NULL: none. */
  const cspan_value *endpoint_parameters;
} cspan_client_options;

/** `options` may be NULL. Takes what it needs of the config. No network. CSPAN_ERR_CONFIG
 * where no model of the service is found, with what comes nearest and where it was looked. */
CSPAN_API cspan_status cspan_client_create(const cspan_aws_config *config, const char *service,
                                           const cspan_client_options *options, cspan_client **out,
                                           cspan_error **error);
/** No call may be under way. */
CSPAN_API void cspan_client_free(cspan_client *client);
/** "DynamoDB": the model's service id. Borrowed from the client. */
CSPAN_API const char *cspan_client_service_id(const cspan_client *client);

#if defined(__GNUC__) && defined(__cplusplus)
/* A struct of the middlewares has the same name, of which -Wshadow warns in C++. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wshadow"
#endif
/**
 * Carries out an operation ("PutItem") and waits for its end. `context` and `input` (a map) may
 * be NULL. *output receives the output, a map, freed with cspan_document_free(); `output` may be
 * NULL. Errors: CSPAN_ERR_INVALID names the path of what is wrong in the input
 * ("Item.price: expected a map, got a string"); CSPAN_ERR_SERVICE has the service's code,
 * and the members of a modelled error in cspan_error_fields().
 */
CSPAN_API cspan_status cspan_call(const cspan_context *context, cspan_client *client,
                                  const char *operation, const cspan_value *input,
                                  cspan_document **output, cspan_error **error);
#if defined(__GNUC__) && defined(__cplusplus)
#pragma GCC diagnostic pop
#endif

/** An event of a response's event stream, e.g. {"Records": {"Payload": ...}}; borrowed. Not
 * CSPAN_OK ends the call with that status. Called as events come; after the first, the call is
 * not made again. */
typedef cspan_status (*cspan_event_fn)(void *user, const cspan_value *event);
/** The next event of a request's event stream, or *event NULL at its end. The value must live
 * until the next call. An event of the kind CSPAN_VALUE_NULL says that there is none yet: it is
 * asked for again when an event of the response has come, or some milliseconds later. While this
 * function blocks, nothing is received. Not CSPAN_OK ends the call with that status. */
typedef cspan_status (*cspan_next_event_fn)(void *user, const cspan_value **event);

/** A call with all that can be said of it. */
typedef struct cspan_client_request {
  size_t size;
  const char *operation;
  const cspan_value *input;          /**< NULL: empty */
  const cspan_context *context;      /**< NULL: none */
  const cspan_call_options *options; /**< timeout, region, endpoint, middlewares, loop */
  /** The member of the input that is the body, a stream or any other blob ("Body" of S3's PutObject,
   * "Payload" of Lambda's Invoke), instead of a blob in `input`. */
  const cspan_body *body;
  /** Where such a member of the output goes; NULL: it is a blob of the output. */
  const cspan_sink *sink;
  /** For operations that answer with events; NULL: they are a list in the output, in the member
   * that the model has for them. */
  cspan_event_fn on_event;
  cspan_next_event_fn next_event; /**< for operations that are sent events: not NULL */
  void *event_user;
  /** Room for the service's id of the request that brought the output, cut where it is longer; ""
   * where the service names none, and after a failure, whose error has it. NULL: not wanted. */
  char *request_id;
  size_t request_id_room; /**< bytes, the NUL included */
} cspan_client_request;

/**
 * As cspan_call(). With options->loop set, the call is only started: the request, its input, and
 * *output must live until options->done was called, and *output is set by then.
 */
CSPAN_API cspan_status cspan_client_send(cspan_client *client, const cspan_client_request *request,
                                         cspan_document **output, cspan_error **error);

/**
 * Builds and signs the URL of an operation that is good for `expires_s` seconds, instead of
 * sending it: for the operation's method, but GET for services whose inputs are forms, which go
 * into the query (STS, EC2...). *url is freed with cspan_free(). CSPAN_ERR_UNSUPPORTED where the
 * operation is not signed by keys in a way that a URL can hold.
 */
CSPAN_API cspan_status cspan_client_presign(cspan_client *client,
                                            const cspan_client_request *request, int64_t expires_s,
                                            char **url, cspan_error **error);

/* ------------------------------------------------------------------- pages */

/** The pages of an operation that the model has a paginator for. Used by one thread. */
typedef struct cspan_pages cspan_pages;

typedef struct cspan_pages_options {
  size_t size;
  int64_t page_size;          /**< what is asked for at a time; 0: the service's choice */
  int64_t max_items;          /**< of all pages together; 0: no limit */
  const char *starting_token; /**< of cspan_pages_resume_token(); NULL: from the start */
} cspan_pages_options;

/** The request's input (copied) without the members that the paginator sets. CSPAN_ERR_INVALID
 * where the operation has no pages. `options` may be NULL. No network. */
CSPAN_API cspan_status cspan_pages_create(cspan_client *client, const cspan_client_request *request,
                                          const cspan_pages_options *options, cspan_pages **out,
                                          cspan_error **error);
CSPAN_API void cspan_pages_free(cspan_pages *pages);
/** The next page; *page is NULL after the last one. CSPAN_ERR_PROTOCOL where a service gives the
 * same token twice. After an error the same page may be asked for again. */
CSPAN_API cspan_status cspan_pages_next(cspan_pages *pages, cspan_document **page,
                                        cspan_error **error);
/** The next item of the paginator's (first) result, over all pages: borrowed until the next call
 * and NULL after the last. Not to be mixed with cspan_pages_next(). */
CSPAN_API cspan_status cspan_pages_next_item(cspan_pages *pages, const cspan_value **item,
                                             cspan_error **error);
/** All pages that are left as one map: the lists of the paginator's results joined, counts added
 * up, and "NextToken" where max_items ended it. */
CSPAN_API cspan_status cspan_pages_collect(cspan_pages *pages, cspan_document **out,
                                           cspan_error **error);
/** Where max_items ended it: what continues there; NULL when there is no more. Borrowed. */
CSPAN_API const char *cspan_pages_resume_token(const cspan_pages *pages);

/* ----------------------------------------------------------------- waiters */

typedef struct cspan_wait_options {
  size_t size;
  int64_t timeout_ms;   /**< in all; 0: the model's attempts by its delay */
  int64_t min_delay_ms; /**< 0: the model's delay */
  int64_t max_delay_ms; /**< 0: 120,000, but never under min_delay_ms */
  int max_attempts;     /**< 0: by the timeout */
} cspan_wait_options;

/**
 * Asks until a state is there ("TableExists" of DynamoDB, in any of the spellings
 * TableExists, table-exists, table_exists). Sleeps between with jitter, ended by the context's
 * deadline or cancellation. CSPAN_ERR_TIMEOUT where it is not there in time, CSPAN_ERR_SERVICE
 * with the code "waiter_failure" where it cannot come about any more, or what a call failed with.
 * *output receives the last answer; `options` and `output` may be NULL.
 */
CSPAN_API cspan_status cspan_wait(const cspan_context *context, cspan_client *client,
                                  const char *waiter, const cspan_value *input,
                                  const cspan_wait_options *options, cspan_document **output,
                                  cspan_error **error);

CSPAN_END_DECLS

#endif
