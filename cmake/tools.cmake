add_executable(cloudspan_command ${CMAKE_CURRENT_SOURCE_DIR}/src/cli/main/main.c)
set_target_properties(cloudspan_command PROPERTIES OUTPUT_NAME cloudspan CSPAN_LTO ON)
cspan_link(cloudspan_command cli)
install(TARGETS cloudspan_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
include(cmake/models.cmake)

# Scripts that complete command lines, as the command prints them, where the shells look for them.
function(cspan_completion shell folder name)
  set(script ${CMAKE_BINARY_DIR}/completion/${name})
  add_custom_command(OUTPUT ${script}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/completion
    COMMAND sh -c "\"$1\" completion \"$2\" >\"$3\"" sh
      $<TARGET_FILE:cloudspan_command> ${shell} ${script}
    DEPENDS cloudspan_command
    COMMENT "Writing the completion of ${shell}"
    VERBATIM)
  add_custom_target(cspan_completion_${shell} ALL DEPENDS ${script})
  install(FILES ${script} DESTINATION ${CMAKE_INSTALL_DATADIR}/${folder})
endfunction()
if(NOT CMAKE_CROSSCOMPILING)
  cspan_completion(bash bash-completion/completions cloudspan)
  cspan_completion(zsh zsh/site-functions _cloudspan)
  cspan_completion(fish fish/vendor_completions.d cloudspan.fish)
endif()
