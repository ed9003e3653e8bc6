/* SPDX-License-Identifier: Apache-2.0 */
/**
 * dynamodb.h: items of DynamoDB as plain values, on top of a cspan_client of the service.
 *
 * DynamoDB wraps every value in a map that names its type: {"N": "42"}. Here an item is
 * {"id": 42}: inputs are marshalled, outputs unmarshalled. All else that the service has is
 * called by client.h, with cspan_dynamodb_marshal() for the values.
 *
 *   plain value                 attribute value
 *   string                      S
 *   INT, DOUBLE, NUMBER         N: decimal text. DynamoDB keeps 38 digits
 *   blob                        B
 *   bool, null                  BOOL, NULL
 *   list, map                   L, M
 *   cspan_dynamodb_..._set()    SS, NS, BS
 *
 * Numbers come back without loss: as INT or DOUBLE where that has the same decimal text as its
 * shortest form, else as NUMBER. Sets come back as lists with cspan_dynamodb_set_kind().
 *
 * Source of the rules: the DynamoDB API reference (AttributeValue, BatchWriteItem, BatchGetItem) and
 * the developer guide's pages on naming rules and data types, and on error retries.
 *
 * All functions are thread-safe but for the iterator, which is used by one thread.
 */
#ifndef CLOUDSPAN_DYNAMODB_H
#define CLOUDSPAN_DYNAMODB_H

#include <cloudspan/client.h>

CSPAN_BEGIN_DECLS

/* -------------------------------------------------------------------- sets */

typedef enum cspan_dynamodb_set {
  CSPAN_DYNAMODB_NO_SET = 0,
  CSPAN_DYNAMODB_STRING_SET,
  CSPAN_DYNAMODB_NUMBER_SET,
  CSPAN_DYNAMODB_BLOB_SET
} cspan_dynamodb_set;

/** A list that is marshalled as a set: `count` strings, numbers or blobs, at least one, borrowed.
 * The mark survives copies (cspan_document_copy(), a builder), but not JSON. */
CSPAN_API cspan_value cspan_dynamodb_string_set(const cspan_value *items, size_t count);
CSPAN_API cspan_value cspan_dynamodb_number_set(const cspan_value *items, size_t count);
CSPAN_API cspan_value cspan_dynamodb_blob_set(const cspan_value *items, size_t count);
/** Which kind of set a list is. `value` may be NULL. */
CSPAN_API cspan_dynamodb_set cspan_dynamodb_set_kind(const cspan_value *value);

/* ------------------------------------------------------------- marshalling */

/** A plain value to an attribute value ({"S": "x"}). CSPAN_ERR_INVALID names the path of what has
 * no such form: timestamps, NaN and the infinities, sets that are empty or mixed; CSPAN_ERR_LIMIT
 * past 100 levels. */
CSPAN_API cspan_status cspan_dynamodb_marshal(const cspan_value *plain, cspan_document **out,
                                              cspan_error **error);
/** A map of plain values to a map of attribute values: an item, a key, expression values. */
CSPAN_API cspan_status cspan_dynamodb_marshal_item(const cspan_value *plain, cspan_document **out,
                                                   cspan_error **error);
/** The way back. CSPAN_ERR_PROTOCOL names the path of what is no attribute value. */
CSPAN_API cspan_status cspan_dynamodb_unmarshal(const cspan_value *attribute, cspan_document **out,
                                                cspan_error **error);
CSPAN_API cspan_status cspan_dynamodb_unmarshal_item(const cspan_value *attributes,
                                                     cspan_document **out, cspan_error **error);

/* ---------------------------------------------------------------- one item */

/** Everything is borrowed for the call. */
typedef struct cspan_dynamodb_write {
  size_t size;
  const char *table;        /**< name or ARN */
  const cspan_value *item;  /**< of a put: a map of plain values */
  const cspan_value *key;   /**< of an update or a delete: the same */
  const char *update;       /**< UpdateExpression, e.g. "SET #n = :n" */
  const char *condition;    /**< ConditionExpression; NULL: none */
  const cspan_value *names; /**< what "#n" stands for: a map of strings */
  /** What ":n" stands for: a map of plain values. */
  const cspan_value *values;
  const char *return_values; /**< "ALL_OLD", and for updates "ALL_NEW", ...; NULL: none */
  const cspan_context *context;
  const cspan_call_options *options; /**< not on a loop */
} cspan_dynamodb_write;

/**
 * PutItem, UpdateItem, DeleteItem. *attributes (may be NULL) receives what return_values asked for
 * as a map of plain values, or NULL where there is none; freed with cspan_document_free().
 * Where the condition does not hold, nothing was changed:
 * cspan_dynamodb_is_condition_failed() tells.
 */
CSPAN_API cspan_status cspan_dynamodb_put(cspan_client *client, const cspan_dynamodb_write *write,
                                          cspan_document **attributes, cspan_error **error);
CSPAN_API cspan_status cspan_dynamodb_update(cspan_client *client,
                                             const cspan_dynamodb_write *write,
                                             cspan_document **attributes, cspan_error **error);
CSPAN_API cspan_status cspan_dynamodb_delete(cspan_client *client,
                                             const cspan_dynamodb_write *write,
                                             cspan_document **attributes, cspan_error **error);

/** Whether it is a ConditionalCheckFailedException. NULL is not. */
CSPAN_API bool cspan_dynamodb_is_condition_failed(const cspan_error *error);
/** The item that did not meet the condition, as plain values. *item is NULL where the error has
 * none: there was no such item, or the service's model is older than June 2023 and cannot ask for
 * it. */
CSPAN_API cspan_status cspan_dynamodb_failed_item(const cspan_error *failure, cspan_document **item,
                                                  cspan_error **error);

typedef struct cspan_dynamodb_read {
  size_t size;
  const char *table;
  const cspan_value *key; /**< a map of plain values */
  bool consistent;
  const char *projection; /**< ProjectionExpression; NULL: whole items */
  const cspan_value *names;
  const cspan_context *context;
  const cspan_call_options *options; /**< not on a loop */
} cspan_dynamodb_read;

/** GetItem. *item is NULL where there is none, which is no error. */
CSPAN_API cspan_status cspan_dynamodb_get(cspan_client *client, const cspan_dynamodb_read *read,
                                          cspan_document **item, cspan_error **error);

/* -------------------------------------------------------------- many items */

typedef struct cspan_dynamodb_query {
  size_t size;
  const char *table;
  const char *index;         /**< NULL: the table itself */
  const char *key_condition; /**< KeyConditionExpression; NULL: the whole table (Scan) */
  const char *filter;        /**< FilterExpression */
  const char *projection;
  const cspan_value *names;
  const cspan_value *values; /**< plain */
  bool consistent;
  bool descending;              /**< by the sort key; not for a scan */
  int segment;                  /**< of total_segments, from 0: a part of a scan */
  int total_segments;           /**< 0: a scan in one */
  int64_t page_size;            /**< items looked at in one call; 0: as many as fit 1 MB */
  int64_t max_items;            /**< 0: all */
  const char *resume;           /**< of cspan_dynamodb_items_resume_token(); NULL: from the start */
  const cspan_context *context; /**< copied; what it refers to must outlive the iterator */
  const cspan_call_options *options; /**< must outlive the iterator; not on a loop */
} cspan_dynamodb_query;

/** The items of a query or scan, page after page as they are asked for. */
typedef struct cspan_dynamodb_items cspan_dynamodb_items;

/** No network. The query's texts and values are copied; the client must outlive the iterator. */
CSPAN_API cspan_status cspan_dynamodb_items_create(cspan_client *client,
                                                   const cspan_dynamodb_query *query,
                                                   cspan_dynamodb_items **out, cspan_error **error);
CSPAN_API void cspan_dynamodb_items_free(cspan_dynamodb_items *items);
/** The next item as a map of plain values, borrowed until the next call; NULL after the last one.
 * After an error of the call the same item may be asked for again. */
CSPAN_API cspan_status cspan_dynamodb_items_next(cspan_dynamodb_items *items,
                                                 const cspan_value **item, cspan_error **error);
/** Where max_items ended it: what another query goes on with; else NULL. Borrowed. */
CSPAN_API const char *cspan_dynamodb_items_resume_token(const cspan_dynamodb_items *items);

/* ----------------------------------------------------------------- batches */

/** One of `put` and `remove`. */
typedef struct cspan_dynamodb_change {
  const char *table;
  const cspan_value *put;    /**< an item of plain values */
  const cspan_value *remove; /**< a key of plain values: the item is deleted */
} cspan_dynamodb_change;

typedef struct cspan_dynamodb_batch_options {
  size_t size;
  const cspan_context *context;      /**< its deadline and cancellation end the waiting, too */
  const cspan_call_options *options; /**< not on a loop */
  /** Calls for one batch of 25 changes or 100 keys. 0: any number while the service takes some of
   * it each time, and 8 in a row of which it takes nothing. */
  int max_attempts;
  int64_t base_delay_ms; /**< the longest first wait, doubled each time; 0: 50 */
  int64_t max_delay_ms;  /**< 0: 20,000 */
} cspan_dynamodb_batch_options;

/** What was not written. Freed with cspan_dynamodb_batch_result_clear(). */
typedef struct cspan_dynamodb_batch_result {
  size_t left_count;
  cspan_dynamodb_change *left; /**< fit for another cspan_dynamodb_batch_write() */
  cspan_document *memory;      /**< private */
} cspan_dynamodb_batch_result;

/**
 * BatchWriteItem with 25 changes a call. What the service leaves (UnprocessedItems) is sent again
 * after a wait with full jitter. CSPAN_ERR_PARTIAL where some are left after all attempts;
 * another status where a call failed or the context ended, in which case nothing more is
 * sent. In both cases `result` (may be NULL; cleared first) has all that is left, in no order.
 * On CSPAN_ERR_NOMEM and CSPAN_ERR_INVALID it may be empty. `options` may be NULL.
 * The changes of one call must be of different items.
 */
CSPAN_API cspan_status cspan_dynamodb_batch_write(cspan_client *client,
                                                  const cspan_dynamodb_change *changes,
                                                  size_t count,
                                                  const cspan_dynamodb_batch_options *options,
                                                  cspan_dynamodb_batch_result *result,
                                                  cspan_error **error);
CSPAN_API void cspan_dynamodb_batch_result_clear(cspan_dynamodb_batch_result *result);

/** Keys of one table; the fields of a read that are about all keys. */
typedef struct cspan_dynamodb_batch_read {
  size_t size;
  const char *table;
  const cspan_value *keys; /**< a list of maps of plain values; each key once */
  bool consistent;
  const char *projection;
  const cspan_value *names;
} cspan_dynamodb_batch_read;

/**
 * BatchGetItem with 100 keys a call, resubmitted like a batch write. *items receives a list of
 * plain items in no order; keys without an item are just not there. *left (may be NULL) receives a
 * list of the keys that were not looked up, NULL where there are none. Both are set for
 * CSPAN_ERR_PARTIAL, too, and for calls that failed, but for CSPAN_ERR_NOMEM and CSPAN_ERR_INVALID.
 */
CSPAN_API cspan_status cspan_dynamodb_batch_get(cspan_client *client,
                                                const cspan_dynamodb_batch_read *read,
                                                const cspan_dynamodb_batch_options *options,
                                                cspan_document **items, cspan_document **left,
                                                cspan_error **error);

CSPAN_END_DECLS

#endif
