/* SPDX-License-Identifier: Apache-2.0 */
/* The errors that the sandbox answers with, as S3 names them. */
#ifndef SANDBOX_ERRORS_H
#define SANDBOX_ERRORS_H

#include <cloudspan/base.h>

#include "base/buf.h"

#define SBX_ERRORS(X)                                                                              \
  X(ACCESS_DENIED, "AccessDenied", 403, "Access Denied")                                           \
  X(AUTH_MALFORMED, "AuthorizationHeaderMalformed", 400, "The authorization header is malformed.") \
  X(AUTH_QUERY, "AuthorizationQueryParametersError", 400,                                          \
    "The query parameters of the signature are not well-formed.")                                  \
  X(BAD_DIGEST, "BadDigest", 400,                                                                  \
    "The digest or checksum you specified did not match what was received.")                       \
  X(BAD_REQUEST, "BadRequest", 400, "The request cannot be understood.")                           \
  X(BUCKET_OWNED, "BucketAlreadyOwnedByYou", 409,                                                  \
    "Your previous request to create the named bucket succeeded and you already own it.")          \
  X(BUCKET_NOT_EMPTY, "BucketNotEmpty", 409, "The bucket you tried to delete is not empty.")       \
  X(ENTITY_TOO_LARGE, "EntityTooLarge", 400,                                                       \
    "Your proposed upload exceeds the maximum allowed object size.")                               \
  X(ENTITY_TOO_SMALL, "EntityTooSmall", 400,                                                       \
    "Your proposed upload is smaller than the minimum allowed size of a part.")                    \
  X(INCOMPLETE_BODY, "IncompleteBody", 400,                                                        \
    "The body does not have the number of bytes that its headers announce.")                       \
  X(INTERNAL_ERROR, "InternalError", 500, "We encountered an internal error. Please try again.")   \
  X(INVALID_ACCESS_KEY, "InvalidAccessKeyId", 403,                                                 \
    "The access key id you provided does not exist in this sandbox.")                              \
  X(INVALID_ARGUMENT, "InvalidArgument", 400, "An argument is not valid.")                         \
  X(INVALID_BUCKET_NAME, "InvalidBucketName", 400, "The specified bucket is not valid.")           \
  X(INVALID_DIGEST, "InvalidDigest", 400, "The Content-MD5 you specified is not valid.")           \
  X(INVALID_PART, "InvalidPart", 400,                                                              \
    "One or more of the specified parts could not be found. The part may not have been uploaded, " \
    "or the entity tag or checksum does not match.")                                               \
  X(INVALID_PART_ORDER, "InvalidPartOrder", 400, "The list of parts was not in ascending order.")  \
  X(INVALID_RANGE, "InvalidRange", 416, "The requested range is not satisfiable")                  \
  X(INVALID_REQUEST, "InvalidRequest", 400, "The request is not valid.")                           \
  X(INVALID_TOKEN, "InvalidToken", 400, "The provided token is malformed or otherwise invalid.")   \
  X(INVALID_URI, "InvalidURI", 400, "The path could not be decoded.")                              \
  X(KEY_TOO_LONG, "KeyTooLongError", 400, "Your key is too long")                                  \
  X(MALFORMED_XML, "MalformedXML", 400,                                                            \
    "The XML you provided was not well-formed or did not validate against our schema")             \
  X(METADATA_TOO_LARGE, "MetadataTooLarge", 400,                                                   \
    "Your metadata headers exceed the maximum allowed metadata size")                              \
  X(METHOD_NOT_ALLOWED, "MethodNotAllowed", 405,                                                   \
    "The specified method is not allowed against this resource.")                                  \
  X(MISSING_LENGTH, "MissingContentLength", 411, "You must provide the Content-Length header.")    \
  X(NO_SUCH_BUCKET, "NoSuchBucket", 404, "The specified bucket does not exist")                    \
  X(NO_SUCH_KEY, "NoSuchKey", 404, "The specified key does not exist.")                            \
  X(NO_SUCH_UPLOAD, "NoSuchUpload", 404,                                                           \
    "The specified multipart upload does not exist. The upload id may be invalid, or the upload "  \
    "may have been aborted or completed.")                                                         \
  X(NOT_FOUND, "NotFound", 404, "Not Found")                                                       \
  X(NOT_IMPLEMENTED, "NotImplemented", 501,                                                        \
    "A header or parameter you provided implies functionality that the sandbox does not have.")    \
  X(NOT_MODIFIED, "NotModified", 304, "Not Modified")                                              \
  X(PRECONDITION_FAILED, "PreconditionFailed", 412,                                                \
    "At least one of the pre-conditions you specified did not hold")                               \
  X(SHA256_MISMATCH, "XAmzContentSHA256Mismatch", 400,                                             \
    "The provided 'x-amz-content-sha256' header does not match what was computed.")                \
  X(SIGNATURE_MISMATCH, "SignatureDoesNotMatch", 403,                                              \
    "The request signature we calculated does not match the signature you provided. Check your "   \
    "key and signing method.")                                                                     \
  X(TIME_SKEWED, "RequestTimeTooSkewed", 403,                                                      \
    "The difference between the request time and the current time is too large.")

typedef enum sbx_error {
  SBX_OK = 0,
#define SBX_ERROR_NAME(name, code, status, message) SBX_##name,
  SBX_ERRORS(SBX_ERROR_NAME)
#undef SBX_ERROR_NAME
      SBX_ERROR_COUNT
} sbx_error;

const char *cspan_sbx_error_code(sbx_error error);
int cspan_sbx_error_status(sbx_error error);
const char *cspan_sbx_error_message(sbx_error error);

/* Which error an allocation or file failure is answered with. */
sbx_error cspan_sbx_error_of(cspan_status status);

/* The code that a fault of this status has when it names none. */
const char *cspan_sbx_default_code(int http_status);

/* What an error says beyond its code. */
typedef struct sbx_detail {
  const char *message; /* static; NULL: the usual */
  cspan_buf extra;     /* further elements of the document, as XML */
} sbx_detail;

#endif
