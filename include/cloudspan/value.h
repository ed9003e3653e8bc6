/* SPDX-License-Identifier: Apache-2.0 */
/**
 * value.h: documents, the inputs and outputs of every call whose types come from a service
 * model: nulls, booleans, numbers, strings, blobs, timestamps, lists and maps.
 *
 * A cspan_value is plain data that refers to memory of somebody else, and is never changed by
 * the library. It comes from one of three places:
 *  - literals, in memory of the enclosing block:
 *      cspan_value input = CSPAN_MAP(
 *          cspan_field("TableName", cspan_string("users")),
 *          cspan_field("Key", CSPAN_MAP(cspan_field("id", CSPAN_MAP(
 *              cspan_field("S", cspan_string("42")))))));
 *  - a builder, for what is only known at run time;
 *  - JSON text.
 * The last two give a cspan_document, which owns all of its values.
 *
 * Maps keep the order of their members. Texts are UTF-8 and end with a NUL that is not counted.
 */
#ifndef CLOUDSPAN_VALUE_H
#define CLOUDSPAN_VALUE_H

#include <string.h>

#include <cloudspan/base.h>

CSPAN_BEGIN_DECLS

typedef enum cspan_value_kind {
  CSPAN_VALUE_NULL = 0,
  CSPAN_VALUE_BOOL,
  CSPAN_VALUE_INT,    /**< fits int64_t */
  CSPAN_VALUE_DOUBLE, /**< also NaN and the infinities */
  CSPAN_VALUE_NUMBER, /**< decimal text of a number that neither of these holds exactly */
  CSPAN_VALUE_STRING,
  CSPAN_VALUE_BLOB,
  CSPAN_VALUE_TIMESTAMP,
  CSPAN_VALUE_LIST,
  CSPAN_VALUE_MAP
} cspan_value_kind;

typedef struct cspan_member cspan_member;

/** Read it by the functions below; the fields are here so that literals can be written. */
typedef struct cspan_value {
  cspan_value_kind kind;
  /** Of a timestamp: 0 to 999,999,999, added to `integer`. Of a list: a mark that stays with it in
   * copies, 0 for none (the sets of dynamodb.h). Of a map: how many members lie behind the others
   * that no function shows (messaging.h), 0 in all that you make. */
  uint32_t nanoseconds;
  size_t size; /**< bytes of a text or blob; items of a list; members of a map */
  union {
    bool boolean;
    int64_t integer; /**< of a timestamp: seconds since 1970 */
    double number;
    const char *text; /**< STRING, NUMBER, BLOB */
    const struct cspan_value *items;
    const cspan_member *members;
  } as;
} cspan_value;

/** A member of a map. Names are unique; where they are not, the first is found. */
struct cspan_member {
  const char *name;
  size_t name_size_bytes;
  cspan_value value;
};

/* ---------------------------------------------------------------- literals */

static inline cspan_value cspan_null(void) {
  cspan_value v;
  memset(&v, 0, sizeof v);
  return v;
}

static inline cspan_value cspan_bool(bool boolean) {
  cspan_value v = cspan_null();
  v.kind = CSPAN_VALUE_BOOL;
  v.as.boolean = boolean;
  return v;
}

static inline cspan_value cspan_int(int64_t integer) {
  cspan_value v = cspan_null();
  v.kind = CSPAN_VALUE_INT;
  v.as.integer = integer;
  return v;
}

static inline cspan_value cspan_double(double number) {
  cspan_value v = cspan_null();
  v.kind = CSPAN_VALUE_DOUBLE;
  v.as.number = number;
  return v;
}

/** `size_bytes` bytes that need no NUL behind them. */
static inline cspan_value cspan_string_of(const char *text, size_t size_bytes) {
  cspan_value v = cspan_null();
  v.kind = CSPAN_VALUE_STRING;
  v.size = size_bytes;
  v.as.text = text;
  return v;
}

/** NULL gives null, which in an input is the same as leaving the member out. */
static inline cspan_value cspan_string(const char *text) {
  return text != NULL ? cspan_string_of(text, strlen(text)) : cspan_null();
}

/** A number by its decimal text ("12345678901234567890.5"), for what neither an int64_t nor a double
 * holds; it is looked at where the value is used. NULL gives null. */
static inline cspan_value cspan_decimal_text(const char *text) {
  cspan_value v = cspan_string(text);
  v.kind = text != NULL ? CSPAN_VALUE_NUMBER : CSPAN_VALUE_NULL;
  return v;
}

static inline cspan_value cspan_blob(const void *data, size_t size_bytes) {
  cspan_value v = cspan_string_of((const char *)data, size_bytes);
  v.kind = CSPAN_VALUE_BLOB;
  return v;
}

static inline cspan_value cspan_timestamp(int64_t unix_s, uint32_t nanoseconds) {
  cspan_value v = cspan_int(unix_s);
  v.kind = CSPAN_VALUE_TIMESTAMP;
  v.nanoseconds = nanoseconds;
  return v;
}

static inline cspan_value cspan_list(const cspan_value *items, size_t count) {
  cspan_value v = cspan_null();
  v.kind = CSPAN_VALUE_LIST;
  v.size = count;
  v.as.items = items;
  return v;
}

static inline cspan_value cspan_map(const cspan_member *members, size_t count) {
  cspan_value v = cspan_null();
  v.kind = CSPAN_VALUE_MAP;
  v.size = count;
  v.as.members = members;
  return v;
}

static inline cspan_member cspan_field(const char *name, cspan_value value) {
  cspan_member member;
  member.name = name;
  member.name_size_bytes = strlen(name);
  member.value = value;
  return member;
}

#ifndef __cplusplus
/** At least one item or field; memory of the enclosing block. */
#define CSPAN_LIST(...)                                                                            \
  cspan_list((const cspan_value[]){__VA_ARGS__},                                                   \
             sizeof((const cspan_value[]){__VA_ARGS__}) / sizeof(cspan_value))
#define CSPAN_MAP(...)                                                                             \
  cspan_map((const cspan_member[]){__VA_ARGS__},                                                   \
            sizeof((const cspan_member[]){__VA_ARGS__}) / sizeof(cspan_member))
#endif

/* ----------------------------------------------------------------- reading
 * `value` may be NULL in all of these: it is taken as null. */

CSPAN_API cspan_value_kind cspan_value_get_kind(const cspan_value *value);
CSPAN_API bool cspan_value_is_null(const cspan_value *value);
/** The member of a map; NULL when there is none, or when it is no map. Borrowed. */
CSPAN_API const cspan_value *cspan_value_get(const cspan_value *value, const char *name);
/** The item of a list, NULL past its end; of a map the value of its index-th member. */
CSPAN_API const cspan_value *cspan_value_at(const cspan_value *value, size_t index);
/** The name of a map's index-th member; NULL past the end. */
CSPAN_API const char *cspan_value_name_at(const cspan_value *value, size_t index);
/** Items or members; 0 for anything else. */
CSPAN_API size_t cspan_value_count(const cspan_value *value);
/** The text of a string or NUMBER, else NULL. `size_bytes` may be NULL. A string that was made
 * by cspan_string_of() has a NUL only where its maker put one. */
CSPAN_API const char *cspan_value_text(const cspan_value *value, size_t *size_bytes);
/** The bytes of a blob or string, else NULL. */
CSPAN_API const void *cspan_value_bytes(const cspan_value *value, size_t *size_bytes);
/** The number, rounded towards zero and clamped; `otherwise` when it is none. */
CSPAN_API int64_t cspan_value_int(const cspan_value *value, int64_t otherwise);
CSPAN_API double cspan_value_double(const cspan_value *value, double otherwise);
CSPAN_API bool cspan_value_bool(const cspan_value *value, bool otherwise);
/** Seconds since 1970 of a timestamp. */
CSPAN_API int64_t cspan_value_unix_s(const cspan_value *value, int64_t otherwise);
/** Whether both are the same: kinds, numbers by value, maps in any order. */
CSPAN_API bool cspan_value_equals(const cspan_value *a, const cspan_value *b);

/* --------------------------------------------------------------- documents */

/** A value with all of its memory. Not changed any more: threads may share it. */
typedef struct cspan_document cspan_document;

CSPAN_API void cspan_document_free(cspan_document *document);
/** Borrowed from the document; NULL for NULL. */
CSPAN_API const cspan_value *cspan_document_value(const cspan_document *document);
/** A deep copy. CSPAN_ERR_NOMEM, or CSPAN_ERR_LIMIT past 1,000 levels. */
CSPAN_API cspan_status cspan_document_copy(const cspan_value *value, cspan_document **out,
                                           cspan_error **error);

/**
 * JSON (RFC 8259) to a document; nothing but white space may follow. CSPAN_ERR_INVALID names
 * line and column. Numbers without fraction or exponent that fit become INT; those with one that
 * a double can give back (its shortest text is the same number) become DOUBLE; all others NUMBER,
 * as they are written. Names that occur twice in a map are kept. CSPAN_ERR_LIMIT past 1,000
 * levels, 256 MiB, or 16,777,216 values in lists and maps that are open at a time.
 */
CSPAN_API cspan_status cspan_document_parse_json(const char *json, size_t size_bytes,
                                                 cspan_document **out, cspan_error **error);

typedef enum cspan_json_flags {
  CSPAN_JSON_COMPACT = 0,
  CSPAN_JSON_INDENT = 1 << 0 /**< four spaces a level, as the AWS CLI prints */
} cspan_json_flags;

/** A value as JSON: blobs in base64, timestamps as ISO 8601 text in UTC, NaN and the infinities as
 * the strings "NaN", "Infinity" and "-Infinity". *json is freed with cspan_free(). */
CSPAN_API cspan_status cspan_value_to_json(const cspan_value *value, unsigned flags, char **json,
                                           size_t *size_bytes, cspan_error **error);

/**
 * Evaluates a JMESPath expression (jmespath.org, specification 0.9 with its functions), e.g.
 * "Items[?Price.N > `10`].Name.S | [0]". CSPAN_ERR_INVALID tells what is wrong with the
 * expression and where. No match is null.
 */
CSPAN_API cspan_status cspan_value_search(const cspan_value *value, const char *expression,
                                          cspan_document **out, cspan_error **error);

/* ----------------------------------------------------------------- builder
 * Texts and blobs are copied. `name` is the member's name inside of a map, and NULL inside of a
 * list and for the root. A failure (no memory, a name where none belongs) is kept and told by
 * cspan_builder_finish(), so that nothing has to be checked in between. */

typedef struct cspan_builder cspan_builder;

/** NULL when out of memory, which all functions below accept. */
CSPAN_API cspan_builder *cspan_builder_create(void);
CSPAN_API void cspan_builder_free(cspan_builder *builder);
CSPAN_API void cspan_builder_begin_map(cspan_builder *builder, const char *name);
CSPAN_API void cspan_builder_begin_list(cspan_builder *builder, const char *name);
/** Ends the map or list that was begun last. */
CSPAN_API void cspan_builder_end(cspan_builder *builder);
/** Adds a deep copy of a value of any kind. */
CSPAN_API void cspan_builder_add(cspan_builder *builder, const char *name, cspan_value value);
/** Ends what is still open and gives the document; the builder is freed in any case. */
CSPAN_API cspan_status cspan_builder_finish(cspan_builder *builder, cspan_document **out,
                                            cspan_error **error);

CSPAN_END_DECLS

#endif
