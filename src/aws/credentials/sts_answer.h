/* SPDX-License-Identifier: Apache-2.0 */
/* What STS answers to AssumeRole and AssumeRoleWithWebIdentity. No I/O. */
#ifndef AWS_CREDENTIALS_STS_ANSWER_H
#define AWS_CREDENTIALS_STS_ANSWER_H

#include "aws/credentials.h"
#include "base/arena.h"

/* `result` is the element with the credentials: "AssumeRoleResult". *out refers to `arena`, which
 * then holds secrets: cspan_sts_answer_wipe() before it is freed. CSPAN_ERR_PROTOCOL names what
 * is missing. */
cspan_status cspan_sts_answer_parse(const char *xml, size_t len, const char *result,
                                    cspan_arena *arena, cspan_credentials *out,
                                    cspan_error **error);
void cspan_sts_answer_wipe(cspan_credentials *credentials);
/* "123456789012" of "arn:aws:iam::123456789012:role/x", in `out`; NULL where it has none. */
const char *cspan_account_of_arn(const char *arn, char out[13]);

#endif
