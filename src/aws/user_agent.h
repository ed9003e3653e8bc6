/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AWS_USER_AGENT_H
#define AWS_USER_AGENT_H

#include <cloudspan/base.h>

/* The User-Agent of a client, in the AWS SDKs' form (ua/2.1). service_id: "S3"; app_id may be
 * NULL. To be freed with cspan_free(); NULL when out of memory. */
char *cspan_user_agent(const char *service_id, const char *app_id);

#endif
