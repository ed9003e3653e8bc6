/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of the HTTP bindings, see rest_bind.c and rest_read.c. */
#ifndef AWS_PROTOCOL_REST_H
#define AWS_PROTOCOL_REST_H

#include "aws/protocol/protocol.h"

/* A member that is a header, and one that is a map of headers with a prefix. `text` is scratch. */
cspan_status cspan_rest_put_header(const cspan_service_model *model,
                                   const cspan_member_model *member, const cspan_value *value,
                                   cspan_protocol_request *out, cspan_buf *text,
                                   cspan_error **error);
cspan_status cspan_rest_put_prefix_headers(const cspan_service_model *model,
                                           const cspan_member_model *member,
                                           const cspan_value *value, cspan_protocol_request *out,
                                           cspan_buf *text, cspan_error **error);

/* An output: members of status and headers, then what `read_body` puts into the same map. */
typedef cspan_status (*cspan_rest_body_fn)(const cspan_protocol_response *response,
                                           const cspan_shape *shape, cspan_maker *maker,
                                           cspan_error **error);
cspan_status cspan_rest_parse(const cspan_protocol_response *response, cspan_rest_body_fn read_body,
                              cspan_arena *arena, cspan_value *out, cspan_error **error);
/* A payload of bytes or text is the body as it is; without a body it is left out. */
cspan_status cspan_rest_read_bytes(const cspan_protocol_response *response,
                                   const cspan_member_model *payload, cspan_maker *maker,
                                   cspan_error **error);

#endif
