/* SPDX-License-Identifier: Apache-2.0 */
/* A small reader of XML documents (expat), and the escaping that a writer needs. Safe on
 * untrusted input: no entity declarations, no document types, capped depth and size. */
#ifndef AWS_XML_H
#define AWS_XML_H

#include "base/arena.h"
#include "base/buf.h"

enum { CSPAN_XML_MAX_DEPTH = 100, CSPAN_XML_MAX_BYTES = 64 * 1024 * 1024 };

/* Its name is as written, with the prefix. Declarations of namespaces are left out. */
typedef struct cspan_xml_attribute {
  const char *name;
  const char *value;
  struct cspan_xml_attribute *next;
} cspan_xml_attribute;

/* An element. Names come without namespace prefix. */
typedef struct cspan_xml_node {
  const char *name;
  const char *text; /* of an element without children; "" for one with children; never NULL */
  struct cspan_xml_attribute *attributes;
  struct cspan_xml_node *first_child;
  struct cspan_xml_node *last_child;
  struct cspan_xml_node *next_sibling;
} cspan_xml_node;

/* Parses a whole document into `arena`. CSPAN_ERR_PROTOCOL when it is not well-formed or
 * declares a document type; CSPAN_ERR_LIMIT when too large or too deep. */
cspan_status cspan_xml_parse(const char *data, size_t len, cspan_arena *arena,
                             cspan_xml_node **root, cspan_error **error);

/* The first child of that name, or NULL; `node` may be NULL. */
const cspan_xml_node *cspan_xml_child(const cspan_xml_node *node, const char *name);
/* The next sibling with the same name, or NULL. */
const cspan_xml_node *cspan_xml_next(const cspan_xml_node *node);
/* The text of that child; NULL when there is no such child. */
const char *cspan_xml_text(const cspan_xml_node *node, const char *name);

/* Appends `text` as character data: & < > " ' and control characters become references.
 * NULL appends nothing. */
cspan_status cspan_xml_escape(cspan_buf *out, const char *text);
/* The same of `len` bytes. */
cspan_status cspan_xml_escape_bytes(cspan_buf *out, const char *text, size_t len);
/* <name>text</name>; nothing when text is NULL. */
cspan_status cspan_xml_element(cspan_buf *out, const char *name, const char *text);

#endif
