/* SPDX-License-Identifier: Apache-2.0 */
/* Faults as the command takes them: "op=UploadPart,part=2,count=2,status=503". */
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "sandbox/fault.h"
#include "sandbox/operation.h"

enum { MAX_TEXT = 4096 };

/* How a word takes its value. */
typedef enum value_kind { NONE, OPTIONAL, NUMBER, FRACTION, TEXT } value_kind;

typedef enum word_id {
  W_OP,
  W_KEY,
  W_PART,
  W_COUNT,
  W_SKIP,
  W_P,
  W_STATUS,
  W_CODE,
  W_RETRY_AFTER,
  W_DELAY,
  W_RESET,
  W_RESET_DURING,
  W_TRUNCATE,
  W_CORRUPT,
  W_SLOW,
  W_ERROR_IN_200,
  W_COUNT_OF_WORDS
} word_id;

typedef struct word {
  const char *name;
  value_kind value;
  cspan_fault_kind kind; /* 0: does not say what happens */
} word;

static const word words[W_COUNT_OF_WORDS] = {
    [W_OP] = {"op", TEXT, 0},
    [W_KEY] = {"key", TEXT, 0},
    [W_PART] = {"part", NUMBER, 0},
    [W_COUNT] = {"count", NUMBER, 0},
    [W_SKIP] = {"skip", NUMBER, 0},
    [W_P] = {"p", FRACTION, 0},
    [W_STATUS] = {"status", NUMBER, 0},
    [W_CODE] = {"code", TEXT, 0},
    [W_RETRY_AFTER] = {"retry-after", NUMBER, 0},
    [W_DELAY] = {"delay", NUMBER, CSPAN_FAULT_DELAY},
    [W_RESET] = {"reset", NONE, CSPAN_FAULT_RESET_BEFORE},
    [W_RESET_DURING] = {"reset-during", OPTIONAL, CSPAN_FAULT_RESET_DURING},
    [W_TRUNCATE] = {"truncate", OPTIONAL, CSPAN_FAULT_TRUNCATE},
    [W_CORRUPT] = {"corrupt", NONE, CSPAN_FAULT_CORRUPT},
    [W_SLOW] = {"slow", NUMBER, CSPAN_FAULT_SLOW_BODY},
    [W_ERROR_IN_200] = {"error-in-200", NONE, CSPAN_FAULT_ERROR_IN_200},
};

typedef struct parser {
  cspan_sandbox_fault *out;
  const char *kind_word; /* which word said what happens */
  bool answers;          /* status, code or retry-after was given */
  cspan_error **error;
} parser;

static cspan_status invalid(const parser *p, const char *word_text, const char *why) {
  return cspan_error_set(p->error, CSPAN_ERR_INVALID, "in the fault, \"%s\" %s", word_text, why);
}

static word_id find_word(const char *name) {
  int i = 0;
  while (i < W_COUNT_OF_WORDS && strcmp(words[i].name, name) != 0) {
    i++;
  }
  return (word_id)i;
}

/* A name without wildcards that no operation has would never strike. */
static bool operation_exists(const char *pattern) {
  const char *name;
  for (size_t i = 0; (name = cspan_sbx_operation_name(i)) != NULL; i++) {
    if (cspan_sbx_glob(pattern, name)) {
      return true;
    }
  }
  return strcmp(pattern, "Unknown") == 0;
}

static void set_number(parser *p, word_id id, int64_t n) {
  cspan_sandbox_fault *f = p->out;
  int small = n > INT32_MAX ? INT32_MAX : (int)n;
  switch (id) {
  case W_PART:
    f->part_number = small;
    break;
  case W_COUNT:
    f->count = small;
    break;
  case W_SKIP:
    f->skip = small;
    break;
  case W_STATUS:
    f->http_status = small;
    break;
  case W_RETRY_AFTER:
    f->retry_after_ms = n;
    break;
  case W_DELAY:
    f->delay_ms = n;
    break;
  case W_SLOW:
    f->bytes_per_second = n;
    break;
  default:
    f->after_bytes = n;
  }
}

static cspan_status set_text(parser *p, word_id id, const char *value) {
  if (id == W_KEY) {
    p->out->key = value;
  } else if (id == W_CODE) {
    p->out->code = value;
  } else if (!operation_exists(value)) {
    return invalid(p, value,
                   "is no operation of the sandbox; names are as in S3's interface, for "
                   "example PutObject, UploadPart or *Object*");
  } else {
    p->out->operation = value;
  }
  return CSPAN_OK;
}

static cspan_status set_value(parser *p, word_id id, const char *value) {
  value_kind kind = words[id].value;
  int64_t number = 0;
  if (kind == NONE || (kind == OPTIONAL && !value)) {
    return value ? invalid(p, words[id].name, "takes no value") : CSPAN_OK;
  }
  if (!value || !*value) {
    return invalid(p, words[id].name, "needs a value, as in name=value");
  }
  if (kind == TEXT) {
    return set_text(p, id, value);
  }
  if (kind == FRACTION) {
    double fraction;
    if (!cspan_parse_f64(value, &fraction) || !(fraction > 0 && fraction <= 1)) {
      return invalid(p, words[id].name, "must be a probability above 0 and at most 1");
    }
    p->out->probability = fraction;
    return CSPAN_OK;
  }
  if (!cspan_parse_i64(value, &number) || number < 0) {
    return invalid(p, words[id].name, "must be a number, 0 or more");
  }
  set_number(p, id, number);
  return CSPAN_OK;
}

static cspan_status read_word(parser *p, char *text) {
  char *equals = strchr(text, '=');
  if (equals) {
    *equals = '\0';
  }
  word_id id = find_word(text);
  if (id == W_COUNT_OF_WORDS) {
    return invalid(p, text,
                   "is not known; what can be said: op, key, part, count, skip, p, status, code, "
                   "retry-after, delay, reset, reset-during, truncate, corrupt, slow, "
                   "error-in-200");
  }
  if (words[id].kind && p->kind_word) {
    return invalid(p, words[id].name,
                   "cannot be together with another thing that happens; add "
                   "two faults instead");
  }
  if (words[id].kind) {
    p->out->kind = words[id].kind;
    p->kind_word = words[id].name;
  }
  p->answers = p->answers || id == W_STATUS || id == W_CODE || id == W_RETRY_AFTER;
  return set_value(p, id, equals ? equals + 1 : NULL);
}

static cspan_status conclude(parser *p) {
  if (!p->kind_word) {
    if (!p->answers) {
      return cspan_error_set(p->error, CSPAN_ERR_INVALID,
                             "the fault does not say what happens; add for example status=503, "
                             "delay=200, reset, truncate=100 or corrupt");
    }
    p->out->kind = CSPAN_FAULT_STATUS;
  } else if (p->answers && p->out->kind != CSPAN_FAULT_ERROR_IN_200) {
    return invalid(p, p->kind_word,
                   "sends no error of its own, so that status, code and "
                   "retry-after mean nothing with it");
  }
  return CSPAN_OK;
}

cspan_status cspan_sandbox_parse_fault(const char *text, cspan_sandbox_fault *out, char **storage,
                                       cspan_error **error) {
  parser p = {.out = out, .error = error};
  *out = (cspan_sandbox_fault){.size = sizeof *out};
  *storage = NULL;
  if (strlen(text) > MAX_TEXT) {
    return cspan_error_set(error, CSPAN_ERR_LIMIT, "a fault is at most %d characters", MAX_TEXT);
  }
  char *at = *storage = cspan_strdup(text);
  if (!at) {
    return cspan_error_set(error, CSPAN_ERR_NOMEM, "out of memory while reading a fault");
  }
  cspan_status status = CSPAN_OK;
  while (*at && status == CSPAN_OK) {
    size_t len = strcspn(at, ",");
    char *next = at + len + (at[len] == ',' ? 1 : 0);
    at[len] = '\0';
    status = read_word(&p, at);
    at = next;
  }
  if (status == CSPAN_OK) {
    status = conclude(&p);
  }
  if (status != CSPAN_OK) {
    cspan_free(*storage);
    *storage = NULL;
    *out = (cspan_sandbox_fault){.size = sizeof *out};
  }
  return status;
}
