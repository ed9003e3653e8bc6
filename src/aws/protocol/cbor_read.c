/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/protocol/cbor_parser.h"
#include "aws/protocol/protocol.h"

static bool read_item(cspan_cbor_parser *p);

static bool put_text(cspan_cbor_parser *p, const cspan_cbor_head *h) {
  const char *data;
  size_t size;
  if (!cspan_cbor_read_bytes(p, h, &data, &size)) {
    return false;
  }
  cspan_maker_put_text(
      &p->maker, h->major == CBOR_MAJOR_TEXT ? CSPAN_VALUE_STRING : CSPAN_VALUE_BLOB, data, size);
  return true;
}

static bool put_simple(cspan_cbor_parser *p, const cspan_cbor_head *h) {
  if (cspan_cbor_is_float(h)) {
    cspan_maker_put(&p->maker, cspan_double(cspan_cbor_float(h)));
    return true;
  }
  switch (h->info) {
  case CBOR_SIMPLE_FALSE:
  case CBOR_SIMPLE_TRUE:
    cspan_maker_put(&p->maker, cspan_bool(h->info == CBOR_SIMPLE_TRUE));
    return true;
  case CBOR_SIMPLE_NULL:
  case CBOR_SIMPLE_UNDEFINED:
    cspan_maker_put(&p->maker, cspan_null());
    return true;
  default:
    return cspan_cbor_fault(p, h->info == CBOR_INDEFINITE
                                   ? "an end stands where nothing ends"
                                   : "there is a simple value without a meaning");
  }
}

/* ------------------------------------------------------------------------- tags */

static bool put_epoch(cspan_cbor_parser *p) {
  cspan_cbor_head h;
  if (!cspan_cbor_read_head(p, &h)) {
    return false;
  }
  if (cspan_cbor_is_float(&h)) {
    cspan_value number = cspan_double(cspan_cbor_float(&h));
    cspan_value time;
    if (!cspan_protocol_time_of(&number, &time)) {
      return cspan_cbor_fault(p, "a time is too far away");
    }
    cspan_maker_put(&p->maker, time);
    return true;
  }
  if (h.major > CBOR_MAJOR_NEGATIVE || h.info == CBOR_INDEFINITE || h.value > INT64_MAX) {
    return cspan_cbor_fault(p, "a time is no number");
  }
  int64_t seconds = (int64_t)h.value;
  cspan_maker_put(&p->maker,
                  cspan_timestamp(h.major == CBOR_MAJOR_NEGATIVE ? -1 - seconds : seconds, 0));
  return true;
}

static bool put_tagged(cspan_cbor_parser *p, const cspan_cbor_head *h) {
  if (h->info == CBOR_INDEFINITE) {
    return cspan_cbor_fault(p, "a tag has no number");
  }
  switch (h->value) {
  case CBOR_TAG_EPOCH:
    return put_epoch(p);
  case CBOR_TAG_POSITIVE_BIGNUM:
  case CBOR_TAG_NEGATIVE_BIGNUM:
    return cspan_cbor_put_bignum(p, h->value == CBOR_TAG_NEGATIVE_BIGNUM);
  case CBOR_TAG_DECIMAL:
    return cspan_cbor_put_decimal(p);
  default:
    return read_item(p);
  }
}

/* ------------------------------------------------------------------------ nests */

static bool more(cspan_cbor_parser *p, const cspan_cbor_head *h, uint64_t done) {
  return p->status == CSPAN_OK && p->maker.status == CSPAN_OK &&
         (h->info == CBOR_INDEFINITE ? !cspan_cbor_at_break(p) : done < h->value);
}

static bool read_key(cspan_cbor_parser *p) {
  const char *data;
  size_t size;
  cspan_cbor_head h;
  if (!cspan_cbor_read_head(p, &h)) {
    return false;
  }
  if (h.major != CBOR_MAJOR_TEXT) {
    return cspan_cbor_fault(p, "the key of a map is no text");
  }
  if (!cspan_cbor_read_bytes(p, &h, &data, &size)) {
    return false;
  }
  cspan_maker_name(&p->maker, data, size);
  return true;
}

static bool read_nest(cspan_cbor_parser *p, const cspan_cbor_head *h) {
  bool is_map = h->major == CBOR_MAJOR_MAP;
  cspan_maker_begin(&p->maker, is_map ? CSPAN_VALUE_MAP : CSPAN_VALUE_LIST);
  for (uint64_t done = 0; more(p, h, done); done++) {
    if ((is_map && !read_key(p)) || !read_item(p)) {
      return false;
    }
  }
  cspan_maker_end(&p->maker);
  return p->status == CSPAN_OK && p->maker.status == CSPAN_OK;
}

static bool read_item(cspan_cbor_parser *p) {
  cspan_cbor_head h;
  bool ok;
  if (p->depth >= CSPAN_VALUE_MAX_DEPTH) {
    return cspan_cbor_fail(p, CSPAN_ERR_LIMIT, "it is nested too deeply");
  }
  if (!cspan_cbor_read_head(p, &h)) {
    return false;
  }
  p->depth++;
  switch (h.major) {
  case CBOR_MAJOR_UNSIGNED:
  case CBOR_MAJOR_NEGATIVE:
    ok = h.info != CBOR_INDEFINITE || cspan_cbor_fault(p, "an integer has no length");
    if (ok) {
      cspan_cbor_put_integer(p, &h);
    }
    break;
  case CBOR_MAJOR_BYTES:
  case CBOR_MAJOR_TEXT:
    ok = put_text(p, &h);
    break;
  case CBOR_MAJOR_LIST:
  case CBOR_MAJOR_MAP:
    ok = read_nest(p, &h);
    break;
  case CBOR_MAJOR_TAG:
    ok = put_tagged(p, &h);
    break;
  default:
    ok = put_simple(p, &h);
  }
  p->depth--;
  return ok;
}

cspan_status cspan_cbor_parse(const char *data, size_t size, cspan_arena *arena, cspan_value *out,
                              const char **what) {
  cspan_cbor_parser p;
  p.at = (const uint8_t *)data;
  p.end = p.at + size;
  p.depth = 0;
  p.status = CSPAN_OK;
  p.what = "";
  cspan_buf_init(&p.chunks, CBOR_CHUNKS_MAX);
  cspan_maker_init(&p.maker, arena);
  *out = cspan_null();
  if (read_item(&p) && p.at != p.end) {
    cspan_cbor_fault(&p, "something follows behind its end");
  }
  if (p.status == CSPAN_OK) {
    p.status = cspan_maker_finish(&p.maker, out);
  }
  if (what != NULL) {
    *what = p.what;
  }
  cspan_maker_free(&p.maker);
  cspan_buf_free(&p.chunks);
  return p.status;
}
