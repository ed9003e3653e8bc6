/* SPDX-License-Identifier: Apache-2.0 */
/* Hex, base64 and percent-encoding. */
#include <string.h>

#include "base/text.h"

static const char hex_upper[] = "0123456789ABCDEF";

const char cspan_hex_pairs[] = "000102030405060708090a0b0c0d0e0f"
                               "101112131415161718191a1b1c1d1e1f"
                               "202122232425262728292a2b2c2d2e2f"
                               "303132333435363738393a3b3c3d3e3f"
                               "404142434445464748494a4b4c4d4e4f"
                               "505152535455565758595a5b5c5d5e5f"
                               "606162636465666768696a6b6c6d6e6f"
                               "707172737475767778797a7b7c7d7e7f"
                               "808182838485868788898a8b8c8d8e8f"
                               "909192939495969798999a9b9c9d9e9f"
                               "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
                               "b0b1b2b3b4b5b6b7b8b9babbbcbdbebf"
                               "c0c1c2c3c4c5c6c7c8c9cacbcccdcecf"
                               "d0d1d2d3d4d5d6d7d8d9dadbdcdddedf"
                               "e0e1e2e3e4e5e6e7e8e9eaebecedeeef"
                               "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff";

int cspan_hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool cspan_hex_decode(const char *text, size_t len, void *out) {
  uint8_t *bytes = out;
  if (len % 2) {
    return false;
  }
  for (size_t i = 0; i < len / 2; i++) {
    int high = cspan_hex_value(text[2 * i]);
    int low = cspan_hex_value(text[2 * i + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    bytes[i] = (uint8_t)(high << 4 | low);
  }
  return true;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

cspan_status cspan_base64_encode(cspan_buf *out, const void *data, size_t len) {
  const uint8_t *in = data;
  if (len > SIZE_MAX / 4 * 3 - 3) {
    out->status = CSPAN_ERR_LIMIT;
    return out->status;
  }
  cspan_status status = cspan_buf_reserve(out, (len + 2) / 3 * 4);
  if (status != CSPAN_OK) {
    return status;
  }
  char *at = out->data + out->len;
  for (size_t i = 0; i < len; i += 3) {
    size_t left = len - i;
    uint32_t group = (uint32_t)in[i] << 16;
    group |= left > 1 ? (uint32_t)in[i + 1] << 8 : 0;
    group |= left > 2 ? in[i + 2] : 0;
    *at++ = base64_digits[group >> 18];
    *at++ = base64_digits[group >> 12 & 63];
    *at++ = left > 1 ? base64_digits[group >> 6 & 63] : '=';
    *at++ = left > 2 ? base64_digits[group & 63] : '=';
  }
  *at = '\0';
  out->len = (size_t)(at - out->data);
  return CSPAN_OK;
}

static int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool cspan_base64_decode(const char *text, size_t len, cspan_buf *out) {
  if (len % 4) {
    return false;
  }
  size_t padding = 0;
  if (len && text[len - 1] == '=') {
    padding = text[len - 2] == '=' ? 2 : 1;
  }
  size_t size = len / 4 * 3 - padding;
  if (cspan_buf_reserve(out, size) != CSPAN_OK) {
    return false;
  }
  uint8_t *at = (uint8_t *)out->data + out->len;
  uint32_t bits = 0;
  size_t made = 0;
  for (size_t i = 0; i < len - padding; i++) {
    int value = base64_value(text[i]);
    if (value < 0) {
      out->data[out->len] = '\0';
      return false;
    }
    bits = bits << 6 | (uint32_t)value;
    if (i % 4) {
      at[made++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
  }
  /* The bits that padding leaves over must be zero. */
  if ((padding == 1 && bits & 3) || (padding == 2 && bits & 15)) {
    out->data[out->len] = '\0';
    return false;
  }
  out->len += size;
  out->data[out->len] = '\0';
  return true;
}

static bool is_unreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

cspan_status cspan_uri_encode(cspan_buf *out, const char *data, size_t len, bool keep_slash) {
  size_t start = 0;
  for (size_t i = 0; i < len; i++) {
    char c = data[i];
    if (is_unreserved(c) || (keep_slash && c == '/')) {
      continue;
    }
    uint8_t byte = (uint8_t)c;
    char escape[3] = {'%', hex_upper[byte >> 4], hex_upper[byte & 15]};
    cspan_buf_append(out, data + start, i - start);
    cspan_buf_append(out, escape, sizeof escape);
    start = i + 1;
  }
  return cspan_buf_append(out, data ? data + start : NULL, len - start);
}

cspan_status cspan_uri_decode(cspan_buf *out, const char *data, size_t len) {
  size_t start = 0;
  for (size_t i = 0; i + 2 < len; i++) {
    uint8_t byte;
    if (data[i] != '%' || !cspan_hex_decode(data + i + 1, 2, &byte)) {
      continue;
    }
    cspan_buf_append(out, data + start, i - start);
    cspan_buf_char(out, (char)byte);
    i += 2;
    start = i + 1;
  }
  return cspan_buf_append(out, data ? data + start : NULL, len - start);
}

cspan_status cspan_form_decode(cspan_buf *out, const char *data, size_t len) {
  for (size_t i = 0; i < len;) {
    const char *plus = memchr(data + i, '+', len - i);
    size_t run = plus != NULL ? (size_t)(plus - data) - i : len - i;
    cspan_uri_decode(out, data + i, run);
    i += run;
    if (plus != NULL) {
      cspan_buf_char(out, ' ');
      i++;
    }
  }
  return cspan_buf_status(out);
}
