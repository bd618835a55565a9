# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# How the story is told: steps, what was seen, and the count at the end. Sourced.
# Needs words.sh (say, text) and federation.sh (BIN, FEDERATION, socket_of).

STEPS=0          # of the story: prepare.sh says how many
STEP=0           # the one being played; 0: preparing
STEP_GOOD=yes
PASSED=0
CODE=0 OUT='' ERR=''

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    BOLD=$'\e[1m' GREEN=$'\e[32m' RED=$'\e[31m' PLAIN=$'\e[0m'
else
    BOLD='' GREEN='' RED='' PLAIN=''
fi

heading() { # KEY ARGS...
    printf '\n%s%s%s\n' "$BOLD" "$(text "$@")" "$PLAIN"
}

step_begin() { # NUMBER KEY
    STEP=$1 STEP_GOOD=yes
    printf '\n%s%s  %s%s\n' "$BOLD" "$(text step "$1" "$STEPS")" "$(text "$2")" "$PLAIN"
}

# Later steps stand on earlier ones: the story ends with the first step that failed.
step_end() {
    [[ $STEP_GOOD == yes ]] || return 1
    PASSED=$((PASSED + 1))
}

note() { # KEY ARGS...
    printf '    %s\n' "$(text "$@")"
}

good() {
    printf '  %s✓%s %s\n' "$GREEN" "$PLAIN" "$(text "$@")"
}

bad() {
    printf '  %s✗ %s%s\n' "$RED" "$(text "$@")" "$PLAIN"
    [[ -z $OUT && -z $ERR ]] || printf '%s\n%s\n' "$ERR" "$OUT" | grep . | cut -c 1-300 | head -n 8 | sed 's/^/      | /' || true
    STEP_GOOD=no
}

# good or bad, by a test that has just been made: `check KEY ARGS... ; after: CODE of last`.
judge() { # yes|no KEY ARGS...
    local verdict=$1
    shift
    if [[ $verdict == yes ]]; then good "$@"; else bad "$@"; fi
}

# What a program said, as it said it.
block() { # [LINES]
    local most=${1:-40}
    awk -v most="$most" -v more="$(text more_lines '%d')" '
        NR <= most { print "      " $0 }
        END { if (NR > most) printf "      " more "\n", NR - most }'
}

# Runs `tsunagu ARGS...` at a daemon; CODE, OUT and ERR tell how it went.
try() { # DAEMON ARGS...
    local name=$1
    shift
    CODE=0
    OUT=$(timeout 90 "$BIN/tsunagu" "$@" --socket "$(socket_of "$name")" 2>"$FEDERATION/said") || CODE=$?
    ERR=$(<"$FEDERATION/said")
}

# The same for what needs no daemon.
here_try() { # ARGS...
    CODE=0
    OUT=$(timeout 90 "$BIN/tsunagu" "$@" 2>"$FEDERATION/said") || CODE=$?
    ERR=$(<"$FEDERATION/said")
}

# Something of the answer (all pages of it) by a jq filter over the list of records.
pick() { # JQ-ARGS... FILTER
    export -n OUT # `OUT=... pick` would hand it to jq, and a long log is too long for that
    jq -rs "${@:1:$#-1}" "[.[].records[]?] | ${*: -1}" <<<"$OUT" 2>/dev/null || true
}

holds() {
    [[ $(pick "$@") == true ]]
}

# The refusal must be this one, and no other failure.
refused() { # CODE KEY ARGS...
    local want=$1
    shift
    if ((CODE == want)); then
        good "$@"
        [[ -z $ERR ]] || printf '      %s\n' "${ERR%%$'\n'*}"
    else
        ERR="$ERR (exit $CODE, expected $want)"
        bad "$@"
    fi
}

story_ends() { # how many failed
    local failed=$1
    if ((failed)); then
        local name
        if ((STEP)); then name=$(text step_name "$STEP"); else name=$(text preparing_name); fi
        printf '\n%s%s%s\n' "$RED" "$(text failed_in "$name")" "$PLAIN"
    else
        printf '\n'
    fi
    printf 'story: %d steps, %d passed, %d failed\n' "$STEPS" "$PASSED" "$failed"
}
