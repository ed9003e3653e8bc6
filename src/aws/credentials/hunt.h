/* SPDX-License-Identifier: Apache-2.0 */
/* One search for credentials, and the places it looks at. Each place is a function that says by
 * *found whether there was anything, and emits what it was or fails. */
#ifndef AWS_CREDENTIALS_HUNT_H
#define AWS_CREDENTIALS_HUNT_H

#include "aws/config.h"
#include "aws/config_table.h"
#include "aws/credentials.h"

enum { CSPAN_HUNT_MAX_DEPTH = 16 };

/* The profiles that wait for the credentials of the next: role after role. */
typedef struct cspan_hunt_trail {
  const char *profile;
  const struct cspan_hunt_trail *before;
} cspan_hunt_trail;

typedef struct cspan_hunt {
  const cspan_aws_config *base; /* settings, without credentials */
  const cspan_context *context;
  cspan_credentials_emit_fn emit;
  void *sink;
  bool skip_environment;
  const cspan_hunt_trail *trail;
  cspan_buf *notes;          /* why places that were asked had nothing: "; ..." */
  cspan_identity **instance; /* what EC2 gave last; kept for when it does not answer */
} cspan_hunt;

typedef cspan_status (*cspan_hunt_fn)(const cspan_hunt *hunt, const cspan_profile *profile,
                                      bool *found, cspan_error **error);

cspan_status cspan_hunt_environment(const cspan_hunt *hunt, const cspan_profile *profile,
                                    bool *found, cspan_error **error);
cspan_status cspan_hunt_role(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                             cspan_error **error);
cspan_status cspan_hunt_web_identity_env(const cspan_hunt *hunt, const cspan_profile *profile,
                                         bool *found, cspan_error **error);
cspan_status cspan_hunt_web_identity(const cspan_hunt *hunt, const cspan_profile *profile,
                                     bool *found, cspan_error **error);
cspan_status cspan_hunt_sso(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                            cspan_error **error);
cspan_status cspan_hunt_login(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                              cspan_error **error);
cspan_status cspan_hunt_keys(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                             cspan_error **error);
cspan_status cspan_hunt_process(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                                cspan_error **error);
cspan_status cspan_hunt_container(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                                  cspan_error **error);
cspan_status cspan_hunt_instance(const cspan_hunt *hunt, const cspan_profile *profile, bool *found,
                                 cspan_error **error);

/* Loads a profile of the same files; it must be there. */
cspan_status cspan_hunt_load(const cspan_hunt *hunt, const char *name, cspan_profile **out,
                             cspan_error **error);
/* Tries the places of a profile only, in order: for a source_profile. */
cspan_status cspan_hunt_profile(const cspan_hunt *hunt, const cspan_profile *profile,
                                cspan_error **error);
/* An emit function whose sink is a cspan_identity **. */
cspan_status cspan_hunt_take(void *sink, const cspan_credentials *credentials, cspan_error **error);

/* Emits with a source that is made of `format`: "profile dev: role_arn". */
cspan_status cspan_hunt_emit(const cspan_hunt *hunt, const cspan_credentials *credentials,
                             cspan_error **error, const char *format, ...) CSPAN_PRINTF(4, 5);
cspan_status cspan_hunt_nomem(cspan_error **error);
/* Makes `cause` (freed) an error about credentials, "<format>: <cause>", with its code and request
 * id. What is no failure of the place, lack of memory and the end of the context, keeps its
 * status. */
cspan_status cspan_hunt_fail(const cspan_hunt *hunt, cspan_error **error, cspan_error *cause,
                             const char *format, ...) CSPAN_PRINTF(4, 5);

#endif
