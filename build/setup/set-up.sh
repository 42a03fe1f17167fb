# Sourced by ./mvm and under-node.sh, which set $root and $purpose (run, check, development): makes sure of Node 24, then
# hands over to main.ts. Leaves $node, and a PATH whose `node` and `npm` are the ones used. Prints to stderr only.

node_version=24.21.0
npm_version=11.21.2

set_up() {
  root=$(CDPATH= cd -- "$root" && pwd -P) || exit 125
  find_cache
  find_node || bring_node
  exec 9>&- # bring_node's lock
  "$node" --disable-warning=ExperimentalWarning "$root/build/setup/main.ts" "$purpose" || exit 125
}

find_cache() {
  if [ -z "$MVM_CACHE" ]; then
    [ -n "$XDG_CACHE_HOME$HOME" ] || stop 'HOME is not set: set MVM_CACHE to a folder that mvm may write to'
    MVM_CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/mvm
  fi
  mkdir -p -- "$MVM_CACHE" 2>/dev/null && MVM_CACHE=$(CDPATH= cd -- "$MVM_CACHE" && pwd -P) && [ -w "$MVM_CACHE" ] ||
    stop "cannot write to $MVM_CACHE: set MVM_CACHE to a folder that mvm may write to"
  export MVM_CACHE
}

find_node() {
  system=$(uname -s | tr '[:upper:]' '[:lower:]')
  case $(uname -m) in
    x86_64 | amd64) system=$system-x64 ;;
    aarch64 | arm64) system=$system-arm64 ;;
    *) stop "mvm needs an x86_64 or arm64 processor, this is $(uname -m)" ;;
  esac
  brought=$MVM_CACHE/node-$node_version-$system
  { command -v npm >/dev/null && use_node "$(command -v node)"; } || use_brought_node
}

use_brought_node() { use_node "$brought/node_modules/node-$system/bin/node"; }

# npm 11 lies beside a Node that was brought, so that it installs from the lock file alike everywhere.
use_node() {
  node=$1
  "$node" -e '
    const wanted = require(process.argv[1]).engines.node.match(/\d+/g).map(Number);
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > wanted[0] || (major === wanted[0] && minor >= wanted[1]) ? 0 : 1);
  ' "$root/package.json" 2>/dev/null || return 1
  PATH=${node%/*}:$brought/node_modules/.bin:$PATH
}

# npm brings Node as a package: any npm does, and what a user configured for it (registry, proxy) counts here too.
bring_node() {
  take_turn
  use_brought_node && return
  command -v npm >/dev/null || bring_npm
  rm -rf "$brought" "$brought".partial.* # what an interrupted one left
  partial=$brought.partial.$$
  log=$MVM_CACHE/npm-node.log
  begin "Node $node_version"
  npm install --no-save --ignore-scripts --no-audit --no-fund --no-package-lock --engine-strict=false \
    --prefix "$partial" "node-$system@$node_version" "npm@$npm_version" >"$log" 2>&1 || fail npm
  mv "$partial" "$brought"
  finish
  use_brought_node || stop "Node $node_version does not start here: $node"
}

# The kernel drops this lock when the last process that has it open dies. macOS has no flock: there two starts at once
# may disturb each other here, and the next start mends it.
take_turn() {
  command -v flock >/dev/null || return 0
  exec 9>"$MVM_CACHE/node.lock"
  flock -n 9 || { say 'waits for another set-up that brings Node' && flock 9; }
}

bring_npm() {
  command -v apt-get >/dev/null || stop 'install Node.js (18 or newer) with npm, then call this again'
  packages='apt-get update && apt-get -o DPkg::Lock::Timeout=120 install -y --no-install-recommends nodejs npm'
  [ "$(id -u)" = 0 ] || stop "there is no Node.js with npm here. As root, run: $packages"
  begin 'Node.js and npm from Debian'
  log=$MVM_CACHE/apt-node.log
  DEBIAN_FRONTEND=noninteractive sh -c "$packages" >"$log" 2>&1 || fail apt-get
  finish
}

begin() {
  began=$(date +%s)
  task=$1
  say "$task …"
}

finish() { say "$task … $(($(date +%s) - began)) s"; }

fail() {
  tail -n 20 "$log" >&2
  stop "$1 failed: its last words are above, all of them in $log"
}

say() { printf 'mvm set-up: %s\n' "$*" >&2; }

stop() {
  say "$@"
  exit 125
}

set_up
