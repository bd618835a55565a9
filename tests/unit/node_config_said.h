// SPDX-License-Identifier: Apache-2.0
// Inside the table of node_config.c: a file, and what is said about it.
{GOOD "facillity: \"0110113719\"\n",
 "node.yaml:7:1: error: unknown key \"facillity\"; did you mean \"facility\"?\n"
 "    facillity: \"0110113719\"\n"
 "    ^\n"},
{GOOD "facility: \"011011\"\n",
 "node.yaml:7:11: error: \"facility\" cannot be \"011011\": a 10-digit institution code is needed\n"
 "    facility: \"011011\"\n"
 "              ^\n"},
{GOOD "rules_pin: \"12ab\"\n",
 "node.yaml:7:12: error: \"rules_pin\" cannot be \"12ab\": 64 hexadecimal digits are needed\n"
 "    rules_pin: \"12ab\"\n"
 "               ^\n"},
{"node: Node_1\nhub: {address: \"h:70000\", host: h}\nrules: r.bundle\ndata: d\n"
 "tls: {ca: ca.pem, crl: crl.pem, cert: n.pem, key: n.key}\n"
 "keys: {sign: s.key, seal: [], secret: sec, federation: fed}\n",
 "node.yaml:1:7: error: \"node\" cannot be \"Node_1\": 1 to 32 characters are needed, of a-z, 0-9 and hyphen\n"
 "    node: Node_1\n"
 "          ^\n"
 "node.yaml:2:16: error: \"hub.address\" cannot be \"h:70000\": host:port is needed, with a port from 1 to 65535\n"
 "    hub: {address: \"h:70000\", host: h}\n"
 "                   ^\n"
 "node.yaml:6:21: error: \"keys.seal\" must have from 1 to 2 entries, not 0\n"
 "    keys: {sign: s.key, seal: [], secret: sec, federation: fed}\n"
 "                        ^\n"},
{GOOD "storages: [s]\n",
 "node.yaml:7:1: error: facility: a node with storages must say which hospital they belong to\n"
 "    storages: [s]\n"
 "    ^\n"},
{GOOD "storages_extended:\n  - s\nstorages: []\n",
 "node.yaml:7:1: error: facility: a node with storages must say which hospital they belong to\n"
 "    storages_extended:\n"
 "    ^\n"},
{GOOD "scan_every: often\n",
 "node.yaml:7:13: error: \"scan_every\" must be a time such as 250ms, 10s, 5m or 2h, not \"often\"\n"
 "    scan_every: often\n"
 "                ^\n"},
{GOOD "log_level: loud\n",
 "node.yaml:7:12: error: \"log_level\" must be one of debug, info, warn, error, not \"loud\"\n"
 "    log_level: loud\n"
 "               ^\n"},
{GOOD "map_size: 1MiB\n",
 "node.yaml:7:11: error: \"map_size\" must be between 16MiB and 16TiB, not 1MiB\n"
 "    map_size: 1MiB\n"
 "              ^\n"},
{GOOD "storages: s\n",
 "node.yaml:7:11: error: \"storages\" must be a list\n"
 "    storages: s\n"
 "              ^\n"},
{GOOD "people: nobody.yaml\n",
 "node.yaml:7:9: error: \"people\" must name a file that can be read: nobody.yaml: No such file or directory\n"
 "    people: nobody.yaml\n"
 "            ^\n"},
{GOOD "people: /dev/null\n",
 "node.yaml:7:9: error: \"people\" must name a plain file: /dev/null is none\n"
 "    people: /dev/null\n"
 "            ^\n"},
{GOOD "node: b\n",
 "node.yaml:7:1: error: the key \"node\" is already given in line 1\n"
 "    node: b\n"
 "    ^\n"},
{"hub: {address: \"h:1\", host: h}\n",
 "node.yaml: error: the required key \"node\" is missing\n"
 "node.yaml: error: the required key \"data\" is missing\n"
 "node.yaml: error: the required key \"tls.ca\" is missing\n"
 "node.yaml: error: the required key \"tls.crl\" is missing\n"
 "node.yaml: error: the required key \"tls.cert\" is missing\n"
 "node.yaml: error: the required key \"tls.key\" is missing\n"
 "node.yaml: error: the required key \"keys.sign\" is missing\n"
 "node.yaml: error: the required key \"keys.seal\" is missing\n"
 "node.yaml: error: the required key \"keys.secret\" is missing\n"
 "node.yaml: error: the required key \"keys.federation\" is missing\n"},
{"node: a\nhub: {address: \"h:1\", host: h}\nrules: r.bundle\ndata: d\n"
 "tls: {ca: ca.pem, crl: crl.pem, cert: n.pem, key: n.key}\n"
 "keys: {sign: s.key, seal: [x.key, y.key, z.key], secret: sec, federation: fed}\n",
 "node.yaml:6:21: error: \"keys.seal\" must have from 1 to 2 entries, not 3\n"
 "    keys: {sign: s.key, seal: [x.key, y.key, z.key], secret: sec, federation: fed}\n"
 "                        ^\n"},
{GOOD "keys.epoch: 256\n",
 "node.yaml:7:1: error: unknown key \"keys.epoch\"\n"
 "    keys.epoch: 256\n"
 "    ^\n"},
{"node: [a\n",
 "node.yaml:1:7: error: not valid YAML: this \"[\" is not closed with \"]\"\n"
 "    node: [a\n"
 "          ^\n"},
{"node: a\nhub: {address: \"h:1\", host: h}\n"
 "data: d\ntls: {ca: ca.pem, crl: crl.pem, cert: n.pem, key: n.key}\n"
 "keys: {sign: s.key, seal: [x.key], secret: sec, federation: fed}\n",
 "node.yaml:1:1: error: rules_dir is missing: where are the rules?\n"
 "    node: a\n"
 "    ^\n"},
{GOOD "rules_dir: rules\n",
 "node.yaml:3:1: error: rules or rules_dir, not both\n"
 "    rules: r.bundle\n"
 "    ^\n"},
{"rules_dir: r\nnode: a\nhub: {address: \"h:1\", host: h}\n"
 "data: d\ntls: {ca: ca.pem, crl: crl.pem, cert: n.pem, key: n.key}\n"
 "keys: {sign: s.key, seal: [x.key], secret: sec, federation: fed}\n",
 "node.yaml:1:1: error: rules_first is missing: the hash of the first version, read out by whoever runs the hub\n"
 "    rules_dir: r\n"
 "    ^\n"},
