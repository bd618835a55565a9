// SPDX-License-Identifier: Apache-2.0
// `tsunagu`: one command with subcommands, each a row of a table: name, help,
// options, and either a control command of a daemon or a function of its own.
// Owner: an invocation lives during the command. Thread: one.
#ifndef TSUNAGU_CLI_COMMAND_H
#define TSUNAGU_CLI_COMMAND_H

#include <stdbool.h>
#include <stdio.h>

#include "proto/base/span.h"

#define OPTIONS_MAX 40

typedef struct option_row {
    const char *name; // "chart": --chart; a leading '@' is a positional argument: "@DIR"
    const char *arg;  // its value's name in the help; NULL: a flag
    bool required;
    const char *help;
    const char *key;  // the control argument; NULL: only the command itself reads it
} option_row;

typedef struct invocation invocation;
typedef struct command_row {
    const char *name;    // "log verify"
    const char *summary; // one line
    const char *about;   // the rest of --help; may be NULL
    const option_row *options; // ends with a row without a name
    const char *control; // the daemon's command, or NULL
    const char *columns; // for people: "kind: field field | kind: ...", or NULL: fields line by line
    int (*run)(invocation *v); // NULL: ask the daemon and print
} command_row;

struct invocation {
    const command_row *row;
    const char *values[OPTIONS_MAX]; // by option; a flag given: ""
    const char *rest[256];           // further positional arguments where the last positional ends with "..."
    size_t rest_count;
    const char *socket;
    bool json, japanese;
};

// The value of an option, or NULL. The name must be one of the row's.
const char *option_value(const invocation *v, const char *name);
// A whole number within the range. *ret keeps its value where the option is absent; false: complained.
bool option_number(const invocation *v, const char *name, long long least, long long most, long long *ret);

extern const command_row command_table[];
extern const size_t command_count;

// Exit codes, documented in tsunagu(1).
enum {
    EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_UNREACHABLE = 3, EXIT_DENIED = 4, EXIT_NOT_FOUND = 5,
    EXIT_EXPIRED = 6, EXIT_WITHDRAWN = 7, EXIT_SEAL = 8, EXIT_CORRUPT = 9, EXIT_LATE = 10
};
int exit_of(err e);
// A sentence for an error, in the asker's tongue, with the daemon's note behind it.
void complain(const invocation *v, err e, const char *note);

// The table's own functions, one file each.
int ca_new_run(invocation *v);
int ca_issue_run(invocation *v);
int ca_revoke_run(invocation *v);
int keygen_node_run(invocation *v);
int keygen_hub_run(invocation *v);
int keygen_federation_run(invocation *v);
int policy_check_run(invocation *v);
int policy_test_run(invocation *v);
int policy_schema_run(invocation *v);
int policy_compile_run(invocation *v);
int policy_show_run(invocation *v);
int policy_keygen_run(invocation *v);
int policy_sign_run(invocation *v);
int policy_ratify_run(invocation *v);
int policy_verify_run(invocation *v);
int policy_history_run(invocation *v);
int policy_publish_run(invocation *v);
int members_show_run(invocation *v);
int members_draft_run(invocation *v);
int members_add_run(invocation *v);
int members_remove_run(invocation *v);
int members_node_run(invocation *v);
int members_sign_run(invocation *v);
int members_check_run(invocation *v);
int members_history_run(invocation *v);
int members_publish_run(invocation *v);
int join_run(invocation *v);
int leave_run(invocation *v);
int applications_draft_run(invocation *v);
int applications_decide_run(invocation *v);
int policy_explain_run(invocation *v);
int policy_diff_run(invocation *v);
int policy_matrix_run(invocation *v);
int policy_impact_run(invocation *v);
int form_list_run(invocation *v);
int form_show_run(invocation *v);
int form_new_run(invocation *v);
int form_check_run(invocation *v);
int synth_run(invocation *v);
int person_run(invocation *v);
int match_report_run(invocation *v);
int scan_run(invocation *v);
int open_run(invocation *v);
int shelf_put_run(invocation *v);
int render_run(invocation *v);
int log_export_run(invocation *v);
int log_list_run(invocation *v);
int log_check_run(invocation *v);
int notices_run(invocation *v);

#endif
