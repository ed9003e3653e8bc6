/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/auth.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "sandbox/canonical.h"
#include "sandbox/xml.h"

enum { MAX_SKEW_S = 900, MAX_EXPIRES_S = 604800, MAX_CANONICAL = 1 << 20 };

static const char algorithm[] = "AWS4-HMAC-SHA256";

/* What a request says about its signature. Borrowed from the request. */
typedef struct claim {
  bool presigned;
  cspan_str credential;
  cspan_str signed_headers;
  cspan_str signature;
  const char *date;
  const char *token;
  const char *expires; /* presigned only */
  /* parts of the credential */
  cspan_str access_key;
  cspan_str day;
  cspan_str region;
  cspan_str service;
  cspan_str terminator;
} claim;

static sbx_error fail(sbx_detail *detail, sbx_error error, const char *message) {
  detail->message = message;
  return error;
}

static sbx_error malformed(const claim *c, sbx_detail *detail, const char *message) {
  return fail(detail, c->presigned ? SBX_AUTH_QUERY : SBX_AUTH_MALFORMED, message);
}

/* ----------------------------------------------------------------- reading */

static bool cut(cspan_str *rest, char separator, cspan_str *out) {
  const char *end = rest->len ? memchr(rest->data, separator, rest->len) : NULL;
  size_t len = end ? (size_t)(end - rest->data) : rest->len;
  *out = (cspan_str){rest->data, len};
  size_t step = end ? len + 1 : len;
  *rest = (cspan_str){rest->data + step, rest->len - step};
  return out->len > 0;
}

/* The last four slashes: an access key may hold one. */
static bool split_credential(claim *c) {
  cspan_str *parts[] = {&c->terminator, &c->service, &c->region, &c->day};
  cspan_str rest = c->credential;
  for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
    size_t at = rest.len;
    while (at > 0 && rest.data[at - 1] != '/') {
      at--;
    }
    if (at == 0) {
      return false;
    }
    *parts[i] = (cspan_str){rest.data + at, rest.len - at};
    rest.len = at - 1;
  }
  c->access_key = rest;
  return rest.len > 0 && c->day.len == 8 && cspan_str_eq(c->terminator, "aws4_request");
}

static bool starts_with(cspan_str text, const char *prefix, cspan_str *rest) {
  size_t len = strlen(prefix);
  if (text.len < len || memcmp(text.data, prefix, len) != 0) {
    return false;
  }
  *rest = (cspan_str){text.data + len, text.len - len};
  return true;
}

static sbx_error read_header(const char *value, const sbx_request *request, claim *c,
                             sbx_detail *detail) {
  cspan_str rest = cspan_str_of(value);
  cspan_str part;
  if (!cut(&rest, ' ', &part) || !cspan_str_eq(part, algorithm)) {
    return fail(detail, SBX_INVALID_REQUEST,
                "The authorization mechanism is not supported. Use AWS4-HMAC-SHA256.");
  }
  while (cut(&rest, ',', &part)) {
    part = cspan_str_trim(part);
    if (!starts_with(part, "Credential=", &c->credential) &&
        !starts_with(part, "SignedHeaders=", &c->signed_headers) &&
        !starts_with(part, "Signature=", &c->signature)) {
      return malformed(c, detail, "The authorization header has a part that is not known.");
    }
  }
  const char *date = cspan_sbx_header(request, "x-amz-date");
  c->date = date ? date : cspan_sbx_header(request, "Date");
  c->token = cspan_sbx_header(request, "x-amz-security-token");
  return SBX_OK;
}

static sbx_error read_query(const sbx_request *request, claim *c, sbx_detail *detail) {
  const char *used = cspan_sbx_param(request, "X-Amz-Algorithm");
  c->presigned = true;
  if (!used || strcmp(used, algorithm) != 0) {
    return malformed(c, detail, "X-Amz-Algorithm only supports AWS4-HMAC-SHA256.");
  }
  c->credential = cspan_str_of(cspan_sbx_param(request, "X-Amz-Credential"));
  c->signed_headers = cspan_str_of(cspan_sbx_param(request, "X-Amz-SignedHeaders"));
  c->signature = cspan_str_of(cspan_sbx_param(request, "X-Amz-Signature"));
  c->date = cspan_sbx_param(request, "X-Amz-Date");
  c->token = cspan_sbx_param(request, "X-Amz-Security-Token");
  c->expires = cspan_sbx_param(request, "X-Amz-Expires");
  return SBX_OK;
}

/* ---------------------------------------------------------------- checking */

static sbx_error check_form(const claim *c, const sbx_keys *keys, sbx_detail *detail) {
  if (!c->signed_headers.len || c->signature.len != (size_t)(2 * CSPAN_SHA256_LEN)) {
    return malformed(c, detail, "SignedHeaders or Signature is missing or not well-formed.");
  }
  if (!cspan_sbx_is_signed(c->signed_headers, "host")) {
    return malformed(c, detail, "The Host header must be among the signed headers.");
  }
  if (!cspan_str_eq(c->service, "s3")) {
    return malformed(c, detail, "The credential is for another service; this service is s3.");
  }
  if (!cspan_str_eq(c->region, keys->region)) {
    cspan_sbx_xml_text(&detail->extra, "Region", keys->region);
    return malformed(c, detail, "The credential is for another region than the one expected.");
  }
  return SBX_OK;
}

static void put_times(sbx_detail *detail, const char *name, time_t then, time_t now) {
  char text[21];
  cspan_format_iso8601(then, text);
  cspan_sbx_xml_text(&detail->extra, name, text);
  cspan_format_iso8601(now, text);
  cspan_sbx_xml_text(&detail->extra, "ServerTime", text);
}

static sbx_error check_presigned_time(const claim *c, time_t signed_at, time_t now,
                                      sbx_detail *detail) {
  int64_t expires;
  if (!c->expires || !cspan_parse_i64(c->expires, &expires) || expires < 0 ||
      expires > MAX_EXPIRES_S) {
    return malformed(c, detail, "X-Amz-Expires must be a number of seconds, at most 604800.");
  }
  if ((int64_t)now < (int64_t)signed_at - MAX_SKEW_S) {
    put_times(detail, "RequestTime", signed_at, now);
    return fail(detail, SBX_ACCESS_DENIED, "Request is not valid yet");
  }
  if ((int64_t)now > (int64_t)signed_at + expires) {
    put_times(detail, "Expires", signed_at + (time_t)expires, now);
    return fail(detail, SBX_ACCESS_DENIED, "Request has expired");
  }
  return SBX_OK;
}

static sbx_error check_time(claim *c, sbx_auth *auth, time_t now, sbx_detail *detail) {
  time_t signed_at;
  if (!c->date ||
      (!cspan_parse_iso8601(c->date, &signed_at) && !cspan_parse_http_date(c->date, &signed_at))) {
    return fail(detail, c->presigned ? SBX_AUTH_QUERY : SBX_ACCESS_DENIED,
                "AWS authentication requires a valid Date or x-amz-date header");
  }
  cspan_format_iso8601_basic(signed_at, auth->date);
  if (memcmp(c->day.data, auth->date, c->day.len) != 0) {
    return malformed(c, detail, "The date of the credential is not the date of the request.");
  }
  if (c->presigned) {
    return check_presigned_time(c, signed_at, now, detail);
  }
  int64_t skew = (int64_t)now - (int64_t)signed_at;
  if (skew > MAX_SKEW_S || skew < -MAX_SKEW_S) {
    put_times(detail, "RequestTime", signed_at, now);
    cspan_sbx_xml_text(&detail->extra, "MaxAllowedSkewMilliseconds", "900000");
    return SBX_TIME_SKEWED;
  }
  return SBX_OK;
}

static sbx_error check_token(const claim *c, const sbx_keys *keys, sbx_detail *detail) {
  if (!keys->session_token && !c->token) {
    return SBX_OK;
  }
  if (!keys->session_token) {
    return fail(detail, SBX_INVALID_TOKEN,
                "A security token was sent, but these credentials have none.");
  }
  if (!c->token || strcmp(c->token, keys->session_token) != 0) {
    return SBX_INVALID_TOKEN;
  }
  return SBX_OK;
}

/* Every x-amz-* header must be signed. */
static sbx_error check_all_signed(const claim *c, const sbx_request *request, sbx_detail *detail) {
  for (size_t i = 0; i < request->headers.count; i++) {
    const char *name = request->headers.items[i].name;
    if (cspan_sbx_has_prefix(name, "x-amz-") && !cspan_sbx_is_signed(c->signed_headers, name)) {
      cspan_sbx_xml_text(&detail->extra, "HeadersNotSigned", name);
      return fail(detail, SBX_ACCESS_DENIED,
                  "There were headers present in the request which were not signed");
    }
  }
  return SBX_OK;
}

static sbx_error find_payload(const claim *c, const sbx_request *request, sbx_auth *auth,
                              sbx_detail *detail) {
  auth->payload = cspan_sbx_header(request, "x-amz-content-sha256");
  if (!auth->payload && c->presigned) {
    auth->payload = cspan_sbx_param(request, "X-Amz-Content-Sha256");
  }
  if (!auth->payload && c->presigned) {
    auth->payload = "UNSIGNED-PAYLOAD";
  }
  return auth->payload ? SBX_OK
                       : fail(detail, SBX_INVALID_REQUEST,
                              "Missing required header for this request: x-amz-content-sha256");
}

/* --------------------------------------------------------------- signature */

void cspan_sbx_auth_sign(const uint8_t key[CSPAN_SHA256_LEN], const char *text, size_t len,
                         char out[2 * CSPAN_SHA256_LEN + 1]) {
  uint8_t mac[CSPAN_SHA256_LEN];
  cspan_hmac_sha256(key, CSPAN_SHA256_LEN, text, len, mac);
  cspan_hex_encode(mac, sizeof mac, out);
}

bool cspan_sbx_same_signature(const char *a, const char *b) {
  unsigned difference = 0;
  for (size_t i = 0; i < 2 * CSPAN_SHA256_LEN; i++) {
    difference |= (unsigned)(unsigned char)a[i] ^ (unsigned char)b[i];
  }
  return difference == 0;
}

/* kSecret -> kDate -> kRegion -> kService -> kSigning. */
static sbx_error derive_key(const sbx_keys *keys, const claim *c, sbx_auth *auth) {
  uint8_t key[CSPAN_SHA256_LEN];
  cspan_buf secret;
  cspan_buf_init(&secret, 4096);
  cspan_buf_printf(&secret, "AWS4%s", keys->secret_access_key);
  cspan_status status = cspan_buf_status(&secret);
  if (status == CSPAN_OK) {
    cspan_hmac_sha256(secret.data, secret.len, c->day.data, c->day.len, key);
    cspan_hmac_sha256(key, sizeof key, c->region.data, c->region.len, key);
    cspan_hmac_sha256(key, sizeof key, c->service.data, c->service.len, key);
    cspan_hmac_sha256(key, sizeof key, c->terminator.data, c->terminator.len, auth->key);
    memset(secret.data, 0, secret.len);
  }
  cspan_buf_free(&secret);
  return cspan_sbx_error_of(status);
}

static sbx_error check_signature(const sbx_keys *keys, const sbx_request *request, const claim *c,
                                 sbx_auth *auth, sbx_detail *detail) {
  cspan_buf text;
  char hash[2 * CSPAN_SHA256_LEN + 1];
  cspan_buf_init(&text, MAX_CANONICAL);
  snprintf(auth->scope, sizeof auth->scope, "%.8s/%.*s/s3/aws4_request", auth->date,
           (int)(c->region.len < 100 ? c->region.len : 100), c->region.data);
  sbx_error error = derive_key(keys, c, auth);
  cspan_status status = cspan_sbx_canonical_request(
      &text, request, c->signed_headers, auth->payload, c->presigned ? "X-Amz-Signature" : NULL);
  if (error == SBX_OK && status == CSPAN_OK) {
    cspan_sha256_hex(text.data, text.len, hash);
    cspan_buf_clear(&text);
    status = cspan_buf_printf(&text, "%s\n%s\n%s\n%s", algorithm, auth->date, auth->scope, hash);
  }
  if (error == SBX_OK && status == CSPAN_OK) {
    cspan_sbx_auth_sign(auth->key, text.data, text.len, auth->signature);
    if (!cspan_sbx_same_signature(auth->signature, c->signature.data)) {
      /* Dates, names and a hash: it helps to find the difference and tells no
       * secret, as the canonical request could (a session token). */
      cspan_sbx_xml_text(&detail->extra, "StringToSign", text.data);
      error = SBX_SIGNATURE_MISMATCH;
    }
  }
  cspan_buf_free(&text);
  return error == SBX_OK ? cspan_sbx_error_of(status) : error;
}

static sbx_error verify(const sbx_keys *keys, const sbx_request *request, time_t now, claim *c,
                        sbx_auth *out, sbx_detail *detail) {
  if (!split_credential(c)) {
    return malformed(c, detail,
                     "The credential must be ACCESS-KEY-ID/DATE/REGION/SERVICE/aws4_request.");
  }
  sbx_error error = check_form(c, keys, detail);
  if (error == SBX_OK && !cspan_str_eq(c->access_key, keys->access_key_id)) {
    error = SBX_INVALID_ACCESS_KEY;
  }
  error = error == SBX_OK ? check_time(c, out, now, detail) : error;
  error = error == SBX_OK ? check_token(c, keys, detail) : error;
  error = error == SBX_OK ? find_payload(c, request, out, detail) : error;
  error = error == SBX_OK ? check_all_signed(c, request, detail) : error;
  return error == SBX_OK ? check_signature(keys, request, c, out, detail) : error;
}

sbx_error cspan_sbx_auth_check(const sbx_keys *keys, const sbx_request *request, time_t now,
                               sbx_auth *out, sbx_detail *detail) {
  const char *header = cspan_sbx_header(request, "Authorization");
  bool presigned = cspan_sbx_param(request, "X-Amz-Signature") ||
                   cspan_sbx_param(request, "X-Amz-Credential") ||
                   cspan_sbx_param(request, "X-Amz-Algorithm");
  claim c = {0};
  *out = (sbx_auth){.payload = "UNSIGNED-PAYLOAD"};
  if (header && presigned) {
    return fail(detail, SBX_INVALID_ARGUMENT,
                "Only one auth mechanism allowed: the Authorization header or the query.");
  }
  if (!header && !presigned) {
    const char *payload = cspan_sbx_header(request, "x-amz-content-sha256");
    out->anonymous = true;
    out->payload = payload ? payload : out->payload;
    return keys->allow_anonymous ? SBX_OK : SBX_ACCESS_DENIED;
  }
  sbx_error error =
      header ? read_header(header, request, &c, detail) : read_query(request, &c, detail);
  return error == SBX_OK ? verify(keys, request, now, &c, out, detail) : error;
}
