/* SPDX-License-Identifier: Apache-2.0 */
#include "aws/user_agent.h"

#include <string.h>
#include <sys/utsname.h>

#include "base/buf.h"

enum { USER_AGENT_MAX = 512, APP_ID_MAX = 50 };

/* Token characters of HTTP; the rest becomes '-'. */
static void put_token(cspan_buf *out, const char *text, size_t max, bool lower) {
  for (size_t i = 0; text[i] && i < max; i++) {
    char c = text[i];
    bool upper = c >= 'A' && c <= 'Z';
    bool plain =
        upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || strchr("!$%&'*+-.^_`|~", c);
    cspan_buf_char(out, !plain ? '-' : lower && upper ? (char)(c | 32) : c);
  }
}

char *cspan_user_agent(const char *service_id, const char *app_id) {
  struct utsname host;
  cspan_buf out;
  cspan_buf_init(&out, USER_AGENT_MAX);
  cspan_buf_str(&out, "cloudspan/" CSPAN_VERSION " ua/2.1 os/linux");
  if (uname(&host) == 0) {
    cspan_buf_char(&out, '#');
    put_token(&out, host.release, 64, false);
    cspan_buf_str(&out, " md/arch#");
    put_token(&out, host.machine, 32, false);
  }
  cspan_buf_str(&out, " lang/c#11 api/");
  put_token(&out, service_id, 64, true);
  cspan_buf_str(&out, "#" CSPAN_VERSION " m/E"); /* E: standard retry mode */
  if (app_id && *app_id) {
    cspan_buf_str(&out, " app/");
    put_token(&out, app_id, APP_ID_MAX, false);
  }
  return cspan_buf_take(&out, NULL);
}
