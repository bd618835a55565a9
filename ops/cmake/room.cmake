# SPDX-License-Identifier: Apache-2.0
# tsunagu_room(NAME SOURCES ... ROOMS ... LIBS ...)
#   One static library per room. ROOMS are rooms below (PUBLIC: their headers
#   may appear in ours); LIBS are the foreign libraries behind this room's
#   door (PRIVATE: nobody above can include them).
# Every include is written from the top of the tree: "proto/base/span.h".
function(tsunagu_room name)
  cmake_parse_arguments(ROOM "" "" "SOURCES;ROOMS;LIBS" ${ARGN})
  add_library(${name} STATIC ${ROOM_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR} ${CMAKE_BINARY_DIR})
  target_link_libraries(${name} PUBLIC ${ROOM_ROOMS} PRIVATE ${ROOM_LIBS})
endfunction()
