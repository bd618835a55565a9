// SPDX-License-Identifier: Apache-2.0
// What a text option may be, for config_row.check: NULL where it fits, or what is
// wanted, translated. Owner: constant texts. Thread: any.
#ifndef TSUNAGU_YAML_CHECKS_H
#define TSUNAGU_YAML_CHECKS_H

const char *check_name(const char *value);     // 1-32 characters: a-z, 0-9, hyphen
const char *check_facility(const char *value); // 10-digit institution code
const char *check_sha256(const char *value);   // 64 hex digits
const char *check_dial(const char *value);     // host:port, port 1-65535
const char *check_listen(const char *value);   // the same; port 0 lets the system choose one

#endif
