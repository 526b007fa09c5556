#!/bin/sh
# Kills a tree when its owner is gone, however it went: the owner holds the other end of our standard input and never
# writes to it. guardian.sh COOKIE [CGROUP]   COOKIE is the last one of LASTCALL_UNIT. Everything is best done by the
# kernel, in the control group; what carries the cookie is swept in any case, as often as more of it appears.
trap '' HUP INT QUIT TERM
cookie=$(printf %s "$1" | sed 's/[][\.*^$()+?{}|]/\\&/g')
cgroup=$2
read -r _

# One program for all of /proc, since what it looks for may be forking. A zombie has no environment any more.
find_carriers() {
  grep -lszE "^LASTCALL_UNIT=(.*;)?$cookie(;|\$)" /proc/[0-9]*/environ
}

{
  [ -z "$cgroup" ] || echo 1 >"$cgroup/cgroup.kill"
  # Who is forked during a look may be missed by it, so several in a row have to find nothing.
  round=0
  clean=0
  while [ $clean -lt 5 ] && [ $round -lt 500 ]; do
    round=$((round + 1))
    clean=$((clean + 1))
    for file in $(find_carriers); do
      clean=0
      pid=${file#/proc/}
      kill -KILL "${pid%/environ}"
    done
  done
  # Empty a moment after the kill.
  while [ -n "$cgroup" ] && [ -d "$cgroup" ] && [ $round -lt 600 ]; do
    round=$((round + 1))
    find "$cgroup" -depth -type d -exec rmdir {} ';'
    [ ! -d "$cgroup" ] || sleep 0.05
  done
} 2>/dev/null
