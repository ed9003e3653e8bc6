/* SPDX-License-Identifier: Apache-2.0 */
/* Where a request goes: host and path from region, bucket and settings. Pure. */
#ifndef AWS_ENDPOINT_H
#define AWS_ENDPOINT_H

#include <cloudspan/aws.h>

#include "base/text.h"

enum { CSPAN_HOST_MAX = 256, CSPAN_PREFIX_MAX = 1024 };

/* An endpoint_url, taken apart. */
typedef struct cspan_base_url {
  bool https;
  char host[CSPAN_HOST_MAX];
  int port;                        /* of the scheme when not given */
  char path[CSPAN_PREFIX_MAX / 2]; /* "" or "/base", without final '/' */
  bool is_local;                   /* an IP address or localhost: no bucket can go before it */
  /* All this as text, without a port that is the scheme's. */
  char url[CSPAN_HOST_MAX + CSPAN_PREFIX_MAX / 2 + 16];
} cspan_base_url;

/* `what` names the setting in messages. */
cspan_status cspan_base_url_parse(const char *url, const char *what, cspan_base_url *out,
                                  cspan_error **error);

typedef struct cspan_endpoint_params {
  const char *region;          /* checked: cspan_region_check(); may be NULL with `custom` */
  const char *endpoint_prefix; /* "s3" */
  const char *bucket;          /* NULL: none */
  cspan_addressing_style addressing;
  const cspan_base_url *custom; /* NULL: the service's own host */
} cspan_endpoint_params;

typedef struct cspan_endpoint {
  bool https;
  char host[CSPAN_HOST_MAX + 64];
  int port;
  char host_header[CSPAN_HOST_MAX + 80]; /* with the port, unless it is the scheme's */
  char prefix[CSPAN_PREFIX_MAX];         /* goes before the path of the operation */
} cspan_endpoint;

cspan_status cspan_endpoint_resolve(const cspan_endpoint_params *params, cspan_endpoint *out,
                                    cspan_error **error);

/* "localhost", 127.0.0.0/8 or ::1: what is sent there does not leave the machine. */
bool cspan_is_loopback(const char *host);

/* A region becomes part of a host name: letters, digits and '-'. `source` is for the message. */
cspan_status cspan_region_check(const char *region, const char *source, cspan_error **error);
/* Regions were once named like endpoints: "fips-us-east-1" and "us-east-1-fips" are us-east-1 with
 * FIPS endpoints. *name, of `region`, is the region's own name. */
bool cspan_region_asks_for_fips(const char *region, cspan_str *name);

#endif
