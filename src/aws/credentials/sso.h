/* SPDX-License-Identifier: Apache-2.0 */
/* The token of IAM Identity Center itself, for services that take bearer tokens. */
#ifndef AWS_CREDENTIALS_SSO_H
#define AWS_CREDENTIALS_SSO_H

#include "aws/credentials/hunt.h"

/* The token of the profile's sso_session, which `aws sso login` left; renewed where it is about to
 * expire and can be. Appends it to `text`. CSPAN_ERR_CREDENTIALS says what to run. May block until
 * the end of the hunt's context. */
cspan_status cspan_sso_token(const cspan_hunt *hunt, const cspan_profile *profile, cspan_buf *text,
                             int64_t *expiration_unix_s, cspan_error **error);

#endif
