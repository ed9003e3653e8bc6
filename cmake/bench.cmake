# bench/bench_<subject>.c; the other files there are what they share.
file(GLOB benches CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/bench/bench_*.c)
foreach(source ${benches})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bench)
  cspan_link(${name} services)
endforeach()
foreach(name bench_call bench_transfer)
  target_sources(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/bench/stub_server.c)
endforeach()
# The receiver that is away is that of the tests.
target_sources(bench_outage PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/tests/support/otlp_sink.c)
target_include_directories(bench_outage PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/tests)
