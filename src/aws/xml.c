/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/xml.h"

#include <expat.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"

typedef struct xml_reader {
  XML_Parser parser;
  cspan_arena *arena;
  cspan_xml_node *root;
  cspan_xml_node *open[CSPAN_XML_MAX_DEPTH];
  size_t depth;
  /* Text of the innermost open element; starts[i] is where that of open[i] begins. */
  cspan_buf text;
  size_t starts[CSPAN_XML_MAX_DEPTH];
  cspan_status status;
  const char *why;
} xml_reader;

static void stop(xml_reader *reader, cspan_status status, const char *why) {
  if (reader->status == CSPAN_OK) {
    reader->status = status;
    reader->why = why;
    XML_StopParser(reader->parser, XML_FALSE);
  }
}

/* The text collected since the innermost element opened becomes its own. */
static bool save_text(xml_reader *reader, cspan_xml_node *node, size_t start) {
  size_t len = reader->text.len - start;
  if (len > 0) {
    node->text = cspan_arena_strndup(reader->arena, reader->text.data + start, len);
  }
  reader->text.len = start;
  return node->text != NULL;
}

/* `pairs` are names and values in turn, and a NULL. */
static bool save_attributes(xml_reader *reader, cspan_xml_node *node, const XML_Char **pairs) {
  cspan_xml_attribute **tail = &node->attributes;
  for (; pairs[0]; pairs += 2) {
    if (strcmp(pairs[0], "xmlns") == 0 || cspan_starts_with(pairs[0], "xmlns:")) {
      continue;
    }
    cspan_xml_attribute *attribute = cspan_arena_alloc(reader->arena, sizeof *attribute);
    if (!attribute) {
      return false;
    }
    *tail = attribute;
    tail = &attribute->next;
    attribute->name = cspan_arena_strdup(reader->arena, pairs[0]);
    attribute->value = cspan_arena_strdup(reader->arena, pairs[1]);
    if (!attribute->name || !attribute->value) {
      return false;
    }
  }
  return true;
}

static void refused(xml_reader *reader) {
  bool is_full = cspan_arena_refusal(reader->arena) == CSPAN_ERR_LIMIT;
  stop(reader, is_full ? CSPAN_ERR_LIMIT : CSPAN_ERR_NOMEM,
       is_full ? "it holds too much" : "out of memory");
}

static void XMLCALL on_start(void *user, const XML_Char *name, const XML_Char **attributes) {
  xml_reader *reader = user;
  if (reader->status != CSPAN_OK) {
    return;
  }
  if (reader->depth == CSPAN_XML_MAX_DEPTH) {
    stop(reader, CSPAN_ERR_LIMIT, "elements are nested too deeply");
    return;
  }
  const char *colon = strrchr(name, ':');
  cspan_xml_node *node = cspan_arena_alloc(reader->arena, sizeof *node);
  char *copy = cspan_arena_strdup(reader->arena, colon ? colon + 1 : name);
  if (!node || !copy || !save_attributes(reader, node, attributes)) {
    refused(reader);
    return;
  }
  node->name = copy;
  node->text = "";
  if (reader->depth == 0) {
    reader->root = node;
  } else {
    cspan_xml_node *parent = reader->open[reader->depth - 1];
    reader->text.len = reader->starts[reader->depth - 1];
    if (parent->last_child) {
      parent->last_child->next_sibling = node;
    } else {
      parent->first_child = node;
    }
    parent->last_child = node;
  }
  reader->starts[reader->depth] = reader->text.len;
  reader->open[reader->depth++] = node;
}

static void XMLCALL on_end(void *user, const XML_Char *name) {
  (void)name;
  xml_reader *reader = user;
  if (reader->status != CSPAN_OK) {
    return;
  }
  reader->depth--;
  cspan_xml_node *node = reader->open[reader->depth];
  if (node->first_child) {
    reader->text.len = reader->starts[reader->depth];
  } else if (!save_text(reader, node, reader->starts[reader->depth])) {
    refused(reader);
  }
}

static void XMLCALL on_text(void *user, const XML_Char *text, int len) {
  xml_reader *reader = user;
  if (reader->status == CSPAN_OK && reader->depth > 0 &&
      cspan_buf_append(&reader->text, text, (size_t)len) != CSPAN_OK) {
    stop(reader, reader->text.status, "text is too long");
  }
}

static void XMLCALL on_doctype(void *user, const XML_Char *name, const XML_Char *system_id,
                               const XML_Char *public_id, int has_subset) {
  (void)name;
  (void)system_id;
  (void)public_id;
  (void)has_subset;
  stop(user, CSPAN_ERR_PROTOCOL, "it declares a document type, which is refused");
}

static cspan_status parse_error(const xml_reader *reader, cspan_error **error) {
  unsigned long line = (unsigned long)XML_GetCurrentLineNumber(reader->parser);
  if (reader->status != CSPAN_OK) {
    return cspan_error_set(error, reader->status, "the XML document cannot be read: %s (line %lu)",
                           reader->why, line);
  }
  enum XML_Error code = XML_GetErrorCode(reader->parser);
  cspan_status status = code == XML_ERROR_NO_MEMORY ? CSPAN_ERR_NOMEM : CSPAN_ERR_PROTOCOL;
  return cspan_error_set(error, status, "the XML document is not well-formed: %s (line %lu)",
                         XML_ErrorString(code), line);
}

cspan_status cspan_xml_parse(const char *data, size_t len, cspan_arena *arena,
                             cspan_xml_node **root, cspan_error **error) {
  if (len > CSPAN_XML_MAX_BYTES) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT,
                           "the XML document has %zu bytes; at most %d are read", len,
                           CSPAN_XML_MAX_BYTES);
  }
  static const XML_Memory_Handling_Suite memory = {cspan_malloc, cspan_realloc, cspan_free};
  xml_reader reader = {.arena = arena};
  cspan_buf_init(&reader.text, CSPAN_XML_MAX_BYTES);
  reader.parser = arena ? XML_ParserCreate_MM(NULL, &memory, NULL) : NULL;
  if (!reader.parser) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory: no XML parser");
  }
  XML_SetUserData(reader.parser, &reader);
  XML_SetElementHandler(reader.parser, on_start, on_end);
  XML_SetCharacterDataHandler(reader.parser, on_text);
  XML_SetStartDoctypeDeclHandler(reader.parser, on_doctype);
  cspan_status status = CSPAN_OK;
  if (XML_Parse(reader.parser, len ? data : "", (int)len, XML_TRUE) != XML_STATUS_OK) {
    status = parse_error(&reader, error);
  } else {
    *root = reader.root;
  }
  XML_ParserFree(reader.parser);
  cspan_buf_free(&reader.text);
  return status;
}

const cspan_xml_node *cspan_xml_child(const cspan_xml_node *node, const char *name) {
  const cspan_xml_node *child = node ? node->first_child : NULL;
  while (child && strcmp(child->name, name) != 0) {
    child = child->next_sibling;
  }
  return child;
}

const cspan_xml_node *cspan_xml_next(const cspan_xml_node *node) {
  const cspan_xml_node *next = node->next_sibling;
  while (next && strcmp(next->name, node->name) != 0) {
    next = next->next_sibling;
  }
  return next;
}

const char *cspan_xml_text(const cspan_xml_node *node, const char *name) {
  const cspan_xml_node *child = cspan_xml_child(node, name);
  return child ? child->text : NULL;
}

cspan_status cspan_xml_escape_bytes(cspan_buf *out, const char *text, size_t len) {
  size_t start = 0;
  for (size_t i = 0; i < len; i++) {
    unsigned char c = (unsigned char)text[i];
    bool special = c < 0x20 || c == '&' || c == '<' || c == '>' || c == '"' || c == '\'';
    if (special) {
      cspan_buf_append(out, text + start, i - start);
      cspan_buf_printf(out, "&#%u;", c);
      start = i + 1;
    }
  }
  return len > 0 ? cspan_buf_append(out, text + start, len - start) : cspan_buf_status(out);
}

cspan_status cspan_xml_escape(cspan_buf *out, const char *text) {
  return cspan_xml_escape_bytes(out, text, text ? strlen(text) : 0);
}

cspan_status cspan_xml_element(cspan_buf *out, const char *name, const char *text) {
  if (text) {
    cspan_buf_printf(out, "<%s>", name);
    cspan_xml_escape(out, text);
    cspan_buf_printf(out, "</%s>", name);
  }
  return cspan_buf_status(out);
}
