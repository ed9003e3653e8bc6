/* SPDX-License-Identifier: Apache-2.0 */
/* Where a container's credentials may be asked for. No I/O. */
#ifndef AWS_CREDENTIALS_CONTAINER_URL_H
#define AWS_CREDENTIALS_CONTAINER_URL_H

#include <cloudspan/base.h>

/* Whether a token may be sent there: https, or http to a loopback address, localhost,
 * 169.254.170.2, 169.254.170.23 or fd00:ec2::23. */
bool cspan_container_url_allowed(const char *url);

#endif
