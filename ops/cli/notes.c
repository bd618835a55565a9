// SPDX-License-Identifier: Apache-2.0
// What a daemon notes beside a refusal, in the reader's tongue. Daemons note in English: their
// tongue is one for the whole process, but those who ask them are many. Here the sentences
// are known again; %s stands for whatever the daemon put in. A sentence that is not here
// stays as it came.
#include "ops/cli/notes.h"

#include <string.h>

#include "ops/cli/words.h"
#include "proto/base/tongue.h"

enum { HOLES_MAX = 4, DEPTH_MAX = 3 };

static const char *const notes[] = {
    // any daemon
    N_("this daemon does not know the command \"%s\""),
    N_("only root and the daemon's own user may do this"),
    N_("%s: a number from %s to %s is needed"),
    N_("%s: \"%s\" is no date (write 2026-04-01)"),
    N_("the answer is too long: ask for less at a time"),
    N_("the log ends before entry %s, which the witness has seen: it was cut"),
    N_("entry %s is not the one that the witness has seen: the log was rewritten"),
    N_("the log is broken at entry %s: changed, cut or reordered from there on"),
    // a disclosing hospital's node
    N_("this node has no storages"),
    N_("this node discloses for no hospital"),
    N_("say which chart"),
    N_("no such chart, or it has no ADT-00"),
    N_("its ADT-00 cannot be read"),
    N_("the chart lacks %s: give it as the form has it"),
    N_("give what the form says: kana_family, kana_given, birth, sex, ..."),
    N_("nobody here fits the form"),
    N_("%s more share too little with the form to be shown; --all shows them"),
    N_("%s: kana or roman letters are needed, not kanji"),
    N_("sex: M, F, O, U, A or N"),
    N_("say who confirms: by"),
    N_("say who records it: by"),
    N_("a consent needs somebody to disclose to, and a category"),
    N_("until: before it begins"),
    N_("to: \"%s\" is neither facility:CODE, union:ID nor federation"),
    N_("to: at most %s"),
    N_("to: %s is registered with no union"),
    N_("to: the rules know no union \"%s\""),
    N_("the rules know no category \"%s\""),
    N_("form and chart agree in less than the rules ask for (%s); say sure if it is the same person"),
    N_("this consent does not fit a card: name fewer facilities, or a union"),
    N_("no consent is recorded for this chart"),
    N_("the patient withdrew at facility %s after this consent, and this would let it read again; say also if the "
       "patient agreed anew"),
    N_("it was withdrawn before"),
    N_("the hub has not acknowledged it yet: it stays in the outbox and is sent when the hub is reached"),
    // a clinic's node
    N_("say who asks: as"),
    N_("this login may not act for that user: see uids in the people file"),
    N_("the people file knows no such user"),
    N_("%s is needed, written in full"),
    N_("this number is not registered here"),
    N_("this number is not registered here: register it first"),
    N_("another chart here discloses under the same name, birth and sex; say also "
       "if this one is to take its place"),
    N_("by the rules this facility has no shelf on this node"),
    N_("the rules do not let this node disclose for facility %s"),
    N_("number: too long for the shelf, at most %s bytes"),
    N_("title: one line of at most %s bytes is needed"),
    N_("day: it is yet to come"),
    N_("document: 32 hex digits from the list are needed"),
    N_("a file of 1 byte to %s MiB can be filed"),
    N_("too many files are being filed at once: try again in a minute"),
    N_("a piece of the file is missing: file it again from the start"),
    N_("this very file is on the patient's shelf already"),
    N_("the facility's shelf, or this patient's, is full: nothing was filed"),
    N_("no such document, or it is valid no more"),
    N_("the node's disk is full: nothing was filed, and nothing filed before is lost"),
    N_("this number was registered for another person meanwhile"),
    N_("the file is cut off: its end is missing"),
    N_("neither PDF, JPEG nor PNG, nor text in UTF-8"),
    N_("neither PDF, JPEG nor PNG, and too long for text"),
    N_("text with control characters"),
    N_("a file without content"),
    N_("XML or HTML that is no whole CDA document"),
    N_("another own number has the same name, birth and sex; say also if it is so"),
    N_("no hospital discloses this patient to this facility"),
    N_("no such ticket: look up again"),
    N_("document: 32 hex digits from a manifest are needed"),
    N_("no such handle: ask again from the start"),
    N_("no such handle: open the document again"),
    N_("the hub is not connected"),
    N_("kept; it stops here now; the hub has not yet confirmed it: it is sent as soon as the hub is reached"),
    N_("the patient withdrew at this facility"),
    N_("the patient withdrew at this facility; the hub has not yet confirmed it"),
    // why a hospital or the hub refused
    N_("the ticket has expired: look up again"),
    N_("this is no ticket of the hub"),
    N_("the ticket is for another hospital"),
    N_("the ticket was issued to another node"),
    N_("the hospital holds other rules than those of the ticket: look up again, or have "
       "the newest rules installed"),
    N_("that facility does not ask through that node"),
    N_("what was asked cannot be unsealed"),
    N_("the ask is not of now: are both clocks right?"),
    N_("this was asked before: a copied request"),
    N_("too many documents are asked for at once"),
    N_("no such consent stands here"),
    N_("the consent was withdrawn or changed"),
    N_("the patient withdrew at that facility"),
    N_("rules, agreement or consent do not allow it"),
    N_("no such document, or it was replaced by a newer one"),
    N_("the document is older than the window"),
    N_("documents of this category are not granted"),
    N_("the hospital did not finish its answer"),
    N_("the hospital cannot be asked now"),
    N_("too much waits to be read on your side"),
    // requests, at both ends
    N_("the inbox is the hospital's own: that user is of another facility"),
    N_("no request here came with that paper"),
    N_("it is %s: no change waits for a person"),
    N_("%s accepted it first: another person checks"),
    N_("emergency: yes or no"),
    N_("nobody is left to see it: that is a withdrawal"),
    N_("it is %s: \"%s\" is not possible now"),
    N_("the form names a facility, union or category that the rules do not know"),
    N_("this patient's consent stands here with other categories: settle it with `confirm` first"),
    N_("this patient's consent stands here with another word about emergencies: settle it with `confirm` "
       "first"),
    N_("this patient's consent stands here with another end: settle it with `confirm` first"),
    N_("this patient's consent stands here with %s: settle it with `confirm` first"),
    N_("it is %s: it cannot be accepted now"),
    N_("no such chart, or its ADT-00 cannot be read"),
    N_("too little agrees between the form and this chart for the rules: ask back, or reject"),
    N_("say which chart was found"),
    N_("it is %s: nobody has accepted it yet, and that comes first"),
    N_("it is %s: the rules let one person decide here, nothing is left to do"),
    N_("it is %s: there is nothing to check"),
    N_("reason: one of %s"),
    N_("this reason is to be explained in words: text"),
    N_("say what is asked: text"),
    N_("its history cannot be read"),
    N_("that means several: give more of the id"),
    N_("to: %s is no hospital that discloses to this clinic's unions"),
    N_("no hospital discloses to this clinic's unions"),
    N_("proxy: the relation is one of %s"),
    N_("to more than %s hospitals: ask first who may hold records"),
    N_("the form names all as hospitals: let it ask first who may hold records"),
    N_("hospitals: %s is no hospital that discloses to this clinic's unions"),
    N_("say to (which hospitals) or ask_all, one of the two, or let the form say it"),
    N_("consent_to: \"%s\" is neither facility:CODE, union:ID nor federation"),
    N_("paper: the SHA-256 of the scanned form, 64 hexadecimal digits"),
    N_("%s: the form says it already"),
    N_("the registration and the consent form do not say the same"),
    N_("the form is of another patient number: cancel this request, and make a new one"),
    N_("the form is of another patient number"),
    N_("this consent is over already: a new one is needed, of the patient who came of age or for longer"),
    N_("this consent is over already"),
    N_("a name in the form is too long, or the consent ends before it begins"),
    N_("a request for this number to %s is open already"),
    N_("this number is another person here: correct it with `register` first"),
    N_("another own number has the same name, birth and sex: use that one, or `register --also` this one "
       "first"),
    N_("another own number has the same name, birth and sex: `register --also` this one first"),
    N_("this is another form than is needed here"),
    N_("who is to be left out was not named one by one: write down who may see from now on"),
    N_("the forms are too large"),
    N_("\"%s\" is not the number of a paper, or a character of it is mistyped"),
    N_("%s (%s mistakes; see `form check`)"),
    N_("no record that may be of this patient"),
    N_("may hold records: the form is sent when somebody says so (`request send`)"),
    N_("to: %s has not said that it may hold records of this number, or it was sent already"),
    N_("say number, and to: 10-digit codes of hospitals, joined by commas"),
    N_("ask_first belongs to ask_all: the form goes where to says"),
    N_("accepted by one person: another checks"),
    // consent, and what hangs on it
    N_("\"%s\": too long"),
    N_("%s: at most %s bytes"),
    N_("the patient is of age: nobody else can agree as \"%s\""),
    N_("the patient objects to disclosure of this chart: lift the objection first"),
    N_("say the facility's own number: number (at most %s bytes)"),
    N_("say which chart, and who records it: by"),
    N_("no objection stands for this chart"),
    N_("no such chart here: see `tsunagu charts`"),
    N_("the hospital has lost rules that were in force, and grants nothing until they are back"),
    N_("the rules in force know that user's facility or role no more"),
    N_("the patient withdrew at this facility"),
    N_("the hospital is not connected"),
    N_("the rules have changed since: look up again"),
    N_("that facility does not ask through this node"),
    // emergencies
    N_("an emergency needs a reason, one of: %s"),
    N_("a reason belongs to the purpose emergency"),
    N_("the rules know no such reason for an emergency"),
    N_("the rules do not let that role open records in an emergency"),
    N_("more than one patient here has this name, birth and sex: telephone the hospital"),
    N_("this hospital has nothing that may be opened in this emergency"),
    N_("no such opening here"),
    N_("the rules do not give this role the duty to review"),
    N_("nobody reviews what they opened themselves"),
    N_("the rules give the review to another place"),
    N_("it was reviewed before"),
    N_("no consent is waited for"),
    N_("say number, and finding (ok, not-justified) or consent (given, refused), or both"),
    N_("by: a user of the people file, for whom you may speak"),
    // joining and leaving
    N_("say who files it: --as USER"),
    N_("the form says union \"%s\""),
    N_("that user is of another facility"),
    N_("this node does not serve %s: file it at the one that does"),
    N_("which number, approve or refuse, and by whom?"),
    N_("the list is too long for this way: `tsunagu members draft` and `members add` make it"),
    N_("it is no form \"%s\""),
    N_("the pledge is another facility's, or for another union"),
    N_("the facility's name is too long for a membership list"),
    N_("no node speaks for the secretariat of \"%s\" (one named like the union, or its only one): hand the "
       "form in on paper"),
    N_("it is %s: there is nothing to decide here"),
    // notices, versions and lists
    N_("whose notices? --as USER, or --facility CODE (10 digits)"),
    N_("there is no notice %s"),
    N_("which ones? number, or up_to"),
    N_("notify.yaml has no target of that name"),
    N_("a trial to it is under way"),
    N_("this hub reads its rules from one file: it needs rules_dir to take versions"),
    N_("this hub reads its rules from one file: it needs rules_dir to take lists"),
    // said by nodes and the hub to whoever asks through them
    N_("the own patient number is needed, as NUMBER or on the form (chart); at most 63 bytes, text at most %s"),
    N_("this number was registered with another name, birth or sex than the form's"),
    N_("no number is registered here with this name, birth and sex"),
    N_("say whom: number"),
    N_("the hospital holds other rules than those of the ticket"),
    N_("a reason for an emergency, and no emergency"),
    N_("words: at most %s bytes"),
    N_("this reason is to be explained: say words; they go sealed to the hospital"),
    N_("an emergency needs a reason of the rules' list"),
    N_("the document is gone or was replaced"),
    N_("the document changed or could not be read while it was sent"),
    N_("say who asks: --as USER; only the node's own user may name a facility instead"),
    N_("HTTP %s: redirects are not followed"),
    N_("the answer is too long"),
    N_("whoever answered is not the hub that the rules name"),
    N_("rules version %s grow stale: the council must ratify newer ones"),
    N_("rules version %s are stale: nothing new is registered"),
    N_("rules version %s are stale: everything is denied"),
    N_("newer rules were in force here and are lost: nothing is registered until the hub has handed "
       "them out again"),
    N_("the rules are stale: nothing new is registered after %s; withdrawals are still taken"),
    N_("they do not name this hub's signing key: no ticket would be believed"),
    N_("its key is not in the membership list"),
    N_("its key is not in the membership list from %s"),
    N_("no connection to %s: %s"),
    N_("the connection to the hub ended: %s"),
    N_("the peer says: %s"),
    N_("the peer is gone"),
    N_("the peer closed"),
    N_("the peer closed during the handshake"),
    N_("such an application is under way already: number %s"),
    N_("its certificate is not for %s"),
    N_("this hub speaks version %s"),
    N_("this key belongs to node %s"),
    N_("it could not be stored (%s); the versions held before stay as they were"),
    N_("it could not be stored (%s); the list held before stays"),
    N_("that facility does not write through this node"),
    N_("no node of that name serves the facility written to"),
    N_("no agreement between their unions is in force"),
    N_("%s is not connected"),
    N_("%s has not yet taken what was sent before"),
    N_("too many letters at once"),
    N_("the rules do not know that role or purpose"),
    N_("a gap: go on after %s"),
    N_("this node does not disclose for that facility"),
    N_("the card is finer than the council allows"),
    N_("the consent is dated in the future: is that node's clock right?"),
    N_("the rules are too old for new registrations: their next version must be in force first"),
    N_("a later revision is held already"),
    N_("this revision was withdrawn"),
    N_("another consent has this revision"),
    N_("another scope has this revision"),
    N_("read what was sent first: there is no room for a further answer"),
    N_("another upload began meanwhile: begin again"),
    N_("a piece that does not fit what was announced"),
    N_("total: how many bytes will come"),
    N_("hash: 64 hex digits are needed beside seq"),
};

// Whether the note is the pattern with its holes filled: shortest fillings first.
static bool fits(const char *pattern, const char *note, span holes[static HOLES_MAX], int *ret_count)
{
    int n = 0;
    for (;;) {
        size_t literal = strcspn(pattern, "%");
        if (strncmp(pattern, note, literal) != 0)
            return false;
        pattern += literal;
        note += literal;
        if (!*pattern) {
            *ret_count = n;
            return !*note;
        }
        pattern += 2; // %s
        size_t next = strcspn(pattern, "%"), len = 0, rest = strlen(note);
        if (!next)
            len = rest;
        else
            while (len < rest && strncmp(note + len, pattern, next) != 0)
                len++;
        if (n == HOLES_MAX)
            return false;
        holes[n++] = span_of(note, len);
        note += len;
    }
}

static bool known_put(buf *out, const char *note, int depth);

// What stands in a hole: mostly as it came. After "it is" it is a state of ours; after a colon, at the end, it may be
// what another program noted, or the name of an error.
static void hole_put(const char *pattern, span hole, bool last, int depth, buf *out)
{
    char text[512];
    size_t len = strlen(pattern);
    bool nested = last && len > 4 && strcmp(pattern + len - 4, ": %s") == 0;
    bool state = strncmp(pattern, "it is ", 6) == 0;
    if ((nested || state) && span_to_str(hole, text, sizeof text) == OK) {
        if (!nested || depth >= DEPTH_MAX || !known_put(out, text, depth + 1))
            (void)buf_put_str(out, state ? word_said(text) : text);
        return;
    }
    (void)buf_put(out, hole.at, hole.len);
}

static void fill(const char *pattern, const span *holes, int count, int depth, buf *out)
{
    const char *words = _(pattern);
    for (int n = 0; *words;) {
        size_t literal = strcspn(words, "%");
        (void)buf_put(out, words, literal);
        words += literal;
        if (!*words)
            break;
        if (n < count) {
            hole_put(pattern, holes[n], n == count - 1, depth, out);
            n++;
        }
        words += 2; // %s
    }
}

static bool known_put(buf *out, const char *note, int depth)
{
    span holes[HOLES_MAX];
    int count = 0;
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (!fits(notes[i], note, holes, &count))
            continue;
        fill(notes[i], holes, count, depth, out);
        return true;
    }
    for (int e = OK + 1; depth && e < ERR_COUNT; e++)
        if (strcmp(err_text((err)e), note) == 0) {
            (void)buf_put_str(out, _(err_text((err)e)));
            return true;
        }
    return false;
}

err note_put(buf *out, const char *note)
{
    return known_put(out, note, 0) ? out->sticky : buf_put_str(out, note);
}
