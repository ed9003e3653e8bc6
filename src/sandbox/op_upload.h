/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_OP_UPLOAD_H
#define SANDBOX_OP_UPLOAD_H

#include "sandbox/call.h"

/* The upload that bucket, key and uploadId name. */
sbx_error cspan_sbx_need_upload(sbx_call *call, sbx_bucket **bucket, sbx_upload **upload);

#endif
