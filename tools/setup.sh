#!/usr/bin/env bash
# Installs what is missing: `tools/setup.sh run` for the daemon and its demo, `tools/setup.sh dev` for the tests.
# Debian packages come through apt, as root or with sudo; all else goes into .venv, in the versions of tools/packaging/lock.
#   tools/setup.sh run|dev [FOLDER [PYTHON]]    another folder than .venv, another Python than python3
set -euo pipefail
root=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/.." && pwd)
case ${1:-} in
  run | dev) ;;
  -h | --help) sed -n '2,4s/^# *//p' "$0"; exit ;;
  *) echo "setup: run or dev is wanted; see tools/setup.sh --help" >&2; exit 64 ;;
esac
lock=$root/tools/packaging/lock/$1.txt
venv=$root/${2:-.venv}
python=${3:-python3}
stamp=$venv/moodpid.$1
cd "$root" # `python -c` and `-m` take modules from the current folder first, which may be anybody's
PATH=$PATH:/usr/sbin:/sbin # where mosquitto and service tools live, though not on everybody's path

say() { echo "setup: $*" >&2; }
die() { say "$*"; exit 1; }
have() { command -v "$1" >/dev/null; }

check_machine() {
  [ "$(getconf LONG_BIT)" = 64 ] ||
    die "this is a 32-bit system and the network runs on 64-bit ones only: install the 64-bit Raspberry Pi OS"
}

check_python() {
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    die "$("$python" --version 2>&1) is too old, 3.11 is the least: use Debian 12 or Raspberry Pi OS 12, or newer"
}

# Prints the packages that are missing for what the programs need while they run
packages_to_run() {
  have python3 || echo python3
  have mpd || echo mpd
  have mpc || echo mpc
  have ffmpeg || echo ffmpeg
  have mosquitto || echo mosquitto
  have mosquitto_sub || echo mosquitto-clients
  if pi_camera && ! /usr/bin/python3 -c 'import picamera2' 2>/dev/null; then echo python3-picamera2; fi
}

# ... for the tests
packages_to_test() {
  have openssl || echo openssl
  [ -d /usr/share/opencv4/haarcascades ] || echo opencv-data
  have shellcheck || echo shellcheck
  # Where a system has no such package, the tests of the page in a browser skip
  have chromium || ! apt-cache show chromium >/dev/null 2>&1 || echo chromium
}

# ... and to make the virtual environment: systemd-python comes as source
packages_to_build() {
  "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
  have gcc || printf '%s\n' gcc libc6-dev
  have pkg-config || echo pkg-config
  pkg-config --exists libsystemd 2>/dev/null || echo libsystemd-dev
  has_headers || echo python3-dev
}

has_headers() {
  "$python" -c 'import pathlib, sysconfig
raise SystemExit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists())' 2>/dev/null
}

# The kernel makes one of these devices when the firmware has found a camera on a Pi's ribbon connector
pi_camera() { grep -qsE 'unicam|rp1-cfe' /sys/class/video4linux/*/name; }

install_packages() { # PACKAGE...
  [ $# -gt 0 ] || return 0
  local how=()
  if [ "$(id -u)" != 0 ]; then how=(sudo); fi
  if ! have apt-get || ! may_install; then die "some Debian packages are missing; as root: apt install $*"; fi
  say "installing Debian packages: $*"
  guard_services "${how[@]}"
  "${how[@]}" apt-get update -qq >&2 || true # some other repository of this machine may be out of order
  "${how[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    die "apt could not install them; see above"
  keep_services_off "$@"
  unguard_services
}

# Root may; others with sudo, which may ask for a password where there is somebody to ask
may_install() {
  [ "$(id -u)" = 0 ] || { have sudo && { sudo -n true 2>/dev/null || [ -t 0 ]; }; }
}

# Debian starts a server as it installs it. This file is how a system says no (see invoke-rc.d(8)); ours speaks of
# our two servers only, for as long as this script lives, and stays away where the system has one of its own.
guard=/usr/sbin/policy-rc.d
guarded=
guard_services() { # [sudo]
  [ ! -e "$guard" ] || return 0
  guarded=yes
  trap unguard_services EXIT
  printf '#!/bin/sh\n[ -d /proc/%s ] || exit 0\ncase "$*" in *mpd*|*mosquitto*) exit 101 ;; esac\n' $$ |
    "$@" tee "$guard" >/dev/null
  "$@" chmod 755 "$guard"
}

unguard_services() {
  [ -n "$guarded" ] || return 0
  if [ "$(id -u)" = 0 ]; then rm -f "$guard"; else sudo rm -f "$guard"; fi
  guarded=
}

# Nor are the servers that we have just installed to start at the next boot: ours are private ones
keep_services_off() { # PACKAGE...
  have systemctl || return 0
  local how=() unit
  if [ "$(id -u)" != 0 ]; then how=(sudo); fi
  for unit in mpd.service mpd.socket mosquitto.service; do
    case " $* " in *" ${unit%.*} "*)
      "${how[@]}" systemctl --quiet disable "$unit" 2>/dev/null || true
      "${how[@]}" systemctl --quiet --global disable "$unit" 2>/dev/null || true
      ;;
    esac
  done
}

# What the environment was made from; when none of it has changed there is nothing to do
fingerprint() {
  { cat "$lock" "$root/pyproject.toml"; "$python" -VV; echo "$root" "$(site_packages)"; } | sha256sum
}

# picamera2 comes with libcamera from apt, never from elsewhere
site_packages() {
  if "$python" -c 'import sys; sys.exit(sys.prefix != "/usr")' && "$python" -c 'import picamera2' 2>/dev/null; then
    echo --system-site-packages
  fi
}

is_made() { have "$python" && [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ]; }

make_environment() {
  local options=()
  mapfile -t options < <(site_packages)
  say "installing Python packages into ${venv#"$root"/} (a minute or two)"
  rm -f "$stamp"
  "$venv/bin/python" -c '' 2>/dev/null || options+=(--clear)
  module "$python" venv "${options[@]}" "$venv"
  # systemd-python is older than PEP 517, which pip needs as an option until it is the only way
  PIP_USE_PEP517=1 pip install --require-hashes --requirement "$lock"
  pip install --no-build-isolation --no-deps --editable "$root"
  fingerprint >"$stamp"
}

# Without it songs are placed by their features alone
make_music_network() {
  local out=$root/moodpid/data/musicnn.npz
  [ ! -e "$out" ] || return 0
  "$venv/bin/python" "$root/tools/musicnn_weights.py" --output "$out" ||
    say "the music network is missing: songs are placed less well; run tools/setup.sh again to have it"
}

pip() { module "$venv/bin/python" pip --quiet --disable-pip-version-check "$@"; }

# As `python -m`, but Ctrl-C ends it without a traceback
module() { # PYTHON MODULE [ARGUMENTS]
  "$1" -c 'import runpy, sys
try:
    runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
except KeyboardInterrupt:
    sys.exit(130)' "${@:2}"
}

main() {
  local packages
  trap 'exit 130' INT # apt may end well when it is interrupted
  check_machine
  ! have "$python" || check_python
  mapfile -t packages < <(
    packages_to_run
    [ "$1" = run ] || packages_to_test
    is_made || packages_to_build
  )
  install_packages "${packages[@]}"
  check_python
  is_made || make_environment
  make_music_network
}

main "$@"
