include(GoogleTest)

add_library(hangtag_options INTERFACE)
target_compile_options(hangtag_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow=local)
if(HANGTAG_SANITIZE)
  target_compile_options(hangtag_options INTERFACE -fsanitize=address,undefined -fno-omit-frame-pointer)
  target_link_options(hangtag_options INTERFACE -fsanitize=address,undefined)
endif()

# hangtag_library(NAME LEVEL n SOURCES a.cpp … [TESTS a_test.cpp …] [DEPENDS folder …] [LIBRARIES target …] [TORCH])
#
# One folder of src/: a library and a namespace. DEPENDS names folders of ours, LIBRARIES what others made; TORCH links
# libtorch. Refuses, at configure time:
#   - a dependency on a folder of the same or a higher level;
#   - an #include of a folder that DEPENDS does not name;
#   - a *.cpp of the folder that neither SOURCES nor TESTS lists, so that no test leaves the build unseen.
function(hangtag_library name)
  cmake_parse_arguments(arg "TORCH" "LEVEL" "SOURCES;TESTS;DEPENDS;LIBRARIES" ${ARGN})
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
    gtest_discover_tests(${name}_test TEST_PREFIX "${name}: " DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit)
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
