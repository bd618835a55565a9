// SPDX-License-Identifier: Apache-2.0
// A union's membership list: what only its secretariat signs, and what can touch nothing
// but this union's own facilities and nodes. Canonical bytes, numbers big-endian:
//
//   8 magic "TSNMEMBR", u16 format, text union, u32 serial, u8 0 or 1 and then 32 bytes:
//   hash of the list before, i32 day of signing, u32 n facilities, each: u64 code (rising),
//   text name, ward ("" if unknown), kind, u8 discloses, u8 n also, each: text union (rising);
//   u16 n nodes, each: text name (rising), host, u32 n + u64 codes it discloses for (rising),
//   u8 1: views for all of the union, u32 n + u64 codes it views for (rising; 0 where all),
//   keys tls, keys sign, keys seal; u8 0, or 1 and the signature (64)
//
// text and keys are those of policies/engine/bundle.h. Signed is "tsunagu members v1\n" and
// everything before the signature's u8; the list's hash is SHA-256 of the same bytes without
// that line. Serial 1 names no list before; serial n names list n-1.
// Pure: no files, no clock. Owner: members_done. Thread: one at a time. Fails: ERR_MEM, ERR_FORMAT,
// ERR_LIMIT.
#ifndef TSUNAGU_RATIFY_MEMBERS_H
#define TSUNAGU_RATIFY_MEMBERS_H

#include "policies/engine/bundle.h"
#include "policies/engine/decide.h"
#include "proto/base/arena.h"
#include "proto/crypto/hash.h"
#include "proto/crypto/key.h"

#define MEMBERS_MAGIC "TSNMEMBR"
#define MEMBERS_FORMAT 1
#define MEMBERS_BYTES (4u << 20)
#define MEMBERS_FACILITIES 8192
#define MEMBERS_NODES 128
#define MEMBERS_ALSO 8

typedef struct member_facility {
    uint64_t code;
    const char *name, *ward, *kind;
    bool discloses;
    int also_count;
    const char *also[MEMBERS_ALSO]; // unions that may register it too
} member_facility;
typedef struct member_keys { int count; uint8_t at[BUNDLE_KEYS][KEY_BYTES]; } member_keys;
typedef struct member_node {
    const char *name, *host;
    uint64_t *discloses, *views;
    size_t disclose_count, view_count;
    bool views_all;
    member_keys tls, sign, seal;
} member_node;
typedef struct members {
    const char *union_id;
    uint32_t serial;
    bool has_previous;
    hash32 previous;
    day on;
    member_facility *facilities;
    size_t facility_count, facility_cap;
    member_node *nodes;
    size_t node_count, node_cap;
    bool is_signed;
    uint8_t signature[SIGNATURE_BYTES];
    arena mem; // everything above lies here
} members;

bool members_is(span bytes); // begins like a list
MUST_CHECK err members_read(span bytes, members *ret);
MUST_CHECK err members_put(members *m, buf *out); // sorts first
// What is signed: the prefix and all but the signature.
MUST_CHECK err members_message(members *m, buf *out);
MUST_CHECK err members_hash(members *m, hash32 *ret);
MUST_CHECK err members_sign(members *m, const sign_key *k, day on);
void members_done(members *m);
// A draft with serial 1: this union as the bundle has it.
MUST_CHECK err members_of(const policy *bundle, int union_no, members *ret);
// A draft to follow a signed list.
MUST_CHECK err members_next(members *before, members *ret);
// Adds an empty one at the end; NULL: no memory or too many. Pointers got before may move.
member_facility *members_add(members *m);
member_node *members_add_node(members *m);
member_facility *members_find(const members *m, uint64_t code);
// Out of the list, and served by none of the union's nodes either. false: it is not there.
bool members_drop(members *m, uint64_t code);
member_node *members_find_node(const members *m, const char *name);

#endif
