/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AWS_COMMAND_WORDS_H
#define AWS_COMMAND_WORDS_H

#include "base/arena.h"

/* Splits a command line into words as a shell does, but without expanding anything: blanks
 * separate; '...' and "..." keep them; \ takes the next character as it is (inside "..." only
 * before " and \). NULL-terminated, in `arena`. CSPAN_ERR_INVALID for an open quote or no word. */
cspan_status cspan_command_words(const char *command, cspan_arena *arena, char ***words);

#endif
