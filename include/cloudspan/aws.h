/* SPDX-License-Identifier: Apache-2.0 */
/**
 * aws.h: configuration, credentials, and the options that every call takes.
 *
 * Sources of the rules: the AWS SDKs and Tools Reference Guide (settings, shared
 * config and credentials files, retry behaviour) and the SigV4 documentation of IAM.
 *
 * Nothing here touches the network when it is made: credentials are resolved on
 * the first call.
 */
#ifndef CLOUDSPAN_AWS_H
#define CLOUDSPAN_AWS_H

#include <cloudspan/ext/credentials.h>
#include <cloudspan/ext/middleware.h>
#include <cloudspan/loop.h>

CSPAN_BEGIN_DECLS

/** What clients are made from: settings, credentials, middlewares. Not
 * thread-safe while it is changed; a client keeps what it needs of it. */
typedef struct cspan_aws_config cspan_aws_config;

typedef enum cspan_retry_mode {
  CSPAN_RETRY_DEFAULT = 0, /**< AWS_RETRY_MODE, retry_mode, else standard */
  CSPAN_RETRY_STANDARD,
  CSPAN_RETRY_OFF,
  CSPAN_RETRY_ADAPTIVE /**< standard, and slower where the service throttles */
} cspan_retry_mode;

typedef enum cspan_addressing_style {
  CSPAN_ADDRESSING_DEFAULT = 0, /**< the profile's s3.addressing_style, else auto */
  CSPAN_ADDRESSING_AUTO,        /**< virtual host where the bucket's name allows it; path for
                                     custom endpoints that are IP addresses or localhost */
  CSPAN_ADDRESSING_VIRTUAL,
  CSPAN_ADDRESSING_PATH
} cspan_addressing_style;

typedef enum cspan_payload_signing {
  CSPAN_PAYLOAD_DEFAULT = 0, /**< UNSIGNED-PAYLOAD over TLS, signed over plain HTTP */
  CSPAN_PAYLOAD_SIGNED,
  CSPAN_PAYLOAD_UNSIGNED
} cspan_payload_signing;

typedef enum cspan_checksum_mode {
  CSPAN_CHECKSUM_DEFAULT = 0, /**< AWS_REQUEST_CHECKSUM_CALCULATION and so on; else supported for
                                     AWS, required for a custom endpoint_url */
  CSPAN_CHECKSUM_WHEN_SUPPORTED,
  CSPAN_CHECKSUM_WHEN_REQUIRED
} cspan_checksum_mode;

/** Zero fields come from the environment, then the shared files, then the
 * defaults: docs/configuration.md has them all. */
typedef struct cspan_aws_options {
  size_t size;
  /** AWS_REGION, AWS_DEFAULT_REGION, region. Without one, calls fail with CSPAN_ERR_CONFIG, but for
   * those to an endpoint_url, which take us-east-1. */
  const char *region;
  const char *profile;          /**< AWS_PROFILE, else "default" */
  const char *config_file;      /**< AWS_CONFIG_FILE, else ~/.aws/config */
  const char *credentials_file; /**< AWS_SHARED_CREDENTIALS_FILE, else ~/.aws/credentials */
  const char *access_key_id;    /**< the three together, or none */
  const char *secret_access_key;
  const char *session_token;
  /** Owned by the config from now on, also when loading fails; wins over all. */
  cspan_credentials_provider *credentials;
  bool anonymous;           /**< do not sign */
  const char *endpoint_url; /**< AWS_ENDPOINT_URL_<SERVICE>, AWS_ENDPOINT_URL, endpoint_url */
  bool ignore_configured_endpoint_urls;
  cspan_retry_mode retry_mode;
  int max_attempts; /**< 0: AWS_MAX_ATTEMPTS, max_attempts, else 3 */
  cspan_addressing_style addressing_style;
  cspan_payload_signing payload_signing;
  cspan_checksum_mode request_checksums;
  cspan_checksum_mode response_checksums;
  const char *ca_bundle; /**< AWS_CA_BUNDLE, ca_bundle, else the system's */
  const char *proxy; /**< NULL: http_proxy, https_proxy, no_proxy, set before the client is made */
  int64_t connect_timeout_ms;   /**< 0: 3,100 */
  int64_t read_timeout_ms;      /**< no byte moved for this long; 0: 60,000 */
  int64_t call_timeout_ms;      /**< of a whole call, retries included; 0: none */
  const char *app_id;           /**< AWS_SDK_UA_APP_ID, sdk_ua_app_id: goes into the user agent */
  bool use_fips_endpoint;       /**< true wins; else AWS_USE_FIPS_ENDPOINT, use_fips_endpoint */
  bool use_dualstack_endpoint;  /**< the same with AWS_USE_DUALSTACK_ENDPOINT */
  bool use_accelerate_endpoint; /**< S3's Transfer Acceleration; else s3.use_accelerate_endpoint */
  /** AWS_DATA_PATH, data_path: folders with service models, with ':' between them. */
  const char *data_path;
} cspan_aws_options;

/** Reads options, environment and shared files; `options` may be NULL. A broken
 * file is an error that names the file and the line; an absent one is not. */
CSPAN_API cspan_status cspan_aws_config_load(const cspan_aws_options *options,
                                             cspan_aws_config **out, cspan_error **error);
CSPAN_API void cspan_aws_config_free(cspan_aws_config *config);

/** The effective value of a setting as text ("region", "endpoint_url",
 * "max_attempts", "retry_mode", "profile", "ca_bundle", ...; never a secret) and where it
 * came from ("option", "environment", "profile NAME in FILE", "default"). NULL when
 * not set. Borrowed from the config. `source` may be NULL. */
CSPAN_API const char *cspan_aws_config_get(const cspan_aws_config *config, const char *name,
                                           const char **source);

/**
 * Adds a middleware to every call of the clients made from this config
 * afterwards. `self` is owned by the config from now on (its vtable's free),
 * also when this fails; it lives until the config and all its clients are gone.
 */
CSPAN_API cspan_status cspan_aws_config_add_middleware(cspan_aws_config *config,
                                                       const cspan_middleware *middleware,
                                                       cspan_error **error);

/** Resolves credentials now, within the context's deadline: for a check at the start of a program.
 * What is found is kept for the calls that follow. */
CSPAN_API cspan_status cspan_aws_config_check_credentials(const cspan_aws_config *config,
                                                          const cspan_context *context,
                                                          cspan_error **error);

/** Called once, on the loop's thread, when an asynchronous call is over. `error`
 * is borrowed; NULL on success. */
typedef void (*cspan_call_done_fn)(void *user, cspan_status status, const cspan_error *error);

/** Per-call options; every operation's input has `const cspan_call_options *options`. */
typedef struct cspan_call_options {
  size_t size;
  int64_t timeout_ms; /**< of the whole call; 0: the config's */
  int max_attempts;   /**< 0: the config's */
  /** NULL: the config's. "fips-us-east-1" and "us-east-1-fips" are us-east-1 with
   * use_fips_endpoint, here as there. */
  const char *region;
  const char *endpoint_url;            /**< NULL: the config's */
  const cspan_middleware *middlewares; /**< for this call only; `self` stays the caller's */
  size_t middleware_count;
  /** Not NULL: the operation only starts the call on this loop and returns
   * CSPAN_OK, and `done` tells the end. Input and output pointers, with all that
   * they refer to, must live until then. */
  cspan_loop *loop;
  cspan_call_done_fn done;
  void *user;
} cspan_call_options;

/** Where a request body comes from. Exactly one of the sources, or none (empty). */
typedef struct cspan_body {
  const void *data; /**< memory, borrowed */
  const char *path; /**< a file; `offset_bytes` and `size_bytes` select a part of it */
  /** A callback: fills at most `capacity` bytes; 0 at the end, -1 to fail. */
  ptrdiff_t (*read)(void *user, void *buffer, size_t capacity);
  /** Back to the start, so that a retry can send it again; NULL: it cannot. Not
   * CSPAN_OK fails the call. */
  cspan_status (*rewind)(void *user);
  void *user;
  int64_t offset_bytes;
  /** Of memory: exact; of a file: 0 is "to its end". Of a callback: how much of it is sent, or
   * -1 for all when that is not known. A callback that ends before fails the call; after
   * `size_bytes` it is not asked for more, so it may be a part of a longer stream. */
  int64_t size_bytes;
} cspan_body;

/** Where a response body goes. Zero: into memory (the output's `body`). */
typedef struct cspan_sink {
  /** Called for each attempt that delivers a body, before its first byte: what an
   * earlier attempt wrote must be discarded. Not CSPAN_OK, or NULL after bytes were
   * written, ends the call instead of retrying it. content_length is -1 when unknown. */
  cspan_status (*start)(void *user, int64_t content_length);
  cspan_status (*write)(void *user, const void *data, size_t size_bytes);
  void *user;
  size_t max_bytes; /**< for the memory form: a response over it is refused; 0: 64 MiB */
} cspan_sink;

CSPAN_END_DECLS

#endif
