# Two interface targets that everything links: how we compile, and what the compiler must not find.
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
find_program(SIGNET_CCACHE ccache)
if(SIGNET_CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${SIGNET_CCACHE})
endif()

# -O3 compiles a tenth longer, and the time of signet is spent in OpenSSL and SQLite.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")

add_library(signet_settings INTERFACE)
target_compile_features(signet_settings INTERFACE cxx_std_20)
set(CMAKE_CXX_EXTENSIONS OFF)
target_include_directories(signet_settings INTERFACE ${PROJECT_SOURCE_DIR}/src/core)
target_compile_options(signet_settings INTERFACE -fstack-protector-strong -fPIE)
target_compile_definitions(signet_settings INTERFACE SIGNET_VERSION="${PROJECT_VERSION}"
  $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
if(SIGNET_STATIC)
  # One file for an empty image: of another libc than its own it needs nothing. -static-pie, for address randomization.
  target_link_options(signet_settings INTERFACE -static-pie -Wl,-z,relro,-z,now)
else()
  target_link_options(signet_settings INTERFACE -pie -Wl,-z,relro,-z,now)
endif()
if(SIGNET_SANITIZE)
  target_compile_options(signet_settings INTERFACE -fsanitize=${SIGNET_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(signet_settings INTERFACE -fsanitize=${SIGNET_SANITIZE})
endif()
if(SIGNET_FUZZ)
  target_compile_options(signet_settings INTERFACE -fsanitize=fuzzer-no-link)
endif()

add_library(signet_warnings INTERFACE)
target_compile_options(signet_warnings INTERFACE
  -Wall -Wextra -Wno-missing-field-initializers -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wswitch-enum -Wnon-virtual-dtor -Wold-style-cast
  $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>  # false alarms over std::string, GCC bug 105329
  $<$<BOOL:${SIGNET_WERROR}>:-Werror>)

# Compiles a library's sources a batch at a time: a third of the CPU time of one by one. Sources whose private names meet
# others' of their folder are marked SKIP_UNITY_BUILD_INCLUSION where they are listed.
option(SIGNET_UNITY "Compile the sources of a library in batches" ON)
function(signet_join_sources target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${SIGNET_UNITY} UNITY_BUILD_BATCH_SIZE 8)
endfunction()
