# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# A small federation on loopback, made and driven only by the programs themselves, as
# hospital IT would do it. Sourced by ops/run and by tests/live.
#
# Before: FEDERATION (a folder, made here) and BIN (where the programs stand).
#   make_rules FOLDER            copies the rules' YAML
#   make_ca                      the authority, the federation key, the hub's certificate and keys
#   make_node NAME UNION [CODE]  certificate, keys, place in the membership list; CODE: it discloses for that
#   make_stranger NAME UNION     the same, but without a place in the list
#   compile_rules                after the last make_node; sets RULES_HASH
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

# Nobody listens where nobody answers; should another be quicker, start_hub tries again.
port_free() {
    local port
    while :; do
        port=$((20000 + RANDOM % 30000))
        (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    printf '%d' "$port"
}

write_hub() {
    [[ -n $HUB_PORT ]] || HUB_PORT=$(port_free)
    cat >"$FEDERATION/hub/hub.yaml" <<YAML
listen: 127.0.0.1:$HUB_PORT
rules: $FEDERATION/rules.bundle
rules_pin: $RULES_HASH
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
    local bundle=$FEDERATION/rules.bundle
    [[ ! -e $home/rules.bundle ]] || bundle=$home/rules.bundle
    mkdir -p "$home/data"
    [[ -e $home/people.yaml ]] || printf '[]\n' >"$home/people.yaml"
    {
        printf 'node: %s\n' "$name"
        [[ -z $code ]] || printf 'facility: "%s"\n' "$code"
        cat <<YAML
hub:
  address: 127.0.0.1:$HUB_PORT
  host: $HUB_HOST
rules: $bundle
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
        [[ $bundle != "$FEDERATION/rules.bundle" ]] || printf 'rules_pin: %s\n' "$RULES_HASH"
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
