/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XML by a service model: what rest-xml writes, and what all XML protocols read.
 *
 * Source: Smithy's specification, "XML bindings" and "AWS restXml protocol".
 */
#ifndef AWS_PROTOCOL_XML_H
#define AWS_PROTOCOL_XML_H

#include "aws/protocol/protocol.h"
#include "aws/xml.h"

/* The outermost element. */
typedef struct cspan_xml_root {
  const char *name;
  const char *prefix; /* "": none */
  const char *uri;    /* of its namespace; "": none */
} cspan_xml_root;

/* Appends a structure as that element. Its members with a place in the URI, query or headers are
 * left out. `value` may be NULL. */
cspan_status cspan_xml_write(const cspan_service_model *model, const cspan_shape *shape,
                             const cspan_value *value, const cspan_xml_root *root, cspan_buf *out,
                             cspan_error **error);

/* Which members of a structure are elsewhere. */
typedef enum cspan_xml_bindings {
  CSPAN_XML_UNBOUND, /* none: query, ec2 */
  CSPAN_XML_BOUND    /* those of headers and status: rest-xml */
} cspan_xml_bindings;

/* The members of a structure that an element holds, into the map that is open in the maker. The
 * element lives in the maker's arena. `skip` is left out; NULL: none. */
cspan_status cspan_xml_read(const cspan_service_model *model, const cspan_shape *shape,
                            const cspan_xml_node *node, cspan_xml_bindings bindings,
                            const cspan_member_model *skip, cspan_maker *maker,
                            cspan_error **error);

/* After the last of those: ends the map, frees the maker and gives the value, or hands on `status`
 * where that is not OK. */
cspan_status cspan_xml_finish(cspan_maker *maker, cspan_status status, cspan_value *out,
                              cspan_error **error);

/* The failure in the XML body and the headers of a response, in any of the forms that services
 * use. A body that cannot be read gives none. */
cspan_status cspan_xml_failure(const cspan_protocol_response *response, cspan_xml_bindings bindings,
                               cspan_arena *arena, cspan_protocol_failure *out,
                               cspan_error **error);

/* For the vtables: a structure as a document of its own. */
cspan_status cspan_xml_write_payload(const cspan_service_model *model, const cspan_shape *shape,
                                     const cspan_value *value, cspan_buf *out, cspan_error **error);
cspan_status cspan_xml_read_payload(const cspan_service_model *model, const cspan_shape *shape,
                                    const char *data, size_t size, cspan_arena *arena,
                                    cspan_value *out, cspan_error **error);

#endif
