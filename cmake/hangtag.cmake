include(GoogleTest)

add_library(hangtag_options INTERFACE)
target_compile_options(hangtag_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow=local)
if(HANGTAG_SANITIZE)
  target_compile_options(hangtag_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(hangtag_options INTERFACE -fsanitize=address,undefined)
endif()

# hangtag_library(NAME LEVEL n SOURCES a.cpp … [TESTS a_test.cpp …] [DEPENDS folder …] [LIBRARIES target …] [TORCH]
#                 [TESTS_TOGETHER])
#
# One folder of src/: a library and a namespace. DEPENDS names folders of ours, LIBRARIES what others made; TORCH links
# libtorch; TESTS_TOGETHER makes one test of CTest of them all, for those that share what is slow to start.
# Refuses, at configure time:
#   - a dependency on a folder of the same or a higher level;
#   - an #include of a folder that DEPENDS does not name;
#   - a *.cpp of the folder that neither SOURCES nor TESTS lists, so that no test leaves the build unseen.
function(hangtag_library name)
  cmake_parse_arguments(arg "TORCH;TESTS_TOGETHER" "LEVEL" "SOURCES;TESTS;DEPENDS;LIBRARIES" ${ARGN})
  if(NOT DEFINED arg_LEVEL OR arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hangtag_library(${name}): LEVEL is missing, or unknown words: ${arg_UNPARSED_ARGUMENTS}")
  endif()
  foreach(dependency ${arg_DEPENDS})
    get_target_property(level hangtag_${dependency} HANGTAG_LEVEL)
    if(NOT level LESS arg_LEVEL)
      message(FATAL_ERROR "${name}/ (level ${arg_LEVEL}) may not use ${dependency}/ (level ${level}): "
                          "a folder uses only folders of a lower level")
    endif()
  endforeach()
  hangtag_check_folder(${name} "${arg_SOURCES};${arg_TESTS}" "${name};${arg_DEPENDS}")

  add_library(hangtag_${name} STATIC ${arg_SOURCES})
  set_target_properties(hangtag_${name} PROPERTIES HANGTAG_LEVEL ${arg_LEVEL})
  target_include_directories(hangtag_${name} PUBLIC ${CMAKE_SOURCE_DIR}/src)
  list(TRANSFORM arg_DEPENDS PREPEND hangtag_)
  target_link_libraries(hangtag_${name} PUBLIC ${arg_DEPENDS} ${arg_LIBRARIES} PRIVATE hangtag_options)
  if(arg_TORCH)
    hangtag_use_torch(hangtag_${name})
  endif()
  if(arg_TESTS)
    add_executable(${name}_test ${arg_TESTS})
    target_link_libraries(${name}_test PRIVATE hangtag_${name} hangtag_options GTest::gmock GTest::gtest_main)
    if(arg_TESTS_TOGETHER)
      add_test(NAME "${name}: all" COMMAND ${name}_test)
      set_tests_properties("${name}: all" PROPERTIES LABELS unit)
    else()
      gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit)
    endif()
  endif()
endfunction()

function(hangtag_use_torch target)
  # As system headers: their warnings are not ours.
  target_include_directories(${target} SYSTEM PUBLIC ${HANGTAG_FMT_FIRST} ${TORCH_INCLUDE_DIRS})
  target_link_libraries(${target} PUBLIC ${TORCH_LIBRARIES})
endfunction()

function(hangtag_check_folder name listed allowed)
  file(GLOB present RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS *.cpp)
  foreach(file ${present})
    if(NOT file IN_LIST listed)
      message(FATAL_ERROR "${name}/${file} is in the folder but not in its CMakeLists.txt")
    endif()
  endforeach()
  file(GLOB files *.cpp *.h)
  foreach(file ${files})
    file(STRINGS ${file} includes REGEX "^#include \"[a-z_]+/")
    foreach(include ${includes})
      string(REGEX REPLACE "^#include \"([a-z_]+)/.*" "\\1" folder "${include}")
      if(NOT folder IN_LIST allowed)
        message(FATAL_ERROR "${file} includes ${folder}/, which ${name}/CMakeLists.txt does not name in DEPENDS")
      endif()
    endforeach()
  endforeach()
endfunction()

# hangtag_embed(target namespace FILE …): makes files part of the program. For each a function in `namespace`, named after the
# file with _ for what is no letter or digit ("en.json" → en_json()), gives its bytes as std::string_view; declared in the
# generated header NAMESPACE_files.h.
function(hangtag_embed target namespace)
  string(REPLACE "::" "_" stem ${namespace})
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${stem}_files.cpp)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/${stem}_files.h)
  set(declarations "#pragma once\n#include <string_view>\nnamespace ${namespace} {\n")
  set(definitions "#include \"${stem}_files.h\"\n")
  foreach(file ${ARGN})
    get_filename_component(path ${file} ABSOLUTE)
    get_filename_component(name ${file} NAME)
    string(MAKE_C_IDENTIFIER ${name} id)
    string(APPEND declarations "std::string_view ${id}();\n")
    string(APPEND definitions
      "__asm__(\".section .rodata\\n${stem}_${id}_begin:\\n.incbin \\\"${path}\\\"\\n${stem}_${id}_end:\\n.byte 0\\n.previous\\n\");\n"
      "extern \"C\" const char ${stem}_${id}_begin[], ${stem}_${id}_end[];\n"
      "std::string_view ${namespace}::${id}() {\n"
      "  return {${stem}_${id}_begin, static_cast<std::size_t>(${stem}_${id}_end - ${stem}_${id}_begin)};\n}\n")
    list(APPEND paths ${path})
  endforeach()
  file(CONFIGURE OUTPUT ${header} CONTENT "${declarations}}\n" @ONLY)
  file(CONFIGURE OUTPUT ${source} CONTENT "${definitions}" @ONLY)
  set_source_files_properties(${source} PROPERTIES OBJECT_DEPENDS "${paths}")
  target_sources(${target} PRIVATE ${source})
  target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
endfunction()
