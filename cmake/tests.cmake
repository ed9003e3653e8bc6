pkg_check_modules(CMOCKA IMPORTED_TARGET cmocka)
if(NOT CMOCKA_FOUND OR NOT NGHTTP2_FOUND)
  message(STATUS "cmocka or nghttp2 not found: no tests")
  return()
endif()
# Servers with TLS; Debian's package is that of libcrypto.
pkg_check_modules(SSL REQUIRED IMPORTED_TARGET libssl)
set(cspan_source ${CMAKE_CURRENT_SOURCE_DIR})

# What tests share, compiled once. A static library: a test of a low layer takes only what it uses.
file(GLOB support CONFIGURE_DEPENDS ${cspan_source}/tests/support/*.c)
add_library(cspan_test_support STATIC ${support})
target_include_directories(cspan_test_support PUBLIC
  ${cspan_source}/tests ${cspan_source}/include ${cspan_source}/src)
target_link_libraries(cspan_test_support
  PUBLIC cspan_flags PkgConfig::CMOCKA PkgConfig::NGHTTP2 PkgConfig::SSL)

function(cspan_test name source layer)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE cspan_test_support)
  cspan_link(${name} ${layer})
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_BINARY_DIR})
  set_tests_properties(${name} PROPERTIES TIMEOUT 400 LABELS c-program)
endfunction()

# tests/unit/<layer>/test_<subject>.c
foreach(layer base http telemetry aws instrument services sandbox viewer cli)
  if(TARGET cspan_${layer})
    file(GLOB sources CONFIGURE_DEPENDS ${cspan_source}/tests/unit/${layer}/test_*.c)
    foreach(source ${sources})
      get_filename_component(name ${source} NAME_WE)
      string(REPLACE "test_" "test_${layer}_" name ${name})
      cspan_test(${name} ${source} ${layer})
    endforeach()
  endif()
endforeach()

# Conformance, integration, failing allocations: everything that there is gets linked. The last
# two run against the sandbox and the receiver.
set_property(GLOBAL PROPERTY cspan_closure_all
  cli sandbox viewer services instrument aws telemetry http base)
set(kinds conformance)
if(TARGET cspan_cli)
  list(APPEND kinds integration oom)
endif()
foreach(kind ${kinds})
  file(GLOB sources CONFIGURE_DEPENDS ${cspan_source}/tests/${kind}/test_*.c)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    string(REPLACE "test_" "${kind}_" name ${name})
    cspan_test(${name} ${source} all)
    target_compile_definitions(${name} PRIVATE
      CLOUDSPAN_CONFORMANCE_DIR="${cspan_source}/../shared/conformance")
  endforeach()
endforeach()

if(TARGET integration_trace_services)
  target_compile_definitions(integration_trace_services PRIVATE
    SPAN_CASES="${cspan_source}/tests/integration/spans")
endif()

# A program for the W3C's trace context tests, which are run against it; ours start it, too.
add_executable(w3c_service ${cspan_source}/tests/w3c_service.c)
set_target_properties(w3c_service PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
target_link_libraries(w3c_service PRIVATE PkgConfig::CURL PkgConfig::JANSSON)
cspan_link(w3c_service telemetry)
if(TARGET integration_w3c_trace_context)
  add_dependencies(integration_w3c_trace_context w3c_service)
  target_compile_definitions(integration_w3c_trace_context PRIVATE
    W3C_SERVICE="$<TARGET_FILE:w3c_service>")
endif()

# What integration_process_end starts, and what integration_dlclose opens: a module on the shared
# library, and one that has the static one inside.
if(TARGET integration_process_end)
  add_executable(end_program ${cspan_source}/tests/integration/end_program.c)
  cspan_link(end_program telemetry)
  add_dependencies(integration_process_end end_program)
  foreach(kind shared static)
    add_library(test_module_${kind} MODULE ${cspan_source}/tests/integration/module.c)
    set_target_properties(test_module_${kind} PROPERTIES PREFIX "")
    target_include_directories(test_module_${kind} PRIVATE ${cspan_source}/tests)
    target_link_libraries(test_module_${kind} PRIVATE cspan_flags cloudspan_${kind})
    add_dependencies(integration_dlclose test_module_${kind})
  endforeach()
endif()

# Checks of the text of the project.
function(cspan_check name)
  add_test(NAME static_${name} COMMAND ${cspan_source}/tests/static/${ARGN})
  set_tests_properties(static_${name} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endfunction()
if(NOT CLOUDSPAN_SANITIZE)
  cspan_check(layers layers.sh)
  cspan_check(layers_selftest layers_selftest.sh)
  cspan_check(headers headers.sh)
  cspan_check(style style.sh)
  cspan_check(map map.sh)
  cspan_check(docs docs.sh)
  cspan_check(man man.sh)
  cspan_check(compliance compliance.sh ${CMAKE_BINARY_DIR})
  cspan_check(tidy tidy.sh ${CMAKE_BINARY_DIR})
  set_tests_properties(static_tidy PROPERTIES LABELS slow TIMEOUT 1500)
endif()

# The installed library, as a user takes it; real S3 servers that are not ours.
if(TARGET cloudspan_command AND TARGET cloudspan_shared AND NOT CLOUDSPAN_SANITIZE)
  add_test(NAME integration_install
    COMMAND ${cspan_source}/tests/integration/install_test.sh ${CMAKE_BINARY_DIR})
  set_tests_properties(integration_install PROPERTIES TIMEOUT 300)
endif()
if(TARGET integration_s3_suite)
  foreach(peer swift moto)
    add_test(NAME peer_s3_${peer} COMMAND ${cspan_source}/tests/peers/s3_peer.sh ${peer}
      ${CMAKE_BINARY_DIR}/peers $<TARGET_FILE:integration_s3_suite>)
    set_tests_properties(peer_s3_${peer} PROPERTIES LABELS peer SKIP_RETURN_CODE 77 TIMEOUT 600)
  endforeach()
endif()

# The same calls by botocore and by the command.
if(TARGET cloudspan_command)
  add_test(NAME peer_differential COMMAND ${cspan_source}/tests/peers/differential/run.sh
    $<TARGET_FILE:cloudspan_command> ${CMAKE_BINARY_DIR}/peers)
  set_tests_properties(peer_differential PROPERTIES LABELS peer SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()

# Other services of servers that are not ours.
if(TARGET cspan_services AND NOT CLOUDSPAN_SANITIZE)
  foreach(service dynamodb sqs lambda events messaging)
    add_executable(peer_${service} ${cspan_source}/tests/integration/peer_${service}.c)
    target_link_libraries(peer_${service} PRIVATE cspan_test_support)
    cspan_link(peer_${service} services)
    list(APPEND peer_tests peer_${service}_moto)
    add_test(NAME peer_${service}_moto COMMAND ${cspan_source}/tests/peers/services_peer.sh moto
      ${CMAKE_BINARY_DIR}/peers $<TARGET_FILE:peer_${service}>)
  endforeach()
  add_executable(peer_spans ${cspan_source}/tests/integration/peer_spans.c)
  target_link_libraries(peer_spans PRIVATE cspan_test_support)
  cspan_link(peer_spans services)
  foreach(server moto dynalite)
    list(APPEND peer_tests peer_spans_${server})
    add_test(NAME peer_spans_${server} COMMAND ${cspan_source}/tests/peers/services_peer.sh ${server}
      ${CMAKE_BINARY_DIR}/peers $<TARGET_FILE:peer_spans> ${cspan_source}/tests/peers/spans/${server})
  endforeach()
  add_test(NAME peer_dynamodb_dynalite COMMAND ${cspan_source}/tests/peers/services_peer.sh dynalite
    ${CMAKE_BINARY_DIR}/peers $<TARGET_FILE:peer_dynamodb>)
  if(TARGET example_dynamodb AND TARGET cloudspan_command)
    list(APPEND peer_tests peer_service_examples)
    add_test(NAME peer_service_examples COMMAND ${cspan_source}/tests/peers/services_peer.sh moto
      ${CMAKE_BINARY_DIR}/peers ${cspan_source}/tests/peers/service_examples.sh
      $<TARGET_FILE:cloudspan_command> ${CMAKE_BINARY_DIR}/examples)
  endif()
  set_tests_properties(${peer_tests} peer_dynamodb_dynalite PROPERTIES
    LABELS peer SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()

# The same calls by other languages' instrumentations; messages to and from one of them.
if(TARGET cspan_services AND NOT CLOUDSPAN_SANITIZE)
  set(comparison ${cspan_source}/tests/peers/comparison)
  foreach(program ours messages)
    add_executable(comparison_${program} ${comparison}/${program}.c)
    cspan_link(comparison_${program} services)
  endforeach()
  set(moto ${cspan_source}/tests/peers/services_peer.sh moto ${CMAKE_BINARY_DIR}/peers)
  add_test(NAME peer_comparison COMMAND ${moto} ${comparison}/compare.sh
    ${CMAKE_BINARY_DIR}/peers $<TARGET_FILE:comparison_ours>)
  add_test(NAME peer_messages COMMAND ${moto} ${comparison}/exchange.sh
    ${CMAKE_BINARY_DIR}/peers $<TARGET_FILE:comparison_messages>)
  set_tests_properties(peer_comparison peer_messages PROPERTIES
    LABELS peer SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()

# The count of every span of a busy producer; how many get through is a matter of the machine.
if(TARGET bench_saturation)
  foreach(protocol grpc http)
    set(arguments --rate 5000 --seconds 1 --threads 4 --exports 2)
    if(protocol STREQUAL http)
      list(APPEND arguments --http)
    endif()
    add_test(NAME integration_bench_saturation_${protocol} COMMAND bench_saturation ${arguments})
    set_tests_properties(integration_bench_saturation_${protocol} PROPERTIES TIMEOUT 300)
  endforeach()
endif()

# What a span costs, where that can be measured.
if(TARGET bench_span)
  add_test(NAME integration_bench_span COMMAND ${cspan_source}/tests/integration/bench_span_test.sh
    $<TARGET_FILE:bench_span> "${CMAKE_BUILD_TYPE}" "${CLOUDSPAN_SANITIZE}")
  set_tests_properties(integration_bench_span PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()
if(TARGET bench_call)
  add_test(NAME integration_bench_call COMMAND ${cspan_source}/tests/integration/bench_call_test.sh
    $<TARGET_FILE:bench_call> "${CMAKE_BUILD_TYPE}" "${CLOUDSPAN_SANITIZE}")
  set_tests_properties(integration_bench_call PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 600)
endif()
if(TARGET bench_tail)
  add_test(NAME integration_bench_tail COMMAND ${cspan_source}/tests/integration/bench_tail_test.sh
    $<TARGET_FILE:bench_tail> "${CMAKE_BUILD_TYPE}" "${CLOUDSPAN_SANITIZE}")
  set_tests_properties(integration_bench_tail PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()
if(TARGET bench_metric)
  add_test(NAME integration_bench_metric
    COMMAND ${cspan_source}/tests/integration/bench_metric_test.sh $<TARGET_FILE:bench_metric>
    "${CMAKE_BUILD_TYPE}" "${CLOUDSPAN_SANITIZE}")
  set_tests_properties(integration_bench_metric PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
endif()

# OTLP receivers that are not ours.
if(TARGET cspan_telemetry AND NOT CLOUDSPAN_SANITIZE)
  add_executable(otlp_peer_sender ${cspan_source}/tests/integration/otlp_peer_sender.c)
  cspan_link(otlp_peer_sender telemetry)
  add_test(NAME peer_otlp COMMAND ${cspan_source}/tests/integration/otlp_peer/run.sh
    $<TARGET_FILE:otlp_peer_sender> ${CMAKE_BINARY_DIR}/peers)
  set_tests_properties(peer_otlp PROPERTIES LABELS peer SKIP_RETURN_CODE 77 TIMEOUT 600)
  foreach(program load metrics)
    add_executable(otlp_peer_${program} ${cspan_source}/tests/integration/otlp_peer_${program}.c)
    cspan_link(otlp_peer_${program} telemetry)
  endforeach()
  add_test(NAME peer_collector COMMAND ${cspan_source}/tests/peers/collector/run.sh
    $<TARGET_FILE:otlp_peer_sender> $<TARGET_FILE:otlp_peer_load>
    $<TARGET_FILE:otlp_peer_metrics> ${CMAKE_BINARY_DIR}/peers)
  set_tests_properties(peer_collector PROPERTIES LABELS peer SKIP_RETURN_CODE 77 TIMEOUT 900)
endif()
