/* SPDX-License-Identifier: Apache-2.0 */
/* The user's own rows of attributes, and the keys that they leave out. */
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "base/text.h"
#include "instrument/extract.h"

enum { MAX_KEY_BYTES = 255, MAX_REMOVED = 1000 };

/* A '*' stands for the rest of a name: elsewhere it would match nothing, and nobody would notice. */
static bool has_inner_star(const char *names, char separator) {
  const char *star = strchr(names, '*');
  while (star != NULL && (star[1] == '\0' || star[1] == separator)) {
    star = strchr(star + 1, '*');
  }
  return star != NULL;
}

/* What is wrong with a row; NULL: nothing but perhaps its path. */
static const char *fault_of(const cspan_attribute_rule *rule) {
  if (rule->key == NULL || rule->key[0] == '\0') {
    return "its key is empty";
  }
  if (strlen(rule->key) > MAX_KEY_BYTES || !cspan_utf8_valid(rule->key, strlen(rule->key))) {
    return "its key is not UTF-8, or longer than 255 bytes";
  }
  if (rule->path == NULL || rule->path[0] == '\0') {
    return "its path is empty";
  }
  if ((unsigned)rule->form > CSPAN_AS_ONLY_NAME) {
    return "its form is none of CSPAN_AS_*";
  }
  if ((unsigned)rule->source > CSPAN_FROM_ERROR) {
    return "its source is none of CSPAN_FROM_*";
  }
  if (rule->operation != NULL && has_inner_star(rule->operation, ',')) {
    return "in its operations '*' may only end a name";
  }
  return NULL;
}

static cspan_status check_row(const cspan_attribute_rule *rule, size_t index, cspan_error **error) {
  const char *fault = fault_of(rule);
  if (fault != NULL) {
    return cspan_error_set(error, CSPAN_ERR_INVALID, "row %zu of the attribute rules: %s", index,
                           fault);
  }
  cspan_path *path = NULL;
  cspan_error *why = NULL;
  cspan_status status = cspan_path_parse(rule->path, &path, &why);
  cspan_path_free(path);
  if (status == CSPAN_ERR_INVALID) {
    cspan_error_set(error, status, "row %zu of the attribute rules (key \"%s\"): %s", index,
                    rule->key, cspan_error_message(why));
    cspan_error_free(why);
    return status;
  }
  return status == CSPAN_OK ? CSPAN_OK : cspan_error_move(error, why);
}

/* NULL stays NULL. */
static bool copy_text(const char **text) {
  *text = cspan_strdup(*text);
  return *text != NULL;
}

static bool copy_row(const cspan_attribute_rule *from, cspan_attribute_rule *to) {
  *to = (cspan_attribute_rule){.source = from->source,
                               .path = from->path,
                               .key = from->key,
                               .form = from->form,
                               .max_bytes = from->max_bytes};
  bool has_path = copy_text(&to->path);
  bool has_key = copy_text(&to->key);
  if (from->service != NULL) {
    to->service = cspan_strdup(from->service);
  }
  if (from->operation != NULL) {
    to->operation = cspan_strdup(from->operation);
  }
  return has_path && has_key && (from->service == NULL || to->service != NULL) &&
         (from->operation == NULL || to->operation != NULL);
}

static cspan_status copy_rows(const cspan_trace_options *options, cspan_own_rules *out,
                              cspan_error **error) {
  size_t count = options->attribute_rules != NULL ? options->attribute_rule_count : 0;
  if (count > CSPAN_MAX_OWN_RULES) {
    return cspan_error_set(error, CSPAN_ERR_INVALID,
                           "there may be at most %d attribute rules, not %zu",
                           (int)CSPAN_MAX_OWN_RULES, count);
  }
  if (count == 0) {
    return CSPAN_OK;
  }
  out->rules = cspan_calloc(count, sizeof *out->rules);
  if (out->rules == NULL) {
    return cspan_error_move(error, cspan_error_nomem());
  }
  for (size_t i = 0; i < count; i++) {
    cspan_status status = check_row(&options->attribute_rules[i], i + 1, error);
    if (status != CSPAN_OK) {
      return status;
    }
    out->rule_count++;
    if (!copy_row(&options->attribute_rules[i], &out->rules[i])) {
      return cspan_error_move(error, cspan_error_nomem());
    }
  }
  return CSPAN_OK;
}

static const char *fault_of_removed(const char *key, size_t index) {
  if (key[0] == '\0') {
    return " is empty";
  }
  if (has_inner_star(key, '\0')) {
    return ": '*' may only be its end";
  }
  return index >= MAX_REMOVED ? " is one more than 1,000, which are the most" : NULL;
}

static cspan_status copy_removed(const char *const *removed, cspan_own_rules *out,
                                 cspan_error **error) {
  size_t count = 0;
  for (; removed != NULL && removed[count] != NULL; count++) {
    const char *fault = fault_of_removed(removed[count], count);
    if (fault != NULL) {
      return cspan_error_set(error, CSPAN_ERR_INVALID, "key %zu of the removed attributes%s",
                             count + 1, fault);
    }
  }
  if (count == 0) {
    return CSPAN_OK;
  }
  out->removed = cspan_calloc(count + 1, sizeof *out->removed);
  for (size_t i = 0; i < count && out->removed != NULL; i++) {
    out->removed[i] = cspan_strdup(removed[i]);
    if (out->removed[i] == NULL) {
      return cspan_error_move(error, cspan_error_nomem());
    }
  }
  return out->removed != NULL ? CSPAN_OK : cspan_error_move(error, cspan_error_nomem());
}

cspan_status cspan_own_rules_copy(const cspan_trace_options *options, cspan_own_rules *out,
                                  cspan_error **error) {
  *out = (cspan_own_rules){0};
  cspan_status status = copy_rows(options, out, error);
  if (status == CSPAN_OK) {
    status = copy_removed(options->removed_attributes, out, error);
  }
  if (status != CSPAN_OK) {
    cspan_own_rules_free(out);
  }
  return status;
}

void cspan_own_rules_free(cspan_own_rules *own_rules) {
  for (size_t i = 0; i < own_rules->rule_count; i++) {
    cspan_attribute_rule *rule = &own_rules->rules[i];
    cspan_free((void *)(uintptr_t)rule->service);
    cspan_free((void *)(uintptr_t)rule->operation);
    cspan_free((void *)(uintptr_t)rule->path);
    cspan_free((void *)(uintptr_t)rule->key);
  }
  cspan_free(own_rules->rules);
  for (size_t i = 0; own_rules->removed != NULL && own_rules->removed[i] != NULL; i++) {
    cspan_free(own_rules->removed[i]);
  }
  cspan_free(own_rules->removed);
  *own_rules = (cspan_own_rules){0};
}

bool cspan_own_rules_remove(const cspan_own_rules *own_rules, const char *key) {
  for (size_t i = 0; own_rules->removed != NULL && own_rules->removed[i] != NULL; i++) {
    const char *pattern = own_rules->removed[i];
    size_t size = strlen(pattern);
    if (strcmp(pattern, key) == 0 ||
        (pattern[size - 1] == '*' && strncmp(pattern, key, size - 1) == 0)) {
      return true;
    }
  }
  return false;
}

size_t cspan_own_rules_filter(const cspan_own_rules *own_rules, cspan_attr *attrs, size_t count) {
  if (own_rules->removed == NULL) {
    return count;
  }
  size_t kept = 0;
  for (size_t i = 0; i < count; i++) {
    if (!cspan_own_rules_remove(own_rules, attrs[i].key)) {
      attrs[kept++] = attrs[i];
    }
  }
  return kept;
}
