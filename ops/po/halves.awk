# SPDX-License-Identifier: Apache-2.0
# argp looks a program's description up in two halves, before and after its \v. The
# sources have it in one piece, and so has ja.po: here the halves become entries.
function body(line) { sub(/^[^"]*"/, "", line); sub(/"$/, "", line); return line }
# Two programs may end with the same words: once is enough, and twice an error.
function entry(from, to) {
    if (!(from in seen)) printf "\nmsgid \"%s\"\nmsgstr \"%s\"\n", from, to
    seen[from] = 1
}
function flush_entry(    i, j) {
    i = index(id, "\\v"); j = index(str, "\\v")
    if (i && j) {
        entry(substr(id, 1, i - 1), substr(str, 1, j - 1))
        entry(substr(id, i + 2), substr(str, j + 2))
    }
    id = str = part = ""
}
/^#/ { next }
/^msgid / { flush_entry(); part = "id"; id = body($0); next }
/^msgstr / { part = "str"; str = body($0); next }
/^"/ { if (part == "id") id = id body($0); else if (part == "str") str = str body($0); next }
/^msg/ { part = "" }
END { flush_entry() }
