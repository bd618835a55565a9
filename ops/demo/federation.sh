# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A small federation on loopback, made and driven only by the programs themselves, as
# hospital IT would do it. Sourced by ops/run and by tests/live.
#
# Before: FEDERATION (a folder, made here) and BIN (where the programs stand).
#   make_rules FOLDER            copies the rules' YAML
#   make_seats                   a key for each seat of the council, named in council.yaml
#   make_ca                      the authority, the federation key, the hub's certificate and keys
#   make_node NAME UNION [CODE]  certificate, keys, place in the membership list; CODE: it discloses for that
#   make_stranger NAME UNION     the same, but without a place in the list
#   compile_rules                after the last make_node: the first version; sets RULES_HASH
#   next_rules NUMBER EXPRESSION the version after rules.bundle, council.yaml changed by this sed expression: next.bundle
#   ratify_rules SEAT...         signs next.bundle for these seats and gathers them into next.record
#   compile_own NAME             a stranger's own rules, in which it lists itself
#   add_user NODE USER CODE ROLE who may ask through a node (before it starts)
#   write_hub; write_node NAME [CODE [STANDARD-FOLDER [EXTENDED-FOLDER]]]
#   start_hub; start_node NAME; wait_ready NAME [SECONDS]
#   at NAME COMMAND...           `tsunagu COMMAND...` at that daemon
#   stop_daemon NAME; kill_daemon NAME; stop_all
# A function that fails says why on standard error and returns non-zero.

declare -gA DAEMON_PID=()
HUB_HOST=hub.tsunagu.example
HUB_PORT=
RULES_HASH=
# Building with sanitizers makes everything slower: tests/live may say more.
READY_SECONDS=${READY_SECONDS:-20}

tsunagu() {
    "$BIN/tsunagu" "$@"
}

# A path in a Unix socket's address has at most 107 bytes: deep folders get a short one.
sockets_place() {
    [[ -z ${SOCKETS:-} ]] || return 0
    if ((${#FEDERATION} < 70)); then
        SOCKETS=$FEDERATION/sockets
        mkdir -p "$SOCKETS"
    else
        SOCKETS=$(mktemp -d /tmp/tsunagu.XXXXXX)
    fi
}

socket_of() {
    printf '%s/%s' "$SOCKETS" "$1"
}

at() {
    local name=$1
    shift
    "$BIN/tsunagu" "$@" --socket "$(socket_of "$name")"
}

# ---- keys, rules, configuration -------------------------------------------------

make_rules() {
    mkdir -p "$FEDERATION/rules"
    cp -R "$1/." "$FEDERATION/rules/"
    mkdir -p "$FEDERATION/rules/nodes"
    sockets_place
}

# The keys are the seats', not this machine's: a real council makes them on seven other machines.
make_seats() {
    local seat key
    mkdir -p "$FEDERATION/seats"
    for seat in $(sed -n 's/^  - {id: \([a-z-]*\), *institution:.*/\1/p' "$FEDERATION/rules/council.yaml"); do
        key=$(tsunagu policy keygen "$seat" --out "$FEDERATION/seats/$seat.key" --passphrase-fd 3 --json \
            3<<<'the demonstration knows it' | jq -r .key) || return
        sed -i "s/^\(  - {id: $seat,.*\)}/\1, key: \"$key\"}/" "$FEDERATION/rules/council.yaml"
    done
}

make_ca() {
    mkdir -p "$FEDERATION/hub"
    tsunagu ca new "$FEDERATION/ca" --name 'tsunagu demonstration CA' >/dev/null &&
        tsunagu keygen federation "$FEDERATION/federation.key" >/dev/null &&
        tsunagu ca issue "$FEDERATION/ca" --name "$HUB_HOST" --server --cert "$FEDERATION/hub/tls.pem" \
            --key "$FEDERATION/hub/tls.key" >/dev/null &&
        tsunagu keygen hub "$FEDERATION/hub/keys" --cert "$FEDERATION/hub/tls.pem" \
            --list "$FEDERATION/rules/hub-keys.yaml" >/dev/null
}

node_keys() { # NAME UNION LIST [CODE]
    local name=$1 union=$2 list=$3 host=$1.node.tsunagu.example discloses=()
    [[ -z ${4:-} ]] || discloses=(--discloses "$4")
    mkdir -p "$FEDERATION/$name"
    tsunagu ca issue "$FEDERATION/ca" --name "$host" --cert "$FEDERATION/$name/tls.pem" \
        --key "$FEDERATION/$name/tls.key" >/dev/null &&
        tsunagu keygen node "$FEDERATION/$name/keys" --node "$name" --union "$union" --host "$host" \
            --cert "$FEDERATION/$name/tls.pem" "${discloses[@]}" --list "$list" >/dev/null
}

make_node() {
    node_keys "$1" "$2" "$FEDERATION/rules/nodes/$1.yaml" "${3:-}"
}

make_stranger() {
    mkdir -p "$FEDERATION/$1"
    node_keys "$1" "$2" "$FEDERATION/$1/not-listed.yaml"
}

compile_rules() {
    local out
    out=$(tsunagu policy compile "$FEDERATION/rules" --out "$FEDERATION/rules.bundle" --json) || return
    RULES_HASH=$(jq -r .hash <<<"$out")
}

next_rules() { # NUMBER EXPRESSION
    rm -rf "$FEDERATION/next" "$FEDERATION"/next.*
    cp -R "$FEDERATION/rules" "$FEDERATION/next" &&
        sed -i -e "s/^version: .*/version: $1/" -e "$2" "$FEDERATION/next/council.yaml" &&
        tsunagu policy compile "$FEDERATION/next" --previous "$FEDERATION/rules.bundle" \
            --out "$FEDERATION/next.bundle" --json >/dev/null
}

ratify_rules() { # SEAT...
    local seat hash signatures=()
    hash=$(tsunagu policy show "$FEDERATION/next.bundle" --json | jq -r .hash) || return
    for seat in "$@"; do
        signatures+=("$FEDERATION/next.$seat.sig")
        tsunagu policy sign "$FEDERATION/next.bundle" --old "$FEDERATION/rules.bundle" --seat "$seat" --yes "$hash" \
            --key "$FEDERATION/seats/$seat.key" --out "$FEDERATION/next.$seat.sig" --passphrase-fd 3 \
            3<<<'the demonstration knows it' >/dev/null || return
    done
    tsunagu policy ratify "$FEDERATION/next.bundle" "${signatures[@]}" --old "$FEDERATION/rules.bundle" \
        --out "$FEDERATION/next.record"
}

# Nobody can keep a stranger from writing itself into a copy of the list.
compile_own() {
    local home=$FEDERATION/$1
    cp -R "$FEDERATION/rules" "$home/rules" &&
        cp "$home/not-listed.yaml" "$home/rules/nodes/$1.yaml" &&
        tsunagu policy compile "$home/rules" --out "$home/rules.bundle" --json >/dev/null
}

add_user() {
    mkdir -p "$FEDERATION/$1"
    printf -- '- {user: %s, facility: "%s", role: %s, uids: [%d]}\n' "$2" "$3" "$4" "$(id -u)" \
        >>"$FEDERATION/$1/people.yaml"
}

# Nobody listens where nobody answers; should another be quicker, start_hub tries again. Below the
# ports that the kernel gives to callers (32768 and up): a node that dials while the hub is away could
# be given the hub's own port. And by chance of its own: tests sow RANDOM.
port_free() {
    local port
    while :; do
        port=$((20000 + SRANDOM % 12000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf '%d' "$port"
}

# Each daemon has its own folder of versions; at installation the first one lies there.
versions_begin() { # HOME BUNDLE
    mkdir -p "$1/versions"
    cp "$2" "$1/versions/1.bundle"
}

write_hub() {
    [[ -n $HUB_PORT ]] || HUB_PORT=$(port_free)
    versions_begin "$FEDERATION/hub" "$FEDERATION/rules.bundle"
    cat >"$FEDERATION/hub/hub.yaml" <<YAML
listen: 127.0.0.1:$HUB_PORT
rules_dir: $FEDERATION/hub/versions
rules_first: $RULES_HASH
data: $FEDERATION/hub/data
socket: $(socket_of hub)
tls:
  ca: $FEDERATION/ca/ca.pem
  crl: $FEDERATION/ca/crl.pem
  cert: $FEDERATION/hub/tls.pem
  key: $FEDERATION/hub/tls.key
keys:
  sign: $FEDERATION/hub/keys/sign.key
map_size: 1GiB
YAML
    mkdir -p "$FEDERATION/hub/data"
}

write_node() {
    local name=$1 code=${2:-} standard=${3:-} extended=${4:-} home=$FEDERATION/$1
    local bundle=$FEDERATION/rules.bundle first
    [[ ! -e $home/rules.bundle ]] || bundle=$home/rules.bundle
    mkdir -p "$home/data"
    versions_begin "$home" "$bundle"
    first=$(sha256sum <"$bundle")
    [[ -e $home/people.yaml ]] || printf '[]\n' >"$home/people.yaml"
    {
        printf 'node: %s\n' "$name"
        [[ -z $code ]] || printf 'facility: "%s"\n' "$code"
        cat <<YAML
hub:
  address: 127.0.0.1:$HUB_PORT
  host: $HUB_HOST
rules_dir: $home/versions
rules_first: ${first%% *}
data: $home/data
socket: $(socket_of "$name")
tls:
  ca: $FEDERATION/ca/ca.pem
  crl: $FEDERATION/ca/crl.pem
  cert: $home/tls.pem
  key: $home/tls.key
keys:
  sign: $home/keys/sign.key
  seal: [$home/keys/seal.key]
  secret: $home/keys/secret.hex
  federation: $FEDERATION/federation.key
people: $home/people.yaml
scan_every: 0s
map_size: 1GiB
YAML
        # Quoted: a folder given from outside may hold any character.
        [[ -z $standard ]] || printf 'storages: [%s]\n' "$(yaml_quoted "$standard")"
        [[ -z $extended ]] || printf 'storages_extended: [%s]\n' "$(yaml_quoted "$extended")"
    } >"$home/node.yaml"
}

yaml_quoted() {
    printf "'%s'" "${1//\'/\'\'}"
}

# ---- daemons ----------------------------------------------------------------------

# In a session of its own: Ctrl-C reaches whoever started it, and that one stops it in order.
daemon_start() { # NAME PROGRAM CONFIG
    setsid "$BIN/$2" --config "$3" >>"$FEDERATION/$1/log" 2>&1 </dev/null 8>&- 9>&- &
    DAEMON_PID[$1]=$!
    disown "$!" 2>/dev/null || true
    printf '%d\n' "${DAEMON_PID[$1]}" >"$FEDERATION/$1/pid"
}

daemon_alive() {
    [[ -n ${DAEMON_PID[$1]:-} ]] && kill -0 "${DAEMON_PID[$1]}" 2>/dev/null
}

log_tail() { # NAME [LINES]
    [[ ! -s $FEDERATION/$1/log ]] || tail -n "${2:-12}" "$FEDERATION/$1/log" | sed 's/^/      | /' >&2
}

status_state() {
    timeout 5 "$BIN/tsunagu" status --json --socket "$(socket_of "$1")" 2>/dev/null | jq -r '.records[0].state // empty' 2>/dev/null
}

# Until the daemon answers at all, connected or not.
wait_answer() {
    local name=$1 seconds=${2:-$READY_SECONDS}
    local until=$((SECONDS + seconds))
    while ((SECONDS < until)) && daemon_alive "$name"; do
        [[ -z $(status_state "$name") ]] || return 0
        sleep 0.1
    done
    echo "$name: no answer" >&2
    log_tail "$name"
    return 1
}

# Until the daemon serves (the hub) or is connected (a node). Looks ten times a second.
wait_ready() {
    local name=$1 seconds=${2:-$READY_SECONDS} state=
    local until=$((SECONDS + seconds))
    while :; do
        state=$(status_state "$name") || state=
        case $state in serving | connected) return 0 ;; esac
        if ! daemon_alive "$name"; then
            echo "$name: has ended" >&2
            break
        fi
        if ((SECONDS >= until)); then
            echo "$name: ${state:-no answer} after $seconds s" >&2
            break
        fi
        sleep 0.1
    done
    log_tail "$name"
    return 1
}

start_hub() {
    local try
    for try in 1 2 3 4 5; do
        daemon_start hub tsunagu-hub "$FEDERATION/hub/hub.yaml"
        if wait_ready hub 2>"$FEDERATION/hub/start"; then
            return 0
        fi
        stop_daemon hub
        # Somebody was quicker to take the port: another one.
        if ((try == 5)) || ! grep -qi 'in use' "$FEDERATION/hub/log"; then
            break
        fi
        HUB_PORT=
        write_hub
        : >"$FEDERATION/hub/log"
    done
    cat "$FEDERATION/hub/start" >&2
    return 1
}

start_node() {
    daemon_start "$1" tsunagu-node "$FEDERATION/$1/node.yaml"
}

# SIGTERM drains; who does not follow in time is killed.
stop_daemon() {
    local name=$1 pid=${DAEMON_PID[$1]:-} i
    [[ -n $pid ]] || return 0
    kill -TERM "$pid" 2>/dev/null || true
    for ((i = 0; i < 150; i++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    unset "DAEMON_PID[$name]"
    rm -f "$FEDERATION/$name/pid"
}

# And waits until it is gone: a dying process still holds its store.
kill_daemon() {
    local pid=${DAEMON_PID[$1]:-}
    [[ -n $pid ]] || return 0
    kill -KILL "$pid" 2>/dev/null || true
    while [[ -d /proc/$pid ]] && ! grep -q '^State:.Z' "/proc/$pid/status" 2>/dev/null; do
        sleep 0.02
    done
    unset "DAEMON_PID[$1]"
}

# Nodes first, all at once; then the hub.
stop_all() {
    local name
    for name in "${!DAEMON_PID[@]}"; do
        [[ $name == hub ]] || kill -TERM "${DAEMON_PID[$name]}" 2>/dev/null || true
    done
    for name in "${!DAEMON_PID[@]}"; do
        [[ $name == hub ]] || stop_daemon "$name"
    done
    stop_daemon hub
    [[ -z ${SOCKETS:-} || $SOCKETS == "$FEDERATION"/* ]] || rm -rf "$SOCKETS"
}
