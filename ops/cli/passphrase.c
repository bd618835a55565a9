// SPDX-License-Identifier: Apache-2.0
#include "ops/cli/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "proto/base/tongue.h"

// Byte by byte: what follows the line is not ours.
static err line_read(int fd, buf *ret)
{
    err e = buf_reserve(ret, PASSPHRASE_MOST + 1); // at once: no copies are left behind
    for (char c; e == OK;) {
        ssize_t n = read(fd, &c, 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0 || c == '\n')
            break;
        e = ret->len < PASSPHRASE_MOST ? buf_put_u8(ret, (uint8_t)c) : ERR_LIMIT;
    }
    return e;
}

static err terminal_read(int tty, const char *prompt, buf *ret)
{
    struct termios before, quiet;
    sigset_t hold, old;
    if (tcgetattr(tty, &before) != 0)
        return ERR_IO;
    // A Ctrl-C in between must not leave a terminal that shows nothing.
    sigemptyset(&hold);
    sigaddset(&hold, SIGINT);
    sigaddset(&hold, SIGTERM);
    sigaddset(&hold, SIGTSTP);
    sigprocmask(SIG_BLOCK, &hold, &old);
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    err e = tcsetattr(tty, TCSAFLUSH, &quiet) == 0 ? OK : ERR_IO;
    if (e == OK) {
        dprintf(tty, "%s: ", prompt);
        e = line_read(tty, ret);
        dprintf(tty, "\n");
        tcsetattr(tty, TCSAFLUSH, &before);
    }
    sigprocmask(SIG_SETMASK, &old, NULL);
    return e;
}

static err asked(const invocation *v, bool twice, buf *ret)
{
    buf again = {0};
    int tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    if (tty < 0) {
        complain(v, ERR_USAGE, _("there is no terminal to ask for the passphrase; give --passphrase-fd"));
        return ERR_USAGE;
    }
    err e = terminal_read(tty, _("Passphrase of the key"), ret);
    if (e == OK && twice)
        e = terminal_read(tty, _("The same again"), &again);
    if (e)
        complain(v, e, _("passphrase"));
    else if (twice && !span_eq(buf_span(ret), buf_span(&again)))
        complain(v, e = ERR_USAGE, _("the two passphrases differ"));
    close(tty);
    buf_wipe(&again);
    return e;
}

err passphrase_read(const invocation *v, int fd, bool twice, buf *ret)
{
    err e = OK;
    if (fd < 0) {
        e = asked(v, twice, ret);
    } else {
        e = line_read(fd, ret);
        if (e)
            complain(v, e, "--passphrase-fd");
    }
    if (e == OK && twice && ret->len < PASSPHRASE_LEAST) {
        char note[128];
        snprintf(note, sizeof note, _("a passphrase has at least %d characters"), PASSPHRASE_LEAST);
        complain(v, e = ERR_USAGE, note);
    }
    return e;
}

bool passphrase_fd(const invocation *v, int *ret)
{
    long long fd = -1;
    if (!option_number(v, "passphrase-fd", 0, 1023, &fd))
        return false;
    *ret = (int)fd;
    return true;
}

err locked_key_open(const invocation *v, const char *path, sign_key **ret)
{
    buf passphrase = {0};
    int fd;
    if (!passphrase_fd(v, &fd))
        return ERR_USAGE;
    err e = passphrase_read(v, fd, false, &passphrase);
    if (e == OK) {
        char note[4400];
        e = sign_key_load_locked(path, buf_span(&passphrase), ret);
        snprintf(note, sizeof note, "%s: %s", path,
                 e == ERR_DENIED ? _("others may read or change this key; chmod 600, and ask who has copied it")
                 : e == ERR_AUTH ? _("another passphrase")
                 : e == ERR_FORMAT ? _("this is no key under a passphrase") : err_text(e));
        if (e)
            complain(v, e, note);
    }
    buf_wipe(&passphrase);
    return e;
}
