#!/bin/sh
# Kills a tree when its owner is gone, however it went: the owner holds the other end of our standard input and never
# writes to it. guardian.sh COOKIE [CGROUP]   COOKIE is the last one of LASTCALL_UNIT. Everything is best done by the
# kernel, in the control group; what carries the cookie is swept in any case, as often as more of it appears.
trap '' HUP INT QUIT TERM
cookie=$1
cgroup=$2
read -r _

# Sets $found to yes if there was something to kill.
sweep() {
  found=
  for directory in /proc/[0-9]*; do
    value=$(tr '\0' '\n' <"$directory/environ" | sed -n 's/^LASTCALL_UNIT=//p') || continue
    case ";$value;" in *";$cookie;"*) ;; *) continue ;; esac
    read -r stat <"$directory/stat" || continue
    case ${stat##*) } in [ZX]*) continue ;; esac
    found=yes
    kill -KILL "${directory#/proc/}"
  done
}

{
  [ -z "$cgroup" ] || echo 1 >"$cgroup/cgroup.kill"
  round=0
  while [ $round -lt 50 ]; do
    round=$((round + 1))
    sweep
    [ -n "$found" ] || break
  done
  # Empty a moment after the kill.
  while [ -n "$cgroup" ] && [ -d "$cgroup" ] && [ $round -lt 100 ]; do
    round=$((round + 1))
    find "$cgroup" -depth -type d -exec rmdir {} ';'
    [ ! -d "$cgroup" ] || sleep 0.05
  done
} 2>/dev/null
