# Everything that is not ours: Debian's packages, and libtorch out of the torch wheel in the project's venv.
# scripts/setup installs all of it.
set(HANGTAG_VENV ${CMAKE_SOURCE_DIR}/.venv CACHE PATH "The virtual environment that scripts/setup makes")
set(HANGTAG_PYTHON ${HANGTAG_VENV}/bin/python)

file(GLOB torch_cmake ${HANGTAG_VENV}/lib/python3*/site-packages/torch/share/cmake)
if(NOT torch_cmake)
  message(FATAL_ERROR "No torch in ${HANGTAG_VENV}. Run scripts/setup first, or set HANGTAG_VENV.")
endif()
list(APPEND CMAKE_PREFIX_PATH ${torch_cmake})
find_package(Torch REQUIRED)
# TORCH_CXX_FLAGS holds ABI flags only; the wheel is built with the C++11 ABI, which is g++'s default.

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
set(MPI_CXX_SKIP_MPICXX ON)  # its C++ bindings are long withdrawn
find_package(MPI REQUIRED COMPONENTS CXX)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
# The torch wheel's headers hold a newer fmt than Debian's library. A folder that shows Debian's alone, searched before
# torch's, keeps one fmt in the program.
get_target_property(fmt_include fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
set(HANGTAG_FMT_FIRST ${CMAKE_BINARY_DIR}/fmt_first)
file(MAKE_DIRECTORY ${HANGTAG_FMT_FIRST})
file(CREATE_LINK ${fmt_include}/fmt ${HANGTAG_FMT_FIRST}/fmt SYMBOLIC)
find_package(Boost 1.81 REQUIRED)  # headers only: Asio and Beast
find_package(CLI11 REQUIRED)
find_package(GTest REQUIRED)
pkg_check_modules(vips REQUIRED IMPORTED_TARGET vips)
pkg_check_modules(sentencepiece REQUIRED IMPORTED_TARGET sentencepiece)
find_library(sentencepiece_train_library sentencepiece_train REQUIRED)
pkg_check_modules(xxhash REQUIRED IMPORTED_TARGET libxxhash)
pkg_check_modules(utf8proc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(libcurl REQUIRED IMPORTED_TARGET libcurl)
pkg_check_modules(sqlite3 REQUIRED IMPORTED_TARGET sqlite3)
pkg_check_modules(libpq REQUIRED IMPORTED_TARGET libpq)

set(HANGTAG_ENGLISH_DICTIONARIES /usr/share/dict/american-english /usr/share/dict/british-english)
foreach(dictionary ${HANGTAG_ENGLISH_DICTIONARIES})
  if(NOT EXISTS ${dictionary})
    message(FATAL_ERROR "${dictionary} is missing. Run scripts/setup first.")
  endif()
endforeach()

find_program(ccache ccache)
if(ccache)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${ccache})
endif()
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
