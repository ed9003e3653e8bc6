/* SPDX-License-Identifier: Apache-2.0 */
/* The default chain: the places where credentials are looked for, in the order of the AWS CLI:
 * environment, role of the profile, web identity, IAM Identity Center, login session, keys of the
 * profile, credential_process, container, EC2 instance. The first that has anything decides, also
 * by failing. Source: AWS SDKs and Tools Reference Guide, "Standardized credential providers". */
#ifndef AWS_CREDENTIALS_CHAIN_H
#define AWS_CREDENTIALS_CHAIN_H

#include "aws/config.h"
#include "aws/credentials.h"

/* Looks by the settings of `base`, which it keeps; the files are read anew each time. Making it
 * reads nothing. NULL when out of memory. */
cspan_credentials_provider *cspan_credentials_default_chain(const cspan_aws_config *base,
                                                            bool skip_environment);

#endif
