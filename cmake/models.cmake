# One file of all service models, from Debian's python3-botocore where that is installed.
set(CLOUDSPAN_MODELS_SOURCE /usr/lib/python3/dist-packages/botocore/data CACHE PATH
  "Folder of the public AWS model files (service-2.json) to compile; need not exist")
if(CMAKE_CROSSCOMPILING)
  message(STATUS "the command cannot run here: no service models are compiled")
elseif(EXISTS ${CLOUDSPAN_MODELS_SOURCE}/partitions.json
    OR EXISTS ${CLOUDSPAN_MODELS_SOURCE}/partitions.json.gz)
  set(models ${CMAKE_BINARY_DIR}/models.csm)
  add_custom_command(OUTPUT ${models}
    COMMAND cloudspan_command models compile --quiet -o ${models} ${CLOUDSPAN_MODELS_SOURCE}
    DEPENDS cloudspan_command ${CLOUDSPAN_MODELS_SOURCE}
    COMMENT "Compiling the service models of ${CLOUDSPAN_MODELS_SOURCE}"
    VERBATIM)
  add_custom_target(cspan_models ALL DEPENDS ${models})
  install(FILES ${models} DESTINATION ${CMAKE_INSTALL_DATADIR}/cloudspan)
else()
  message(STATUS "no service models in ${CLOUDSPAN_MODELS_SOURCE}: none are compiled")
endif()
