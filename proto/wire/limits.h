// SPDX-License-Identifier: Apache-2.0
// Every limit of the line and of the control socket, in one place. Checked
// before anything is unpacked (PROTOCOL.md).
#ifndef TSUNAGU_WIRE_LIMITS_H
#define TSUNAGU_WIRE_LIMITS_H

#define WIRE_VERSION 1

#define WIRE_FRAME_MAX (256u << 10)   // bytes of one frame after its length word
#define WIRE_BODY_MAX (192u << 10)    // bytes of a request's or reply's body
#define WIRE_CHUNK_MAX (64u << 10)    // plain bytes of a document a chunk; sealed: + 64
#define WIRE_NOTE_MAX 512             // bytes
#define WIRE_FIELDS_MAX 20000         // protobuf fields in one message, nested ones counted
#define WIRE_DEPTH_MAX 8              // nested messages
#define WIRE_STRING_MAX 4096          // bytes of a string or identifier inside a message
#define WIRE_CARDS_MAX 512            // cards a publication
#define WIRE_CARD_MAX 1024            // bytes of a card
#define WIRE_TICKET_MAX 1024          // bytes of a ticket with its path
#define WIRE_SEALED_MAX 1024          // bytes of a sealed ask
#define WIRE_LETTER_MAX ((128u << 10) + 256) // bytes of a sealed letter
#define WIRE_MANIFEST_ENTRIES 400     // entries in one piece of a manifest
#define WIRE_LISTS_MAX 64             // members lists named in one message: one a union
#define WIRE_RULES_MAX (16u << 20)    // bytes of a bundle, or of a members list
#define WIRE_RECORD_MAX (512u << 10)  // bytes of the record of a ratification
#define WIRE_RULES_HEAD 8             // two lengths before them
#define WIRE_CONTROL_MAX (1u << 20)   // bytes of a control message
#define WIRE_VALUE_MAX (64u << 10)    // bytes of a field's value in one: a thousand hospitals of a look-up in a line

#define LINK_CALLS_PEER 256           // calls a peer may have open here
#define LINK_BYTES_PEER (8u << 20)    // bytes a peer may have waiting to be sent to it
#define LINK_WINDOW (256u << 10)      // credit a caller gives at first for a long answer
#define LINK_DEADLINE_MAX_MS 600000
#define LINK_HANDSHAKE_MS 10000       // from accept to the end of the TLS handshake
#define LINK_FRAME_MS 15000           // from the first to the last byte of a frame
#define LINK_IDLE_MS 90000            // nothing at all from the peer (pings come every third of it)
#define LINK_WRITE_MS 30000           // one write stuck
#define LINK_CONNS 4096               // connections in all
#define LINK_CONNS_ADDRESS 64         // half-open (not yet admitted) connections from one address

#endif
