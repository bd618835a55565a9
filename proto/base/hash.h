// SPDX-License-Identifier: Apache-2.0
// SipHash-2-4 (Aumasson, Bernstein 2012): for tables whose keys come from
// outside and for the check of stored values. Not a signature.
#ifndef TSUNAGU_BASE_HASH_H
#define TSUNAGU_BASE_HASH_H

#include "proto/base/span.h"

uint64_t siphash(const uint8_t key[static 16], span data);

#endif
