#!/usr/bin/env bash
# A real Odoo 19 CRM on 127.0.0.1, from Debian's and PyPI's packages, for the tests marked "odoo".
#
#   odoo.sh up            install what is missing, start, check that both databases answer
#   odoo.sh down          stop Odoo and its PostgreSQL
#   odoo.sh reset [DB]    put one or both databases back to their seed, while the server runs; under a second
#   odoo.sh new DB [stock]  one more fresh database of your own (its name starts with crm19_)
#   odoo.sh sql DB [psql arguments]   look inside
#   odoo.sh status        succeed when it runs
#   odoo.sh env           print the variables that the tests read, for  eval "$(odoo.sh env)"
#
# Databases: crm19 has the crm_phonecall addon (a call record with a duration), crm19_stock is plain Odoo CRM.
# A request chooses its database with the header "X-Odoo-Database: crm19".
#
# ODOO_DIR (~/.cache/callsheet-odoo), ODOO_PG_DIR (/var/tmp/callsheet-odoo-pg), ODOO_PORT (18069), ODOO_PG_PORT (55432).
# As root the missing Debian packages are installed; as anyone else they have to be there.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
dir=${ODOO_DIR:-$HOME/.cache/callsheet-odoo}
pgdata=${ODOO_PG_DIR:-/var/tmp/callsheet-odoo-pg}
port=${ODOO_PORT:-18069}
pgport=${ODOO_PG_PORT:-55432}
dist=$dir/root/usr/lib/python3/dist-packages
keys=$dir/keys.json
phonecall=odoo-addon-crm-phonecall==19.0.1.0.1

say() { echo "odoo.sh: $*" >&2; }
fail() { echo "odoo.sh: $*" >&2; exit 1; }

debian() { # COMMAND PACKAGE...: the packages, when the command is not there yet
  local command=$1
  shift
  command -v "$command" >/dev/null && return
  [ "$(id -u)" = 0 ] || fail "'$command' is missing: install $*"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

# --- PostgreSQL -------------------------------------------------------------------------------------------------

pg() { "$pgbin/psql" -X -q -v ON_ERROR_STOP=1 -h 127.0.0.1 -p "$pgport" -U odoo "$@"; }
has_database() { [ "$(pg -d postgres -Atc "select 1 from pg_database where datname = '$1'")" = 1 ]; }

as_postgres() { # PostgreSQL refuses to run as root; and it must not inherit our lock
  if [ "$(id -u)" = 0 ]; then (cd / && runuser -u postgres -- "$@") 9>&-; else "$@" 9>&-; fi
}

find_postgres() {
  pgbin=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
  [ -x "$pgbin/initdb" ]
}

postgres_up() {
  if ! find_postgres; then
    [ "$(id -u)" = 0 ] || fail "PostgreSQL is missing: install postgresql"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null
    find_postgres || fail "PostgreSQL was installed but is not below /usr/lib/postgresql"
  fi
  if ! "$pgbin/pg_isready" -q -h 127.0.0.1 -p "$pgport"; then
    if [ ! -f "$pgdata/PG_VERSION" ]; then
      mkdir -p "$pgdata"
      [ "$(id -u)" != 0 ] || chown postgres: "$pgdata"
      as_postgres "$pgbin/initdb" -D "$pgdata" -A trust -E UTF8 --locale=C.UTF-8 -U postgres >/dev/null
      # Speed over safety: every byte in here can be made again.
      printf '%s\n' "listen_addresses = '127.0.0.1'" "port = $pgport" "unix_socket_directories = '$pgdata'" \
        'fsync = off' 'synchronous_commit = off' 'full_page_writes = off' |
        as_postgres tee -a "$pgdata/postgresql.conf" >/dev/null
    fi
    as_postgres "$pgbin/pg_ctl" -D "$pgdata" -l "$pgdata/log" -w -t 60 start >/dev/null ||
      fail "PostgreSQL does not start, see $pgdata/log"
  fi
  local admin=("$pgbin/psql" -X -q -h 127.0.0.1 -p "$pgport" -U postgres -d postgres)
  [ "$("${admin[@]}" -Atc "select 1 from pg_roles where rolname = 'odoo'")" = 1 ] ||
    "${admin[@]}" -c "create role odoo login createdb password 'odoo'"
}

postgres_down() {
  find_postgres && [ -f "$pgdata/postmaster.pid" ] || return 0
  as_postgres "$pgbin/pg_ctl" -D "$pgdata" -m fast -w stop >/dev/null || true
}

# --- Odoo's files -----------------------------------------------------------------------------------------------

python_for_odoo() { # Odoo 19 runs on 3.10 to 3.13, its pinned packages have wheels from 3.11
  local python
  for python in ${ODOO_PYTHON:-} python3 python3.11 python3.12 python3.13 /usr/bin/python3; do
    if "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      echo "$python"
      return
    fi
  done
  fail "no Python 3.11, 3.12 or 3.13 found"
}

fetch() { # the package is unpacked beside the system: nothing of the machine changes, its own mirror is asked
  local mirror keyring options
  if [ -x "$dir/root/usr/bin/odoo" ]; then return; fi
  mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources 2>/dev/null |
    sed -nE '/security/d; s/^(deb|URIs:) (\[[^]]*\] )?(https?:[^ ]+).*/\3/p' | sed -n 1p) || true
  [ -n "$mirror" ] || fail "no Debian mirror in apt's sources"
  keyring=$(find /usr/share/keyrings -name 'debian-archive-keyring.*' 2>/dev/null | sort | sed -n 1p)
  [ -n "$keyring" ] || fail "Debian's archive keys are missing: install debian-archive-keyring"
  say "fetching Odoo from Debian"
  mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial" "$dir/download"
  echo "deb [signed-by=$keyring] $mirror sid main" >"$dir/apt/sources.list"
  options=(-o Dir::Etc::sourcelist="$dir/apt/sources.list" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$dir/apt/lists"
    -o Dir::Cache="$dir/apt/cache" -o Dir::State::status=/dev/null -o Acquire::Languages=none -o APT::Sandbox::User=root
    -o Acquire::Retries=3)
  (cd "$dir/download" && apt-get "${options[@]}" -qq update && apt-get "${options[@]}" -qq download odoo-19) ||
    fail "the package odoo-19 cannot be had from Debian's mirror"
  rm -rf "$dir/root.part" && dpkg-deb -x "$dir"/download/odoo-19_*.deb "$dir/root.part"
  rm -rf "$dir/root" "$dir/download" "$dir/apt" && mv "$dir/root.part" "$dir/root"
}

packages() { # in their own environment, made again when the list changes
  local wanted python
  wanted=$(cat "$here/odoo/requirements.txt" <(echo "$phonecall") | sha256sum | cut -c1-16)
  [ "$(cat "$dir/venv/made-from" 2>/dev/null)" = "$wanted" ] && return
  python=$(python_for_odoo)
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then debian no-such-command python3-venv; fi
  say "installing the packages that Odoo needs"
  stop
  rm -rf "$dir/venv" "$dir/oca"
  "$python" -m venv "$dir/venv"
  "$dir/venv/bin/python" -m pip install -q --disable-pip-version-check --no-compile -r "$here/odoo/requirements.txt" ||
    fail "the packages that Odoo needs cannot be installed"
  "$dir/venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --target "$dir/oca" "$phonecall" ||
    fail "the addon crm_phonecall cannot be installed"
  echo "$wanted" >"$dir/venv/made-from"
}

configure() {
  cat >"$dir/odoo.conf" <<CONF
[options]
db_host = 127.0.0.1
db_port = $pgport
db_user = odoo
db_password = odoo
dbfilter = ^crm19(?!.*_seed\$)
addons_path = $dist/odoo/addons,$dir/oca/odoo/addons
data_dir = $dir/data
http_interface = 127.0.0.1
http_port = $port
admin_passwd = admin
workers = 0
max_cron_threads = 0
without_demo = True
CONF
}

odoo() { # COMMAND ARGUMENT...: what it says is kept, and shown only when it fails
  PYTHONPATH=$dist "$dir/venv/bin/python" "$dir/root/usr/bin/odoo" "$1" -c "$dir/odoo.conf" --log-level=error "${@:2}" >"$dir/make.log" 2>&1 ||
    { tail -n 15 "$dir/make.log" >&2; fail "'odoo $1' failed, see $dir/make.log"; }
}

# --- The databases ----------------------------------------------------------------------------------------------

seeds() { # two templates: plain, and the same with the phone call addon; both know the same people and keys
  local wanted
  wanted=$(sha256sum "$here/odoo/seed.py" | cut -c1-16)
  [ "$(cat "$dir/seeded-from" 2>/dev/null)" = "$wanted" ] && has_database crm19_seed && has_database crm19_stock_seed && return
  say "building the two databases"
  stop
  rm -f "$dir/seeded-from"
  local database
  for database in crm19 crm19_stock crm19_seed crm19_stock_seed; do
    pg -d postgres -c "drop database if exists $database with (force)" 2>/dev/null
  done
  odoo server -d crm19_stock_seed -i crm --stop-after-init --no-http
  KEYS="$keys" odoo shell -d crm19_stock_seed --no-http <"$here/odoo/seed.py"
  grep -q '^SEEDED' "$dir/make.log" || { tail -n 15 "$dir/make.log" >&2; fail "the seed failed, see $dir/make.log"; }
  pg -d postgres -c 'create database crm19_seed template crm19_stock_seed'
  odoo server -d crm19_seed -i crm_phonecall --stop-after-init --no-http
  fresh crm19
  fresh crm19_stock
  echo "$wanted" >"$dir/seeded-from"
}

seed_of() { case $1 in *stock*) echo crm19_stock_seed ;; *) echo crm19_seed ;; esac; }

fresh() { # DB: back to its seed, also under a running server, whose caches are told to forget what they knew
  case $1 in *[!a-z0-9_]* | *_seed | '') fail "'$1' is not a database of the tests" ;; crm19*) ;; *) fail "the name has to start with crm19" ;; esac
  local cache
  pg -d postgres -c "drop database if exists $1 with (force)" -c "create database $1 template $(seed_of "$1")" 2>/dev/null
  for cache in assets default groups routing stable templates; do
    echo "select setval(pg_get_serial_sequence('orm_signaling_$cache', 'id'), (extract(epoch from clock_timestamp()) * 10)::bigint % 2000000000);"
    echo "insert into orm_signaling_$cache default values;"
  done | pg -d "$1" >/dev/null
}

# --- The server -------------------------------------------------------------------------------------------------

running() { # prints the process id of our own server, and of no other process that got its number later
  local pid
  pid=$(cat "$dir/odoo.pid" 2>/dev/null) && [ -n "$pid" ] && tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q odoo.conf && echo "$pid"
}

healthy() {
  local answer
  { exec 3<>"/dev/tcp/127.0.0.1/$port"; } 2>/dev/null || return 1
  printf 'GET /web/health HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
  read -r -t 10 answer <&3 || true
  exec 3>&-
  [[ ${answer:-} == *' 200 '* ]]
}

start() {
  running >/dev/null && healthy && return
  healthy && fail "something else answers on port $port; set ODOO_PORT"
  stop
  (cd "$dir" && PYTHONPATH=$dist exec setsid nohup venv/bin/python root/usr/bin/odoo -c odoo.conf >>server.log 2>&1 </dev/null 9>&-) &
  echo $! >"$dir/odoo.pid"
  local _
  for _ in $(seq 240); do
    healthy && return
    running >/dev/null || break
    sleep .25
  done
  tail -n 5 "$dir/server.log" >&2
  fail "Odoo does not start, see $dir/server.log"
}

stop() {
  local pid _
  if pid=$(running); then
    kill "$pid"
    for _ in $(seq 100); do
      [ -d "/proc/$pid" ] || break
      sleep .1
    done
    [ ! -d "/proc/$pid" ] || kill -9 "$pid"
  fi
  rm -f "$dir/odoo.pid"
}

variables() {
  printf 'export %s=%s\n' CALLSHEET_ODOO_URL "http://127.0.0.1:$port" CALLSHEET_ODOO_DB crm19 \
    CALLSHEET_ODOO_STOCK_DB crm19_stock CALLSHEET_ODOO_KEYS "$keys"
}

mkdir -p "$dir"
exec 9>"$dir/lock"
flock 9 # two callers at once would make the same things twice

case ${1:-} in
  up)
    postgres_up
    fetch
    packages
    configure
    seeds
    for database in crm19 crm19_stock; do has_database $database || fresh $database; done
    start
    "$dir/venv/bin/python" "$here/odoo/check.py" "http://127.0.0.1:$port" "$keys" || fail "Odoo runs but does not answer as it should"
    variables
    ;;
  down)
    stop
    postgres_down
    ;;
  reset)
    find_postgres || fail "run 'odoo.sh up' first"
    if [ $# -ge 2 ]; then fresh "$2"; else
      fresh crm19 &
      fresh crm19_stock # the two side by side; either may fail
      wait $!
    fi
    ;;
  new)
    find_postgres && [ $# -ge 2 ] || fail "usage: odoo.sh new crm19_NAME [stock]"
    case ${3:-} in stock) case $2 in *stock*) ;; *) fail "a plain database has 'stock' in its name" ;; esac ;; esac
    fresh "$2"
    ;;
  sql)
    find_postgres || fail "run 'odoo.sh up' first"
    exec 9>&-
    pg -d "${2:-crm19}" "${@:3}"
    ;;
  status) running >/dev/null && healthy ;;
  env) variables ;;
  *)
    sed -n '2,16p' "${BASH_SOURCE[0]}" | sed 's/^# \{0,1\}//' >&2
    exit 2
    ;;
esac
