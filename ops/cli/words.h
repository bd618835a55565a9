// SPDX-License-Identifier: Apache-2.0
// The short words that daemons say (field names, states), in the reader's tongue.
// Owner: constants. Thread: any. Fails: never; what is not known stays as it came.
#ifndef TSUNAGU_CLI_WORDS_H
#define TSUNAGU_CLI_WORDS_H

const char *word_head(const char *name);  // a field's name, as the head of a column
const char *word_said(const char *value); // a state, an event, an answer
const char *word_sex(const char *code);   // HL7's letter

#endif
