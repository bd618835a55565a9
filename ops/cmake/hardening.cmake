# SPDX-License-Identifier: Apache-2.0
# Warnings and hardening for every target of the project. tests/hardening
# checks on the built binaries that they took effect.
add_compile_definitions(_GNU_SOURCE)
add_compile_options(
  -Wall -Wextra -Wformat=2 -Wconversion -Wno-sign-conversion -Wimplicit-fallthrough -Wshadow
  -Wstrict-prototypes -Wvla
  -Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types
  -Werror=int-conversion -Werror=unused-result
  -fno-delete-null-pointer-checks -fno-strict-overflow -fno-strict-aliasing)
add_link_options(-Wl,-z,relro,-z,now,-z,noexecstack)
set(CMAKE_C_FLAGS_RELEASE "-O2 -g1")
set(CMAKE_C_FLAGS_DEBUG "-O1 -g")

if(TSUNAGU_SANITIZE)
  add_compile_options(-O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
    -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
elseif(TSUNAGU_TSAN)
  add_compile_options(-O1 -g -fsanitize=thread -fno-omit-frame-pointer)
  add_link_options(-fsanitize=thread)
else()
  add_compile_options(-D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection
    -fcf-protection=full)
  if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    # clang 14 wants a second flag for it and is only our fuzzing compiler.
    add_compile_options(-ftrivial-auto-var-init=zero)
  endif()
endif()
if(TSUNAGU_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_link_options(-pie)
