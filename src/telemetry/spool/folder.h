/* SPDX-License-Identifier: Apache-2.0 */
/* The folder of a spool: that it is safe, and what is in it. */
#ifndef TELEMETRY_SPOOL_FOLDER_H
#define TELEMETRY_SPOOL_FOLDER_H

#include <sys/stat.h>

#include "telemetry/spool/format.h"

typedef struct cspan_spool_folder {
  char *path; /* for messages; files are reached by fd */
  int fd;
} cspan_spool_folder;

/* Makes the folder where it is missing (its last component), and checks it. */
cspan_status cspan_spool_folder_open(const char *path, cspan_spool_folder *out,
                                     cspan_error **error);
void cspan_spool_folder_close(cspan_spool_folder *folder);
/* "cannot <what> <folder>/<name>: <errno>" */
cspan_status cspan_spool_folder_error(const cspan_spool_folder *folder, const char *name,
                                      const char *what, cspan_error **error);

/* Room that a file takes, for the size of the whole. */
uint64_t cspan_spool_room(uint64_t size);

typedef struct cspan_spool_file {
  char name[CSPAN_SPOOL_NAME_ROOM];
  uint64_t room;
} cspan_spool_file;

typedef struct cspan_spool_listing {
  cspan_spool_file *files; /* by name: the oldest first */
  size_t count;
  uint64_t room; /* of all */
} cspan_spool_listing;

/* The spool files that there are now, at most 65,536. */
cspan_status cspan_spool_folder_list(const cspan_spool_folder *folder, cspan_spool_listing *out,
                                     cspan_error **error);
void cspan_spool_listing_free(cspan_spool_listing *listing);

/* An existing file for reading and marking, under a lock: -1 when it is gone, is locked by whoever
 * uses it, or is no file of this user's. It is closed to let it go. */
int cspan_spool_folder_take(const cspan_spool_folder *folder, const char *name, struct stat *info);

#endif
