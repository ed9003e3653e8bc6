/* SPDX-License-Identifier: Apache-2.0 */
/* A profile of the shared config and credentials files, merged. */
#ifndef AWS_PROFILE_H
#define AWS_PROFILE_H

#include "aws/ini.h"

typedef struct cspan_profile cspan_profile;

/* Reads the files (absent ones are empty) and picks the profile. A profile that is in neither is
 * CSPAN_ERR_CONFIG when `must_exist`, else empty. */
cspan_status cspan_profile_load(const char *config_file, const char *credentials_file,
                                const char *name, bool must_exist, cspan_profile **out,
                                cspan_error **error);
/* Wipes: files hold secrets. */
void cspan_profile_free(cspan_profile *profile);

typedef struct cspan_profile_value {
  const char *value;
  const char *file;
  int line;
} cspan_profile_value;

/* parent NULL: a plain setting. value NULL when not there. */
cspan_profile_value cspan_profile_get(const cspan_profile *profile, const char *parent,
                                      const char *name);
/* The same in the [services] section that the profile names by `services =`. */
cspan_profile_value cspan_profile_service_get(const cspan_profile *profile, const char *service,
                                              const char *name);
/* The same in the section [sso-session NAME]. */
cspan_profile_value cspan_profile_sso_get(const cspan_profile *profile, const char *session,
                                          const char *name);
const char *cspan_profile_name(const cspan_profile *profile);

#endif
