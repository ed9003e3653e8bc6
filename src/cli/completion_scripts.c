/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts for shells. All of them ask `cloudspan __complete -- WORD...`, whose last word is the
 * one at the cursor, and get a candidate a line, with a tab before its description; ":files" asks
 * for names of files, and ":at-files" for the same behind an '@'. */
#include <string.h>

#include "cli/completion.h"

static const char bash[] =
    "# Completion of cloudspan for bash.\n"
    "_cloudspan() {\n"
    "  local current=${COMP_WORDS[COMP_CWORD]} line file\n"
    "  COMPREPLY=()\n"
    "  [[ $current == = ]] && current=\n"
    "  while IFS= read -r line; do\n"
    "    case $line in\n"
    "      :files)\n"
    "        compopt -o filenames 2>/dev/null\n"
    "        while IFS= read -r file; do\n"
    "          COMPREPLY+=(\"$file\")\n"
    "        done < <(compgen -f -- \"$current\")\n"
    "        ;;\n"
    "      :at-files)\n"
    "        while IFS= read -r file; do\n"
    "          if [[ -d $file ]]; then\n"
    "            file+=/\n"
    "            compopt -o nospace 2>/dev/null\n"
    "          fi\n"
    "          COMPREPLY+=(\"@$file\")\n"
    "        done < <([[ $current == @* ]] && compgen -f -- \"${current#@}\")\n"
    "        ;;\n"
    "      *)\n"
    "        COMPREPLY+=(\"${line%%$'\\t'*}\")\n"
    "        ;;\n"
    "    esac\n"
    "  done < <(\"${1/#\\~/$HOME}\" __complete -- \"${COMP_WORDS[@]:1:COMP_CWORD}\" 2>/dev/null)\n"
    "}\n"
    "complete -F _cloudspan cloudspan\n";

static const char zsh[] = "#compdef cloudspan\n"
                          "# Completion of cloudspan for zsh.\n"
                          "_cloudspan() {\n"
                          "  local line program=${~words[1]}\n"
                          "  local -a candidates\n"
                          "  for line in \"${(@f)$($program __complete -- "
                          "\"${(@)words[2,CURRENT]}\" 2>/dev/null)}\"; do\n"
                          "    case $line in\n"
                          "      :files)\n"
                          "        [[ $PREFIX == --*=* ]] && compset -P '*='\n"
                          "        _files\n"
                          "        ;;\n"
                          "      :at-files)\n"
                          "        [[ $PREFIX == --*=* ]] && compset -P '*='\n"
                          "        compset -P '@' && _files\n"
                          "        ;;\n"
                          "      ?*)\n"
                          "        candidates+=(\"${line/$'\\t'/:}\")\n"
                          "        ;;\n"
                          "    esac\n"
                          "  done\n"
                          "  (( $#candidates )) && _describe cloudspan candidates\n"
                          "}\n"
                          "if [[ $funcstack[1] == _cloudspan ]]; then\n"
                          "  _cloudspan \"$@\"\n"
                          "else\n"
                          "  compdef _cloudspan cloudspan\n"
                          "fi\n";

static const char fish[] =
    "# Completion of cloudspan for fish.\n"
    "function __cloudspan_complete\n"
    "    set -l words (commandline -opc)\n"
    "    set -l current (commandline -ct)\n"
    "    set -l program $words[1]\n"
    "    set -e words[1]\n"
    "    for line in ($program __complete -- $words \"$current\" 2>/dev/null)\n"
    "        switch $line\n"
    "            case ':files'\n"
    "                set -l lead (string match -r -- '^--[^=]*=' \"$current\")\n"
    "                for file in (__fish_complete_path (string replace -r -- '^--[^=]*=' '' "
    "\"$current\"))\n"
    "                    echo \"$lead$file\"\n"
    "                end\n"
    "            case ':at-files'\n"
    "                if string match -q -- '@*' \"$current\"\n"
    "                    for file in (__fish_complete_path (string sub -s 2 -- \"$current\"))\n"
    "                        echo \"@$file\"\n"
    "                    end\n"
    "                end\n"
    "            case '*'\n"
    "                echo $line\n"
    "        end\n"
    "    end\n"
    "end\n"
    "complete -c cloudspan -f -a '(__cloudspan_complete)'\n";

const char *cspan_cli_completion_script(const char *shell) {
  return strcmp(shell, "bash") == 0   ? bash
         : strcmp(shell, "zsh") == 0  ? zsh
         : strcmp(shell, "fish") == 0 ? fish
                                      : NULL;
}
