/* SPDX-License-Identifier: Apache-2.0 */
/* Temporary folders with files of models. A failure of the harness ends the test program. */
#ifndef SUPPORT_MODEL_FOLDER_H
#define SUPPORT_MODEL_FOLDER_H

#include <stddef.h>

/* A new folder below /tmp. */
void model_folder_make(char root[64]);
/* ROOT/PATH in one of eight rooms that are used in turns. */
const char *model_folder_path(const char *root, const char *path);
/* Writes a file and makes the folders above it. */
void model_folder_put(const char *path, const void *data, size_t len);
/* The same with text in which ' stands for ". */
void model_folder_put_json(const char *path, const char *text);
/* Makes the folders above a path. */
void model_folder_parents(const char *path);
/* Removes a folder and all that is in it. */
void model_folder_remove(const char *path);

#endif
