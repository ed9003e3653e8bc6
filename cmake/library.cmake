# libcloudspan and libcloudspan-sandbox, shared and static, and what an installed copy needs.
include(CMakePackageConfigHelpers)

# The objects of some layers as one library of both kinds: <name>_shared, <name>_static.
function(cspan_library name output)
  cmake_parse_arguments(A "" "" "LAYERS;LIBS" ${ARGN})
  set(objects)
  foreach(part ${A_LAYERS})
    if(TARGET cspan_${part})
      list(APPEND objects $<TARGET_OBJECTS:cspan_${part}>)
    endif()
  endforeach()
  if(NOT objects)
    return()
  endif()
  foreach(kind SHARED STATIC)
    string(TOLOWER ${kind} suffix)
    set(target ${name}_${suffix})
    add_library(${target} ${kind} ${objects})
    set_target_properties(${target} PROPERTIES OUTPUT_NAME ${output})
    target_include_directories(${target} PUBLIC
      $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include>
      $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:cspan_flags> ${A_LIBS} Threads::Threads m)
    if(kind STREQUAL SHARED)
      set_target_properties(${target} PROPERTIES
        VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} CSPAN_LTO ON)
      # Threads and handlers of it may outlive a module that was linked to it and is closed.
      target_link_options(${target} PRIVATE -Wl,-z,nodelete)
    elseif(CLOUDSPAN_LTO)
      # The compiler's own form of the code is of use to this version of it only.
      add_custom_command(TARGET ${target} POST_BUILD
        COMMAND ${CMAKE_OBJCOPY} -w --remove-section=.gnu.lto_* --remove-section=.gnu.debuglto_*
          $<TARGET_FILE:${target}> VERBATIM)
    endif()
    install(TARGETS ${target} EXPORT cloudspan-targets
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endforeach()
endfunction()

cspan_library(cloudspan cloudspan
  LAYERS base http telemetry aws instrument services
  LIBS PkgConfig::CURL PkgConfig::CRYPTO PkgConfig::EXPAT PkgConfig::JANSSON PkgConfig::YAML PkgConfig::ZLIB)
if(CLOUDSPAN_TOOLS AND TARGET cspan_sandbox)
  # A library of its own, so that libcloudspan needs no server libraries. The shared one holds a
  # hidden copy of base and takes the public functions from libcloudspan; the static one needs
  # libcloudspan.a behind it.
  cspan_library(cloudspan_sandbox cloudspan-sandbox LAYERS sandbox base
    LIBS PkgConfig::EVENT PkgConfig::CRYPTO PkgConfig::EXPAT PkgConfig::JANSSON PkgConfig::ZLIB)
  target_link_libraries(cloudspan_sandbox_shared PUBLIC cloudspan_shared)
  target_link_libraries(cloudspan_sandbox_static PUBLIC cloudspan_static)
  set(script ${CMAKE_CURRENT_SOURCE_DIR}/cmake/sandbox.map)
  target_link_options(cloudspan_sandbox_shared PRIVATE -Wl,--version-script=${script})
  set_target_properties(cloudspan_sandbox_shared PROPERTIES LINK_DEPENDS ${script})
endif()

# Prices, also beside the programs of the build tree.
configure_file(${CMAKE_CURRENT_SOURCE_DIR}/data/prices.json ${CMAKE_BINARY_DIR}/prices.json COPYONLY)
install(FILES ${CMAKE_CURRENT_SOURCE_DIR}/data/prices.json
  DESTINATION ${CMAKE_INSTALL_DATADIR}/cloudspan)

install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/include/cloudspan
  DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# Relative, so that the folder may be moved (cmake --install --prefix).
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
set(pc_names cloudspan)
if(TARGET cloudspan_sandbox_shared)
  list(APPEND pc_names cloudspan-sandbox)
endif()
foreach(name ${pc_names})
  configure_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/${name}.pc.in ${CMAKE_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${CMAKE_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/cloudspan)
configure_package_config_file(${CMAKE_CURRENT_SOURCE_DIR}/cmake/cloudspan-config.cmake.in
  ${CMAKE_BINARY_DIR}/cloudspan-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/cloudspan-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/cloudspan-config.cmake
  ${CMAKE_BINARY_DIR}/cloudspan-config-version.cmake DESTINATION ${package_dir})
if(TARGET cloudspan_shared)
  install(EXPORT cloudspan-targets NAMESPACE cloudspan:: DESTINATION ${package_dir})
endif()

file(GLOB man_pages CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/docs/man/*.[1357])
foreach(page ${man_pages})
  get_filename_component(section ${page} LAST_EXT)
  string(SUBSTRING ${section} 1 1 section)
  install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
