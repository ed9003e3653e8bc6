add_executable(cloudspan_command ${CMAKE_CURRENT_SOURCE_DIR}/src/cli/main/main.c)
set_target_properties(cloudspan_command PROPERTIES OUTPUT_NAME cloudspan)
cspan_link(cloudspan_command cli)
install(TARGETS cloudspan_command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
