// SPDX-License-Identifier: Apache-2.0
// A message made readable: ADT-00/22/52, OMP-01/02, OML-11, PPR-01, OMG-11/12/13; any other type as its decoded
// text. Plain UTF-8 text, lines of label and value, tables aligned by display width. Labels in Japanese or English.
// Control characters from the message never reach the output (a terminal must not obey a document).
#ifndef TSUNAGU_SSMIX_RENDER_H
#define TSUNAGU_SSMIX_RENDER_H

#include "proto/base/span.h"

// type: "OMP-01" etc. bytes: as in the file. ERR_FORMAT if not HL7 at all (the caller then offers it raw).
MUST_CHECK err render_hl7(const char *type, span bytes, bool japanese, buf *out);
// A one-line title from a type ("処方オーダ" / "Prescription order"); the type itself if unknown.
const char *render_type_title(const char *type, bool japanese);

#endif
